"""Rows of words and figures, set in columns."""

from __future__ import annotations

from collections.abc import Sequence


def in_columns(rows: Sequence[Sequence[str]], markdown: bool = False) -> str:
    """Set rows in columns, the first row the heading; the first column to the left, the others to the right.

    Parameters
    ----------
    rows : sequence of sequences of str
        All of one length.
    markdown : bool
        Write a Markdown table instead of one for a terminal.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        for row in rows
    ]
    if not markdown:
        return "\n".join("  ".join(line).rstrip() for line in lines)
    lines.insert(1, ["---", *["---:"] * (len(widths) - 1)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
