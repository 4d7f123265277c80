"""``rebokeh inspect``: what a photo holds, without rendering it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..bokeh.parser import (
    Anchors,
    AsJson,
    Baseline,
    Debug,
    DepthFile,
    DepthModel,
    DepthScale,
    DepthUnitOption,
    Help,
    MatteFile,
    MatteModel,
    Stereo,
)
from .source import Source

if TYPE_CHECKING:
    from ..bokeh.photo import Photo


def inspect_command(
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    edges: Annotated[
        bool, typer.Option("--edges", help="Score the depth map's edges against the matte, as Depth Pro's authors do.")
    ] = False,
    depth: DepthFile = None,
    depth_unit: DepthUnitOption = None,
    depth_scale: DepthScale = None,
    matte: MatteFile = None,
    anchor: Anchors = None,
    depth_model: DepthModel = None,
    matte_model: MatteModel = None,
    stereo: Stereo = None,
    baseline: Baseline = None,
    as_json: AsJson = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Say what a photo holds: size, lens, depth, mattes, and where each was found."""
    source = Source(
        photo, depth, depth_unit, depth_scale, matte, depth_model, matte_model, stereo, baseline, tuple(anchor or ())
    )
    loaded = source.load()
    found = _facts(photo, loaded)
    if edges:
        from ..bokeh.boundary import score_photo

        as_read, as_rendered = score_photo(loaded)
        found["edges"] = {"as_read": asdict(as_read), "as_rendered": asdict(as_rendered)}
    print(json.dumps(found, allow_nan=False) if as_json else "\n".join(_in_words(found)))


def _facts(name: str, photo: Photo) -> dict[str, Any]:
    return {
        "input": name,
        "format": photo.meta.format,
        "width": photo.size[1],
        "height": photo.size[0],
        "bit_depth": photo.meta.bit_depth,
        "profile": photo.profile.name,
        "camera": photo.meta.camera or None,
        "f35_mm": photo.meta.f35_mm,
        "depth_source": photo.meta.depth_source or None,
        "depth_kind": None if photo.depth is None else photo.depth_kind,
        "matte_source": photo.meta.matte_source or None,
        "mattes": sorted(photo.mattes),
        "gain_map": photo.gain_map is not None,
        "notes": list(photo.meta.notes),
    }


def _in_words(found: dict[str, Any]) -> list[str]:
    lens = "" if found["f35_mm"] is None else f", {found['f35_mm']:g} mm (35 mm equivalent)"
    lines = [
        f"{found['width']}x{found['height']} {found['format']}, {found['bit_depth']} bit, {found['profile']}",
        f"camera: {found['camera'] or 'unknown'}{lens}",
        *found["notes"],
    ]
    lines += [f"no {what}" for what in ("depth", "matte") if found[f"{what}_source"] is None]
    for how, score in found.get("edges", {}).items():
        shares = "precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}".format(**score)
        lines.append(f"edges against the matte, {how.replace('_', ' ')}: {shares}")
    return lines
