"""Gain maps of a render: what it withholds of sharp highlights.

A map's cell holds stops, as in `gain`. A cell of one channel is of the sum of all channels.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .cell_sums import FAINT, NONE, ONE, ZERO, sum_box, sum_spread
from .enlarge import placed
from .gain import span
from .gained import columns_of, mix_rows
from .jit import jit

# Of so many more pixels of a row it is found at once how much stays there.
KEPT_TOGETHER = 128


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
            sums, goes = sum_box(maps, (room.lines, room.places), offsets, share, box)
        else:
            sums, goes = sum_spread(maps[0], box), count
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
