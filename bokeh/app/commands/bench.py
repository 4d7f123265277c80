"""``rebokeh bench``: how long one waits on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..flags import print_json, print_lines
from ..parser import AsJson, Debug, Help


def bench_command(
    photos: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PHOTO...]", help="Photos to measure the whole command on.  [default: a made portrait]"
        ),
    ] = None,
    size: Annotated[float, typer.Option(metavar="MP", help="Megapixels of the made portrait.")] = 12.0,
    rounds: Annotated[int, typer.Option(metavar="N", help="How often each is measured; the median counts.")] = 3,
    as_json: AsJson = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Measure on this machine how long one waits, next to Gaussian blurs of the same picture.

    That is the whole command, from file to file, and another lens for a photo that is prepared.
    """
    from ...tools.bench import measure, measure_photos, report_lines

    measured = measure_photos([Path(photo) for photo in photos], rounds) if photos else measure(size, rounds)
    if as_json:
        print_json(measured)
    else:
        print_lines(report_lines(measured))
