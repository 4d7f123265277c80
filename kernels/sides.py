"""What the subject looks like around its edge, and what lies behind it there."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .pyramid import beside, between
from .splitting import NOISE, TRACE

SURE = np.float32(1.0) - NOISE
"""Coverage from which a pixel amid others shows the subject alone."""

FAINT = np.float32(0.15)
"""Coverage up to which a pixel says something about what lies behind: what is near says more than what is far."""

SEEN_BEHIND = np.float32(0.5)
"""Coverage below which the depth of a mixed pixel may be that of what lies behind."""


class SubjectDepths(NamedTuple):
    """Where the subject stands, dioptres.

    Attributes
    ----------
    far, near : float32
        What lies between them may be it.
    """

    far: np.float32
    near: np.float32


class SideArrays(NamedTuple):
    """A surface at half size, in a box.

    Attributes
    ----------
    rgbd : float32 (h, w, 4)
        Mean colour and dioptres.
    weight : float32 (h, w)
        How well it is known, 0..1.
    """

    rgbd: NDArray[np.float32]
    weight: NDArray[np.float32]


@jit(inline="always")
def is_clear(matte, y, x, most):
    """Whether a pixel and its eight neighbours show nothing of the subject: less than `most`."""
    clear = True
    for v in range(max(y - 1, 0), min(y + 2, matte.shape[0])):
        for u in range(max(x - 1, 0), min(x + 2, matte.shape[1])):
            clear &= matte[v, u] < most
    return clear


@jit(inline="always")
def _most_of_three(matte, y, most):
    """Find the most coverage of a row and those beside it, column by column: float32 (W + 2,), 0 at either end."""
    width = matte.shape[1]
    most[0] = most[width + 1] = np.float32(0.0)
    one, two, three = matte[max(y - 1, 0)], matte[y], matte[min(y + 1, matte.shape[0] - 1)]
    for x in range(width):
        most[x + 1] = max(max(one[x], two[x]), three[x])


@jit(inline="always")
def _is_clear_in_line(most, x):
    """Whether a pixel and its eight neighbours show nothing of the subject; `most` is that of `_most_of_three`."""
    return max(max(most[x], most[x + 1]), most[x + 2]) < TRACE


@jit(inline="always")
def is_whole(matte, y, x):
    """Whether a pixel shows the subject alone; a little less than all of it is noise within, but not at a soft rim."""
    if matte[y, x] >= np.float32(1.0) - TRACE:
        return True
    whole = True
    for v in range(max(y - 1, 0), min(y + 2, matte.shape[0])):
        for u in range(max(x - 1, 0), min(x + 2, matte.shape[1])):
            whole &= matte[v, u] >= SURE
    return whole


@jit(inline="always")
def _weight_of_front(coverage, dioptres, depths):
    """How well a pixel shows the subject alone."""
    return np.float32(coverage >= SURE and depths.far <= dioptres <= depths.near)


@jit(inline="always")
def _weight_of_back(coverage, is_clear, dioptres, depths):
    """How well a pixel shows what lies behind the subject.

    Parameters
    ----------
    coverage : float32
    is_clear : bool
        Whether its neighbours show nothing of the subject either.
    dioptres : float32
    depths : SubjectDepths

    Returns
    -------
    float32
        0..1.
    """
    if coverage >= FAINT or dioptres > depths.near:
        return np.float32(0.0)
    if is_clear:
        return np.float32(1.0)
    if dioptres >= depths.far:
        return np.float32(0.0)
    rest = np.float32(1.0) - coverage / FAINT
    return np.float32(0.25) * rest * rest


@jit(inline="always")
def _add(side, row, column, rgbd, weight):
    """Add a pixel to the sums of its cell.

    Parameters
    ----------
    side : SideArrays
    row, column : int
        The cell.
    rgbd : float32 (4,)
        Of the pixel.
    weight : float32
    """
    side.weight[row, column] += weight
    for c in range(4):
        side.rgbd[row, column, c] += weight * rgbd[c]


@jit(inline="always")
def _close(side, row, column):
    """Turn a cell's sums into means: `SideArrays`."""
    weight = side.weight[row, column]
    if weight > 0.0:
        for c in range(4):
            side.rgbd[row, column, c] /= weight
    side.weight[row, column] = min(weight, np.float32(1.0))


