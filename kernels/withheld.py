"""Gain maps of a render: what it withholds of sharp highlights.

A map's cell holds stops, as in `gain`. A cell of one channel is of the sum of all channels.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .enlarge import placed
from .gain import span
from .gained import columns_of, factor, light_added, mix_rows
from .jit import jit

FAINT = np.float32(1e-6)

# Of so many more pixels of a row it is found at once how much stays there.
KEPT_TOGETHER = 128

ZERO, ONE = np.float32(0.0), np.float32(1.0)
NONE, ALL = (ZERO, ZERO, ZERO), (ONE, ONE, ONE)

Triple = tuple[np.float32, np.float32, np.float32]


class Sums(NamedTuple):
    """Sums over the pixels of a cell: float32 of each channel, or of all."""

    shown: Triple
    """Light of the render."""
    before: Triple
    """Light of the photo."""
    held: Triple
    """Share that stays where it is, times the weight."""
    weight: Triple
    """What the gain map adds, and a little for every pixel."""
    peak: Triple
    """Brightest of the render."""


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


class CellColumns(NamedTuple):
    """Where the columns of a map's cells lie, found once for all rows.

    Attributes
    ----------
    first, last : uint32 (w,)
        Pixels of the photo that a column of cells has a part in: the first, and the one after the last.
    left, right : uint32 (w,)
        Pixels of the surface around it; none where there is no surface.
    beyond : float32 (w,)
        How far it lies from the one to the other.
    """

    first: NDArray[np.uint32]
    last: NDArray[np.uint32]
    left: NDArray[np.uint32]
    right: NDArray[np.uint32]
    beyond: NDArray[np.float32]


class CellRoom(NamedTuple):
    """What a row of cells is made with.

    Attributes
    ----------
    cells : CellColumns
    places : (int32 (W,), int32 (W,), float32 (W,))
        Where the photo's columns lie among the gain map's, as of `gained.columns_of`.
    share : float32 (n, W)
        How much stays at the pixels of a row of cells; overwritten.
    lines : float32 (n, w, C)
        Their rows of the gain map; overwritten.
    """

    cells: CellColumns
    places: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]
    share: NDArray[np.float32]
    lines: NDArray[np.float32]


@jit(inline="always")
def _columns_of(cells, width, coarse):
    """Find where so many columns of cells lie in a photo, and in a surface, so wide."""
    first, last = np.empty(cells, np.uint32), np.empty(cells, np.uint32)
    blurred = cells if coarse > 0 else 0
    left, right, beyond = np.empty(blurred, np.uint32), np.empty(blurred, np.uint32), np.empty(blurred, np.float32)
    for column in range(cells):
        first[column], last[column] = span(column, cells, width)
        if coarse > 0:
            left[column], right[column], beyond[column] = _placed_in(column, coarse, cells)
    return CellColumns(first, last, left, right, beyond)


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
def _pixel(picture, row, column):
    """Read a pixel of (H, W, 3), no less than 0."""
    y, x = np.uint64(row), np.uint64(column)
    red, green, blue = picture[y, x, 0], picture[y, x, 1], picture[y, x, 2]
    return max(red, ZERO), max(green, ZERO), max(blue, ZERO)


@jit(inline="always")
def _plus(one, other):
    """Add up two of three channels."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


@jit(inline="always")
def _brighter(one, other):
    """Find the larger of each of three channels."""
    return max(one[0], other[0]), max(one[1], other[1]), max(one[2], other[2])


@jit(inline="always", error_model="numpy")
def _dimmed(light, was, weight, stays):
    """Return what stays of a channel's weight: as much less as there is less light than there was."""
    return weight * (stays * (light / was) if light < was else stays)


@jit(allocates=False)
def _find_kept(kept, rows, columns, share):
    """Find how much stays at the pixels of some rows and columns.

    Parameters
    ----------
    kept : Kept
    rows, columns : (int, int)
        From the one to before the other.
    share : float32 (h, W)
        Of these rows; overwritten there.
    """
    per = ONE / (kept.spread_px - kept.sharp_px)
    for y in range(rows[0], rows[1]):
        own, deep = share[y - rows[0], columns[0] : columns[1]], kept.dioptres[y, columns[0] : columns[1]]
        for x in range(own.size):
            blur = abs((kept.focus - deep[x]) * kept.px_per_dioptre)
            own[x] = ONE - min(max((blur - kept.sharp_px) * per, ZERO), ONE)
        first, last = kept.starts[y], kept.starts[y + 1]
        if first < last:
            for n in range(first + np.searchsorted(kept.columns[first:last], columns[0]), last):
                if kept.columns[n] >= columns[1]:
                    break
                share[y - rows[0], kept.columns[n]] = kept.share[n]


