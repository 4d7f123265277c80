"""Sets of pixels: grown by a square, and the box around them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BoolArray = NDArray[np.bool_]
Box = tuple[slice, slice]


def dilate(mask: BoolArray, reach: int) -> BoolArray:
    """Grow a mask by a square of `reach` pixels to every side."""
    grown = np.array(mask, order="C").view(np.uint8)
    for lines in (grown, grown.T):
        # Twice as far with each step, first towards the beginning, then towards the end.
        done = 0
        while done < reach:
            step = min(done + 1, reach - done)
            lines[:-step] |= lines[step:]
            done += step
        done = 0
        while done < reach:
            step = min(done + 1, reach - done)
            lines[step:] |= lines[:-step]
            done += step
    return grown.view(bool)


def connected(mask: BoolArray) -> tuple[NDArray[np.int32], int]:
    """Return the connected pieces of a mask, numbered from 1 (0 = outside; corners connect), and their count."""
    labels = np.empty(mask.shape, np.int32)
    count = ndimage.label(mask, np.ones((3, 3), bool), output=labels)
    return labels, int(count)  # pyright: ignore[reportArgumentType]  (scipy's stub leaves out the case of an output)


def box_around(mask: BoolArray, margin: int = 0) -> Box:
    """Smallest box (rows, columns) around a mask that is not empty, with a margin, within the picture."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(int(rows[0]) - margin, 0), min(int(rows[-1]) + 1 + margin, mask.shape[0])),
        slice(max(int(columns[0]) - margin, 0), min(int(columns[-1]) + 1 + margin, mask.shape[1])),
    )
