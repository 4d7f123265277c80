"""Pixels of depth edges, split into the two surfaces that they show."""

import numpy as np

from .jit import jit
from .unmix import change, least_change, least_share, mixing_share

TRACE = np.float32(0.004)
"""Coverage below which there is none, and at less from 1 than this all of it: what 8 bits cannot tell."""

NOISE = np.float32(0.02)
"""Amid others that say no more, a matte may say so much where nothing of the subject is, and so much less within it."""

CLEARLY = np.float32(0.25)
"""A share of a mixed pixel is better than another where it changes the two colours so much less, squared."""


@jit(inline="always")
def _range_of_rows(rgbd, matte, y, low, high):
    """Find the lowest and the highest dioptres of three rows, the subject left out, column by column.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
    matte : float32 (H, W)
    y : int
        The row in the middle.
    low, high : float32 (W + 2,)
        Overwritten, with a column more at either side; infinite, and less than nothing, where there are none.
    """
    low[:] = np.float32(np.inf)
    high[:] = -np.float32(np.inf)
    for v in range(max(y - 1, 0), min(y + 2, matte.shape[0])):
        for x in range(matte.shape[1]):
            if matte[v, x] <= NOISE:
                low[x + 1] = min(low[x + 1], rgbd[v, x, 3])
                high[x + 1] = max(high[x + 1], rgbd[v, x, 3])


@jit(allocates=False)
def _mark_edges(rgbd, matte, jump, ranges, edge):
    """Mark pixels beside a jump in depth.

    Parameters
    ----------
    rgbd, matte, jump, edge
        As of `mark_edges`.
    ranges : float32 (2, W + 2)
        Overwritten.

    Returns
    -------
    bool
    """
    low, high = ranges[0], ranges[1]
    found = False
    for y in range(edge.shape[0]):
        _range_of_rows(rgbd, matte, y, low, high)
        for x in range(edge.shape[1]):
            here = rgbd[y, x, 3]
            rise = max(max(high[x], high[x + 1]), high[x + 2]) - here
            fall = here - min(min(low[x], low[x + 1]), low[x + 2])
            edge[y, x] = (rise > jump or fall > jump) and matte[y, x] <= NOISE
            found |= edge[y, x]
    return found


@jit()
def mark_edges(rgbd, matte, jump, edge):
    """Mark pixels beside one whose depth differs by more; the subject is left out.

    `rgbd` float32 (H, W, 4), `matte` float32 (H, W), `jump` dioptres, `edge` bool (H, W), overwritten. Returns whether
    there is any.
    """
    return _mark_edges(rgbd, matte, jump, np.empty((2, edge.shape[1] + 2), np.float32), edge)


@jit(inline="always")
def _middle_depth(rgbd, matte, y, x):
    """Half way between the nearest and the farthest of 3 x 3 pixels that are not of the subject, dioptres."""
    low = high = rgbd[y, x, 3]
    for v in range(max(y - 1, 0), min(y + 2, rgbd.shape[0])):
        for u in range(max(x - 1, 0), min(x + 2, rgbd.shape[1])):
            if matte[v, u] <= NOISE:
                low, high = min(low, rgbd[v, u, 3]), max(high, rgbd[v, u, 3])
    return np.float32(0.5) * (low + high)


@jit(inline="always")
def _means_around(rgbd, aside, at, middle, front, back):
    """Average what 5 x 5 pixels show before a depth, and behind it; return whether both are there.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
    aside : bool (H, W)
        Pixels that do not count: they may show two surfaces.
    at : (int, int)
        The pixel in the middle.
    middle : float32
        Dioptres.
    front, back : float32 (4,)
        Overwritten; means only where both are there.

    Returns
    -------
    bool
    """
    fronts = backs = 0
    front[:] = 0.0
    back[:] = 0.0
    for v in range(max(at[0] - 2, 0), min(at[0] + 3, aside.shape[0])):
        for u in range(max(at[1] - 2, 0), min(at[1] + 3, aside.shape[1])):
            if aside[v, u]:
                continue
            if rgbd[v, u, 3] > middle:
                fronts += 1
                for c in range(4):
                    front[c] += rgbd[v, u, c]
            else:
                backs += 1
                for c in range(4):
                    back[c] += rgbd[v, u, c]
    if fronts == 0 or backs == 0:
        return False
    for c in range(4):
        front[c] /= np.float32(fronts)
        back[c] /= np.float32(backs)
    return True


@jit(inline="always")
def _unmix(colour, middle, front, back, at, pixels):
    """Write the two fragments of a mixed pixel, which give its colour again by the least change to those around.

    Parameters
    ----------
    colour : float32 (4,)
        Colour and dioptres of the pixel.
    middle : float32
        Dioptres.
    front, back : float32 (4,)
        Of the surfaces around.
    at : (int, int)
        The pixel.
    pixels : FragmentArrays
        Written at the pixel.

    Returns
    -------
    bool
        Whether anything of the nearer surface is seen.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    covered = mixing_share(colour, front, back, one if colour[3] > middle else zero)
    if covered <= TRACE:
        return False
    # A fringe, one of whose channels is darker than that share leaves it, would colour what lies behind.
    least = least_share(colour, back)
    far_less = CLEARLY * change(colour, covered, front, back)
    if covered < least < one and change(colour, least, front, back) < far_less:
        covered = least
    whole = covered >= one - TRACE
    for c in range(3):
        own, behind = least_change(colour[c], covered, front[c], back[c])
        pixels.front[at[0], at[1], c], pixels.back[at[0], at[1], c] = colour[c] if whole else own, behind
    pixels.front[at[0], at[1], 3], pixels.back[at[0], at[1], 3] = max(front[3], colour[3]), min(back[3], colour[3])
    if not whole:
        pixels.alpha[at], pixels.weight[at] = covered, one
    return True


@jit(error_model="numpy", allocates=False)
def _split(rgbd, matte, aside, edge, before, sides, pixels):
    """Split the pixels of an edge; see `split`.

    Parameters
    ----------
    rgbd, matte, edge, before, pixels
        As of `split`.
    aside : bool (H, W)
        Pixels of edges or of the subject.
    sides : float32 (2, 4)
        Overwritten.
    """
    front, back = sides[0], sides[1]
    for y in range(edge.shape[0]):
        for x in range(edge.shape[1]):
            if not edge[y, x]:
                continue
            middle = _middle_depth(rgbd, matte, y, x)
            split = _means_around(rgbd, aside, (y, x), middle, front, back)
            edge[y, x] = split and _unmix(rgbd[y, x], middle, front, back, (y, x), pixels)
            if edge[y, x]:
                near = 0 if pixels.front[y, x, 3] > before else 2
                far = 0 if pixels.back[y, x, 3] > before else 2
                pixels.kinds[y, x] = near | far << 2


@jit()
def split(rgbd, matte, edge, before, pixels):
    """Split the pixels of depth edges into the two surfaces that they show.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
        Colour and dioptres.
    matte : float32 (H, W)
        Coverage of the subject, which is left out.
    edge : bool (H, W)
        Pixels to split; afterwards, those that were.
    before : float
        Where the subject's depths end, dioptres.
    pixels : FragmentArrays, (H, W)
        Written where a pixel is split. The surfaces are means of what lies around and shows one of them alone; the
        share is that of the mixture nearest to the pixel's colour.
    """
    aside = edge | (matte > NOISE)
    _split(rgbd, matte, aside, edge, before, np.empty((2, 4), np.float32), pixels)
