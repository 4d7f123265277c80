"""Gain maps of a render: what it withholds of sharp highlights, and what clipping it hides.

A map's cell holds stops: radiance is (shown + base) * 2**stops - alternate, with an offset per channel (ISO 21496-1).
A cell of one channel is of the sum of all channels.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from .jit import jit
from .layer import clipped_share

FAINT = np.float32(1e-6)
ZERO, ONE = np.float32(0.0), np.float32(1.0)


class Sums(NamedTuple):
    """Sums over the pixels of a cell."""

    shown: np.float32
    """Light of the render."""
    before: np.float32
    """Light of the photo."""
    clipped: np.float32
    """What the photo clipped."""
    kept: np.float32
    """Share that is withheld, times the weight."""
    darker: np.float32
    """Share that the photo only shows darker, times the weight."""
    weight: np.float32
    """What the photo clipped, and a little for every pixel."""
    base: np.float32
    alternate: np.float32


@jit(inline="always")
def _span(cell, cells, pixels):
    """Pixels along an axis that lie in a cell, wholly or not: the first, and the one after the last."""
    return cell * pixels // cells, ((cell + 1) * pixels + cells - 1) // cells


@jit(inline="always")
def _add_light(rgb, box, channel, offset, sums):
    """Add up a channel of the pixels in a box, all of it and as clipped to 0..1, each with the offset.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    box : ((int, int), (int, int))
        First row and the one after the last; the same of columns.
    channel : int
    offset : float32
    sums : (float32, float32)
        Light, and what is shown of it, before.

    Returns
    -------
    (float32, float32)
    """
    light, shown = sums
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            light += max(rgb[y, x, channel], ZERO) + offset
            shown += min(max(rgb[y, x, channel], ZERO), ONE) + offset
    return light, shown


@jit(inline="always")
def _more_stops(stops, light, shown):
    """Return the stops that lead to the light from what is shown of it: the same ones where nothing is clipped."""
    if light > shown:
        return max(stops, ZERO) + np.log2(light / shown)
    return stops


@jit(error_model="numpy")
def _above_clip_row(rgb, source, base, stops, row):
    """Fill a row of cells.

    Parameters
    ----------
    rgb, source, base, stops
        As of `above_clip`.
    row : int
    """
    height, width, _ = rgb.shape
    rows, columns, channels = stops.shape
    for column in range(columns):
        box = _span(row, rows, height), _span(column, columns, width)
        sums = ZERO, ZERO
        for c in range(3):
            sums = _add_light(rgb, box, c, base[c], sums)
            if channels == 3 or c == 2:
                own = source[row, column, c if source.shape[2] == 3 else 0]
                stops[row, column, c if channels == 3 else 0] = _more_stops(own, sums[0], sums[1])
                sums = ZERO, ZERO


@jit(parallel=True)
def above_clip(rgb, source, base, stops):
    """Fill the stops that lead from a picture clipped to 0..1 to where `source` leads from the picture itself.

    Where nothing clips they are the same: no map is resampled.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    source : float32 (h, w, 1 or 3)
        Stops over `rgb`.
    base : float32 (3,)
        Offset of what is multiplied.
    stops : float32 (h, w, 1 or 3), overwritten
    """
    for row in prange(stops.shape[0]):
        _above_clip_row(rgb, source, base, stops, row)


@jit(inline="always")
def _sharp_share(dioptres, lens):
    """How much is withheld of what lies at a depth: all of what is in focus, nothing of what is blurred."""
    focus, per_dioptre, sharp_px, spread_px = lens
    blurred = abs(focus - dioptres) * per_dioptre
    return np.float32(min(max((spread_px - blurred) / (spread_px - sharp_px), 0.0), 1.0))


@jit(inline="always")
def _add_pixel(sums, seen, offsets, sharp, tone):
    """Add a pixel to the sums of a cell.

    Parameters
    ----------
    sums : Sums
    seen : (float32, float32, float32)
        What the render shows, what the photo does, and what it clipped.
    offsets : (float32, float32)
        Base and alternate.
    sharp, tone : float32
        Share of what was clipped that is withheld, and that is only shown darker.

    Returns
    -------
    Sums
    """
    weight = seen[2] + FAINT
    return Sums(
        sums.shown + seen[0],
        sums.before + seen[1],
        sums.clipped + seen[2],
        sums.kept + sharp * weight,
        sums.darker + tone * weight,
        sums.weight + weight,
        sums.base + offsets[0],
        sums.alternate + offsets[1],
    )


@jit(inline="always")
def _add_box(maps, box, channel, lens_and_tone, offsets, sums):
    """Add a channel of the pixels in a box to the sums of a cell.

    Parameters
    ----------
    maps : (float32 (H, W, 3), float32 (H, W, 3), float32 (H, W, 3), float32 (H, W))
        `picture`, `rgb`, `extra` and `dioptres` of `withheld`.
    box : ((int, int), (int, int))
        First row and the one after the last; the same of columns.
    channel : int
    lens_and_tone : (tuple, tuple)
        `lens` and `toned` of `withheld`.
    offsets : (float32, float32)
        Base and alternate.
    sums : Sums

    Returns
    -------
    Sums
    """
    picture, rgb, extra, dioptres = maps
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            light, was = max(picture[y, x, channel], ZERO), max(rgb[y, x, channel], ZERO)
            sharp = _sharp_share(dioptres[y, x], lens_and_tone[0])
            tone = (ONE - sharp) * (ONE - clipped_share(rgb[y, x], extra[y, x], lens_and_tone[1]))
            if light < was:
                sharp *= light / was
            sums = _add_pixel(sums, (light, was, extra[y, x, channel]), offsets, sharp, tone)
    return sums


@jit(inline="always")
def _stops_of(sums, own, mapped):
    """Return the stops from what a cell shows to what it withholds; `own` are those of the photo's map, if any."""
    gain = np.exp2(own) - ONE
    more = sums.clipped
    if mapped:
        more = (sums.before + sums.base) * gain + sums.base - sums.alternate
    below = sums.shown + sums.base
    above = sums.shown + sums.alternate + sums.kept / sums.weight * more
    above += sums.darker / sums.weight * (below * gain + sums.base - sums.alternate)
    if below > ZERO:
        own = np.log2(above / below) if above > ZERO else ZERO
    return own


