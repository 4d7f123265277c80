"""A photo in space: the points lie where they were, the surface is cut where depth jumps, and readers open it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from rebokeh.bokeh.core.errors import DepthError, UsageError
from rebokeh.bokeh.photo.camera import Camera
from rebokeh.bokeh.tools.extract import mesh

SIZE = (60, 80)
CAMERA = Camera(70.0, 72.0, 39.0, 31.0)
CODES = np.random.default_rng(3).integers(0, 256, (*SIZE, 3), np.uint8)


def scene() -> np.ndarray:
    """Dioptres of a square at 1 m before a wall at 4 m."""
    dioptres = np.full(SIZE, 0.25, np.float32)
    dioptres[20:40, 30:50] = 1.0
    return dioptres


def floor() -> np.ndarray:
    """Dioptres of a plane that goes away from the camera: even over the picture, up to 50 m."""
    return np.repeat(np.linspace(0.02, 3.0, SIZE[0], dtype=np.float32)[:, None], SIZE[1], axis=1)


def seen_at(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where OpenGL's points (y up, z towards the viewer) are seen in the picture."""
    return CAMERA.project(np.asarray(points) * [1.0, -1.0, -1.0])


def test_the_points_are_where_their_pixels_look(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    data = mesh.ply(mesh.lattice(scene(), CAMERA), CODES)
    cloud = trimesh.load(io.BytesIO(data), file_type="ply")
    assert len(cloud.vertices) == SIZE[0] * SIZE[1]
    x, y, metres = seen_at(cloud.vertices)
    columns, rows = np.floor(x).astype(int), np.floor(y).astype(int)
    assert max(np.abs(x - columns - 0.5).max(), np.abs(y - rows - 0.5).max()) < 0.01
    np.testing.assert_allclose(metres, 1.0 / scene()[rows, columns], rtol=1e-6)
    np.testing.assert_array_equal(np.asarray(cloud.colors)[:, :3], CODES[rows, columns])


def test_the_surface_is_cut_where_depth_jumps():
    lattice = mesh.lattice(scene(), CAMERA)
    faces = mesh.triangles(lattice)
    depth = scene().ravel()[faces]
    assert (depth.min(axis=1) == depth.max(axis=1)).all()
    # All squares of four neighbours but the 80 on the outline; at two of its corners a triangle is left of them.
    assert len(faces) == 2 * (59 * 79 - 80) + 2
    corners = lattice.points.reshape(-1, 3)[faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (normal[:, 2] > 0).all()  # the front looks at the camera


def test_a_plane_stays_whole_however_far_it_goes():
    dioptres = floor()
    assert (dioptres[1:] / dioptres[:-1]).max() > 2  # by its distances alone it would be cut
    assert len(mesh.triangles(mesh.lattice(dioptres, CAMERA))) == 2 * 59 * 79


def test_the_sky_is_no_part_of_it():
    dioptres = scene()
    dioptres[:10] = 0.0
    lattice = mesh.lattice(dioptres, CAMERA)
    assert not lattice.there[:10].any() and lattice.there[10:].all()
    assert np.isfinite(lattice.points.reshape(-1, 3)[mesh.triangles(lattice)]).all()
    with pytest.raises(DepthError, match="nearer than 100 m"):
        mesh.lattice(np.zeros(SIZE, np.float32), CAMERA)


@pytest.mark.parametrize("most", [4, 100, 1000, 4799])
def test_there_are_not_more_points_than_asked_for(most):
    lattice = mesh.lattice(scene(), CAMERA, most)
    assert most / 4.1 < lattice.dioptres.size <= most
    np.testing.assert_array_equal(lattice.dioptres, scene()[np.ix_(lattice.rows, lattice.columns)])
    with pytest.raises(UsageError, match="4 or more"):
        mesh.lattice(scene(), CAMERA, 3)


def test_gltf_and_obj_open_with_their_texture(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    made = mesh.textured(mesh.lattice(scene(), CAMERA), CODES)
    (from_glb,) = trimesh.load(io.BytesIO(mesh.glb(made)), file_type="glb").geometry.values()
    for name, data in mesh.obj(made).items():
        (tmp_path / name).write_bytes(data)
    assert {f.name for f in tmp_path.iterdir()} == {"mesh.obj", "mesh.mtl", "mesh.png"}
    assert "map_Kd mesh.png" in (tmp_path / "mesh.mtl").read_text()
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "mesh.png")), CODES)
    from_obj = trimesh.load(tmp_path / "mesh.obj", process=False)
    for read, texture in (
        (from_glb, from_glb.visual.material.baseColorTexture),
        (from_obj, from_obj.visual.material.image),
    ):
        assert len(read.faces) == len(made.faces)
        np.testing.assert_array_equal(np.asarray(texture.convert("RGB")), CODES)
        x, y, _ = seen_at(read.vertices)
        # The texture lies on each point as the camera saw it.
        assert np.abs(read.visual.uv[:, 0] * SIZE[1] - x).max() < 0.01
        assert np.abs((1.0 - read.visual.uv[:, 1]) * SIZE[0] - y).max() < 0.01


def test_without_trimesh_it_is_said(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(UsageError, match=r"pip install .*\(rebokeh's extra mesh\)"):
        mesh.textured(mesh.lattice(scene(), CAMERA), CODES)
