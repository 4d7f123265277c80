"""``rebokeh bench``: how fast this machine renders."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ..parser import AsJson, Debug, Help


def bench_command(
    seconds: Annotated[float, typer.Option(metavar="S", help="Time to take, beside that of compiling.")] = 50.0,
    as_json: AsJson = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Measure on this machine how fast a render is, next to Gaussian blurs of the same picture."""
    from ...tools.bench import lines, measure

    measured = measure(seconds)
    print(json.dumps(measured) if as_json else "\n".join(lines(measured)))
