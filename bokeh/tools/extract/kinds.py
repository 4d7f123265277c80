"""Each kind of what can be extracted from a photo: its files, and what the list says of them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...core.errors import UsageError
from ...hdr.gain_map import radiance
from ...io.encode import encode
from ...io.encode_job import EncodeJob
from ...io.formats import FORMATS
from ...io.heif import boxes, hevc, spatial, spatial_write
from ...io.metadata.gain_map import coded
from ...io.raster import grey
from ...io.writers.exr import INFINITY_M, exr, halves, metres
from . import mesh
from .sources import Material
from .stereo_view import anaglyph, autostereogram, side_by_side

File = tuple[str, bytes, dict[str, Any]]
"""Name, content, and what the list says of it."""


def _size(plane: NDArray) -> dict[str, int]:
    return {"width": plane.shape[1], "height": plane.shape[0]}


def _depth(source: Material) -> Iterator[File]:
    dioptres = source.dioptres
    size, words = _size(dioptres), "depth at the photo's size: holes filled, edges where the picture has them"
    away = metres(dioptres)
    far = {"infinity": INFINITY_M}
    yield "depth.exr", exr([("Z", {"Z": away})], source.photo.profile), {
        "shows": words, "unit": "m", "scale": 1.0, "channel": "Z", **far, **size,
    }  # fmt: skip
    data, scale = grey.depth_png(dioptres)
    yield "depth.png", data, {
        "shows": words, "unit": "dioptre", "scale": scale, "means": "code * scale = 1 / metres; 0 is infinity", **size,
    }  # fmt: skip
    yield "depth.npy", _npy(away), {"shows": words, "unit": "m", "scale": 1.0, **far, **size}
    given = source.photo.depth
    assert given is not None
    with np.errstate(divide="ignore"):
        as_read = np.minimum(np.float32(1.0) / given, np.float32(INFINITY_M))
    words = "depth as the file gives it, NaN = hole"
    yield "depth_as_read.npy", _npy(as_read), {"shows": words, "unit": "m", "scale": 1.0, **far, **_size(given)}


def _npy(array: FloatArray) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array, np.float32))
    return file.getvalue()


def _mattes(source: Material) -> Iterator[File]:
    for name, plane in _named_mattes(source).items():
        codes = np.rint(plane * 255.0).astype(np.uint8)
        how = "with what is painted over it" if name == "subject" and source.paints_subject else "as the file gives it"
        yield f"matte_{name}.png", grey.plane_png(codes), {
            "shows": f"coverage of the {name}, {how}", "unit": "share", "scale": 1 / 255, **_size(plane),
        }  # fmt: skip


def _named_mattes(source: Material) -> dict[str, FloatArray]:
    """Mattes by names that file systems and compositors take; the subject's as it is painted, if it is."""
    photo = source.photo
    subject = source.matte if source.paints_subject else photo.matte
    named = {} if subject is None else {"subject": subject}
    for name, plane in photo.mattes.items():
        plain_name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "other"
        while plain_name in named:
            plain_name += "_2"
        named[plain_name] = plane
    return named


def _gain_map(source: Material) -> Iterator[File]:
    gain_map = source.photo.gain_map
    assert gain_map is not None
    codes, metadata = coded(gain_map)
    means = "stops = low + (high - low) * code / 255; radiance = (rgb + offset_base) * 2**stops - offset_alternate"
    yield "gain_map.png", grey.plane_png(codes), {
        "shows": "gain to the scene's radiance", "unit": "stops", "means": means,
        "headroom": gain_map.headroom, **asdict(metadata), **_size(codes),
    }  # fmt: skip
    yield "gain_map.exr", exr([("gain", _planes(gain_map.planes))], source.photo.profile), {
        "shows": "the same, not rounded", "unit": "stops", "scale": 1.0, **_size(codes),
    }  # fmt: skip


def _planes(planes: FloatArray) -> dict[str, NDArray]:
    return {"RGB": planes} if planes.shape[2] == 3 else {"Y": planes[..., 0]}


def _hdr(source: Material) -> Iterator[File]:
    light = radiance(source.photo)
    yield "hdr.exr", exr([("rgb", {"RGB": halves(light)})], source.photo.profile), {
        "shows": "scene-linear radiance, 1 = the clip of the photo", "unit": "share of the clip", "scale": 1.0,
        "largest": float(light.max()), "with_gain_map": source.photo.gain_map is not None, **_size(light),
    }  # fmt: skip


def _original(source: Material) -> Iterator[File]:
    photo = source.photo
    # Codes of 16 bits at most cannot hold what an EXR does.
    kind, bits = ("exr", 32) if photo.profile.is_linear else ("png", 16 if photo.meta.bit_depth > 8 else 8)
    data = encode(replace(photo, depth=None, gain_map=None), kind, bit_depth=bits, hdr="off", name=source.name)
    words = "the picture as it is rendered from, before any blur of ours; lossless, in its own profile"
    yield f"original.{kind}", data, {"shows": words, "bit_depth": bits, **_size(photo.rgb)}


def _cutout(source: Material) -> Iterator[File]:
    if source.matte is None:
        raise UsageError(f"{source.name}: the matte of the subject covers next to nothing; give one with `matte`")
    rgb, coverage = source.cutout
    rows, columns = (np.flatnonzero((coverage > 0.0).any(axis=axis)) for axis in (1, 0))
    box = [int(v) for v in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)]
    words = "the subject alone; straight alpha, its edge without the background's colour"
    yield "cutout.png", source.picture_png(rgb, coverage), {"shows": words, "box_px": box, **_size(rgb)}


