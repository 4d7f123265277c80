"""Loops over a depth map's edges: the choice between two surfaces, and the depth of each photo pixel.

Colours here are perceptual: square roots of light. The answer, (H, W), is as large as the guide, a smaller photo.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .enlarge import mix_rows, mixed, placed
from .jit import QUICK, jit

# Perceptual colours (square root of light) that differ by 0.07 are a third as likely to be one surface.
COLOUR_SHARPNESS = 200.0
COLOUR_TRUST = 0.8
PRIOR_TRUST = 1.0
NEIGHBOUR_TRUST = 0.8

# A slope that takes a jump in so many pixels is level ground no more.
LEVEL = np.float32(0.025)
# What a sample that is not at an end of the ramp counts.
SPARE = np.float32(1e-3)
# At the outer end of a ramp, depths are the map's own.
FLAT = np.float32(0.05)
# Log-odds that are as good as any larger ones.
SURE = np.float32(5.0)
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


class Columns(NamedTuple):
    """How the photo's columns lie among those of a map and of the guide."""

    left: NDArray[np.int32]
    """(WW,): map column before each."""
    right: NDArray[np.int32]
    """(WW,): the one after it."""
    across: NDArray[np.float32]
    """(WW,): how far beyond the first."""
    first: NDArray[np.int32]
    """(W + 1,): first of them that lies in each guide column, and how many there are."""
    beside: NDArray[np.float32]
    """(WW, 3): how much the guide column before, it and the one after count."""


@jit(inline="always")
def _bell(radius, share, out):
    """Write a Gaussian of a standard deviation of a share of the radius over -radius..radius: `out` (2 radius + 1,)."""
    for k in range(out.size):
        out[k] = math.exp(-0.5 * ((k - radius) / (share * radius)) ** 2)


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
def _log_likeness(like, calm):
    """Logarithm of the mean likeness of a side's samples; no colour is quite impossible."""
    return math.log((like + 0.02 * calm + 1e-6) / (calm + 1e-4))


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
def _choose_by_colour(colour, box, window, split, calm, log_prior, odds):
    """Write the odds in a box by which surface's samples look more like each pixel.

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
    """
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            own = colour[y, x, 0], colour[y, x, 1], colour[y, x, 2]
            near_like = _likeness(window, 0, split[0], own)
            far_like = _likeness(window, split[1], window.shape[1], own)
            likeness = _log_likeness(near_like, calm[0]) - _log_likeness(far_like, calm[1])
            odds[y, x] = log_prior + COLOUR_TRUST * likeness


@jit(fastmath=BUT_EXACT, error_model="numpy")
def _separate(coarse, guide, place, box, bells, window, surfaces):
    """Tell the two surfaces apart in the pixels of the answer that lie in one map pixel.

    Parameters
    ----------
    coarse, guide, surfaces
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
        _choose_by_colour(guide.colour, box, window, (front, back), calm, log_prior, surfaces.odds)


@jit(fastmath=BUT_EXACT, error_model="numpy")
def _separate_row(coarse, guide, cells, cy, bells, surfaces):
    """Tell the two surfaces apart in a row of map pixels.

    Parameters
    ----------
    coarse, guide, cells, surfaces
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
            _separate(coarse, guide, (cy, cx), box, bells, window, surfaces)


@jit(fastmath=BUT_EXACT)
def two_surfaces(coarse, guide, radius, cells, rows, surfaces):
    """Where two surfaces meet: the depth of each, and to which of them a pixel belongs.

    Parameters
    ----------
    coarse : CoarseMap
    guide : FineGuide
    radius : int
        Half width of the window of map pixels that is searched.
    cells : (int64 (h + 1,), int64 (w + 1,))
        First row and column of the answer that lie in each map pixel.
    rows : (int, int)
        Rows of the map that are looked at: the first, and the one after the last.
    surfaces : Surfaces
        Written.
    """
    falloff = np.empty(2 * radius + 1, np.float32)
    close = np.empty(2 * radius + 1, np.float32)
    _bell(radius, 0.6, falloff)
    _bell(radius, 0.25, close)
    for cy in range(rows[0], rows[1]):
        _separate_row(coarse, guide, cells, cy, (falloff, close), surfaces)


