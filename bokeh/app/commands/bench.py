"""``rebokeh bench``: how fast this machine renders."""

from __future__ import annotations

from typing import Annotated

import typer

from ..flags import print_json, print_lines
from ..parser import AsJson, Debug, Help


def bench_command(
    seconds: Annotated[float, typer.Option(metavar="S", help="Time to take, beside that of compiling.")] = 50.0,
    as_json: AsJson = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Measure on this machine how fast a render is, next to Gaussian blurs of the same picture."""
    from ...tools.bench import measure, report_lines

    measured = measure(seconds)
    if as_json:
        print_json(measured)
    else:
        print_lines(report_lines(measured))
