"""The library's words as the command line says them.

The library's messages name its arguments, in backticks: "`depth_unit` needs `depth`". Whatever leaves by the command
line, or by the studio's page, passes through here, and names flags instead.
"""

from __future__ import annotations

import re

_OTHERWISE = {
    "anchors": "--anchor x,y=2.1m",
    "changes": "--with",
    "f_number": "--fstop",
    "focus_on": "--focus",
    "focus_point": "--focus x,y",
    "out": "-o",
}
"""Flags that are not called as their argument is, less its unit."""

_UNIT = re.compile(r"_(?:mm|m|s|deg)$")
# Standing alone, as in a sentence: not a piece of a path, and not in quotes.
_ARGUMENT = re.compile(r"(?<![^\s(])`([a-z][a-z0-9_]*)`(?![\w/\\'\"]|\.\w)")


def flag_of(argument: str) -> str:
    """Name the flag of an argument of the library: ``--baseline`` of `baseline_m`, for flags take units in words."""
    return _OTHERWISE.get(argument) or f"--{_UNIT.sub('', argument).replace('_', '-')}"


def with_flags(text: str) -> str:
    """Return a message of the library with flags in the place of arguments."""
    return _ARGUMENT.sub(lambda found: flag_of(found[1]), text)
