"""Fragments: what each pixel shows first, how much of the pixel that covers, and what lies behind it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit


class FragmentArrays(NamedTuple):
    """Two fragments per pixel: (H, W), or (N,) of single pixels.

    Attributes
    ----------
    front : float32 (H, W, 4)
        Colour and dioptres of what is seen first.
    alpha : float32 (H, W)
        How much of the pixel it covers.
    back : float32 (H, W, 4)
        Of what lies behind it; of no meaning where the weight is 0.
    weight : float32 (H, W)
        How well the back is known: 1 where it is seen, 0 where it is not known.
    kinds : uint8 (H, W)
        Class of the front, and four times that of the back: 0 before the subject, 1 subject, 2 behind it.
    """

    front: NDArray[np.float32]
    alpha: NDArray[np.float32]
    back: NDArray[np.float32]
    weight: NDArray[np.float32]
    kinds: NDArray[np.uint8]


class ListedRows(NamedTuple):
    """Pixels of some rows of a picture, listed from left to right.

    Attributes
    ----------
    starts : int64 (H + 1,)
        Number of the first pixel of each row, and of all.
    columns : int32 (N,)
    pixels : FragmentArrays, (N,)
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    pixels: FragmentArrays


@jit(inline="always")
def kind_of(dioptres, matte, before):
    """Class of a pixel that shows one surface: by the matte, and by depth; `before` is where the subject's ends."""
    if matte >= np.float32(0.5):
        return 1
    return 0 if dioptres > before else 2


@jit()
def classify(rgbd, matte, before, kinds):
    """Tell the class of each pixel: float32 (H, W, 4), float32 (H, W), dioptres; uint8 (H, W), overwritten."""
    for y in range(kinds.shape[0]):
        for x in range(kinds.shape[1]):
            kinds[y, x] = kind_of(rgbd[y, x, 3], matte[y, x], before)


@jit()
def count_listed(listed, starts):
    """Count the pixels of a mask (H, W) up to each row: int64 (H + 1,), overwritten."""
    starts[0] = 0
    for y in range(listed.shape[0]):
        count = 0
        for x in range(listed.shape[1]):
            count += listed[y, x]
        starts[y + 1] = starts[y] + count


@jit(inline="always")
def _copy(source, one, target, other):
    """Copy the pixel `one` of some fragments to the pixel `other` of others: `FragmentArrays`."""
    from_front, from_back, front, back = source.front[one], source.back[one], target.front[other], target.back[other]
    for c in range(4):
        front[c], back[c] = from_front[c], from_back[c]
    target.alpha[other], target.weight[other] = source.alpha[one], source.weight[one]
    target.kinds[other] = source.kinds[one]


@jit(allocates=False)
def list_pixels(listed, whole, rows):
    """List the pixels of a mask (H, W), of `FragmentArrays` (H, W): `ListedRows`, of which the starts are known."""
    for y in range(listed.shape[0]):
        n = rows.starts[y]
        for x in range(listed.shape[1]):
            if listed[y, x]:
                rows.columns[n] = x
                _copy(whole, (y, x), rows.pixels, n)
                n += 1


@jit(inline="always")
def _first_from(columns, first, last, left):
    """Find the first entry, of those from `first` to before `last`, whose column is `left` or more."""
    while first < last:
        middle = (first + last) // 2
        if columns[middle] < left:
            first = middle + 1
        else:
            last = middle
    return first


@jit(allocates=False)
def place_pixels(rows, first, top, left, box):
    """Write what is listed into a box.

    Parameters
    ----------
    rows : ListedRows
    first : int
        The row of the list that the box's row `top` shows.
    top, left : int
        The box's row that the list begins at, and the picture's column that the box begins at.
    box : FragmentArrays
        Written where a pixel is listed.
    """
    height, width = box.alpha.shape
    for y in range(top, min(top + rows.starts.size - 1 - first, height)):
        row = first + y - top
        n = _first_from(rows.columns, rows.starts[row], rows.starts[row + 1], left)
        while n < rows.starts[row + 1] and rows.columns[n] < left + width:
            x = rows.columns[n] - left
            _copy(rows.pixels, n, box, (y, x))
            n += 1


@jit(inline="always")
def _include(low, high, at, dioptres):
    """Widen the range at (class, row, column) to a depth."""
    low[at], high[at] = min(low[at], dioptres), max(high[at], dioptres)


@jit(allocates=False)
def find_ranges(pixels, side, low, high):
    """Find the lowest and the highest dioptres of each class in square cells of `side` pixels.

    `pixels` are `FragmentArrays`; `low` and `high` float32 (3, ceil(H / side), ceil(W / side)), which hold what is
    there already, are widened.
    """
    for y in range(pixels.alpha.shape[0]):
        for x in range(pixels.alpha.shape[1]):
            kinds = pixels.kinds[y, x]
            _include(low, high, (kinds & 3, y // side, x // side), pixels.front[y, x, 3])
            if pixels.weight[y, x] > 0.0:
                _include(low, high, (kinds >> 2, y // side, x // side), pixels.back[y, x, 3])
