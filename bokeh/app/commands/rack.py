"""``rebokeh rack``: a focus pull from one photo."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from ...core.progress import unseen
from ...settings.options import Options
from ...settings.units import parse_f_range, parse_length_m
from ..flags import print_json
from ..guard import Run, say
from ..parser import AsJson, Debug, Help, Overwrite, Quiet
from .given import choose_lens
from .groups import LENS, MAPS, PAIR, RENDERING, of, takes
from .source import Source
from .streams import bar_of


@takes(LENS, MAPS, PAIR, RENDERING, before="overwrite")
def rack_command(
    ctx: typer.Context,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    begin: Annotated[str, typer.Option("--from", metavar="DIST", help="Focus at the beginning, like 0.5m.")],
    end: Annotated[str, typer.Option("--to", metavar="DIST", help="Focus at the end, like 4m, or inf.")],
    out: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="File to write: .mp4, .gif or .apng.")],
    fstop: Annotated[
        str | None,
        typer.Option(
            metavar="N|N..N",
            help="F-number, full-frame equivalent, or those of both ends, like 1.4..8.  "
            "[default: the lens's widest, or 1.8]",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(metavar="S", help="How long it takes.")] = 3.0,
    fps: Annotated[float, typer.Option(metavar="N", help="Frames a second.")] = 24.0,
    size: Annotated[int, typer.Option(metavar="PX", help="Longer side of the frames at most.")] = 1280,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
    **given: Any,
) -> None:
    """Move focus through a photo, evenly in dioptres, as a film does it."""
    from_m, to_m = parse_length_m(begin, "--from"), parse_length_m(end, "--to")
    source = Source.of(photo, given)
    chosen, _ = choose_lens(**of(LENS, given))
    f_numbers = (chosen.f_number, chosen.f_number) if fstop is None else parse_f_range(fstop)

    from ... import warmup
    from ...io.files.atomic import abandon, check_output
    from ...tools.focus_pull import Pull, rack

    pull = Pull(from_m, to_m, f_numbers, seconds, fps, size)
    settings = Options(**of(RENDERING, given)).render_settings()
    real = check_output(out, overwrite=overwrite, inputs=[*source.files, *filter(None, [given["lens"]])])
    run: Run = ctx.obj
    unfinished_in = {real.parent, Path(tempfile.gettempdir())}
    run.undo += [warmup.stop_saving, lambda: abandon(unfinished_in)]
    with ExitStack() as stack:
        bar = bar_of(stack, run, quiet, as_json)
        stack.enter_context(warmup.compilers(None if bar is None else bar.say, bar or unseen))
        done = rack(source.load(), out, pull, chosen, settings, overwrite=overwrite, progress=bar or unseen)
    if as_json:
        print_json(done)
    elif not quiet:
        for warning in done["warnings"]:
            say(f"rebokeh: warning: {warning}")
        say(f"wrote {out}: {done['frames']} frames of {done['width']}x{done['height']}")
