"""Gain maps of a render: what it withholds of sharp highlights, and what clipping it hides."""

import numpy as np
from numba import prange

from .jit import jit
from .sheet import clipped_share

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
        As of `sheet.radiance`.
    source : float32 (h, w, 1 or 3)
        The map that `extra` is of; of shape (0, 0, 1) when it is of none.
    base, alternate : float32 (3,)
        Offsets: radiance is (shown + base) * 2**stops - alternate.
    stops : float32 (h, w, 1 or 3), overwritten
        One channel is of the sum of all.
    """
    height, width, _ = rgb.shape
    rows, columns, channels = stops.shape
    focus, per_dioptre, sharp_px, spread_px = lens
    mapped = source.shape[0] > 0
    zero, one = np.float32(0.0), np.float32(1.0)
    for row in prange(rows):
        for column in range(columns):
            shown, before, clipped, kept, darker = zero, zero, zero, zero, zero
            dark, bright, every = zero, zero, zero
            for c in range(3):
                for y in range(row * height // rows, ((row + 1) * height + rows - 1) // rows):
                    for x in range(column * width // columns, ((column + 1) * width + columns - 1) // columns):
                        light, was = max(picture[y, x, c], zero), max(rgb[y, x, c], zero)
                        blurred = abs(focus - dioptres[y, x]) * per_dioptre
                        part = np.float32(min(max((spread_px - blurred) / (spread_px - sharp_px), 0.0), 1.0))
                        tone = (one - part) * (one - clipped_share(rgb[y, x], extra[y, x], toned))
                        if light < was:
                            part *= light / was
                        weight = extra[y, x, c] + FAINT
                        shown += light
                        before += was
                        clipped += extra[y, x, c]
                        kept += part * weight
                        darker += tone * weight
                        every += weight
                        dark += base[c]
                        bright += alternate[c]
                if channels == 3 or c == 2:
                    more, own = clipped, zero
                    if mapped:
                        own = source[row, column, c if channels == 3 else 0]
                        more = (before + dark) * (np.exp2(own) - one) + dark - bright
                    above, below = shown + bright + kept / every * more, shown + dark
                    above += darker / every * (below * (np.exp2(own) - one) + dark - bright)
                    if below > zero:
                        own = np.log2(above / below) if above > zero else zero
                    stops[row, column, c if channels == 3 else 0] = own
                    shown, before, clipped, kept, darker = zero, zero, zero, zero, zero
                    dark, bright, every = zero, zero, zero
