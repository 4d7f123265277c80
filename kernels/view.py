"""A layer as it is seen from beside the place where the photo was taken."""

import numpy as np

from .jit import QUICK, jit


@jit(inline="always", fastmath=QUICK)
def _is_smooth(dioptres, y, x, per_dioptre):
    """Whether the surface goes on alike about a pixel and the next: both steps beside them keep about their length."""
    if not 0 < x < dioptres.shape[1] - 2:
        return False
    before = 1.0 + per_dioptre * (dioptres[y, x] - dioptres[y, x - 1])
    after = 1.0 + per_dioptre * (dioptres[y, x + 2] - dioptres[y, x + 1])
    return np.float32(0.5) < before < 2.0 and np.float32(0.5) < after < 2.0


@jit(inline="always", fastmath=QUICK)
def _cubic_weights(t):
    """Weights of four pixels in a row at `t` from the second to the third."""
    half = np.float32(0.5)
    w0 = half * t * (t * (np.float32(2.0) - t) - np.float32(1.0))
    w1 = half * (t * t * (np.float32(3.0) * t - np.float32(5.0)) + np.float32(2.0))
    w2 = half * t * (t * (np.float32(4.0) - np.float32(3.0) * t) + np.float32(1.0))
    w3 = half * t * t * (t - np.float32(1.0))
    return w0, w1, w2, w3


@jit(inline="always", fastmath=QUICK)
def _write_own(rgb, coverage, y, x, column, seen):
    """Show a pixel as it is.

    Parameters
    ----------
    rgb : float32 (h, w, 3)
        Not premultiplied.
    coverage : float32 (h, w)
    y, x : int
        The pixel.
    column : int
        Where it is seen.
    seen : float32 (h, W, 4)
        Written.
    """
    share = coverage[y, x]
    for k in range(3):
        seen[y, column, k] = share * rgb[y, x, k]
    seen[y, column, 3] = share


@jit(inline="always", fastmath=QUICK)
def _write_cubic(rgb, coverage, y, x, t, column, seen, a, b):
    """Show what lies at `t` between a pixel and the next, by a cubic: what moves by a fraction of a pixel stays sharp.

    Parameters
    ----------
    rgb : float32 (h, w, 3)
        Not premultiplied.
    coverage : float32 (h, w)
    y, x : int
        The pixel.
    t : float32
    column : int
        Where it is seen.
    seen : float32 (h, W, 4)
        Written.
    a, b : float32
        Coverage of the two.
    """
    w0, w1, w2, w3 = _cubic_weights(t)
    c, e = coverage[y, x - 1], coverage[y, x + 2]
    for k in range(3):
        value = w0 * c * rgb[y, x - 1, k] + w1 * a * rgb[y, x, k]
        value += w2 * b * rgb[y, x + 1, k] + w3 * e * rgb[y, x + 2, k]
        seen[y, column, k] = max(value, np.float32(0.0))
    share = w0 * c + w1 * a + w2 * b + w3 * e
    seen[y, column, 3] = min(max(share, np.float32(0.0)), np.float32(1.0))


@jit(fastmath=QUICK)
def move(rgb, coverage, dioptres, per_dioptre, left, seen, nearest):
    """Move each pixel of a layer along its row by its own parallax; of what falls on one place the nearer stays.

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
        Premultiplied colour and coverage of the view; written where the layer is.
    nearest : float32 (h, W)
        Dioptres of what was written; below 0 where nothing was.

    Notes
    -----
    Forward warping with a depth buffer. Between pixels of a smooth surface the cubic of Catmull and Rom, A class of
    local interpolating splines, 1974.
    """
    wide = nearest.shape[1]
    for y in range(dioptres.shape[0]):
        for x in range(dioptres.shape[1] - 1):
            d0, d1 = dioptres[y, x], dioptres[y, x + 1]
            start, end = left + x + per_dioptre * d0, left + x + 1 + per_dioptre * d1
            # What is seen from behind is hidden by what lies before it.
            if end <= start or end < 0.0 or start > wide - 1:
                continue
            # Where the surface is torn apart, its farther side goes on.
            torn = end - start > 2.0
            farther = x if d0 < d1 else x + 1
            smooth = not torn and _is_smooth(dioptres, y, x, per_dioptre)
            for column in range(max(int(np.ceil(start)), 0), min(int(np.floor(end)), wide - 1) + 1):
                t = np.float32((column - start) / (end - start))
                depth = dioptres[y, farther] if torn else d0 + t * (d1 - d0)
                if depth <= nearest[y, column]:
                    continue
                nearest[y, column] = depth
                if torn:
                    _write_own(rgb, coverage, y, farther, column, seen)
                    continue
                a, b = coverage[y, x], coverage[y, x + 1]
                if smooth:
                    _write_cubic(rgb, coverage, y, x, t, column, seen, a, b)
                    continue
                for k in range(3):
                    seen[y, column, k] = a * rgb[y, x, k] * (np.float32(1.0) - t) + b * rgb[y, x + 1, k] * t
                seen[y, column, 3] = a * (np.float32(1.0) - t) + b * t


@jit(fastmath=QUICK)
def behind(picture, seen):
    """Put a layer behind what is there already, in place; both premultiplied, float32 (h, w, 4)."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            transmittance = np.float32(1.0) - picture[y, x, 3]
            for k in range(4):
                picture[y, x, k] += transmittance * seen[y, x, k]
