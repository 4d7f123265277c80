"""Loops over a depth map's edges: the choice between the two surfaces that meet there.

Colours here are perceptual: square roots of light. The answer, (H, W), is as large as the guide, a smaller photo.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit

# Perceptual colours (square root of light) that differ by 0.07 are a third as likely to be one surface.
COLOUR_SHARPNESS = 200.0
COLOUR_TRUST = 0.8
PRIOR_TRUST = 1.0
# Shares of the near and of the far surface that look like none of their samples. A band along an outline is the
# near surface's rim: what lies behind would have to show a line there by chance.
ODD_NEAR, ODD_FAR = 0.05, 0.02
# Likeness below which a pixel is none of a surface.
ODD = np.float32(0.05)

# A slope that takes a jump in so many pixels is level ground no more.
LEVEL = np.float32(0.025)
# What a sample that is not at an end of the ramp counts.
SPARE = np.float32(1e-3)
NONE, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)

BUT_EXACT = QUICK - {"afn"}
"""Shorter arithmetic, but with exponentials and logarithms as they are."""


class CoarseMap(NamedTuple):
    """A depth map, and the photo at its size."""

    depth: NDArray[np.float32]
    """(h, w): dioptres."""
    slope: NDArray[np.float32]
    """(h, w): size of the gradient, dioptres per map pixel."""
    low: NDArray[np.float32]
    """(h, w): least dioptres in the window around each pixel."""
    high: NDArray[np.float32]
    """(h, w): the most; equal to the least where there is no edge."""
    colour: NDArray[np.float32]
    """(3, h, w)."""
    matte: NDArray[np.float32]
    """(h, w): coverage; of shape (0, 0) when there is none."""


class FineGuide(NamedTuple):
    """The photo at the size of the answer."""

    colour: NDArray[np.float32]
    """(H, W, 3)."""
    matte: NDArray[np.float32]
    """(H, W): coverage; of shape (0, 0) when there is none."""


class Surfaces(NamedTuple):
    """The two surfaces that meet at each pixel."""

    near: NDArray[np.float32]
    """(H, W): dioptres of the near surface."""
    far: NDArray[np.float32]
    """(H, W): those of the far one; equal where there is no edge."""
    odds: NDArray[np.float32]
    """(H, W): log-odds of the near surface."""


class Side(NamedTuple):
    """Sums over the samples of one surface in a window."""

    weight: np.float32
    height: np.float32
    """Times the weight; 0 at the lowest, 1 at the highest depth of the window."""
    calm: np.float32
    matte: np.float32
    """Coverage times the weight."""


@jit(inline="always")
def _bell(deviation, out):
    """Write a Gaussian of a standard deviation over -radius..radius: `out` (2 radius + 1,)."""
    for k in range(out.size):
        out[k] = math.exp(-0.5 * ((k - out.size // 2) / deviation) ** 2)


@jit(inline="always")
def _calm(slope, falloff):
    """How well a sample tells its surface's depth: it fades with its distance and with its slope."""
    # Bell curves as powers of 1 / (1 + x^2): much cheaper than exponentials, as good here.
    bell = ONE / (ONE + slope * slope)
    return falloff * bell * bell * bell


@jit(inline="always")
def _weight(height, calm):
    """How much a sample of a ramp, at a height 0..1, counts for the surface at its end."""
    extreme = height if height > HALF else ONE - height
    extreme *= extreme
    extreme *= extreme
    # The foot of a ramp is flat too, but not yet there; and a thin thing has no flat top: its
    # highest point stands in for it.
    weight = calm * extreme
    extreme *= extreme
    weight += SPARE * extreme * extreme
    return weight


@jit(inline="always")
def _with_sample(side, sample):
    """Add a sample, (weight, height, calm, weighted coverage), to a side's sums."""
    weight, height, calm, covered = sample
    return Side(side.weight + weight, side.height + weight * height, side.calm + calm, side.matte + covered)


