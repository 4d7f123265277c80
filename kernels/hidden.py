"""What lies behind a pixel and is not seen there: from smaller sizes, so from the nearest places that show it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .fragments import MIXED
from .jit import jit
from .pyramid import beside

HIDDEN_WEIGHT = np.float32(0.5)
"""What is hidden counts half as much as what is seen."""

FADE = np.float32(0.3)
"""And with each halving that it has to come from, by so much less."""

FILLED = np.float32(0.02)
"""Share at which a place that only continues the surface itself has a say about which surface it is."""


class _Candidates(NamedTuple):
    """What up to four pixels of the smaller size show behind a pixel.

    Attributes
    ----------
    kind : int64 (4,)
        Class.
    rgbd : float32 (4, 4)
        Colour and dioptres.
    weight : float32 (4,)
        How much of it is seen there.
    """

    kind: NDArray[np.int64]
    rgbd: NDArray[np.float32]
    weight: NDArray[np.float32]


class _Lines(NamedTuple):
    """The farthest that two rows of the smaller size show in each column.

    Attributes
    ----------
    depth : float32 (w,)
        Dioptres.
    kind : uint8 (w,)
        Hindmost class.
    filled : bool (w,)
        Whether both show one surface, and know what it hides.
    """

    depth: NDArray[np.float32]
    kind: NDArray[np.uint8]
    filled: NDArray[np.bool_]


@jit(inline="always")
def _behind(kind, dioptres, own, bounds):
    """How surely a fragment lies behind, 0..1: of a class behind `own`, or of it and farther than `beyond` dioptres.

    Of its own class all but what is farther by a jump more may be the surface itself, going on as a slope.
    `bounds` are `beyond` and the jump.
    """
    if kind != own:
        return np.float32(kind > own)
    return min(max((bounds[0] - dioptres) / bounds[1], np.float32(0.0)), np.float32(1.0))


@jit(inline="always")
def _copy(source, target):
    """Copy colour and dioptres: float32 (4,)."""
    for c in range(4):
        target[c] = source[c]


@jit(inline="always")
def _look_up(coarse, at, own, bounds, share, count, found):
    """Look at one pixel of the smaller size, of share `share`.

    Parameters
    ----------
    coarse : FragmentArrays
    at : (int, int)
    own : int
        Class of what hides.
    bounds : (float32, float32)
        As of `_behind`.
    share : float32
        Of the four pixels.
    count : int
        Candidates found before.
    found : _Candidates
        What is behind is appended.

    Returns
    -------
    int, float32
        How many candidates there are now, and how sure this one is.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    kinds, alpha = np.int64(coarse.kinds[at]), coarse.alpha[at]
    behind = share * _behind(kinds & 3, coarse.front[at[0], at[1], 3], own, bounds)
    if behind > zero:
        found.kind[count], found.weight[count] = kinds & 3, behind * alpha
        _copy(coarse.front[at], found.rgbd[count])
        return count + 1, behind
    if not coarse.weight[at] > zero:
        return count, zero
    share *= _behind(kinds >> 2, coarse.back[at[0], at[1], 3], own, bounds)
    if not share > zero:
        return count, zero
    found.kind[count] = kinds >> 2
    _copy(coarse.back[at], found.rgbd[count])
    if alpha < one:
        found.weight[count] = share * (one - alpha)
        return count + 1, share
    found.weight[count] = share * FILLED
    return count + 1, share * FADE * coarse.weight[at] / HIDDEN_WEIGHT


@jit(inline="always")
def _heaviest(found, count):
    """Index of the candidate that is seen most."""
    best = 0
    for n in range(1, count):
        if found.weight[n] > found.weight[best]:
            best = n
    return best


