"""Fragments: what each pixel shows first, how much of the pixel that covers, and what lies behind it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .move import moved_depth


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
        How well the back is known: by what is seen of it, 0.5 or less where it is hidden, 0 = not known.
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
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]


class BackArrays(NamedTuple):
    """What lies behind pixels; as of `FragmentArrays`, (N,)."""

    back: NDArray[np.float32]
    weight: NDArray[np.float32]
    kinds: NDArray[np.uint8]


class SeenRows(NamedTuple):
    """What is seen first in some rows of a photo, without its colours.

    Attributes
    ----------
    dioptres : float32 (h, W)
    kinds : uint8 (h, W)
        Class; and `MIXED` more where something else is seen too.
    """

    dioptres: NDArray[np.float32]
    kinds: NDArray[np.uint8]


MIXED = 4
"""Marks the class of a pixel that shows two surfaces."""

HARDLY = np.float32(1.0 / 16.0)
"""What is seen of a surface by next to nothing is known as little."""


@jit(inline="always")
def kind_of(dioptres, matte, before):
    """Class of a pixel that shows one surface: by the matte, and by depth; `before` is where the subject's ends."""
    if matte >= np.float32(0.5):
        return 1
    return 0 if dioptres > before else 2


@jit(allocates=False)
def interleave(rgb, dioptres, top, left, rgbd):
    """Put colour and depth of a box side by side.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    dioptres : float32 (H, W)
    top, left : int
        Where the box begins.
    rgbd : float32 (h, w, 4), overwritten
    """
    for y in range(rgbd.shape[0]):
        row = np.uint64(top + y)
        for x in range(rgbd.shape[1]):
            column = np.uint64(left + x)
            red, green, blue = rgb[row, column, 0], rgb[row, column, 1], rgb[row, column, 2]
            deep = dioptres[row, column]
            rgbd[y, x, 0], rgbd[y, x, 1], rgbd[y, x, 2], rgbd[y, x, 3] = red, green, blue, deep


@jit(allocates=False)
def begin(dioptres, matte, before, top, left, pixels):
    """Take each pixel of a box for a single surface, behind which nothing is known.

    Parameters
    ----------
    dioptres : float32 (H, W)
        Where the photo's surfaces are, which says their class; the front may have been moved.
    matte : float32 (H, W)
        Of shape (0, 0) where there is no subject.
    before : float32
        Where the subject's depths end, dioptres.
    top, left : int
        Where the box begins.
    pixels : FragmentArrays, (h, w)
        Of which the front is there; the rest is overwritten.
    """
    has_subject = matte.shape[0] > 0
    for y in range(pixels.kinds.shape[0]):
        for x in range(pixels.kinds.shape[1]):
            coverage = matte[np.uint64(top + y), np.uint64(left + x)] if has_subject else np.float32(0.0)
            pixels.alpha[y, x], pixels.weight[y, x] = np.float32(1.0), np.float32(0.0)
            deep = dioptres[np.uint64(top + y), np.uint64(left + x)]
            pixels.kinds[y, x] = kind_of(deep, coverage, before)


@jit(allocates=False)
def begin_seen(dioptres, matte, before, corner, seen):
    """Take each pixel of a box of a photo for a single surface.

    Parameters
    ----------
    dioptres : float32 (H, W)
    matte : float32 (H, W)
        Of shape (0, 0) where there is no subject.
    before : float32
        Where the subject's depths end, dioptres.
    corner : (int, int)
        Row and column that the box begins at.
    seen : SeenRows, (h, w)
        Overwritten.
    """
    has_subject = matte.shape[0] > 0
    for y in range(seen.kinds.shape[0]):
        row = np.uint64(corner[0] + y)
        for x in range(seen.kinds.shape[1]):
            column = np.uint64(corner[1] + x)
            coverage = matte[row, column] if has_subject else np.float32(0.0)
            seen.dioptres[y, x] = dioptres[row, column]
            seen.kinds[y, x] = kind_of(dioptres[row, column], coverage, before)


@jit(allocates=False)
def place_seen(rows, pixels, corner, seen):
    """Write what is seen first of listed pixels where they fall into a box; as `place_pixels`, `seen` is `SeenRows`."""
    for y in range(max(-corner[0], 0), min(rows.starts.size - 1 - corner[0], seen.kinds.shape[0])):
        first, last = _in_row(rows, corner[0] + y, corner[1], seen.kinds.shape[1])
        for n in range(first, last):
            x = rows.columns[n] - corner[1]
            seen.dioptres[y, x] = pixels.front[n, 3]
            seen.kinds[y, x] = pixels.kinds[n] & 3 | (MIXED if pixels.alpha[n] < 1.0 else 0)


