"""``rebokeh inspect``: what a photo holds, without rendering it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ..bokeh.errors import UsageError
from ..bokeh.guard import say
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
    Overwrite,
    Stereo,
)
from ..bokeh.units import parse_anchor, parse_length_m
from .streams import stdin_bytes


def inspect_command(
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    out: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="Sheet of thumbnails to write: .png or .jpg.")
    ] = None,
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
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Say what a photo holds: lens, depth, mattes, gain map, focus, blur, and what will look wrong.

    Nothing is rendered. Without depth it says so, and what to do.
    """
    if depth is None and (depth_scale is not None or (depth_unit is not None and depth_model is None)):
        raise UsageError("--depth-unit and --depth-scale speak of a depth map; name it with --depth")
    baseline_m = None if baseline is None else parse_length_m(baseline, "baseline")
    known = [parse_anchor(text) for text in anchor or ()]

    from ..bokeh.anchor import Anchor
    from ..bokeh.io import load
    from ..bokeh.montage import check_montage
    from ..bokeh.survey import in_words, save_thumbnails, survey

    inputs = [file for file in (photo, depth, matte, depth_model, matte_model, stereo) if file and file != "-"]
    if out is not None:
        for file in inputs or [None]:
            check_montage(out, source=file, overwrite=overwrite)
    loaded = load(
        stdin_bytes() if photo == "-" else photo,
        depth=depth,
        depth_unit=depth_unit,
        depth_scale=depth_scale,
        matte=matte,
        anchors=[Anchor(*point) for point in known],
        depth_model=depth_model,
        matte_model=matte_model,
        stereo=stereo,
        baseline_m=baseline_m,
    )
    found = survey(loaded, photo)
    if edges:
        from ..bokeh.boundary import score_photo

        as_read, as_rendered = score_photo(loaded)
        found["edges"] = {"as_read": asdict(as_read), "as_rendered": asdict(as_rendered)}
    if out is not None:
        save_thumbnails(loaded, found, out, source=photo, overwrite=overwrite)
        found["output"] = out
    print(json.dumps(found, allow_nan=False) if as_json else "\n".join(in_words(found)))
    if out is not None and not as_json:
        say(f"wrote {out}")
