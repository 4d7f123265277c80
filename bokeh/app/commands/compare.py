"""``rebokeh compare``: our render, the phone's own blur and a plain Gaussian on one page, measured."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from ...core.errors import UsageError
from ...core.progress import Clock, unseen
from ...settings.options import Options
from ..flags import print_json
from ..guard import Run, say
from ..parser import AsJson, Debug, FocusOption, FStop, Help, Overwrite, Quiet
from .given import choose_lens, focused
from .groups import LENS, MAPS, PAIR, RENDERING, of, takes
from .source import Source
from .streams import bar_of


@takes(LENS, MAPS, PAIR, RENDERING, before="out")
def compare_command(
    ctx: typer.Context,
    photo: Annotated[str, typer.Argument(metavar="ORIGINAL", help="The sharp photo with depth; - is standard input.")],
    rendered: Annotated[
        str | None,
        typer.Argument(
            metavar="RENDERED",
            help="The same photo as the phone blurred it: the edited export, of any size, crop or tone.",
        ),
    ] = None,
    fstop: FStop = None,
    focus: FocusOption = "auto",
    out: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PAGE.html", help="Page to write.  [default: beside ORIGINAL]"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
    **given: Any,
) -> None:
    """Show our blur beside the phone's and a plain Gaussian, on one page that needs no network, with figures.

    The page is written beside the photo, as IMG_0001_compare.html for IMG_0001.heic.
    """
    source = Source.of(photo, given)
    if photo == "-" and out is None:
        raise UsageError("the photo comes from standard input; name the page with -o")
    chosen, _ = choose_lens(**of(LENS, given), fstop=fstop, focus=focus)
    page = Path(out) if out is not None else Path(photo).with_name(f"{Path(photo).stem}_compare.html")
    if page.is_dir():
        page /= f"{Path(photo).stem}_compare.html"
    inputs = [*source.files, *filter(None, [rendered, given["lens"]])]

    from ... import warmup
    from ...io.files.atomic import abandon, check_output, write_atomic
    from ...load import load
    from ...tools.compare.explanations import summary_line
    from ...tools.compare.measure import compare
    from ...tools.compare.report import report

    real = check_output(page, overwrite=overwrite, inputs=inputs)
    run: Run = ctx.obj
    run.undo += [warmup.stop_saving, lambda: abandon({real.parent})]
    with ExitStack() as stack:
        bar = bar_of(stack, run, quiet, as_json)
        stack.enter_context(warmup.compilers(None if bar is None else bar.say, bar or unseen))
        clock = Clock(run.begun, bar or unseen)
        with clock.stage("load"):
            loaded = source.load()
            chosen = focused(chosen, focus, loaded.size)
            other = None if rendered is None else load(rendered)
        with clock.stage("compare"):
            settings = Options(**of(RENDERING, given)).render_settings()
            comparison = compare(loaded, other, chosen, settings, clock)
        with clock.stage("save"):
            write_atomic(real, report(comparison).encode())
    warned = [*loaded.meta.warnings, *comparison.report["warnings"]]
    if as_json:
        facts = {"input": photo, "rendered": rendered, "output": str(page), **comparison.facts}
        print_json({**facts, "warnings": warned, "seconds": clock.seconds})
    if not quiet:
        for warning in warned:
            say(f"rebokeh: warning: {warning}")
        if not as_json:
            say(f"wrote {page}: {summary_line(comparison)}")
