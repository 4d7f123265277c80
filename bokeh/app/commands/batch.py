"""``rebokeh batch``: a whole library of photos, and a line for each of them."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ...core.errors import FAILED, UsageError
from ...settings.units import parse_bytes, parse_count, parse_seconds
from ..flags import print_json
from ..guard import say
from ..parser import (
    Debug,
    FocusOption,
    FormatOption,
    FStop,
    HdrOption,
    Help,
    PresetFile,
    Quiet,
    SaveQuality,
    Stripped,
    StyleOption,
)
from .follow import Follower, how_it_went, in_flags, stop_gently
from .given import choose_preset
from .groups import LENS, RENDERING, SHARED, takes
from .streams import bar_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...batch.job import Outcome
    from ...batch.library import Library


@takes(LENS, RENDERING, SHARED, before="style")
def batch_command(
    ctx: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Photos, folders with all below them, patterns, @list.txt, URLs."),
    ],
    out: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="Folder or URL to write into; folders are mirrored.")
    ],
    preset: PresetFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would become of each input, no more.")] = False,
    report: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a line for each input: .jsonl or .csv; replaces an older.")
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write a contact sheet of before and after: .jpg, .png."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is not what this makes.")] = False,
    on_collision: Annotated[
        Literal["refuse", "suffix"],
        typer.Option("--on-collision", help="Photos that would become one file. suffix: the later ones get a number."),
    ] = "refuse",
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Give each picture the times of its photo's file.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try those again whose worker died.")] = False,
    max_pixels: Annotated[
        str | None, typer.Option(metavar="N", help="Refuse larger photos by their header, like 50M.  [default: 200M]")
    ] = None,
    timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="Longest time for one photo, like 90s or 5min.  [default: none]")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Most memory of each worker, like 4GB.  [default: none]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Worker processes.  [default: one for each core]")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers render, like tcp://host:8786.")
    ] = None,
    fstop: FStop = None,
    focus: FocusOption = "auto",
    style: StyleOption = "lens",
    format: FormatOption = None,
    hdr: HdrOption = "auto",
    save_quality: SaveQuality = None,
    strip: Stripped = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each input.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say of each input what became of it.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
    **given: Any,
) -> None:
    """Render a whole library, and lose nothing.

    Pictures are named as their photos. What is done already is passed over, so an interrupted batch goes on where it
    was; OUT/.rebokeh holds its journal. Ctrl-C finishes what is being written; a second one ends at once.

    Exit codes: 0 all is done, or skipped with its reason; 1 some photos failed; 2 bad usage; 130 interrupted.
    """
    if verbose and quiet:
        raise UsageError("-v and -q contradict each other; give one")
    costs = (
        None if max_pixels is None else parse_count(max_pixels, "--max-pixels"),
        None if timeout is None else parse_seconds(timeout, "--timeout"),
        None if memory is None else parse_bytes(memory, "--memory"),
    )
    settings = choose_preset(ctx, preset)

    from ...batch.job import Limits
    from ...batch.library import Library
    from ...batch.report import Report
    from ...batch.sheet import check_sheet
    from ...batch.stores.url import report_name
    from ...batch.tally import Tally
    from ...warmup import FIRST_RUN

    begun, run = time.perf_counter(), ctx.obj
    with ExitStack() as stack:
        bar = None if dry_run else bar_of(stack, run, quiet, as_json)
        tell = say if bar is None else bar.say
        library = Library(
            inputs, out, settings, limits=Limits(*costs), workers=workers, scheduler=scheduler,
            overwrite=overwrite, retry=retry, on_collision=on_collision, keep_times=keep_times,
            tell=lambda _: quiet or tell(f"rebokeh: {FIRST_RUN}"),
        )  # fmt: skip
        if dry_run:
            _print_plan(library, out, as_json)
            return
        sheet_path = None if sheet is None else check_sheet(sheet)
        book = None if report is None else stack.enter_context(Report(report, out, _sources(library, preset)))
        stop_gently(run, library, tell)
        tally, made = Tally(len(library.plan.jobs) + len(library.plan.known)), []
        follower = Follower(out, bar, tell, as_json, verbose, quiet)
        for outcome in follower.follow(library.run(), tally):
            if book is not None:
                book.add(outcome)
            if outcome.status in ("done", "already"):
                made.append(outcome)
        if sheet_path is not None and not tally.counts["left"]:
            _draw(library, made, tally.total, sheet_path)
    if book is not None and book.trouble:
        say(f"rebokeh: {book.trouble}")
    if not quiet:
        counts = tally.counts
        more = "; -v or --report says why" if counts["skipped"] or counts["failed"] or counts["quarantined"] else ""
        say(f"{report_name(out)}: {how_it_went(counts, time.perf_counter() - begun)}{more}")
    if follower.otherwise and not quiet:
        say(f"rebokeh: {follower.otherwise} stand there already, made by another recipe; --overwrite makes them anew")
    if tally.failures or (book is not None and book.trouble):
        raise typer.Exit(FAILED)


def _sources(library: Library, preset: str | None) -> list[str]:
    return [job.source for job in library.plan.jobs] + ([preset] if preset else [])


def _print_plan(library: Library, out: str, as_json: bool) -> None:
    """Print what would be done, a line for each input."""
    from ...batch.report import to_json
    from ...batch.stores.url import is_url, report_name
    from ...core.text import printable

    lines: list[dict[str, Any]] = []
    for known in library.plan.known:
        line = to_json(in_flags(known), out)
        lines.append({key: line[key] for key in ("input", "output", "status", "reason", "code")})
    for job in library.plan.jobs:
        target = f"{report_name(out).rstrip('/')}/{job.target}" if is_url(out) else os.path.join(out, job.target)
        lines.append({"input": report_name(job.source), "output": target, "status": "planned", "format": job.format})
    for line in lines:
        if as_json:
            print_json(line)
        elif line["status"] == "planned":
            print(f"{printable(line['input'])} -> {printable(line['output'])}")
        else:
            print(f"{line['status']}: {printable(line['reason'])}")


def _draw(library: Library, made: Sequence[Outcome], total: int, path: Path) -> None:
    from ...batch.sheet import BeforeAfter, save_sheet

    store = library.store

    def pair(outcome: Outcome) -> BeforeAfter:
        return BeforeAfter(outcome.output, lambda: store.read(outcome.source), lambda: store.content(outcome.output))

    save_sheet([pair(outcome) for outcome in made], total, path)