@jit(inline="always")
def _stays(share, height, columns):
    """Whether something stays at some of the pixels of a cell, so many rows of `share` and from column to column."""
    for y in range(height):
        for x in range(columns[0], columns[1]):
            if share[np.uint64(y), np.uint64(x)] > ZERO:
                return True
    return False


@jit(inline="always")
def _sum_spread(picture, box):
    """Sum the pixels in a box where nothing stays; as `_sum_box`."""
    shown, peak = NONE, NONE
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            light = _pixel(picture, y, x)
            shown, peak = _plus(shown, light), _brighter(peak, light)
    return Sums(shown, NONE, NONE, NONE, peak)


@jit(inline="always")
def _weights(rgb, place, line, columns, offsets):
    """Find what a gain map adds to each channel of a pixel, and a little.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    place : (int, int)
        Row and column.
    line, columns
        Stops of the row, and where columns lie among them, as of `gained.factor`.
    offsets
        As of `withheld`.
    """
    (y, x), (base, alternate) = place, offsets
    first = factor(line, columns, x, 0)
    second, third = (factor(line, columns, x, 1), factor(line, columns, x, 2)) if line.shape[1] == 3 else (first, first)
    red = light_added(rgb[y, x, 0], first, base[0], alternate[0])
    green = light_added(rgb[y, x, 1], second, base[1], alternate[1])
    return red + FAINT, green + FAINT, light_added(rgb[y, x, 2], third, base[2], alternate[2]) + FAINT


@jit(inline="always")
def _sum_seen(maps, share, box):
    """Sum what is shown of the pixels in a box, was, its brightest, and what goes; and whether any light is dimmed."""
    shown, before, peak, goes, dims = NONE, NONE, NONE, ZERO, False
    for y in range(box[0][0], box[0][1]):
        for x in range(box[1][0], box[1][1]):
            light, was = _pixel(maps[0], y, x), _pixel(maps[1], y, x)
            shown, before, peak = _plus(shown, light), _plus(before, was), _brighter(peak, light)
            goes += ONE - share[np.uint64(y - box[0][0]), np.uint64(x)]
            dims |= (light[0] < was[0]) | (light[1] < was[1]) | (light[2] < was[2])
    return shown, before, peak, goes, dims


@jit(inline="always")
def _sum_held(maps, gain, offsets, share, box):
    """Sum what stays of the pixels in a box, and its weight.

    Parameters
    ----------
    maps, gain, offsets, share, box
        As of `_sum_box`.
    """
    held, weight = NONE, NONE
    for y in range(box[0][0], box[0][1]):
        line = gain[0][y - box[0][0]]
        for x in range(box[1][0], box[1][1]):
            stays = share[np.uint64(y - box[0][0]), np.uint64(x)]
            light, was = _pixel(maps[0], y, x), _pixel(maps[1], y, x)
            own = _weights(maps[1], (y, x), line, gain[1], offsets)
            red, green = _dimmed(light[0], was[0], own[0], stays), _dimmed(light[1], was[1], own[1], stays)
            held = _plus(held, (red, green, _dimmed(light[2], was[2], own[2], stays)))
            weight = _plus(weight, own)
    return held, weight


@jit(inline="always")
def _sum_box(maps, gain, offsets, share, box):
    """Sum the pixels in a box; where all of it stays, what stays is not weighed.

    Parameters
    ----------
    maps : (float32 (H, W, 3), float32 (H, W, 3))
        `picture` and `rgb` of `withheld`.
    gain : (float32 (h, w, C), (int32 (W,), int32 (W,), float32 (W,)))
        Stops of the rows of `share`, and where columns lie among theirs, as of `gained.columns_of`.
    offsets
        As of `withheld`.
    share : float32 (h, W)
        How much stays at the pixels of its rows.
    box : ((int, int), (int, int))
        First row and the one after the last; the same of columns.

    Returns
    -------
    Sums
    float32
        Pixels of which something goes, each by the share of it that does.
    """
    shown, before, peak, goes, dims = _sum_seen(maps, share, box)
    if goes == ZERO and not dims:
        return Sums(shown, before, ALL, ALL, peak), goes
    held, weight = _sum_held(maps, gain, offsets, share, box)
    return Sums(shown, before, held, weight, peak), goes


@jit(inline="always")
def _all(channels):
    """Sum three channels."""
    return channels[0] + channels[1] + channels[2]