@jit(inline="always")
def _add_row(rgbd, coverage, most, y, depths, front, back):
    """Add the pixels of a row to the sums of their cells.

    Parameters
    ----------
    rgbd, depths, front, back
        As of `find_sides`.
    coverage : float32 (W,)
    most : float32 (W + 2,)
        As of `_is_clear_in_line`.
    y : int
        The row.
    """
    for x in range(rgbd.shape[1]):
        pixel = rgbd[y, x]
        weight = _weight_of_front(coverage[x], pixel[3], depths)
        if weight > 0.0:
            _add(front, y // 2, x // 2, pixel, weight)
            continue
        weight = _weight_of_back(coverage[x], _is_clear_in_line(most, x), pixel[3], depths)
        if weight > 0.0:
            _add(back, y // 2, x // 2, pixel, weight)


@jit(error_model="numpy", allocates=False)
def _find_sides(rgbd, matte, top, depths, most, front, back):
    """Average both sides; see `find_sides`.

    Parameters
    ----------
    rgbd, matte, top, depths, front, back
        As of `find_sides`.
    most : float32 (W + 2,)
        Overwritten.
    """
    for side in (front, back):
        side.rgbd[:] = 0.0
        side.weight[:] = 0.0
    for y in range(rgbd.shape[0]):
        _most_of_three(matte, top + y, most)
        _add_row(rgbd, matte[top + y], most, y, depths, front, back)
    for row in range(front.weight.shape[0]):
        for column in range(front.weight.shape[1]):
            _close(front, row, column)
            _close(back, row, column)


@jit()
def find_sides(rgbd, matte, top, depths, front, back):
    """Average what is surely the subject, and what surely lies behind it, over 2 x 2 pixels.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
    matte : float32 (h, W)
        With a row more above, if there is one, and below.
    top : int
        Its row that `rgbd` begins at.
    depths : SubjectDepths
    front, back : SideArrays, ((H+1)//2, (W+1)//2)
        Overwritten.
    """
    _find_sides(rgbd, matte, top, depths, np.empty(matte.shape[1] + 2, np.float32), front, back)


@jit(inline="always")
def look_up(side, corner, y, x, out):
    """Interpolate a surface at a pixel of the photo.

    Parameters
    ----------
    side : float32 (h, w, 4)
        At half size.
    corner : (int, int)
        Where it begins, in its own pixels.
    y, x : int
        The pixel.
    out : float32 (4,)
        Overwritten.
    """
    rows = beside(y - 2 * corner[0], side.shape[0] - 1)
    columns = beside(x - 2 * corner[1], side.shape[1] - 1)
    for c in range(4):
        out[c] = between(side, rows, columns, c)


@jit(inline="always")
def _add_mixed(pixel, coverage, says, front, at, back):
    """Add what a mixed pixel shows behind the subject to the sums of its cell.

    Parameters
    ----------
    pixel : float32 (4,)
        Colour and dioptres.
    coverage : float32
        Of the subject.
    says : float32
        How much it says.
    front : float32 (4,)
        The subject around.
    at : (int, int)
        The cell.
    back : SideArrays
    """
    rest = np.float32(1.0) - coverage
    back.weight[at] += says * rest * rest
    for c in range(3):
        behind = max(pixel[c] - coverage * front[c], np.float32(0.0))
        back.rgbd[at[0], at[1], c] += says * rest * behind
    back.rgbd[at[0], at[1], 3] += says * rest * rest * pixel[3]


@jit(error_model="numpy", allocates=False)
def _add_mixed_pixels(rgbd, matte, at, depths, subject, front, back):
    """Add what mixed pixels show behind the subject; see `add_mixed`.

    Parameters
    ----------
    rgbd, matte, at, depths, subject, back
        As of `add_mixed`.
    front : float32 (4,)
        Overwritten.
    """
    for row in range(back.weight.shape[0]):
        for column in range(back.weight.shape[1]):
            for c in range(4):
                back.rgbd[row, column, c] *= back.weight[row, column]
    for y in range(rgbd.shape[0]):
        for x in range(rgbd.shape[1]):
            coverage = matte[y, x]
            says = subject[1][(at + y) // 2, x // 2]
            if TRACE < coverage < SEEN_BEHIND and rgbd[y, x, 3] < depths.far and says > 0.0:
                look_up(subject[0], (0, 0), at + y, x, front)
                _add_mixed(rgbd[y, x], coverage, says, front, (y // 2, x // 2), back)
    for row in range(back.weight.shape[0]):
        for column in range(back.weight.shape[1]):
            _close(back, row, column)


@jit()
def add_mixed(rgbd, matte, at, depths, subject, back):
    """Add to what is seen behind the subject what mixed pixels show of it far from there, where their depth agrees.

    Nearer to what shows it alone they are not asked: a matte that is too wide would leave the subject's rim behind it.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
        Colour and dioptres.
    matte : float32 (H, W)
    at : int
        Row that these begin at, counted from where the subject does; even.
    depths : SubjectDepths
    subject : (float32 (h, w, 4), float32 (h, w))
        The subject, at half size and complete; and how far what lies behind is continued to there, 0..1.
    back : SideArrays, ((H+1)//2, (W+1)//2)
        As `find_sides` left it; changed in place.
    """
    _add_mixed_pixels(rgbd, matte, at, depths, subject, np.empty(4, np.float32), back)
