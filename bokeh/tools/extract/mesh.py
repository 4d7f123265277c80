"""A photo in space: points, and a surface that is cut where depth jumps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...core.arrays import FloatArray
from ...core.errors import DepthError, UsageError
from ...core.extras import needed
from ...photo.camera import Camera

POINTS = 250_000
"""Vertices at most, unless another number is asked for."""

FARTHEST_M = 100.0
"""What is farther is left out: a backdrop at infinity would leave the rest of the scene a speck."""

JUMP_RATIO = 1.05
"""Neighbours whose distances differ by less are one surface."""

BEND = 2.0
"""Neighbours farther apart are one all the same where the surface goes on alike on both sides: a plane's dioptres
change evenly over the picture, and a floor far off changes by much from one vertex to the next."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """Every so many pixels of a picture, as points in space.

    Attributes
    ----------
    points : float32 (h, w, 3)
        Metres to the right, up, and towards the viewer (as OpenGL and glTF have them); NaN where there is none.
    dioptres : float32 (h, w)
    rows, columns : int64 (h,), (w,)
        Pixels that the points are seen at.
    size : (int, int)
        Height and width of the picture.
    """

    points: FloatArray
    dioptres: FloatArray
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    size: tuple[int, int]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Where there is a point, (h, w)."""
        return np.isfinite(self.points[..., 2])


