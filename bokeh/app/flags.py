"""The library's words as the command line says them.

The library's messages name its arguments, in backticks: "`depth_unit` needs `depth`". Whatever leaves by the command
line passes through here, and names flags instead.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.jsonable import plain

SCHEMA = 1
"""Of what ``--json`` prints: one more where a field changes its meaning or goes; new fields do not change it."""

_OTHERWISE = {
    "anchors": "--anchor x,y=2.1m",
    "changes": "--with",
    "f_number": "--fstop",
    "focus_on": "--focus",
    "focus_point": "--focus x,y",
    "out": "-o",
}
"""Flags that are not called as their argument is, less its unit."""

# Bars of a histogram, where there are no blocks to draw them with.
_BARS = str.maketrans("▏▎▍▌▋▊▉█", "...--==#")

_UNIT = re.compile(r"_(?:mm|m|s|deg)$")
# Standing alone, as in a sentence: not a piece of a path, and not in quotes.
_ARGUMENT = re.compile(r"(?<![^\s(])`([a-z][a-z0-9_]*)`(?![\w/\\'\"]|\.\w)")
# What of `--json` is a file's name, and stays as it is.
_NAMES = ("input", "output", "rendered", "steps", "folder", "file", "cache", "name", "lens_source")


def flag_of(argument: str) -> str:
    """Name the flag of an argument of the library: ``--baseline`` of `baseline_m`, for flags take units in words."""
    return _OTHERWISE.get(argument) or f"--{_UNIT.sub('', argument).replace('_', '-')}"


def with_flags(text: str) -> str:
    """Return a message of the library with flags in the place of arguments."""
    return _ARGUMENT.sub(lambda found: flag_of(found[1]), text)


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
