"""Glow around what is near, at the photo's size: taken off what lies behind, and given to what it comes from."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .fragments import HARDLY
from .jit import jit
from .splitting import TRACE

MOST = np.float32(0.9)
"""Glow is no larger share of a pixel: it still shows what lies behind."""


class GlowArrays(NamedTuple):
    """Glow in a smaller picture.

    Attributes
    ----------
    share : float32 (h, w)
        How much of what lies behind an edge is the light of what stands before it.
    source : float32 (h, w, 4)
        Colour and dioptres of that.
    kinds : uint8 (h, w)
        Its class.
    by : int
        Pixels of the photo to one of these.
    """

    share: NDArray[np.float32]
    source: NDArray[np.float32]
    kinds: NDArray[np.uint8]
    by: int


@jit(inline="always")
def _between(position, by, size):
    """Places below and above one of the photo, along an axis of the smaller picture, and the share of the second."""
    at = min(max((np.float32(position) + np.float32(0.5)) / np.float32(by) - np.float32(0.5), 0.0), size - 1.0)
    low = int(at)
    return low, min(low + 1, size - 1), np.float32(at - low)


@jit(inline="always")
def _mixed(values, rows, columns):
    """Interpolate between four places: float32 (h, w)."""
    (y0, y1, v), (x0, x1, u) = rows, columns
    one = np.float32(1.0)
    above = (one - u) * values[y0, x0] + u * values[y0, x1]
    below = (one - u) * values[y1, x0] + u * values[y1, x1]
    return (one - v) * above + v * below


@jit(inline="always")
def _share_at(pixel, glow, jump, rows, columns):
    """Share of a pixel that is glow: none of it where it is no farther than what that comes from.

    Parameters
    ----------
    pixel : float32 (4,)
        Colour and dioptres.
    glow, jump
        As of `take_glow`.
    rows, columns
        As of `_between`.

    Returns
    -------
    float32
    """
    share = min(_mixed(glow.share, rows, columns), MOST)
    if share <= TRACE or pixel[3] >= _mixed(glow.source[:, :, 3], rows, columns) - jump:
        return np.float32(0.0)
    for c in range(3):
        light = _mixed(glow.source[:, :, c], rows, columns)
        if share * light > pixel[c]:
            share = max(pixel[c] / light, np.float32(0.0))
    return share if share > TRACE else np.float32(0.0)


@jit(error_model="numpy", allocates=False)
def take_glow(glow, matte, corner, jump, rgbd, taken):
    """Take glow off a box of the photo.

    Parameters
    ----------
    glow : GlowArrays
    matte : float32 (h, w)
        Coverage of the subject: so much of it is no glow.
    corner : (int, int)
        Row and column of the photo that the box begins at.
    jump : float32
        Difference in depth of two surfaces, dioptres.
    rgbd : float32 (h, w, 4)
        Colour and dioptres; what is left is overwritten.
    taken : float32 (h, w)
        Overwritten: how much of each pixel was taken off.
    """
    height, width = glow.share.shape
    for y in range(rgbd.shape[0]):
        rows = _between(corner[0] + y, glow.by, height)
        for x in range(rgbd.shape[1]):
            taken[y, x] = 0.0
            columns = _between(corner[1] + x, glow.by, width)
            share = _share_at(rgbd[y, x], glow, jump, rows, columns) - matte[y, x]
            if share > TRACE:
                taken[y, x] = share
                for c in range(3):
                    light = share * _mixed(glow.source[:, :, c], rows, columns)
                    rgbd[y, x, c] = (rgbd[y, x, c] - light) / (np.float32(1.0) - share)


@jit(error_model="numpy", allocates=False)
def give_glow(glow, corner, taken, pixels, changed):
    """Give what was taken off to a surface before what it was taken off.

    Parameters
    ----------
    glow : GlowArrays
    corner : (int, int)
        Row and column of the photo that the box begins at.
    taken : float32 (h, w)
        As of `take_glow`.
    pixels : FragmentArrays, (h, w)
        Of the photo without it.
    changed : bool (h, w)
        Set where there is any.
    """
    one = np.float32(1.0)
    height, width = glow.share.shape
    for y in range(taken.shape[0]):
        rows = _between(corner[0] + y, glow.by, height)
        for x in range(taken.shape[1]):
            share = taken[y, x]
            if share == 0.0:
                continue
            columns = _between(corner[1] + x, glow.by, width)
            if pixels.alpha[y, x] == one:
                for c in range(4):
                    pixels.back[y, x, c] = pixels.front[y, x, c]
                pixels.kinds[y, x] = pixels.kinds[y, x] << 2
                pixels.alpha[y, x] = 0.0
            own = (one - share) * pixels.alpha[y, x]
            for c in range(4):
                light = _mixed(glow.source[:, :, c], rows, columns)
                pixels.front[y, x, c] = (share * light + own * pixels.front[y, x, c]) / (share + own)
            if own < share:
                row = rows[1] if rows[2] > 0.5 else rows[0]
                column = columns[1] if columns[2] > 0.5 else columns[0]
                pixels.kinds[y, x] = pixels.kinds[y, x] & 12 | glow.kinds[row, column]
            pixels.alpha[y, x] = share + own
            pixels.weight[y, x] = max(one - share - own, HARDLY)
            changed[y, x] = True