@jit(error_model="numpy")
def _withheld_row(maps, lens_and_tone, source, offsets, stops, row):
    """Fill a row of cells.

    Parameters
    ----------
    maps, lens_and_tone
        As of `_add_box`.
    source, stops, row
        As of `withheld`, and which row.
    offsets : (float32 (3,), float32 (3,))
        `base` and `alternate` of `withheld`.
    """
    height, width = maps[3].shape
    rows, columns, channels = stops.shape
    mapped = source.shape[0] > 0
    for column in range(columns):
        box = _span(row, rows, height), _span(column, columns, width)
        sums = Sums(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)
        for c in range(3):
            sums = _add_box(maps, box, c, lens_and_tone, (offsets[0][c], offsets[1][c]), sums)
            if channels == 3 or c == 2:
                plane = c if channels == 3 else 0
                own = source[row, column, plane] if mapped else ZERO
                stops[row, column, plane] = _stops_of(sums, own, mapped)
                sums = Sums(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)


@jit(parallel=True)
def withheld(picture, rgb, extra, dioptres, lens, toned, source, base, alternate, stops):
    """Fill the stops between a render and the radiance that is withheld from it.

    What is in front of a highlight, or dims it, dims what is withheld of it too; light that has spread over it does not
    brighten that. What the photo shows darker than it was, without clipping it, keeps its stops however blurred it is.
    Where the render shows the photo, they are those of `source`.

    Parameters
    ----------
    picture : float32 (H, W, 3)
        The render.
    rgb, extra : float32 (H, W, 3)
        What the photo shows, and what it clipped.
    dioptres : float32 (H, W)
    lens : (float, float, float, float)
        Dioptres in focus; pixels of blur radius per dioptre; radii up to which all and from which nothing is withheld.
    toned : (float, float, float, float)
        As of `layer.radiance`.
    source : float32 (h, w, 1 or 3)
        The map that `extra` is of; of shape (0, 0, 1) when it is of none.
    base, alternate : float32 (3,)
        Offsets: radiance is (shown + base) * 2**stops - alternate.
    stops : float32 (h, w, 1 or 3), overwritten
    """
    for row in prange(stops.shape[0]):
        _withheld_row((picture, rgb, extra, dioptres), (lens, toned), source, (base, alternate), stops, row)
