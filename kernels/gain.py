"""Gain maps above what is clipped: the stops that lead from a picture as shown to its light.

A map's cell holds stops: radiance is (shown + base) * 2**stops - alternate, with an offset per channel (ISO 21496-1).
"""

import numpy as np

from .jit import jit

ZERO, ONE = np.float32(0.0), np.float32(1.0)


@jit(inline="always")
def span(cell, cells, pixels):
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
        box = span(row, rows, height), span(column, columns, width)
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
