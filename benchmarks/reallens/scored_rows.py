"""Rows of scores, one for a method on a view: read from several runs, and their means as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]

COLUMNS = {"psnr": "PSNR", "edge": "edges", "lights": "lights", "level": "their brightness"}
DIGITS = {"level": 2}


def read(files: Iterable[Path]) -> list[Row]:
    """Read the rows of runs; where two have the same view, f-number and method, the later file's is taken.

    Raises
    ------
    OSError
        When a file cannot be read.
    ValueError
        When it holds no rows.
    """
    found: dict[tuple[str, float, str], Row] = {}
    for path in files:
        try:
            found |= {(row["view"], float(row["f"]), row["method"]): row for row in json.loads(path.read_text())}
        except (KeyError, TypeError, ValueError) as err:
            raise ValueError(f"{path} holds no rows of this benchmark") from err
    return list(found.values())


def table(rows: Sequence[Row], stop: float) -> str:
    """Means of every method over the views at one f-number, as Markdown; of what a view lacks, over the others."""
    lines = [f"| f/{stop:g} | " + " | ".join(COLUMNS.values()) + " |", "|---|" + "---:|" * len(COLUMNS)]
    at_stop = [row for row in rows if row["f"] == stop]
    for method in dict.fromkeys(row["method"] for row in at_stop):
        own = [row for row in at_stop if row["method"] == method]
        lines.append(f"| {method} | " + " | ".join(_mean(own, key) for key in COLUMNS) + " |")
    return "\n".join(lines)


def _mean(rows: Sequence[Row], key: str) -> str:
    known = [row[key] for row in rows if key in row]
    return f"{np.mean(known):.{DIGITS.get(key, 1)}f}" if known else "-"
