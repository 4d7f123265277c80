"""``rebokeh rack``: a focus pull from one photo."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from ..bokeh.guard import Run, say
from ..bokeh.parser import AsJson, Debug, DepthModel, Help, MatteModel, Overwrite, Quiet
from ..bokeh.progress import unseen
from ..bokeh.units import parse_anchor, parse_f_range, parse_length_m
from .streams import bar_of, stdin_bytes


def rack_command(
    ctx: typer.Context,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    begin: Annotated[str, typer.Option("--from", metavar="DIST", help="Focus at the beginning, like 0.5m.")],
    end: Annotated[str, typer.Option("--to", metavar="DIST", help="Focus at the end, like 4m, or inf.")],
    out: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="File to write: .mp4 or .gif.")],
    fstop: Annotated[
        str, typer.Option(metavar="N|N..N", help="F-number, full-frame equivalent, or those of both ends, like 1.4..8.")
    ] = "1.8",
    seconds: Annotated[float, typer.Option(metavar="S", help="How long it takes.")] = 3.0,
    fps: Annotated[float, typer.Option(metavar="N", help="Frames a second.")] = 24.0,
    size: Annotated[int, typer.Option(metavar="PX", help="Longer side of the frames at most.")] = 1280,
    depth: Annotated[str | None, typer.Option(metavar="FILE", help="Depth map instead of the photo's.")] = None,
    depth_unit: Annotated[
        Literal["m", "dioptre", "relative"] | None, typer.Option(help="What the depth map's numbers are.")
    ] = None,
    matte: Annotated[str | None, typer.Option(metavar="FILE", help="Matte instead of the photo's.")] = None,
    anchor: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y=DIST", help="A point whose distance is known, like 0.4,0.6=2.1m; may be repeated."),
    ] = None,
    depth_model: DepthModel = None,
    matte_model: MatteModel = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Move focus through a photo, evenly in dioptres, as a film does it."""
    from_m, to_m = parse_length_m(begin, "--from"), parse_length_m(end, "--to")
    f_numbers = parse_f_range(fstop)
    known = [parse_anchor(text) for text in anchor or ()]

    from ..bokeh.anchor import Anchor
    from ..bokeh.io import load
    from ..bokeh.io.atomic import abandon
    from ..bokeh.naming import refuse_unwritable
    from ..bokeh.rack import Pull, rack

    pull = Pull(from_m, to_m, f_numbers, seconds, fps, size)
    inputs = [file for file in (photo, depth, matte, depth_model, matte_model) if file and file != "-"]
    refuse_unwritable(Path(out), overwrite=overwrite, inputs=inputs)
    run: Run = ctx.obj
    unfinished_in = {Path(os.path.realpath(out)).parent, Path(tempfile.gettempdir())}
    run.undo.append(lambda: abandon(unfinished_in))
    with ExitStack() as stack:
        bar = bar_of(stack, run, quiet, as_json)
        loaded = load(
            stdin_bytes() if photo == "-" else photo,
            depth=depth,
            depth_unit=depth_unit,
            matte=matte,
            anchors=[Anchor(*point) for point in known],
            depth_model=depth_model,
            matte_model=matte_model,
        )
        done = rack(loaded, out, pull, overwrite=overwrite, progress=bar or unseen)
    if as_json:
        from ..bokeh.report import plain

        print(json.dumps(plain(done), allow_nan=False))
    elif not quiet:
        for warning in loaded.meta.warnings:
            say(f"rebokeh: warning: {warning}")
        say(f"wrote {out}: {done['frames']} frames of {done['width']}x{done['height']}")