@jit(inline="always")
def _average(found, count, best, jump, out):
    """Average the candidates of the class and about the depth of one: the more alike, the more they say.

    Parameters
    ----------
    found : _Candidates
    count : int
        How many there are.
    best : int
        The one.
    jump : float32
        Dioptres.
    out : float32 (4,)
        Overwritten.
    """
    total = np.float32(0.0)
    out[:] = 0.0
    for n in range(count):
        apart = abs(found.rgbd[n, 3] - found.rgbd[best, 3])
        if found.kind[n] == found.kind[best] and apart < jump:
            alike = (np.float32(1.0) - apart / jump) ** 2
            weight = found.weight[n] * alike * alike
            total += weight
            for c in range(4):
                out[c] += weight * found.rgbd[n, c]
    for c in range(4):
        out[c] /= total


@jit(inline="always")
def _is_filled(coarse, at, own, bounds, like):
    """Whether the one surface that a pixel of the smaller size shows hides too, and what it hides is like another's.

    Parameters
    ----------
    coarse : FragmentArrays
    at : (int, int)
    own : int
        Class of what hides.
    bounds : (float32, float32)
        As of `_behind`.
    like : (int, float32)
        Class and dioptres of the other.
    """
    kinds, back = np.int64(coarse.kinds[at]), coarse.back[at[0], at[1], 3]
    if _behind(kinds & 3, coarse.front[at[0], at[1], 3], own, bounds) > np.float32(0.0) or kinds >> 2 != like[0]:
        return False
    return _behind(kinds >> 2, back, own, bounds) >= np.float32(1.0) and abs(back - like[1]) <= bounds[1]


@jit(inline="always")
def _continue_filled(coarse, rows, columns, own, bounds, out):
    """Continue one surface of which nothing is seen in four pixels that are filled: most of what is hidden is far in.

    Parameters
    ----------
    coarse, rows, columns, own
        As of `_candidates`.
    bounds : (float32, float32)
        As of `_behind`.
    out : float32 (4,)
        Written where that is so.

    Returns
    -------
    float32
        How sure it is; below 0 where that is not so.
    """
    (y0, y1), (x0, x1) = rows, columns
    like = np.int64(coarse.kinds[y0, x0]) >> 2, coarse.back[y0, x0, 3]
    for at in ((y0, x0), (y0, x1), (y1, x0), (y1, x1)):
        if not _is_filled(coarse, at, own, bounds, like):
            return np.float32(-1.0)
    a, b, c, d = np.float32(0.5625), np.float32(0.1875), np.float32(0.1875), np.float32(0.0625)
    back, weight = coarse.back, coarse.weight
    for k in range(4):
        near = a * back[y0, x0, k] + b * back[y0, x1, k]
        out[k] = near + (c * back[y1, x0, k] + d * back[y1, x1, k])
    sure = (a * weight[y0, x0] + b * weight[y0, x1]) + (c * weight[y1, x0] + d * weight[y1, x1])
    return sure * (FADE / HIDDEN_WEIGHT)


@jit(inline="always")
def _candidates(coarse, rows, columns, own, bounds, found):
    """Look for what is behind in the four pixels of the smaller size around one.

    Parameters
    ----------
    coarse : FragmentArrays
    rows, columns : (int, int)
        Those that the pixel lies in, then those beside.
    own : int
        Class of what hides.
    bounds : (float32, float32)
        As of `_behind`.
    found : _Candidates
        Overwritten.

    Returns
    -------
    int, float32
        How many there are, and how sure.
    """
    count, sure = 0, np.float32(0.0)
    for k in range(4):
        share = np.float32(0.5625) if k == 0 else (np.float32(0.0625) if k == 3 else np.float32(0.1875))
        at = (rows[0] if k < 2 else rows[1]), (columns[0] if k % 2 == 0 else columns[1])
        count, more = _look_up(coarse, at, own, bounds, share, count, found)
        sure += more
    return count, sure


@jit(inline="always")
def _farthest(coarse, y, x):
    """Depth of the farthest fragment of a pixel of the smaller size, dioptres, and its hindmost class."""
    dioptres, kinds = coarse.front[y, x, 3], coarse.kinds[y, x]
    if coarse.weight[y, x] > 0.0:
        return min(dioptres, coarse.back[y, x, 3]), max(kinds & 3, kinds >> 2)
    return dioptres, kinds & 3


