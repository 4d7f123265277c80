"""What is known of a photo: numbers with their units, and what will look wrong because of what it is."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...core.jsonable import plain
from ...depth.autofocus import window
from ...depth.calibrate import trust
from ...depth.existing_blur import ExistingBlur
from ...hdr.restore import CLIP, is_radiance
from ...optics.lens import DEFAULT_F35_MM, Lens
from ...photo.edits import DEPTH_PLANES, SUBJECT_PLANES, Edits
from ...photo.metadata import UnitRect
from ...photo.photo import GainMap, Photo
from ...render.report import mount_on, warnings_of
from ...render.settings import RenderSettings
from ...scene.lights import Lights
from ...scene.prepared import PreparedScene, prepare_scene
from .histogram import histogram

PERCENTILES = (1, 50, 99)
"""Of distance: the nearest hundredth, the middle, the farthest hundredth."""

LIFTED_STOPS = 0.25
"""Gain from which a gain map changes what one sees."""

CLIPPED_SHARE, HOLES_SHARE = 1e-3, 0.2
"""Shares of the picture from which clipped light, and holes in the depth map, are warned of."""

COARSE_PX, COARSE_BY = 320, 8
"""A depth map is coarse when its longer side is shorter, and so many times shorter than the photo's."""


def inspect_photo(photo: Photo, name: str = "") -> dict[str, Any]:
    """Say what a photo holds.

    Parameters
    ----------
    photo : Photo
    name : str, optional
        What it is called.

    Returns
    -------
    dict
        Of strings, numbers, booleans, None, lists and dicts only: strict JSON. Distances end in ``_m``; what the file
        does not hold is None, or empty. Names that `render` reports too are the same there.
    """
    meta = photo.meta
    scene = None if photo.depth is None else prepare_scene(photo, "auto")
    clipped = None if is_radiance(photo) else float(clipped_pixels(photo).mean())
    return plain(
        {
            "input": name or meta.path,
            "format": meta.format,
            "width": photo.size[1],
            "height": photo.size[0],
            "bit_depth": meta.bit_depth,
            "profile": photo.profile.name,
            "hdr": meta.hdr or None,
            "camera": meta.camera or None,
            "focal_mm": meta.focal_mm,
            "f35_mm": meta.f35_mm,
            "intrinsics": meta.intrinsics and {**asdict(meta.intrinsics), "f35_mm": meta.intrinsics.f35_mm},
            "autofocus": _autofocus(photo),
            "subject_distance_m": meta.subject_distance_m,
            "faces": [list(box) for box in meta.faces],
            **_depth(photo),
            "matte_source": meta.matte_source or ("given" if photo.matte is not None else None),
            "mattes": {
                name: {"width": m.shape[1], "height": m.shape[0], "covers": float(m.mean())}
                for name, m in named_mattes(photo).items()
            },
            "edits": None if photo.edits is None else _edits(photo.edits),
            **(_focus(scene) if scene else {}),
            "gain_map": photo.gain_map and _gain_map(photo.gain_map),
            "clipped": clipped,
            "clip_cd_m2": meta.clip_cd_m2,
            "lights": scene and _lights(scene.lights, scene.sources["lights_source"]),
            "baked": scene and scene.existing_blur and _blur(scene.existing_blur, photo),
            "rendered": meta.rendered and asdict(meta.rendered),
            "notes": list(meta.notes),
            "warnings": [*dict.fromkeys([*meta.warnings, *_warnings(photo, scene, clipped)])],
        }
    )


def _edits(edits: Edits) -> dict[str, float]:
    """Return what share of the picture is painted, of what."""
    over = {"depth": DEPTH_PLANES, "subject": SUBJECT_PLANES, "lamps": ("lamp",)}
    return {what: share for what, names in over.items() if (share := edits.painted_share(*names)) > 0.0}


def named_mattes(photo: Photo) -> dict[str, FloatArray]:
    """Every matte of a photo by its name; "subject" is the first, if there is one."""
    subject = {} if photo.matte is None else {"subject": photo.matte}
    return {**subject, **dict(sorted(photo.mattes.items()))}


def clipped_pixels(photo: Photo) -> NDArray[np.bool_]:
    """Where a channel of an SDR photo is clipped, bool (H, W)."""
    return np.asarray((photo.rgb >= np.float32(CLIP)).any(axis=2))


def _depth(photo: Photo) -> dict[str, Any]:
    if photo.depth is None:
        return {"depth_source": None, "depth_kind": None, "depth": None}
    known = photo.depth[np.isfinite(photo.depth)]
    facts, anchoring = photo.meta.depth_facts, photo.meta.anchoring
    counted = histogram(photo.depth)
    has_metres = photo.depth_kind != "unitless"
    return {
        "depth_source": photo.meta.depth_source or "given",
        "depth_kind": photo.depth_kind,
        "distances": trust(photo),
        **({"nearest_m": _metres(known.max()), "farthest_m": _metres(known.min())} if has_metres else {}),
        "depth": {
            "width": photo.depth.shape[1],
            "height": photo.depth.shape[0],
            "quality": facts.quality or None,
            "filtered": facts.filtered,
            "simulated_f_number": facts.simulated_f_number,
            "anchoring": anchoring and asdict(anchoring),
            "holes": 1.0 - known.size / photo.depth.size,
            "percentiles_m": _percentiles(known) if has_metres else None,
            "histogram": {
                "edges_dioptres": list(counted.edges),
                "edges_m": [_metres(edge) for edge in counted.edges] if has_metres else None,
                "shares": list(counted.shares),
            },
        },
    }


