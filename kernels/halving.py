"""Half size: the fragments of four pixels become one pixel's two, and what they show stays apart."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .fragments import HARDLY
from .jit import jit

APART = 1e9
"""A change of class counts as a gap of so many dioptres more."""


class _Sorted(NamedTuple):
    """The fragments of four pixels, class by class, and from near to far.

    Attributes
    ----------
    kind : int64 (8,)
        Class.
    depth : float32 (8,)
        Dioptres.
    weight : float32 (8,)
        Share of the four pixels together.
    source : int64 (8,)
        Twice the number of the pixel, and 1 more for its back.
    """

    kind: NDArray[np.int64]
    depth: NDArray[np.float32]
    weight: NDArray[np.float32]
    source: NDArray[np.int64]


@jit(inline="always")
def _pixel(row, column, n, shape):
    """Row and column of the n-th of the four pixels that become one; the border repeats."""
    return min(2 * row + (n >> 1), shape[0] - 1), min(2 * column + (n & 1), shape[1] - 1)


@jit(inline="always")
def _is_one_surface(fine, four, jump):
    """Whether four pixels, of two rows and two columns, show one class at about one depth."""
    y0, y1, x0, x1 = four
    kinds = fine.kinds[y0, x0] & 3
    for y, x in ((y0, x0), (y0, x1), (y1, x0), (y1, x1)):
        if fine.alpha[y, x] < 1.0 or fine.kinds[y, x] & 3 != kinds:
            return False
    a, b, c, d = fine.front[y0, x0, 3], fine.front[y0, x1, 3], fine.front[y1, x0, 3], fine.front[y1, x1, 3]
    return max(max(a, b), max(c, d)) - min(min(a, b), min(c, d)) <= jump


@jit(inline="always")
def _average_one(fine, four, row, column, half):
    """Average four pixels that show one surface.

    Parameters
    ----------
    fine, half : FragmentArrays
        The second is written at the pixel.
    four : (int, int, int, int)
        Two rows, and two columns.
    row, column : int
        Of the pixel of half size.
    """
    y0, y1, x0, x1 = four
    front = fine.front
    for c in range(4):
        total = (front[y0, x0, c] + front[y0, x1, c]) + (front[y1, x0, c] + front[y1, x1, c])
        half.front[row, column, c] = np.float32(0.25) * total
    half.alpha[row, column] = np.float32(1.0)
    half.weight[row, column] = np.float32(0.0)
    half.kinds[row, column] = fine.kinds[y0, x0] & 3


@jit(inline="always")
def _insert(found, count, kind, depth, weight, source):
    """Insert a fragment into those sorted so far, behind what is as far.

    Parameters
    ----------
    found : _Sorted
    count : int
        How many there are.
    kind, depth, weight, source
        See `_Sorted`.
    """
    n = count
    while n > 0 and (found.kind[n - 1] > kind or (found.kind[n - 1] == kind and found.depth[n - 1] < depth)):
        found.kind[n], found.depth[n] = found.kind[n - 1], found.depth[n - 1]
        found.weight[n], found.source[n] = found.weight[n - 1], found.source[n - 1]
        n -= 1
    found.kind[n], found.depth[n], found.weight[n], found.source[n] = kind, depth, weight, source


@jit(inline="always")
def _sort(fine, row, column, found):
    """Sort what four pixels show; return how many fragments that are."""
    count = 0
    quarter = np.float32(0.25)
    for n in range(4):
        y, x = _pixel(row, column, n, fine.alpha.shape)
        alpha, kinds = fine.alpha[y, x], np.int64(fine.kinds[y, x])
        if alpha > 0.0:
            _insert(found, count, kinds & 3, fine.front[y, x, 3], quarter * alpha, 2 * n)
            count += 1
        if alpha < 1.0:
            _insert(found, count, kinds >> 2, fine.back[y, x, 3], quarter * (np.float32(1.0) - alpha), 2 * n + 1)
            count += 1
    return count


@jit(inline="always")
def _widest_gap(found, count, jump):
    """Index of the first fragment behind a change of class, or behind the widest gap beyond `jump`; else `count`."""
    cut, widest = count, float(jump)
    for n in range(1, count):
        gap = float(found.depth[n - 1]) - float(found.depth[n])
        if found.kind[n] != found.kind[n - 1]:
            gap += APART
        if gap > widest:
            cut, widest = n, gap
    return cut


@jit(inline="always")
def _average(fine, row, column, found, span, out):
    """Average some of the sorted fragments into one pixel; return their weight.

    Parameters
    ----------
    fine : FragmentArrays
    row, column : int
        Of the pixel of half size.
    found : _Sorted
    span : (int, int)
        From the one to before the other.
    out : float32 (h, w, 4)
        Written at the pixel.

    Returns
    -------
    float32
    """
    total = red = green = blue = deep = np.float32(0.0)
    for n in range(span[0], span[1]):
        y, x = _pixel(row, column, found.source[n] >> 1, fine.alpha.shape)
        source = fine.front if found.source[n] & 1 == 0 else fine.back
        weight = found.weight[n]
        total += weight
        red += weight * source[y, x, 0]
        green += weight * source[y, x, 1]
        blue += weight * source[y, x, 2]
        deep += weight * source[y, x, 3]
    out[row, column, 0], out[row, column, 1] = red / total, green / total
    out[row, column, 2], out[row, column, 3] = blue / total, deep / total
    return total


@jit(inline="always")
def _average_two(fine, row, column, jump, found, half):
    """Average what four pixels show into two fragments.

    Parameters
    ----------
    fine : FragmentArrays
    row, column : int
        Of the pixel of half size.
    jump : float32
        As of `halve`.
    found : _Sorted
        Overwritten.
    half : FragmentArrays
        Written at the pixel.
    """
    count = _sort(fine, row, column, found)
    cut = _widest_gap(found, count, jump)
    covered = _average(fine, row, column, found, (0, cut), half.front)
    half.alpha[row, column], half.weight[row, column] = np.float32(1.0), np.float32(0.0)
    half.kinds[row, column] = found.kind[0]
    if cut < count:
        _average(fine, row, column, found, (cut, count), half.back)
        covered = min(covered, np.float32(1.0))
        half.alpha[row, column], half.weight[row, column] = covered, max(np.float32(1.0) - covered, HARDLY)
        half.kinds[row, column] = found.kind[0] | found.kind[cut] << 2


@jit(error_model="numpy", allocates=False)
def _halve(fine, jump, found, half):
    """Average 2 x 2 pixels; see `halve`."""
    height, width = fine.alpha.shape
    for row in range(half.alpha.shape[0]):
        y0, y1 = 2 * row, min(2 * row + 1, height - 1)
        for column in range(half.alpha.shape[1]):
            four = y0, y1, 2 * column, min(2 * column + 1, width - 1)
            if _is_one_surface(fine, four, jump):
                _average_one(fine, four, row, column, half)
            else:
                _average_two(fine, row, column, jump, found, half)


@jit()
def halve(fine, jump, half):
    """Average 2 x 2 pixels of two fragments into one of two; the border repeats.

    `fine` and `half` are `FragmentArrays`, (H, W) and, overwritten, ((H+1)//2, (W+1)//2). Of at most eight fragments
    those before a change of class become the front, or those before the widest gap that is beyond `jump` dioptres.
    Only what is seen counts.
    """
    kind, source = np.empty(8, np.int64), np.empty(8, np.int64)
    _halve(fine, jump, _Sorted(kind, np.empty(8, np.float32), np.empty(8, np.float32), source), half)