@jit(inline="always")
def _lines_of(width):
    """Make room for `_Lines`."""
    return _Lines(np.empty(width, np.float32), np.empty(width, np.uint8), np.empty(width, np.bool_))


@jit(inline="always")
def _knows_hidden(coarse, y, x):
    """Whether a pixel of the smaller size shows one surface, and it is known what that hides."""
    return coarse.alpha[y, x] >= np.float32(1.0) and coarse.weight[y, x] > np.float32(0.0)


@jit(inline="always")
def _look_ahead(coarse, rows, lines):
    """Find the farthest fragments of two rows of the smaller size, column by column: `_Lines`, overwritten."""
    for x in range(lines.depth.size):
        one, kind = _farthest(coarse, rows[0], x)
        other, other_kind = _farthest(coarse, rows[1], x)
        lines.depth[x], lines.kind[x] = min(one, other), max(kind, other_kind)
        lines.filled[x] = _knows_hidden(coarse, rows[0], x) and _knows_hidden(coarse, rows[1], x)


@jit(inline="always")
def _may_be_behind(lines, columns, own, beyond):
    """Whether anything in four pixels of the smaller size can lie behind; most pixels are done with that."""
    a, b = columns
    return max(lines.kind[a], lines.kind[b]) > own or min(lines.depth[a], lines.depth[b]) < beyond


@jit(inline="always")
def _continue(coarse, places, filled, jump, least, found, pixel, fine):
    """Find what lies behind one pixel.

    Parameters
    ----------
    coarse, jump, least, fine
        As of `hide`.
    places : ((int, int), (int, int))
        Rows and columns of the four pixels of the smaller size.
    filled : bool
        Whether these are, as of `_Lines`.
    found : _Candidates
        Overwritten.
    pixel : (int, int)
    """
    own, beyond = fine.kinds[pixel] & 3, fine.front[pixel[0], pixel[1], 3] - jump
    sure = np.float32(-1.0)
    if filled:
        sure = _continue_filled(coarse, places[0], places[1], own, (beyond, jump), fine.back[pixel])
    if sure > least:
        fine.weight[pixel] = HIDDEN_WEIGHT * sure
        fine.kinds[pixel] = own | (coarse.kinds[places[0][0], places[1][0]] >> 2) << 2
    if sure >= 0.0:
        return
    count, sure = _candidates(coarse, places[0], places[1], own, (beyond, jump), found)
    if count > 0 and sure > least:
        best = _heaviest(found, count)
        _average(found, count, best, jump, fine.back[pixel])
        fine.weight[pixel] = HIDDEN_WEIGHT * sure
        fine.kinds[pixel] = own | found.kind[best] << 2


@jit(error_model="numpy", allocates=False)
def _hide(coarse, top, jump, least, scratch, fine):
    """Find what lies behind; see `hide`.

    Parameters
    ----------
    coarse, top, jump, least, fine
        As of `hide`.
    scratch : (_Candidates, _Lines)
        Overwritten.
    """
    found, lines = scratch
    last_row, last_column = coarse.alpha.shape[0] - 1, coarse.alpha.shape[1] - 1
    for y in range(fine.alpha.shape[0]):
        rows = beside(top + y, last_row)
        _look_ahead(coarse, rows, lines)
        for x in range(fine.alpha.shape[1]):
            if fine.alpha[y, x] < 1.0:
                continue
            fine.weight[y, x] = np.float32(0.0)
            columns = beside(x, last_column)
            if _may_be_behind(lines, columns, fine.kinds[y, x] & 3, fine.front[y, x, 3] - jump):
                filled = lines.filled[columns[0]] and lines.filled[columns[1]]
                _continue(coarse, (rows, columns), filled, jump, least, found, (y, x), fine)


