"""Text that can be printed whatever a file's name is."""

from __future__ import annotations

import math
import os


def printable(path: object) -> str:
    """Make a file's name fit for one line of a message, whatever bytes it is made of."""
    return one_line(os.fsencode(str(path)).decode("utf-8", "replace"))


def one_line(words: str) -> str:
    """Make words out of a file fit for one line of a message."""
    return "".join(c if c.isprintable() else "?" for c in words)


def in_metres(distance_m: float) -> str:
    """Say a distance, like "2.1 m"."""
    return f"{distance_m:.3g} m" if math.isfinite(distance_m) else "infinity"