def lattice(dioptres: FloatArray, camera: Camera, most_points: int = POINTS) -> Lattice:
    """Unproject a depth map.

    Parameters
    ----------
    dioptres : float32 (H, W)
    camera : Camera
    most_points : int
        So many points at most; the pixels between them are left out.

    Raises
    ------
    UsageError
        When there may be no points.
    DepthError
        When nothing is nearer than `FARTHEST_M`.
    """
    if most_points < 4:
        raise UsageError(f"points is {most_points}; a scene needs 4 or more")
    height, width = dioptres.shape
    stride = max(1, math.ceil(math.sqrt(height * width / most_points)))
    while -(-height // stride) * -(-width // stride) > most_points:
        stride += 1
    rows, columns = (np.arange((side - 1) % stride // 2, side, stride, dtype=np.int64) for side in (height, width))
    depth = dioptres[np.ix_(rows, columns)]
    near = depth > 1.0 / FARTHEST_M
    if not near.any():
        raise DepthError(f"nothing is nearer than {FARTHEST_M:g} m, so there is no scene in space to write")
    metres = np.where(near, 1.0 / np.where(near, depth, 1.0), np.nan)
    points = camera.unproject(columns[None, :] + 0.5, rows[:, None] + 0.5, metres)
    points[..., 1:] *= -1.0
    return Lattice(points.astype(np.float32), depth, rows, columns, (height, width))


def whole_links(dioptres: FloatArray, axis: int) -> NDArray[np.bool_]:
    """Whether each pair of neighbours along an axis lies on one surface; one shorter along that axis."""
    along = np.moveaxis(np.asarray(dioptres, np.float64), axis, -1)
    step = np.diff(along, axis=-1)
    one, other = along[..., :-1], along[..., 1:]
    alike = np.maximum(one, other) <= JUMP_RATIO * np.minimum(one, other)
    if step.shape[-1] < 2:
        return np.moveaxis(alike, -1, axis)
    # At the border the one neighbour there is decides.
    before = np.concatenate([step[..., 1:2], step[..., :-1]], axis=-1)
    after = np.concatenate([step[..., 1:], step[..., -2:-1]], axis=-1)
    even = np.ones(step.shape, bool)
    for beside in (before, after):
        even &= (np.abs(step) <= BEND * np.abs(beside)) & (step * beside > 0.0)
    return np.moveaxis(alike | even, -1, axis)


def triangles(points: Lattice) -> NDArray[np.int64]:
    """List the triangles of a lattice's surface, int64 (N, 3): rows of its points, counted along its rows.

    Two to a square of four neighbours, front side to the camera; none has a side where depth jumps.
    """
    height, width = points.dioptres.shape
    number = np.arange(height * width, dtype=np.int64).reshape(height, width)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    across, down, there = whole_links(points.dioptres, 1), whole_links(points.dioptres, 0), points.there
    top, bottom, left, right = across[:-1], across[1:], down[:, :-1], down[:, 1:]
    upper = top & left & there[:-1, :-1] & there[:-1, 1:] & there[1:, :-1]
    lower = bottom & right & there[:-1, 1:] & there[1:, :-1] & there[1:, 1:]
    return np.concatenate([np.stack([a, c, b], -1)[upper], np.stack([b, c, d], -1)[lower]])


def ply(points: Lattice, codes: NDArray[np.uint8]) -> bytes:
    """Binary PLY of a lattice's points, each with its pixel's colour.

    Parameters
    ----------
    points : Lattice
    codes : uint8 (H, W, 3)
        sRGB.
    """
    there = points.there
    vertex = np.empty(
        int(there.sum()), [(axis, "<f4") for axis in "xyz"] + [(colour, "u1") for colour in ("red", "green", "blue")]
    )
    seen = codes[np.ix_(points.rows, points.columns)][there]
    for k, (axis, colour) in enumerate(zip("xyz", ("red", "green", "blue"), strict=True)):
        vertex[axis], vertex[colour] = points.points[there][:, k], seen[:, k]
    properties = [f"property float {axis}" for axis in "xyz"]
    properties += [f"property uchar {colour}" for colour in ("red", "green", "blue")]
    said = "comment metres; x right, y up, z towards the viewer, the camera at the origin"
    lines = ["ply", "format binary_little_endian 1.0", said, f"element vertex {len(vertex)}", *properties, "end_header"]
    return "\n".join(lines).encode() + b"\n" + vertex.tobytes()


def textured(points: Lattice, codes: NDArray[np.uint8]) -> Any:
    """Make a textured mesh (trimesh) of a lattice's surface.

    Parameters
    ----------
    points : Lattice
    codes : uint8 (H, W, 3)
        sRGB; the texture.

    Raises
    ------
    UsageError
        When trimesh is not installed.
    DepthError
        When no three neighbours lie on one surface.
    """
    trimesh = needed("trimesh", "mesh", "a mesh")
    faces = triangles(points)
    if not len(faces):
        raise DepthError("depth jumps between all neighbours, so there is no surface to write; ask for more points")
    used, faces = np.unique(faces, return_inverse=True)
    height, width = points.size
    across, down = (points.columns + 0.5) / width, 1.0 - (points.rows + 0.5) / height
    places = np.stack(np.broadcast_arrays(across[None, :], down[:, None]), axis=-1).reshape(-1, 2)[used]
    material = trimesh.visual.material.PBRMaterial(
        baseColorTexture=Image.fromarray(codes), metallicFactor=0.0, roughnessFactor=1.0, doubleSided=True
    )
    visual = trimesh.visual.TextureVisuals(uv=places, material=material)
    return trimesh.Trimesh(points.points.reshape(-1, 3)[used], faces.reshape(-1, 3), visual=visual, process=False)


def glb(mesh: Any) -> bytes:
    """Binary glTF of a textured mesh, in one file."""
    return bytes(mesh.export(file_type="glb"))


def obj(mesh: Any, name: str = "mesh") -> dict[str, bytes]:
    """Wavefront OBJ of a textured mesh: the files by name, the OBJ itself, its material and its texture."""
    from trimesh.exchange.obj import export_obj
    from trimesh.visual.material import SimpleMaterial

    plain, white = mesh.copy(), (255, 255, 255, 255)
    picture = mesh.visual.material.baseColorTexture
    plain.visual.material = SimpleMaterial(image=picture, diffuse=white, ambient=white, specular=(0, 0, 0, 255))
    plain.visual.material.name = name
    text, others = export_obj(plain, return_texture=True, mtl_name=f"{name}.mtl", include_normals=False)
    return {f"{name}.obj": text.encode(), **{k: v if isinstance(v, bytes) else v.encode() for k, v in others.items()}}
