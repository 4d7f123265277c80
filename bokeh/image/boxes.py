"""Boxes of a picture: rows and columns, counted, grown, cut and shared."""

from __future__ import annotations

from itertools import pairwise

from .regions import PixelBox


def within(box: PixelBox, outer: PixelBox) -> PixelBox:
    """Count a box from the beginning of another that holds it."""
    rows, columns = (slice(b.start - o.start, b.stop - o.start) for b, o in zip(box, outer, strict=True))
    return rows, columns


def grown(box: PixelBox, margin: int, size: tuple[int, int]) -> PixelBox:
    """Grow a box by a margin, within a picture of (H, W)."""
    rows, columns = (slice(max(b.start - margin, 0), min(b.stop + margin, n)) for b, n in zip(box, size, strict=True))
    return rows, columns


def common_part(one: PixelBox, other: PixelBox) -> PixelBox | None:
    """Return what two boxes share; None where that is nothing."""
    rows, columns = (slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None


def boxes_of(size: tuple[int, int], side: int) -> list[PixelBox]:
    """Cut a picture (H, W) into boxes."""
    height, width = size
    return [
        (slice(top, min(top + side, height)), slice(left, min(left + side, width)))
        for top in range(0, height, side)
        for left in range(0, width, side)
    ]


def even_boxes(size: tuple[int, int], side: int, least: int = 1) -> list[PixelBox]:
    """Cut a picture (H, W) into boxes that are as large as each other, and no larger than `side`: at least so many."""
    counts = [max(-(-n // side), 1) for n in size]
    if counts[0] * counts[1] < least:
        counts[0 if size[0] > size[1] else 1] = min(least, max(size))
    rows, columns = (
        [slice(first, last) for first, last in pairwise(n * k // count for k in range(count + 1))]
        for n, count in zip(size, counts, strict=True)
    )
    return [(down, across) for down in rows for across in columns]


def boxes_beside(box: PixelBox, inner: PixelBox | None) -> list[PixelBox]:
    """Cut what of a box lies beside another within it into boxes: all of it where there is none."""
    if inner is None:
        return [box]
    (rows, columns), (own_rows, own_columns) = box, inner
    parts = [
        (slice(rows.start, own_rows.start), columns),
        (slice(own_rows.stop, rows.stop), columns),
        (own_rows, slice(columns.start, own_columns.start)),
        (own_rows, slice(own_columns.stop, columns.stop)),
    ]
    return [(down, across) for down, across in parts if down.start < down.stop and across.start < across.stop]