@jit(inline="always")
def _gather(coarse, place, bells, window):
    """Look at the samples around a map pixel, and tell those of the two surfaces apart.

    Parameters
    ----------
    coarse : CoarseMap
    place : (int, int)
        The pixel.
    bells : (float32 (2 radius + 1,), float32 (2 radius + 1,))
        How samples fade with their distance along an axis, for the depths and for the prior.
    window : float32 (4, (2 radius + 1)**2), written
        Colour and calm of the samples; the near surface's from the front, the far one's from the back.

    Returns
    -------
    near, far : Side
    front, back : int
        How many samples of `window` are the near surface's; where the far one's begin.
    prior : float32
        Mean height of the map close to the pixel.
    """
    (h, w), (cy, cx) = coarse.depth.shape, place
    falloff, close = bells
    radius = falloff.size // 2
    low = coarse.low[cy, cx]
    jump = coarse.high[cy, cx] - low
    per_jump, steep = ONE / jump, ONE / (LEVEL * jump)
    near = far = Side(NONE, NONE, NONE, NONE)
    prior = prior_weight = NONE
    front, back = 0, window.shape[1]
    for y in range(max(cy - radius, 0), min(cy + radius + 1, h)):
        fall_y, close_y = falloff[y - cy + radius], close[y - cy + radius]
        for x in range(max(cx - radius, 0), min(cx + radius + 1, w)):
            height = (coarse.depth[y, x] - low) * per_jump
            calm = _calm(coarse.slope[y, x] * steep, fall_y * falloff[x - cx + radius])
            p = close_y * close[x - cx + radius]
            prior += p * height
            prior_weight += p
            weight = _weight(height, calm)
            covered = weight * coarse.matte[y, x] if coarse.matte.shape[0] > 0 else NONE
            if height > HALF:
                k = front
                front += 1
                near = _with_sample(near, (weight, height, calm, covered))
            else:
                back -= 1
                k = back
                far = _with_sample(far, (weight, height, calm, covered))
            for c in range(3):
                window[c, k] = coarse.colour[c, y, x]
            window[3, k] = calm
    return near, far, front, back, prior / prior_weight


@jit(inline="always")
def _log_prior(prior, near, far):
    """Log-odds of the near surface by the map itself: where it lies between the heights of both."""
    mean = (prior - far) / max(near - far, 1e-6)
    mean = min(max(mean, 0.02), 0.98)
    return PRIOR_TRUST * math.log(mean / (1.0 - mean))


@jit(inline="always")
def _likeness(window, first, stop, colour):
    """Sum up how much some samples of a window look like a colour, each by how calm it is."""
    r, g, b = colour
    sharpness = np.float32(COLOUR_SHARPNESS / 4)
    like = NONE
    for k in range(first, stop):
        dr, dg, db = window[0, k] - r, window[1, k] - g, window[2, k] - b
        bell = ONE / (ONE + (dr * dr + dg * dg + db * db) * sharpness)
        bell *= bell
        like += window[3, k] * bell * bell
    return like


@jit(inline="always")
def _log_likeness(like, calm, odd):
    """Logarithm of the mean likeness of a side's samples; a share of it, `odd`, may have any colour."""
    return math.log((like + odd * calm + 1e-6) / (calm + 1e-4))


@jit(inline="always")
def _fill(box, near, far, surfaces):
    """Write two depths, and even odds, in a box: ((first row, the one after the last), columns)."""
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            surfaces.near[y, x], surfaces.far[y, x], surfaces.odds[y, x] = near, far, NONE


@jit(inline="always")
def _choose_by_matte(matte, box, contrast, odds):
    """Write the odds in a box by the matte; its contrast says which of the surfaces is the subject."""
    sign = np.float32(40.0) if contrast > 0.0 else np.float32(-40.0)
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            odds[y, x] = sign * (matte[y, x] - HALF)


