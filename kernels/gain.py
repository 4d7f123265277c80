"""Gain maps of a render: what it withholds of sharp highlights, and what clipping it hides."""

import numpy as np
from numba import prange

from .enlarge import placed
from .jit import jit

FAINT = np.float32(1e-6)


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
        One channel is of the sum of all.
    """
    height, width, _ = rgb.shape
    rows, columns, channels = stops.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    for row in prange(rows):
        for column in range(columns):
            shown, light = zero, zero
            for c in range(3):
                for y in range(row * height // rows, ((row + 1) * height + rows - 1) // rows):
                    for x in range(column * width // columns, ((column + 1) * width + columns - 1) // columns):
                        light += max(rgb[y, x, c], zero) + base[c]
                        shown += min(max(rgb[y, x, c], zero), one) + base[c]
                if channels == 3 or c == 2:
                    own = source[row, column, c if source.shape[2] == 3 else 0]
                    if light > shown:
                        own = max(own, zero) + np.log2(light / shown)
                    stops[row, column, c if channels == 3 else 0] = own
                    shown, light = zero, zero


@jit(parallel=True)
def withheld(picture, rgb, extra, kept, surface, source, base, alternate, stops):
    """Fill the stops between a render and the radiance that is withheld from it.

    What is in front of a highlight, or dims it, dims what is withheld of it too; light that has spread over it does not
    brighten that. Where the render shows the photo, the stops are those of `source`.

    Parameters
    ----------
    picture : float32 (H, W, 3)
        The render.
    rgb, extra : float32 (H, W, 3)
        What the photo shows, and what its gain map adds.
    kept : float32 (H, W)
        Share of `extra` that stays where it is: 1 in focus.
    surface : float32 (h', w', 3)
        What of `extra` arrives at a place that is not in focus, blurred as its surface is; shape (0, 0, 3) for none.
    source : float32 (h, w, 1 or 3)
        The gain map.
    base, alternate : float32 (3,)
        Offsets: radiance is (shown + base) * 2**stops - alternate.
    stops : float32 (h, w, 1 or 3), overwritten
        One channel is of the sum of all.
    """
    height, width, _ = rgb.shape
    rows, columns, channels = stops.shape
    zero, one = np.float32(0.0), np.float32(1.0)
    blurred = surface.shape[0] > 0
    for row in prange(rows):
        top, bottom = row * height // rows, ((row + 1) * height + rows - 1) // rows
        up, down = (zero, zero)
        first = second = 0
        if blurred:
            first, down = placed(row, surface.shape[0], rows)
            second = min(first + 1, surface.shape[0] - 1)
            up = one - down
        for column in range(columns):
            left, right = column * width // columns, ((column + 1) * width + columns - 1) // columns
            shown, before, held, more, arrived, dark, bright = zero, zero, zero, zero, zero, zero, zero
            near = far = 0
            across = zero
            if blurred:
                near, across = placed(column, surface.shape[1], columns)
                far = min(near + 1, surface.shape[1] - 1)
            for c in range(3):
                beyond = zero
                if blurred:
                    beyond = up * (surface[first, near, c] * (one - across) + surface[first, far, c] * across)
                    beyond += down * (surface[second, near, c] * (one - across) + surface[second, far, c] * across)
                for y in range(top, bottom):
                    for x in range(left, right):
                        light, was = max(picture[y, x, c], zero), max(rgb[y, x, c], zero)
                        part = kept[y, x]
                        arrived += (one - part) * beyond
                        if light < was:
                            part *= light / was
                        weight = extra[y, x, c] + FAINT
                        shown += light
                        before += was
                        held += part * weight
                        more += weight
                        dark += base[c]
                        bright += alternate[c]
                if channels == 3 or c == 2:
                    own = source[row, column, c if channels == 3 else 0]
                    added = (before + dark) * (np.exp2(own) - one) + dark - bright
                    above, below = shown + bright + held / more * added + arrived, shown + dark
                    if below > zero:
                        own = np.log2(above / below) if above > zero else zero
                    stops[row, column, c if channels == 3 else 0] = own
                    shown, before, held, more, arrived, dark, bright = zero, zero, zero, zero, zero, zero, zero