@jit(allocates=False)
def place_fronts(rows, pixels, corner, rgbd):
    """Write what is seen first of listed pixels into a box, float32 (h, w, 4); as `place_pixels`."""
    for y in range(max(-corner[0], 0), min(rows.starts.size - 1 - corner[0], rgbd.shape[0])):
        first, last = _in_row(rows, corner[0] + y, corner[1], rgbd.shape[1])
        for n in range(first, last):
            for c in range(4):
                rgbd[y, rows.columns[n] - corner[1], c] = pixels.front[n, c]


@jit()
def count_listed(listed, starts):
    """Count the pixels of a mask (H, W) up to each row: int64 (H + 1,), overwritten."""
    starts[0] = 0
    for y in range(listed.shape[0]):
        count = 0
        for x in range(listed.shape[1]):
            count += listed[y, x]
        starts[y + 1] = starts[y] + count


@jit()
def list_columns(listed, rows):
    """List the columns of a mask's pixels: `ListedRows`, of which the starts are known."""
    for y in range(listed.shape[0]):
        n = rows.starts[y]
        for x in range(listed.shape[1]):
            if listed[y, x]:
                rows.columns[n] = x
                n += 1


@jit(inline="always")
def _copy_front(source, one, target, other):
    """Copy what is seen first of the pixel `one` of some fragments to the pixel `other` of others."""
    from_front, front = source.front[one], target.front[other]
    for c in range(4):
        front[c] = from_front[c]
    target.alpha[other] = source.alpha[one]


@jit(inline="always")
def _copy_back(source, one, target, other):
    """Copy what lies behind, and the classes."""
    from_back, back = source.back[one], target.back[other]
    for c in range(4):
        back[c] = from_back[c]
    target.weight[other], target.kinds[other] = source.weight[one], source.kinds[one]


@jit(allocates=False)
def take_pixels(rows, whole, pixels):
    """Copy listed pixels (N,) out of (H, W): `ListedRows`, and twice `FragmentArrays`."""
    for y in range(rows.starts.size - 1):
        for n in range(rows.starts[y], rows.starts[y + 1]):
            _copy_front(whole, (y, rows.columns[n]), pixels, n)
            _copy_back(whole, (y, rows.columns[n]), pixels, n)


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


@jit(inline="always")
def _in_row(rows, row, left, width):
    """Entries of a listed row from column `left` on: the first, and the one after the last within the width."""
    first = _first_from(rows.columns, rows.starts[row], rows.starts[row + 1], left)
    return first, _first_from(rows.columns, first, rows.starts[row + 1], left + width)


@jit(allocates=False)
def place_pixels(rows, pixels, corner, table, box):
    """Write listed pixels (N,) where they fall into a box.

    Parameters
    ----------
    rows : ListedRows
    pixels : FragmentArrays, (N,)
    corner : (int, int)
        The listed row, and the column, that the box begins at.
    table : move.DepthTable
        Where their depths move.
    box : FragmentArrays, (h, w)
        Overwritten there.
    """
    for y in range(max(-corner[0], 0), min(rows.starts.size - 1 - corner[0], box.alpha.shape[0])):
        first, last = _in_row(rows, corner[0] + y, corner[1], box.alpha.shape[1])
        for n in range(first, last):
            x = rows.columns[n] - corner[1]
            _copy_front(pixels, n, box, (y, x))
            _copy_back(pixels, n, box, (y, x))
            box.front[y, x, 3] = moved_depth(box.front[y, x, 3], table)
            box.back[y, x, 3] = moved_depth(box.back[y, x, 3], table)


@jit(allocates=False)
def place_backs(rows, backs, corner, table, box):
    """Write what lies behind listed pixels where they fall into a box.

    Parameters
    ----------
    rows, corner, table, box
        As of `place_pixels`.
    backs : BackArrays, (N,)
    """
    for y in range(max(-corner[0], 0), min(rows.starts.size - 1 - corner[0], box.alpha.shape[0])):
        first, last = _in_row(rows, corner[0] + y, corner[1], box.alpha.shape[1])
        for n in range(first, last):
            x = rows.columns[n] - corner[1]
            _copy_back(backs, n, box, (y, x))
            box.back[y, x, 3] = moved_depth(box.back[y, x, 3], table)


@jit(allocates=False)
def replace_backs(rows, backs, ys, xs, values):
    """Replace what lies behind some listed pixels.

    Parameters
    ----------
    rows : ListedRows
    backs : BackArrays, (N,)
    ys, xs : int64 (M,)
        Row of the list, and column; all of them are listed.
    values : float32 (M, 4)
        Colour and dioptres.
    """
    for m in range(ys.size):
        n = _first_from(rows.columns, rows.starts[ys[m]], rows.starts[ys[m] + 1], xs[m])
        for c in range(4):
            backs.back[n, c] = values[m, c]


@jit(inline="always")
def _widened(extent, y, x):
    """Widen an extent (first row, one after the last, first column, one after the last) to a pixel."""
    return min(extent[0], y), max(extent[1], y + 1), min(extent[2], x), max(extent[3], x + 1)