@jit(inline="always")
def _alike(colour, one, two):
    """How much two pixels (y, x) look like one surface: 1 = the same colour."""
    d = NONE
    for c in range(3):
        e = colour[two[0], two[1], c] - colour[one[0], one[1], c]
        d += e * e
    return math.exp(-d * np.float32(COLOUR_SHARPNESS))


@jit(inline="always")
def _weigh_neighbours(colour, near, far, place, i, weights):
    """Write how much one pixel looks like its eight neighbours, row by row around it.

    Parameters
    ----------
    colour, near, far, weights
        As of `likeness_of_neighbours`.
    place : (int, int)
    i : int
        The pixel's row of `weights`.
    """
    (H, W), (y, x) = near.shape, place
    k = 0
    for v in range(y - 1, y + 2):
        for u in range(x - 1, x + 2):
            if v == y and u == x:
                continue
            weights[i, k] = NONE
            if 0 <= v < H and 0 <= u < W and near[v, u] != far[v, u]:
                weights[i, k] = NEIGHBOUR_TRUST * _alike(colour, place, (v, u))
                if v != y and u != x:
                    weights[i, k] *= 0.7
            k += 1


@jit()
def likeness_of_neighbours(colour, near, far, edge, weights):
    """How much each edge pixel looks like its eight neighbours, as far as these are edge pixels too.

    Parameters
    ----------
    colour : float32 (H, W, 3)
    near, far : float32 (H, W)
        As of `Surfaces`.
    edge : int64 (N,)
        Flat indices of the pixels into (H, W).
    weights : float32 (N, 8), written
        Row by row around each pixel.
    """
    width = near.shape[1]
    for i in range(edge.size):
        _weigh_neighbours(colour, near, far, (edge[i] // width, edge[i] % width), i, weights)


@jit(inline="always")
def _pull_of_neighbours(total, weights, i, leaning, pixel, width):
    """Add to log-odds where the eight neighbours of a pixel lean, by their weights.

    Parameters
    ----------
    total : float32
        Log-odds.
    weights, leaning, width
        As of `agree`.
    i, pixel : int
        Number of the pixel in `weights`; its flat index.

    Returns
    -------
    float32
    """
    last = leaning.size - 1
    k = 0
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            if dy == 0 and dx == 0:
                continue
            total += weights[i, k] * leaning[min(max(pixel + dy * width + dx, 0), last)]
            k += 1
    return total


@jit()
def agree(edge, weights, data, leaning, odds, next_leaning, width):
    """One step of agreement: each pixel of an edge leans to the side of neighbours that look alike.

    Parameters
    ----------
    edge, weights
        As of `likeness_of_neighbours`.
    data : float32 (H * W,)
        Log-odds by each pixel alone.
    leaning : float32 (H * W,)
        q / sqrt(4 + q^2) of the odds q before, 0 where there is no edge.
    odds, next_leaning : float32 (H * W,), written at the pixels of `edge`
    width : int
        W.

    Notes
    -----
    Mean field inference of two labels, with a quicker curve than the hyperbolic tangent of q / 2.
    """
    for i in range(edge.size):
        p = edge[i]
        total = _pull_of_neighbours(data[p], weights, i, leaning, p, width)
        odds[p] = total
        next_leaning[p] = total / math.sqrt(np.float32(4.0) + total * total)


@jit(inline="always")
def _sum_of_light(light, rows, columns):
    """Sum up the light of some rows and columns, (first, the one after the last) each, clipped to 0..2.25."""
    most = np.float32(2.25)
    r = g = b = NONE
    for v in range(rows[0], rows[1]):
        for u in range(columns[0], columns[1]):
            r += min(max(light[v, u, 0], NONE), most)
            g += min(max(light[v, u, 1], NONE), most)
            b += min(max(light[v, u, 2], NONE), most)
    return r, g, b


@jit(error_model="numpy")
def _perceive_row(light, y, out):
    """Write a row of `perceive`."""
    (HH, WW, _), (H, W, _) = light.shape, out.shape
    rows = y * HH // H, (y + 1) * HH // H
    for x in range(W):
        columns = x * WW // W, (x + 1) * WW // W
        r, g, b = _sum_of_light(light, rows, columns)
        count = (rows[1] - rows[0]) * (columns[1] - columns[0])
        out[y, x, 0], out[y, x, 1], out[y, x, 2] = math.sqrt(r / count), math.sqrt(g / count), math.sqrt(b / count)


@jit()
def perceive(light, rows, out):
    """Area means of `light` (HH, WW, 3), scene-linear, as square roots up to 1.5: rows, (first, stop), of (H, W, 3)."""
    for y in range(rows[0], rows[1]):
        _perceive_row(light, y, out)


@jit(inline="always")
def _lies_in(index, coarse, fine, weights):
    """Find which of `coarse` pixels a fine one lies in, and how much that and its neighbours count: `weights` (3,)."""
    middle = min(int((index + 0.5) * coarse / fine), coarse - 1)
    centre = (index + 0.5) * coarse / fine - 0.5
    for k in range(3):
        weights[k] = math.exp(-((middle + k - 1 - centre) ** 2))
    return middle


@jit(inline="always")
def _seen(light, y, x):
    """Perceptual colour of a photo pixel, clipped to 0..1.5."""
    bright = np.float32(1.5)
    return (
        min(math.sqrt(max(light[y, x, 0], NONE)), bright),
        min(math.sqrt(max(light[y, x, 1], NONE)), bright),
        min(math.sqrt(max(light[y, x, 2], NONE)), bright),
    )


@jit(inline="always")
def _distance(colour, y, x, own):
    """Squared distance of a guide pixel's colour from another, in units of what tells surfaces apart."""
    dr, dg, db = own[0] - colour[y, x, 0], own[1] - colour[y, x, 1], own[2] - colour[y, x, 2]
    return (dr * dr + dg * dg + db * db) * np.float32(COLOUR_SHARPNESS)


@jit(inline="always")
def _mean_around(colour, surfaces, place, own, above, beside):
    """Average the surfaces around a guide pixel for a photo pixel, by how near they lie and how much they look alike.

    Parameters
    ----------
    colour, surfaces
        As of `resolve`.
    place : (int, int)
        The guide pixel.
    own : (float32, float32, float32)
        The photo pixel's colour.
    above, beside : float32 (3,)
        How much the rows, and the columns, count.

    Returns
    -------
    near, far, odds : float32

    Notes
    -----
    Joint bilateral upsampling (J. Kopf et al., 2007), of two surfaces each.
    """
    near, far, odds = surfaces
    (H, W), (cy, cx) = near.shape, place
    even, far_apart = SURE, np.float32(20.0)
    n = f = side = total = NONE
    for v in range(max(cy - 1, 0), min(cy + 2, H)):
        for u in range(max(cx - 1, 0), min(cx + 2, W)):
            if near[v, u] == far[v, u]:
                continue
            d = _distance(colour, v, u, own)
            # Colours far apart leave the floor alone; most of the time goes into exponentials.
            weight = np.float32(1e-6)
            if d < far_apart:
                weight += math.exp(-d) * above[v - cy + 1] * beside[u - cx + 1]
            total += weight
            n += weight * near[v, u]
            f += weight * far[v, u]
            side += weight * min(max(odds[v, u], -even), even)
    return n / total, f / total, side


@jit(inline="always")
def _snapped(value, near, far, odds):
    """Depth of a pixel at an edge: its surface's, but the map's own on the flat beside the ramp.

    There the map is right, to the last bit of its slope.
    """
    t = (value - far) / max(near - far, np.float32(1e-9))
    if odds > NONE:
        return mixed(near, value, min(max((t - (ONE - FLAT)) / FLAT, NONE), ONE))
    return mixed(far, value, min(max((FLAT - t) / FLAT, NONE), ONE))


@jit(inline="always")
def _interpolate(line, columns, limits, row):
    """Interpolate a row of the map, `line` (w,), between its pixels, within limits: `row` (WW,), overwritten."""
    for x in range(row.size):
        before, after = line[np.uint32(columns.left[x])], line[np.uint32(columns.right[x])]
        row[x] = min(max(mixed(before, after, columns.across[x]), limits[0]), limits[1])


@jit(inline="always")
def _is_settled(surfaces, place):
    """Whether a guide pixel and its eight neighbours all lie at an edge, and surely on the same side of it."""
    near, far, odds = surfaces
    (H, W), (cy, cx) = near.shape, place
    sure = np.float32(math.copysign(SURE, odds[place]))
    settled = True
    for v in range(max(cy - 1, 0), min(cy + 2, H)):
        for u in range(max(cx - 1, 0), min(cx + 2, W)):
            settled &= near[v, u] != far[v, u] and odds[v, u] * sure >= sure * sure
    return settled


@jit(inline="always")
def _mean_of_settled(surfaces, place, above, beside):
    """Average the surfaces around a guide pixel by how near they lie alone; as of `_mean_around`."""
    near, far, odds = surfaces
    (H, W), (cy, cx) = near.shape, place
    n = f = total = NONE
    for v in range(max(cy - 1, 0), min(cy + 2, H)):
        for u in range(max(cx - 1, 0), min(cx + 2, W)):
            weight = above[v - cy + 1] * beside[u - cx + 1]
            total += weight
            n += weight * near[v, u]
            f += weight * far[v, u]
    return n / total, f / total, odds[place]


@jit(inline="always")
def _resolve_cell(colour, surfaces, light, cell, above, beside, pixel):
    """Return the two surfaces, and the odds, of a photo pixel at an edge.

    Parameters
    ----------
    colour, surfaces, light
        As of `resolve`.
    cell : (int, int, bool)
        The guide pixel that it lies in, and whether `_is_settled`.
    above, beside : float32 (3,)
        As of `_mean_around`.
    pixel : (int, int)
        The photo pixel.
    """
    place = cell[0], cell[1]
    if light.shape[0] == surfaces.near.shape[0]:
        return surfaces.near[place], surfaces.far[place], surfaces.odds[place]
    if cell[2]:
        return _mean_of_settled(surfaces, place, above, beside)
    return _mean_around(colour, surfaces, place, _seen(light, pixel[0], pixel[1]), above, beside)


@jit(error_model="numpy", allocates=False)
def _resolve_row(depth, colour, surfaces, light, limits, columns, scratch, y, out):
    """Write the depth of each photo pixel of a row.

    Parameters
    ----------
    depth, colour, surfaces, light, out
        As of `resolve`.
    limits
        As of `resolve`.
    columns : Columns
    scratch : (float32 (w,), float32 (3,))
        Overwritten.
    y : int
        The row.
    """
    line, above = scratch
    mix_rows(depth, y, out.shape[0], line)
    cy = _lies_in(y, surfaces.near.shape[0], out.shape[0], above)
    _interpolate(line, columns, limits, out[y])
    for cx in range(surfaces.near.shape[1]):
        if surfaces.near[cy, cx] == surfaces.far[cy, cx]:
            continue
        cell = cy, cx, _is_settled(surfaces, (cy, cx))
        for x in range(columns.first[cx], columns.first[cx + 1]):
            n, f, side = _resolve_cell(colour, surfaces, light, cell, above, columns.beside[x], (y, x))
            value = mixed(line[columns.left[x]], line[columns.right[x]], columns.across[x])
            out[y, x] = min(max(_snapped(value, n, f, side), limits[0]), limits[1])


@jit()
def resolve(depth, colour, surfaces, light, limits, rows, out):
    """Write the depth of each photo pixel: the chosen surface at an edge, the map itself elsewhere.

    Parameters
    ----------
    depth : float32 (h, w)
        The map, dioptres.
    colour : float32 (H, W, 3)
        Of the guide.
    surfaces : Surfaces
    light : float32 (HH, WW, 3)
        The photo, scene-linear.
    limits : (float32, float32)
        No answer lies beyond these, dioptres.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    out : float32 (HH, WW), written
        Dioptres.
    """
    width, last = out.shape[1], np.int32(depth.shape[1] - 1)
    left, right, across = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.float32)
    first, beside = np.zeros(colour.shape[1] + 1, np.int32), np.empty((width, 3), np.float32)
    for x in range(width):
        left[x], across[x] = placed(x, depth.shape[1], width)
        right[x] = min(left[x] + 1, last)
        first[_lies_in(x, colour.shape[1], width, beside[x]) + 1] = x + 1
    # A guide column that none lies in begins where the one before ends.
    for column in range(1, first.size):
        first[column] = max(first[column], first[column - 1])
    columns = Columns(left, right, across, first, beside)
    scratch = np.empty(depth.shape[1], np.float32), np.empty(3, np.float32)
    for y in range(rows[0], rows[1]):
        _resolve_row(depth, colour, surfaces, light, limits, columns, scratch, y, out)
