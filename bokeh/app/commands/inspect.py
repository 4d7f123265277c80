"""``rebokeh inspect``: what a photo holds, without rendering it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...core.errors import FAILED, UsageError
from ...settings.flags import flag_of
from ...settings.options import Options
from ..flags import print_json, print_lines
from ..guard import Run, say
from ..parser import AsJson, Debug, FocusOption, FStop, Help, Overwrite
from .given import choose_lens, focused, was_given
from .groups import LENS, MAPS, PAIR, RENDERING, of, takes
from .source import Source
from .streams import bar_of

if TYPE_CHECKING:
    from ...optics.lens import Lens
    from ...photo.photo import Photo
    from ...render.settings import RenderSettings
    from ...tools.check.check import PictureCheck


@takes(MAPS, PAIR, LENS, RENDERING, before="overwrite")
def inspect_command(
    ctx: typer.Context,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    out: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="Sheet of thumbnails to write: .png or .jpg.")
    ] = None,
    edges: Annotated[
        bool, typer.Option("--edges", help="Score the depth map's edges against the matte, as Depth Pro's authors do.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Also render it, and measure what must hold of any picture; exit code 1 if something is out of range.",
        ),
    ] = False,
    fstop: FStop = None,
    focus: FocusOption = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    debug: Debug = False,
    help: Help = False,
    **given: Any,
) -> None:
    """Say what a photo holds: lens, depth, mattes, gain map, focus, blur, and what will look wrong.

    Nothing is rendered. Without depth it says so, and what to do.

    With --check the photo is rendered through the lens that the options name, and what must hold of any picture is
    measured: nothing solid is seen through, what is in focus stays as it was, light is kept, and none of the subject's
    lies beside its outline. Options of the lens and of rendering are for --check only; flaws of a lens do not count.

    Exit codes: 0 done, 1 a figure of --check is out of range, 2 bad usage, 3 --check of a photo without depth,
    4 unreadable input, 130 interrupted.
    """
    source = Source.of(photo, given)
    if not check:
        for name in ("fstop", "focus", *LENS, *RENDERING):
            if was_given(ctx, name):
                raise UsageError(f"{flag_of(name)} says how --check renders; give --check too")
    lens, _ = choose_lens(**of(LENS, given), fstop=fstop, focus=focus)
    settings = Options(**of(RENDERING, given)).render_settings()

    from ...tools.check.report import check_lines
    from ...tools.drawing.montage import check_montage
    from ...tools.inspect.facts import inspect_photo
    from ...tools.inspect.report import report_lines
    from ...tools.inspect.thumbnails import save_thumbnails

    if out is not None:
        check_montage(out, inputs=source.files, overwrite=overwrite)
    loaded = source.load()
    checked = _checked(ctx.obj, loaded, focused(lens, focus, loaded.size), settings, as_json) if check else None
    found = inspect_photo(loaded, photo)
    if checked is not None:
        found["check"] = checked.to_json()
    if edges:
        from ...depth.boundary_score import score_photo

        as_read, as_rendered = score_photo(loaded)
        found["edges"] = {"as_read": asdict(as_read), "as_rendered": asdict(as_rendered)}
    if out is not None:
        save_thumbnails(loaded, found, out, inputs=source.files, overwrite=overwrite)
        found["output"] = out
    if as_json:
        print_json(found)
    else:
        print_lines([*report_lines(found), *(check_lines(checked) if checked is not None else [])])
        if out is not None:
            say(f"wrote {out}")
    if checked is not None and not checked.passed:
        raise typer.Exit(FAILED)


def _checked(run: Run, photo: Photo, lens: Lens, settings: RenderSettings, as_json: bool) -> PictureCheck:
    """Check a photo, and show how far that is."""
    from ... import warmup
    from ...core.progress import Clock, unseen
    from ...tools.check.check import check

    run.undo.append(warmup.stop_saving)
    with ExitStack() as stack:
        bar = bar_of(stack, run, False, as_json)
        stack.enter_context(warmup.compilers(None if bar is None else bar.say, bar or unseen))
        clock = Clock(run.begun, bar or unseen)
        with clock.stage("check"):
            return check(photo, lens, settings, clock)
