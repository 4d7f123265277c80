"""What the command line prints on standard output: lines and JSON, with flags for the library's arguments."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.jsonable import plain
from ..settings.flags import with_flags

SCHEMA = 1
"""Of what ``--json`` prints: one more where a field changes its meaning or goes; new fields do not change it."""

# Bars of a histogram, where there are no blocks to draw them with.
_BARS = str.maketrans("▏▎▍▌▋▊▉█", "...--==#")

# What of `--json` is a file's name, and stays as it is.
_NAMES = ("input", "output", "rendered", "steps", "folder", "file", "cache", "name", "lens_source")


def print_json(facts: Mapping[str, Any]) -> None:
    """Print a JSON object on standard output, its sentences with flags."""
    print(json.dumps({"schema": SCHEMA, **plain(_with_flags(facts))}, allow_nan=False), flush=True)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on standard output, with flags, in what its encoding holds."""
    text = "\n".join(map(with_flags, lines))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = text.translate(_BARS)
    print(text)


def _with_flags(value: Any) -> Any:
    if isinstance(value, str):
        return with_flags(value)
    if isinstance(value, Mapping):
        return {key: item if key in _NAMES else _with_flags(item) for key, item in value.items()}
    return [_with_flags(item) for item in value] if isinstance(value, (list, tuple)) else value
