"""Gain maps of a render: what it withholds of sharp highlights, and what clipping it hides.

A map's cell holds stops: radiance is (shown + base) * 2**stops - alternate, with an offset per channel (ISO 21496-1).
A cell of one channel is of the sum of all channels.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .enlarge import placed
from .jit import jit

FAINT = np.float32(1e-6)
ZERO, ONE = np.float32(0.0), np.float32(1.0)


class Sums(NamedTuple):
    """Sums over the pixels of a cell."""

    shown: np.float32
    """Light of the render."""
    before: np.float32
    """Light of the photo."""
    held: np.float32
    """Share that stays where it is, times the weight."""
    weight: np.float32
    """What the gain map adds, and a little for every pixel."""
    arrived: np.float32
    """What of surfaces arrives, blurred."""
    base: np.float32
    alternate: np.float32
    peak: np.float32
    """Brightest channel of the render."""


class Kept(NamedTuple):
    """What decides how much of what a gain map adds stays where it is: all in focus, none where it is blurred.

    Attributes
    ----------
    dioptres : float32 (H, W)
    focus, px_per_dioptre, sharp_px, spread_px : float32
        The lens, and the blur radii up to which all of it stays, and from which none does.
    starts : int64 (H + 1,)
        Number of each row's first light, and of all.
    columns : int64 (N,)
        Of the lights' pixels, in raster order.
    share : float32 (N,)
        How much stays of a light.
    """

    dioptres: NDArray[np.float32]
    focus: np.float32
    px_per_dioptre: np.float32
    sharp_px: np.float32
    spread_px: np.float32
    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    share: NDArray[np.float32]


@jit(inline="always")
def _span(cell, cells, pixels):
    """Pixels along an axis that a cell has a part in: the first, and the one after the last."""
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


@jit()
def above_clip(rgb, source, base, rows, stops):
    """Fill the stops that lead from a picture clipped to 0..1 to where `source` leads from the picture itself.

    Where nothing clips they are the same: no map is resampled.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    source : float32 (h, w, 1 or 3)
        Stops over `rgb`.
    base : float32 (3,)
        Offset of what is multiplied.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    stops : float32 (h, w, 1 or 3), overwritten
    """
    for row in range(rows[0], rows[1]):
        _above_clip_row(rgb, source, base, stops, row)


@jit(inline="always")
def _placed_in(cell, coarse, cells):
    """Find where a cell lies along an axis of a coarser picture: the pixels around it, and how far to the second."""
    before, beyond = placed(cell, coarse, cells)
    return before, min(before + 1, coarse - 1), beyond


@jit(inline="always")
def _arriving(surface, down, across, channel):
    """Look at a channel of a coarser picture between its pixels: `down` and `across` as of `_placed_in`."""
    left, right = ONE - across[2], across[2]
    upper = surface[down[0], across[0], channel] * left + surface[down[0], across[1], channel] * right
    lower = surface[down[1], across[0], channel] * left + surface[down[1], across[1], channel] * right
    return (ONE - down[2]) * upper + down[2] * lower


@jit(inline="always")
def _add_pixel(sums, seen, arriving, offsets, stays):
    """Add a pixel to the sums of a cell.

    Parameters
    ----------
    sums : Sums
    seen : (float32, float32, float32)
        What the render shows, what the photo does, and what its gain map adds.
    arriving : float32
        What of surfaces arrives where nothing stays.
    offsets : (float32, float32)
        Base and alternate.
    stays : float32
        Share of what the gain map adds that stays where it is.

    Returns
    -------
    Sums
    """
    light, was, extra = seen
    arrived = sums.arrived + (ONE - stays) * arriving
    if light < was:
        stays *= light / was
    weight = extra + FAINT
    return Sums(
        sums.shown + light,
        sums.before + was,
        sums.held + stays * weight,
        sums.weight + weight,
        arrived,
        sums.base + offsets[0],
        sums.alternate + offsets[1],
        max(sums.peak, light),
    )


@jit(inline="always")
def _find_kept(kept, box, share):
    """Find how much stays at the pixels of a box.

    Parameters
    ----------
    kept : Kept
    box : ((int, int), (int, int))
        First row and the one after the last; the same of columns.
    share : float32 (h, w)
        Of at least the box's size; overwritten.

    Returns
    -------
    float32
        The most.
    """
    most, per = ZERO, ONE / (kept.spread_px - kept.sharp_px)
    left, right = box[1]
    for y in range(box[0][0], box[0][1]):
        line = share[y - box[0][0]]
        for x in range(left, right):
            blur = abs((kept.focus - kept.dioptres[y, x]) * kept.px_per_dioptre)
            line[x - left] = ONE - min(max((blur - kept.sharp_px) * per, ZERO), ONE)
            most = max(most, line[x - left])
        first, last = kept.starts[y], kept.starts[y + 1]
        if first < last:
            for n in range(first + np.searchsorted(kept.columns[first:last], left), last):
                if kept.columns[n] >= right:
                    break
                line[kept.columns[n] - left] = kept.share[n]
                most = max(most, kept.share[n])
    return most


@jit(inline="always")
def _add_spread_box(picture, box, channel, arriving, offsets, sums):
    """Add a channel of the pixels in a box, where nothing stays, to the sums of a cell.

    Parameters
    ----------
    picture : float32 (H, W, 3)
    box, channel, arriving, offsets, sums
        As of `_add_box`.

    Returns
    -------
    Sums
    """
    shown, peak = sums.shown, sums.peak
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            light = max(picture[y, x, channel], ZERO)
            shown, peak = shown + light, max(peak, light)
    count = np.float32((box[0][1] - box[0][0]) * (box[1][1] - box[1][0]))
    return Sums(
        shown,
        sums.before,
        sums.held,
        sums.weight + count * FAINT,
        sums.arrived + count * arriving,
        sums.base + count * offsets[0],
        sums.alternate + count * offsets[1],
        peak,
    )


@jit(inline="always")
def _add_box(maps, share, box, channel, arriving, offsets, sums):
    """Add a channel of the pixels in a box to the sums of a cell.

    Parameters
    ----------
    maps : (float32 (H, W, 3), float32 (H, W, 3), float32 (H, W, 3))
        `picture`, `rgb` and `extra` of `withheld`.
    share : float32 (h, w)
        How much stays at the pixels of the box.
    box : ((int, int), (int, int))
        First row and the one after the last; the same of columns.
    channel : int
    arriving : float32
        What of surfaces arrives at the cell.
    offsets : (float32, float32)
        Base and alternate.
    sums : Sums

    Returns
    -------
    Sums
    """
    picture, rgb, extra = maps
    for y in range(box[0][0], box[0][1]):
        line = share[y - box[0][0]]
        for x in range(box[1][0], box[1][1]):
            light, was = max(picture[y, x, channel], ZERO), max(rgb[y, x, channel], ZERO)
            sums = _add_pixel(sums, (light, was, extra[y, x, channel]), arriving, offsets, line[x - box[1][0]])
    return sums


@jit(inline="always")
def _stops_of(sums, own, offsets, most):
    """Return the stops from what a cell shows to what it withholds.

    One channel cannot hold a change of colour: without a bound, one of the three might become brighter than the scene.

    Parameters
    ----------
    sums : Sums
    own : float32
        Stops of the photo's map.
    offsets : (float32, float32)
        Base and alternate.
    most : float32
        Radiance of the brightest that is there.

    Returns
    -------
    float32
    """
    kept = ZERO
    if sums.held > ZERO:
        added = (sums.before + sums.base) * (np.exp2(own) - ONE) + sums.base - sums.alternate
        kept = sums.held / sums.weight * added
    above = sums.shown + sums.alternate + kept + sums.arrived
    below = sums.shown + sums.base
    room = max((most + offsets[1]) / max(sums.peak + offsets[0], FAINT), ONE)
    if below > ZERO:
        return np.log2(min(above / below, room)) if above > ZERO else ZERO
    return min(own, np.log2(room))


@jit(inline="always")
def _is_dark(surface, down, across):
    """Whether none of the pixels of a coarser picture that a cell lies between holds any light."""
    for channel in range(3):
        for row in (down[0], down[1]):
            if surface[row, across[0], channel] > ZERO or surface[row, across[1], channel] > ZERO:
                return False
    return True


@jit(inline="always")
def _stays_empty(own, offsets):
    """Whether the stops (C,) that a photo's map holds at a cell stay 0 where nothing arrives."""
    for c in range(3):
        if offsets[0][c] != offsets[1][c] or own[c % own.size] != ZERO:
            return False
    return True