@jit(inline="always", error_model="numpy")
def _stops_of(light, peak, added, own, offsets, most):
    """Return the stops from what a cell shows to what it withholds.

    One channel cannot hold a change of colour: without a bound, one of the three might become brighter than the scene.

    Parameters
    ----------
    light : (float32, float32, float32, float32)
        Sums of what the render shows and the photo did, of what stays and its weight, as of `Sums`.
    peak : float32
        Brightest channel of the render.
    added : (float32, float32, float32)
        Sums of what of surfaces arrives, and of the offsets, base and alternate.
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
    shown, before, held, weight = light
    arrived, base, alternate = added
    kept = ZERO
    if held > ZERO:
        kept = held / weight * ((before + base) * (np.exp2(own) - ONE) + base - alternate)
    above, below = shown + alternate + kept + arrived, shown + base
    room = max((most + offsets[1]) / max(peak + offsets[0], FAINT), ONE)
    if below > ZERO:
        return np.log2(min(above / below, room)) if above > ZERO else ZERO
    return min(own, np.log2(room))


@jit(inline="always")
def _fill_cell(sums, arriving, offsets, areas, most, source, stops):
    """Fill a cell.

    Parameters
    ----------
    sums : Sums
    arriving : (float32, float32, float32)
        What of surfaces arrives where nothing stays.
    offsets, most
        As of `withheld`.
    areas : (float32, float32)
        Pixels, and how many of them are taken for places where nothing stays.
    source, stops : float32 (C,)
        Stops of the photo's map, and those that are filled.
    """
    count, goes = areas
    shown, before, held, weight, peak = sums
    base, alternate = offsets
    if stops.size == 1:
        light = _all(shown), _all(before), _all(held), _all(weight)
        added = goes * _all(arriving), count * _all(base), count * _all(alternate)
        stops[0] = _stops_of(light, max(peak[0], peak[1], peak[2]), added, source[0], (base[2], alternate[2]), most)
        return
    for c in range(3):
        light, own = (shown[c], before[c], held[c], weight[c]), (base[c], alternate[c])
        added = goes * arriving[c], count * base[c], count * alternate[c]
        stops[c] = _stops_of(light, peak[c], added, source[c], own, most)


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


@jit(allocates=False, error_model="numpy")
def _withheld_row(maps, kept, surface, source, offsets, most, stops, row, room):
    """Fill a row of cells.

    Parameters
    ----------
    maps, kept, surface, source, offsets, most, stops, row
        As of `withheld`, and which row.
    room : CellRoom
    """
    height, width = kept.dioptres.shape
    rows, columns, _ = stops.shape
    blurred = surface.shape[0] > 0
    upper, lower, below = _placed_in(row, surface.shape[0], rows)
    down, tall = (np.uint32(upper), np.uint32(lower), below), span(row, rows, height)
    cells, share, known = room.cells, room.share, 0
    for y in range(tall[0], tall[1]):
        mix_rows(source, y, height, room.lines[y - tall[0]])
    for column in range(columns):
        box, arriving = (tall, (np.int64(cells.first[column]), np.int64(cells.last[column]))), NONE
        if blurred:
            across = cells.left[column], cells.right[column], cells.beyond[column]
            if not _is_dark(surface, down, across):
                red, green = _arriving(surface, down, across, 0), _arriving(surface, down, across, 1)
                arriving = red, green, _arriving(surface, down, across, 2)
        if _all(arriving) <= ZERO and _stays_empty(source[row, column], offsets):
            stops[row, column] = ZERO
            continue
        count = np.float32((box[0][1] - box[0][0]) * (box[1][1] - box[1][0]))
        if box[1][1] > known:
            known = min(box[1][1] + KEPT_TOGETHER, width)
            _find_kept(kept, tall, (box[1][0], known), share)
        if _stays(share, tall[1] - tall[0], box[1]):
            sums, goes = _sum_box(maps, (room.lines, room.places), offsets, share, box)
        else:
            sums, goes = _sum_spread(maps[0], box), count
        _fill_cell(sums, arriving, offsets, (count, goes), most, source[row, column], stops[row, column])


@jit()
def withheld(maps, kept, surface, source, offsets, most, rows, stops):
    """Fill the stops between a render and the radiance that is withheld from it.

    What is in front of a highlight, or dims it, dims what is withheld of it too; light that has spread over it does not
    brighten that. Where the render shows the photo, the stops are those of `source`.

    Parameters
    ----------
    maps : (float32 (H, W, 3), float32 (H, W, 3))
        The render, and what the photo shows.
    kept : Kept
        How much of what its gain map adds stays where it is.
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
    (height, width), (down, across, channels) = kept.dioptres.shape, source.shape
    places, cells = columns_of(source, width), _columns_of(across, width, surface.shape[1])
    tallest = height // down + 2
    share, lines = np.empty((tallest, width), np.float32), np.empty((tallest, across, channels), np.float32)
    room = CellRoom(cells, places, share, lines)
    for row in range(rows[0], rows[1]):
        _withheld_row(maps, kept, surface, source, offsets, most, stops, row, room)