@jit()
def hide(coarse, top, jump, least, fine):
    """Find what lies behind each pixel that shows one surface.

    Parameters
    ----------
    coarse : FragmentArrays, ((H+1)//2, (W+1)//2)
        The smaller size, complete.
    top : int
        Row of the picture that `fine` begins at.
    jump : float
        What is of the same class lies behind when it is farther by more, dioptres.
    least : float
        What is less sure than this is left unknown.
    fine : FragmentArrays, (h, W)
        Back, weight and class are written where the front covers all.

    Notes
    -----
    Of four pixels around, those agree that show the surface which is seen most. So what is continued comes from one
    surface, and from the finest size that shows it.
    """
    found = _Candidates(np.empty(4, np.int64), np.empty((4, 4), np.float32), np.empty(4, np.float32))
    _hide(coarse, top, jump, least, (found, _lines_of(coarse.alpha.shape[1])), fine)


@jit(inline="always")
def _list_one(coarse, places, filled, bounds, found, seen, n, backs):
    """Find what lies behind one pixel, and append it; return how many are listed.

    Parameters
    ----------
    coarse, backs
        As of `list_hidden`.
    places : ((int, int), (int, int))
        Rows and columns of the four pixels of the smaller size.
    filled : bool
        Whether these are, as of `_Lines`.
    bounds : (float32, float32)
        `jump` and `least`.
    found : _Candidates
        Overwritten.
    seen : (int, float32)
        Class and dioptres of the pixel.
    n : int
        How many are listed before.
    """
    own, beyond = seen[0], seen[1] - bounds[0]
    sure = np.float32(-1.0)
    if filled:
        sure = _continue_filled(coarse, places[0], places[1], own, (beyond, bounds[0]), backs.back[n])
    if sure >= 0.0:
        backs.weight[n] = HIDDEN_WEIGHT * sure
        backs.kinds[n] = own | (coarse.kinds[places[0][0], places[1][0]] >> 2) << 2
        return n + 1 if sure > bounds[1] else n
    count, sure = _candidates(coarse, places[0], places[1], own, (beyond, bounds[0]), found)
    if count == 0 or not sure > bounds[1]:
        return n
    best = _heaviest(found, count)
    _average(found, count, best, bounds[0], backs.back[n])
    backs.weight[n] = HIDDEN_WEIGHT * sure
    backs.kinds[n] = own | found.kind[best] << 2
    return n + 1


@jit(error_model="numpy", allocates=False)
def _list_hidden(coarse, top, bounds, seen, scratch, rows, backs):
    """List what lies behind; see `list_hidden`.

    Parameters
    ----------
    coarse, top, seen, rows, backs
        As of `list_hidden`.
    bounds : (float32, float32)
        `jump` and `least`.
    scratch : (_Candidates, _Lines)
        Overwritten.
    """
    found, lines = scratch
    last_row, last_column = coarse.alpha.shape[0] - 1, coarse.alpha.shape[1] - 1
    n = 0
    for y in range(seen.dioptres.shape[0]):
        beside_rows = beside(top + y, last_row)
        _look_ahead(coarse, beside_rows, lines)
        for x in range(seen.dioptres.shape[1]):
            kinds, dioptres = seen.kinds[y, x], seen.dioptres[y, x]
            columns = beside(x, last_column)
            if kinds < MIXED and _may_be_behind(lines, columns, kinds & 3, dioptres - bounds[0]):
                rows.columns[n] = x
                places, filled = (beside_rows, columns), lines.filled[columns[0]] and lines.filled[columns[1]]
                n = _list_one(coarse, places, filled, bounds, found, (kinds & 3, dioptres), n, backs)
        rows.starts[y + 1] = n


@jit()
def list_hidden(coarse, top, jump, least, seen, rows, backs):
    """List what lies behind the pixels of some rows of a photo that show one surface, as `hide` finds it.

    Parameters
    ----------
    coarse, top, jump, least
        As of `hide`.
    seen : SeenRows, (h, W)
    rows : ListedRows
        Overwritten; with room for all pixels, and one more.
    backs : BackArrays
        The same.
    """
    found = _Candidates(np.empty(4, np.int64), np.empty((4, 4), np.float32), np.empty(4, np.float32))
    rows.starts[0] = 0
    _list_hidden(coarse, top, (jump, least), seen, (found, _lines_of(coarse.alpha.shape[1])), rows, backs)
