"""``rebokeh warmup``: compile beforehand."""

from __future__ import annotations

import time
from contextlib import ExitStack

import typer

from ...core.progress import unseen
from ..flags import print_json
from ..guard import Run, say
from ..parser import AsJson, Debug, Help, Quiet
from .streams import bar_of


def warmup_command(
    ctx: typer.Context,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Compile all that a render needs, and keep it, so that the first photo need not wait."""
    from ... import warmup

    run: Run = ctx.obj
    run.undo.append(warmup.stop_saving)
    with ExitStack() as stack:
        styles = warmup.warm_up(bar_of(stack, run, quiet, as_json) or unseen)
    seconds, folder = round(time.perf_counter() - run.begun, 3), warmup.kept_in()
    if as_json:
        kept = None if folder is None else str(folder)
        print_json({"seconds": seconds, "cache": kept, "styles": styles, "trouble": warmup.trouble()})
    if warmup.trouble() and not quiet:
        say(f"rebokeh: {warmup.trouble()}")
    elif not quiet:
        say(f"compiled in {seconds:.1f} s, kept in {folder}")