@jit(error_model="numpy")
def _withheld_row(maps, kept, surface, source, offsets, most, stops, row):
    """Fill a row of cells.

    Parameters
    ----------
    maps, kept, surface, source, offsets, most, stops, row
        As of `withheld`, and which row.
    """
    height, width = kept.dioptres.shape
    rows, columns, channels = stops.shape
    blurred, arriving = surface.shape[0] > 0, ZERO
    down = _placed_in(row, surface.shape[0], rows)
    share = np.empty((height // rows + 2, width // columns + 2), np.float32)
    for column in range(columns):
        box = _span(row, rows, height), _span(column, columns, width)
        across = _placed_in(column, surface.shape[1], columns)
        if _stays_empty(source[row, column], offsets) and not (blurred and not _is_dark(surface, down, across)):
            stops[row, column] = ZERO
            continue
        stays = _find_kept(kept, box, share) > ZERO
        sums = Sums(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)
        for c in range(3):
            if blurred:
                arriving = _arriving(surface, down, across, c)
            own = offsets[0][c], offsets[1][c]
            if stays:
                sums = _add_box(maps, share, box, c, arriving, own, sums)
            else:
                sums = _add_spread_box(maps[0], box, c, arriving, own, sums)
            if channels == 3 or c == 2:
                plane = c if channels == 3 else 0
                stops[row, column, plane] = _stops_of(sums, source[row, column, plane], own, most)
                sums = Sums(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)


@jit()
def withheld(maps, kept, surface, source, offsets, most, rows, stops):
    """Fill the stops between a render and the radiance that is withheld from it.

    What is in front of a highlight, or dims it, dims what is withheld of it too; light that has spread over it does not
    brighten that. Where the render shows the photo, the stops are those of `source`.

    Parameters
    ----------
    maps : (float32 (H, W, 3), float32 (H, W, 3), float32 (H, W, 3))
        The render; what the photo shows; and what its gain map adds.
    kept : Kept
        How much of that stays where it is.
    surface : float32 (h', w', 3)
        What the gain map adds that arrives at a place which is not in focus, blurred as its surface is; shape (0, 0, 3)
        for none.
    source : float32 (h, w, 1 or 3)
        The gain map.
    offsets : (float32 (3,), float32 (3,))
        Base and alternate: radiance is (shown + base) * 2**stops - alternate.
    most : float32
        Radiance of the brightest that is there: nothing becomes brighter.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    stops : float32 (h, w, 1 or 3), overwritten
        A single channel is of the sum of all.
    """
    for row in range(rows[0], rows[1]):
        _withheld_row(maps, kept, surface, source, offsets, most, stops, row)
