"""A sheet as it is seen from beside the place where the photo was taken."""

import numpy as np

from .jit import QUICK, jit


@jit(fastmath=QUICK)
def move(rgb, coverage, dioptres, per_dioptre, left, seen, nearest):
    """Move each pixel of a sheet along its row by its own parallax; of what falls on one place the nearer stays.

    Parameters
    ----------
    rgb : float32 (h, w, 3)
        Not premultiplied.
    coverage, dioptres : float32 (h, w)
    per_dioptre : float
        Pixels to the right for each dioptre.
    left : int
        Column of the view that column 0 would be seen at from where the photo was taken.
    seen : float32 (h, W, 4)
        Premultiplied colour and coverage of the view; written where the sheet is.
    nearest : float32 (h, W)
        Dioptres of what was written; below 0 where nothing was.
    """
    height, width = dioptres.shape
    wide = nearest.shape[1]
    half = np.float32(0.5)
    for y in range(height):
        for x in range(width - 1):
            d0, d1 = dioptres[y, x], dioptres[y, x + 1]
            start, end = left + x + per_dioptre * d0, left + x + 1 + per_dioptre * d1
            # What is seen from behind is hidden by what lies before it.
            if end <= start or end < 0.0 or start > wide - 1:
                continue
            # Where the surface is torn apart, its farther side goes on.
            torn = end - start > 2.0
            farther = x if d0 < d1 else x + 1
            smooth = not torn and 0 < x < width - 2
            if smooth:
                before = 1.0 + per_dioptre * (d0 - dioptres[y, x - 1])
                after = 1.0 + per_dioptre * (dioptres[y, x + 2] - d1)
                smooth = half < before < 2.0 and half < after < 2.0
            for column in range(max(int(np.ceil(start)), 0), min(int(np.floor(end)), wide - 1) + 1):
                t = np.float32((column - start) / (end - start))
                depth = dioptres[y, farther] if torn else d0 + t * (d1 - d0)
                if depth <= nearest[y, column]:
                    continue
                nearest[y, column] = depth
                if torn:
                    share = coverage[y, farther]
                    for k in range(3):
                        seen[y, column, k] = share * rgb[y, farther, k]
                    seen[y, column, 3] = share
                    continue
                a, b = coverage[y, x], coverage[y, x + 1]
                if smooth:
                    # Catmull and Rom's cubic: what moves by a part of a pixel stays sharp.
                    w0 = half * t * (t * (np.float32(2.0) - t) - np.float32(1.0))
                    w1 = half * (t * t * (np.float32(3.0) * t - np.float32(5.0)) + np.float32(2.0))
                    w2 = half * t * (t * (np.float32(4.0) - np.float32(3.0) * t) + np.float32(1.0))
                    w3 = half * t * t * (t - np.float32(1.0))
                    c, e = coverage[y, x - 1], coverage[y, x + 2]
                    for k in range(3):
                        value = w0 * c * rgb[y, x - 1, k] + w1 * a * rgb[y, x, k]
                        value += w2 * b * rgb[y, x + 1, k] + w3 * e * rgb[y, x + 2, k]
                        seen[y, column, k] = max(value, np.float32(0.0))
                    share = w0 * c + w1 * a + w2 * b + w3 * e
                    seen[y, column, 3] = min(max(share, np.float32(0.0)), np.float32(1.0))
                    continue
                for k in range(3):
                    seen[y, column, k] = a * rgb[y, x, k] * (np.float32(1.0) - t) + b * rgb[y, x + 1, k] * t
                seen[y, column, 3] = a * (np.float32(1.0) - t) + b * t


@jit(fastmath=QUICK)
def behind(picture, seen):
    """Put a sheet behind what is there already, in place; both premultiplied, float32 (h, w, 4)."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            clear = np.float32(1.0) - picture[y, x, 3]
            for k in range(4):
                picture[y, x, k] += clear * seen[y, x, k]