def _percentiles(known: FloatArray) -> dict[str, float]:
    dioptres = np.quantile(known, [1.0 - p / 100.0 for p in PERCENTILES])
    return {str(p): _metres(d) for p, d in zip(PERCENTILES, dioptres, strict=True)}


def _autofocus(photo: Photo) -> dict[str, Any] | None:
    """Where the autofocus looked, how far away it found something, and what the depth map says there."""
    area = photo.meta.af_area
    if area is None:
        return None
    found: dict[str, Any] = {"area": list(area), "distance_m": photo.meta.af_distance_m}
    values = np.empty(0) if photo.depth is None or photo.depth_kind == "unitless" else _within(photo.depth, area)
    if values.size:
        nearer, middle, farther = (_metres(d) for d in np.quantile(values, (0.9, 0.5, 0.1)))
        found |= {"map_m": middle, "map_nearer_m": nearer, "map_farther_m": farther}
    return found


def _within(depth: FloatArray, box: UnitRect) -> FloatArray:
    x, y, width, height = box
    crop = window(depth, x, y, x + width, y + height)
    return crop[np.isfinite(crop)]


def _gain_map(gain_map: GainMap) -> dict[str, Any]:
    stops = gain_map.planes
    return {
        "width": stops.shape[1],
        "height": stops.shape[0],
        "channels": stops.shape[2],
        "headroom": gain_map.headroom,
        "most_stops": float(stops.max()),
        "lifts": float((stops.max(axis=2) > LIFTED_STOPS).mean()),
    }


def _lights(lights: Lights | None, why: str) -> dict[str, Any]:
    if lights is None:
        return {"count": 0, "why": why, "by": {}, "brightest": None}
    by = {word: lights.by.count(word) for word in sorted(set(lights.by))}
    return {"count": len(lights.sure), "why": why, "by": by, "brightest": float(lights.radiance.max())}


def _focus(scene: PreparedScene) -> dict[str, Any]:
    thin, source = mount_on(scene, Lens(), RenderSettings())
    return {"focus_m": thin.focus_m, "focus_source": source}


def _blur(existing: ExistingBlur, photo: Photo) -> dict[str, Any]:
    return {
        "f_number": photo.meta.rendered and photo.meta.rendered.f_number,
        "focus_m": None if photo.depth_kind == "unitless" else existing.focus_m,
        "largest_radius_px": max(existing.radius_px),
        "confidence": existing.confidence,
    }


def _warnings(photo: Photo, scene: PreparedScene | None, clipped: float | None) -> list[str]:
    said = _of_depth(photo)
    if scene is not None:
        lens, settings = Lens(), RenderSettings()
        said += warnings_of(scene, lens, mount_on(scene, lens, settings)[0], settings)
    elif photo.meta.rendered is not None:
        said.append(f"this photo is rendered by rebokeh already, {photo.meta.rendered}")
    if clipped is not None and clipped > CLIPPED_SHARE and photo.gain_map is None:
        said.append(
            f"{clipped:.1%} of the picture is clipped and no gain map says how bright it was: a render tells lamps by "
            "their glow and by the exposure"
        )
    if photo.meta.f35_mm is None:
        said.append(f"the file does not say the focal length: {DEFAULT_F35_MM:g} mm are assumed; give `focal_mm`")
    return said


def _of_depth(photo: Photo) -> list[str]:
    if photo.depth is None:
        return [
            "there is no depth to render from; give a map with `depth`, a model with `depth_model`, "
            "or a second view with `stereo`"
        ]
    said = []
    if photo.depth_kind == "relative":
        said.append(
            "the depth map is relative and nothing in the file anchors it: its metres are nominal; give a known "
            "distance with `anchors`"
        )
    elif photo.depth_kind == "unitless":
        said.append("the depth map knows no metres; give the distances of two points as `anchors`")
    longer = max(photo.depth.shape)
    if longer < COARSE_PX and COARSE_BY * longer < max(photo.size):
        height, width = photo.depth.shape
        said.append(f"the depth map has only {width}x{height} px: outlines are where photo and matte show them")
    holes = 1.0 - float(np.isfinite(photo.depth).mean())
    if holes > HOLES_SHARE:
        said.append(f"the depth map has holes, {holes:.0%} of it, which are filled from what is farther beside them")
    return said


def _metres(dioptres: float | np.floating) -> float:
    return 1.0 / float(dioptres) if dioptres > 0 else math.inf