def _layers(source: Material) -> Iterator[File]:
    from ...depth.upsample import resize_matte

    photo = source.photo
    light = halves(radiance(photo))
    opaque = np.dstack([light, np.ones(photo.size, np.float16)])
    held: list[tuple[str, dict[str, NDArray]]] = [("rgba", {"RGBA": opaque})]
    if photo.depth is not None:
        held.append(("Z", {"Z": metres(source.dioptres)}))
    for name, plane in _named_mattes(source).items():
        full = source.matte if name == "subject" and source.matte is not None else resize_matte(plane, photo.size)
        held.append((name, {"A": full.astype(np.float16)}))
    if source.matte is not None:
        rgb, coverage = source.cutout
        premultiplied = np.dstack([rgb * coverage[..., None], coverage]).astype(np.float16)
        held.append(("cutout", {"RGBA": premultiplied}))
    yield "layers.exr", exr(held, photo.profile), {
        "shows": "scene-linear, a part each: the opaque picture, Z in metres, mattes (A), the subject premultiplied",
        "parts": [name for name, _ in held], "unit": "m (Z)", "scale": 1.0, "infinity": INFINITY_M,
        **_size(photo.rgb),
    }  # fmt: skip


def _in_space(source: Material) -> dict[str, Any]:
    return {
        "unit": "m", "scale": 1.0, "axes": "x right, y up, z towards the viewer; the camera is the origin",
        "left_out_beyond_m": mesh.FARTHEST_M, "vertices": int(source.lattice.there.sum()),
    }  # fmt: skip


def _cloud(source: Material) -> Iterator[File]:
    facts = {"shows": "points with their colours (sRGB)", **_in_space(source)}
    yield "cloud.ply", mesh.ply(source.lattice, source.codes), facts


def _mesh(source: Material) -> Iterator[File]:
    surface = mesh.textured(source.lattice, source.codes)
    facts = {"shows": "textured surface, cut where depth jumps", **_in_space(source)}
    facts |= {"vertices": len(surface.vertices), "triangles": len(surface.faces)}
    yield "mesh.glb", mesh.glb(surface), facts
    for name, data in mesh.obj(surface).items():
        yield name, data, facts if name.endswith(".obj") else {"shows": "belongs to mesh.obj"}


def _stereo(source: Material) -> Iterator[File]:
    pair, screen_m = source.pair, source.screen_m
    baseline_m = pair.baseline_m
    facts = {
        "baseline_m": baseline_m,
        "focal_px": pair.focal_px,
        "means": "disparity in pixels = focal_px * baseline_m / Z",
    }
    for name, view in (("left", pair.left), ("right", pair.right)):
        shows = f"as seen from {baseline_m / 2 * 1000:.3g} mm to the {name}; parallel cameras"
        yield f"stereo_{name}.png", source.picture_png(view), {"shows": shows, **facts, **_size(view)}
    left, right = pair.converged(screen_m)
    facts |= {"screen_m": screen_m, "shift_px": source.photo.size[1] - left.shape[1]}
    both = side_by_side(left, right)
    shows = "left and right, for headsets; the subject in the plane of the screen"
    yield "stereo_side_by_side.png", source.picture_png(both), {"shows": shows, **facts, **_size(both)}
    shows = "for glasses, red before the left eye"
    yield "stereo_anaglyph.png", source.picture_png(anaglyph(left, right)), {"shows": shows, **facts, **_size(left)}


def _spatial(source: Material) -> Iterator[File]:
    photo, pair = source.photo, source.pair
    width = photo.size[1]
    focal_share, shift_share = pair.focal_px / width, pair.disparity_px(source.screen_m) / width
    row = FORMATS["heic"]
    job = EncodeJob(photo, 8, row.quality or 0, hdr="off", keep_place=True, holds=(), rendered=None, name=source.name)
    left, right = (
        hevc.coded(job.profile.to_codes(view, 8), 8, job.quality, job.profile) for view in (pair.left, pair.right)
    )
    data = spatial_write.heic(
        left, right, baseline_m=pair.baseline_m, focal_share=focal_share, shift_share=shift_share, exif=job.exif(False)
    )
    seen = spatial.find(data, boxes.read_meta(data))
    assert seen is not None and seen.field_of_view_deg is not None
    yield "spatial.heic", data, {
        "shows": "left and right eye, for headsets that show spatial photos; others show the left",
        "baseline_m": pair.baseline_m, "field_of_view_deg": seen.field_of_view_deg,
        "shift_share": seen.shift_share, "screen_m": source.screen_m, **_size(pair.left),
    }  # fmt: skip


def _autostereogram(source: Material) -> Iterator[File]:
    drawn = autostereogram(source.dioptres)
    yield "autostereogram.png", grey.plane_png(drawn.codes), {
        "shows": "depth in dots, for eyes that look through the picture",
        "far_px": drawn.far_px, "near_px": drawn.near_px,
        "means": "dots repeat after far_px (farthest) to near_px (nearest) pixels, linear in dioptres",
        **_size(drawn.codes),
    }  # fmt: skip


KINDS: dict[str, Callable[[Material], Iterator[File]]] = {
    "original": _original,
    "depth": _depth,
    "mattes": _mattes,
    "gain-map": _gain_map,
    "hdr": _hdr,
    "cutout": _cutout,
    "layers": _layers,
    "cloud": _cloud,
    "mesh": _mesh,
    "stereo": _stereo,
    "spatial": _spatial,
    "autostereogram": _autostereogram,
}
"""What can be extracted, in the order in which it is."""