@jit(inline="always")
def _choose_by_colour(colour, box, window, split, calm, log_prior, odds, odd):
    """Write the odds in a box by which surface's samples look more like each pixel, and where none does.

    Parameters
    ----------
    colour : float32 (H, W, 3)
    box : ((int, int), (int, int))
        First row and the one after the last; the same of columns.
    window, split
        As from `_gather`: the samples, `front` and `back`.
    calm : (float32, float32)
        Sums of the near and of the far side.
    log_prior : float
    odds : float32 (H, W), written
    odd : int8 (H, W), written
    """
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            own = colour[y, x, 0], colour[y, x, 1], colour[y, x, 2]
            near_like = _likeness(window, 0, split[0], own)
            far_like = _likeness(window, split[1], window.shape[1], own)
            likeness = _log_likeness(near_like, calm[0], ODD_NEAR) - _log_likeness(far_like, calm[1], ODD_FAR)
            odds[y, x] = log_prior + COLOUR_TRUST * likeness
            odd[y, x] = near_like < ODD * calm[0] and far_like < ODD * calm[1]


@jit(fastmath=BUT_EXACT, error_model="numpy")
def _separate(coarse, guide, place, box, bells, window, surfaces, odd):
    """Tell the two surfaces apart in the pixels of the answer that lie in one map pixel.

    Parameters
    ----------
    coarse, guide, surfaces, odd
        As of `two_surfaces`.
    place, bells, window
        As of `_gather`.
    box : ((int, int), (int, int))
        The pixels: first row and the one after the last; the same of columns.
    """
    near_side, far_side, front, back, prior = _gather(coarse, place, bells, window)
    near, far = near_side.height / near_side.weight, far_side.height / far_side.weight
    low = coarse.low[place]
    jump = coarse.high[place] - low
    _fill(box, low + jump * near, low + jump * far, surfaces)
    contrast = NONE
    if coarse.matte.shape[0] > 0:
        contrast = near_side.matte / near_side.weight - far_side.matte / far_side.weight
    # Where one side is the subject, the matte knows the outline better than any colour does.
    if abs(contrast) > 0.5:
        _choose_by_matte(guide.matte, box, contrast, surfaces.odds)
    else:
        calm, log_prior = (near_side.calm, far_side.calm), _log_prior(prior, near, far)
        _choose_by_colour(guide.colour, box, window, (front, back), calm, log_prior, surfaces.odds, odd)


@jit(fastmath=BUT_EXACT, error_model="numpy")
def _separate_row(coarse, guide, cells, cy, bells, surfaces, odd):
    """Tell the two surfaces apart in a row of map pixels.

    Parameters
    ----------
    coarse, guide, cells, surfaces, odd
        As of `two_surfaces`.
    cy : int
        The row.
    bells
        As of `_gather`.
    """
    rows, columns = cells
    depth, low, high = coarse.depth, coarse.low, coarse.high
    # What the window holds is the same for every pixel of the answer in one map pixel.
    window = np.empty((4, bells[0].size * bells[0].size), np.float32)
    for cx in range(depth.shape[1]):
        if rows[cy] == rows[cy + 1] or columns[cx] == columns[cx + 1]:
            continue
        box = (rows[cy], rows[cy + 1]), (columns[cx], columns[cx + 1])
        if high[cy, cx] - low[cy, cx] <= NONE:
            _fill(box, depth[cy, cx], depth[cy, cx], surfaces)
        else:
            _separate(coarse, guide, (cy, cx), box, bells, window, surfaces, odd)


@jit(fastmath=BUT_EXACT)
def two_surfaces(coarse, guide, radius, astray, cells, rows, surfaces, odd):
    """Where two surfaces meet: the depth of each, and to which of them a pixel belongs.

    Parameters
    ----------
    coarse : CoarseMap
    guide : FineGuide
    radius : int
        Half width of the window of map pixels that is searched.
    astray : float
        How far beside the picture's the map's edges usually lie, map pixels.
    cells : (int64 (h + 1,), int64 (w + 1,))
        First row and column of the answer that lie in each map pixel.
    rows : (int, int)
        Rows of the map that are looked at: the first, and the one after the last.
    surfaces : Surfaces
        Written.
    odd : int8 (H, W), written at edges
        1 where a pixel looks like neither of them.
    """
    falloff = np.empty(2 * radius + 1, np.float32)
    close = np.empty(2 * radius + 1, np.float32)
    _bell(0.6 * radius, falloff)
    _bell(astray, close)
    for cy in range(rows[0], rows[1]):
        _separate_row(coarse, guide, cells, cy, (falloff, close), surfaces, odd)