@jit()
def extent_of_known(rows, weight, least, window):
    """Find the extent of the listed pixels of a window whose weight is more than the least.

    `rows` are `ListedRows`, `weight` float32 (N,); `window`, and what is returned, are the first row and the one after
    the last, of the list, and the same of columns. Rows without end where there are none.
    """
    extent = np.int64(1 << 40), np.int64(0), np.int64(1 << 40), np.int64(0)
    for y in range(max(window[0], 0), min(window[1], rows.starts.size - 1)):
        first, last = _in_row(rows, y, window[2], window[3] - window[2])
        for n in range(first, last):
            if weight[n] > least:
                extent = _widened(extent, y, np.int64(rows.columns[n]))
    return extent


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


@jit(inline="always")
def _is_uniform(kinds, kind):
    """Whether all pixels (n,) are of one class: uint8, the same but for `MIXED`."""
    other = np.uint8(0)
    for x in range(kinds.size):
        other |= (kinds[x] ^ kind) & np.uint8(MIXED - 1)
    return other == 0


@jit(inline="always")
def _ends_of(dioptres):
    """Lowest and highest of some dioptres (n,)."""
    least, most = np.float32(1e30), np.float32(-1e30)
    for x in range(dioptres.size):
        least, most = min(least, dioptres[x]), max(most, dioptres[x])
    return least, most


@jit(fastmath={"nnan", "nsz"})
def find_seen_ranges(seen, side, low, high):
    """Find the ranges of `find_ranges` of what is seen first: `SeenRows` instead of `FragmentArrays`."""
    for y in range(seen.kinds.shape[0]):
        for column in range(low.shape[2]):
            span = slice(column * side, min((column + 1) * side, seen.kinds.shape[1]))
            kinds, dioptres = seen.kinds[y, span], seen.dioptres[y, span]
            if _is_uniform(kinds, kinds[0]):
                at = kinds[0] & 3, y // side, column
                least, most = _ends_of(dioptres)
                low[at], high[at] = min(low[at], least), max(high[at], most)
                continue
            for x in range(kinds.size):
                _include(low, high, (kinds[x] & 3, y // side, column), dioptres[x])


@jit(allocates=False)
def widen_ranges(rows, backs, side, low, high):
    """Widen the ranges of `find_ranges` to what is known to lie behind listed pixels.

    Parameters
    ----------
    rows : ListedRows
    backs : BackArrays, (N,)
    side, low, high
        As of `find_ranges`.
    """
    for y in range(rows.starts.size - 1):
        column = after = 0
        for n in range(rows.starts[y], rows.starts[y + 1]):
            if rows.columns[n] >= after:
                column = rows.columns[n] // side
                after = (column + 1) * side
            if backs.weight[n] > 0.0:
                _include(low, high, (backs.kinds[n] >> 2, y // side, column), backs.back[n, 3])


@jit(allocates=False)
def include_places(kinds, ys, xs, back, side, low, high):
    """Widen the ranges of `find_ranges` to some fragments.

    Parameters
    ----------
    kinds, ys, xs : int64 (N,)
        Class, row and column of each.
    back : float32 (N, 4)
        Colour and dioptres.
    side, low, high
        As of `find_ranges`.
    """
    for n in range(ys.size):
        _include(low, high, (kinds[n], ys[n] // side, xs[n] // side), back[n, 3])


@jit(inline="always")
def _take_back(backs, n, at, out):
    """Copy an entry of a list of backs to another: its place (y, x), and all it holds."""
    ys, xs, taken, m = out
    ys[m], xs[m] = at
    for c in range(4):
        taken.back[m, c] = backs.back[n, c]
    taken.weight[m], taken.kinds[m] = backs.weight[n], backs.kinds[n]


@jit(allocates=False)
def count_known(rows, weight, least, window):
    """Count the listed pixels of a window whose weight is more than the least; as of `extent_of_known`."""
    count = 0
    for y in range(max(window[0], 0), min(window[1], rows.starts.size - 1)):
        first, last = _in_row(rows, y, window[2], window[3] - window[2])
        for n in range(first, last):
            count += weight[n] > least
    return count


@jit(allocates=False)
def take_known(rows, backs, least, window, ys, xs, taken):
    """Copy the listed pixels that `count_known` counts.

    Parameters
    ----------
    rows : ListedRows
    backs : BackArrays, (N,)
    least : float32
    window : (int, int, int, int)
        As of `extent_of_known`.
    ys, xs : int64 (M,), overwritten
        Where they are, from the beginning of the window.
    taken : BackArrays, (M,), overwritten
    """
    m = 0
    for y in range(max(window[0], 0), min(window[1], rows.starts.size - 1)):
        first, last = _in_row(rows, y, window[2], window[3] - window[2])
        for n in range(first, last):
            if backs.weight[n] > least:
                at = y - window[0], rows.columns[n] - window[2]
                _take_back(backs, n, at, (ys, xs, taken, m))
                m += 1
