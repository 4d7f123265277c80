"""Twice the size: pictures of light that arrived at half size, enlarged row by row where they are laid over each other.

Without `fastmath`: what a pixel becomes must not depend on which of these makes it.
"""

import numpy as np

from .composite import HIDDEN
from .jit import jit

ZERO, ONE = np.float32(0.0), np.float32(1.0)

AROUND = 2
"""Coarse pixels that are looked at to either side of the one that a fine one lies in."""


@jit(inline="always")
def _cubic(farther, near, own, beyond):
    """Interpolate at 1.75, 0.75, 0.25 and 1.25 pixels from four values in a row, the nearest being `own`.

    Within them: beside an edge a cubic swings over.
    """
    w0, w1, w2, w3 = np.float32(-3 / 128), np.float32(29 / 128), np.float32(111 / 128), np.float32(-9 / 128)
    low, high = min(min(farther, near), min(own, beyond)), max(max(farther, near), max(own, beyond))
    return min(max(w0 * farther + w1 * near + w2 * own + w3 * beyond, low), high)


@jit(inline="always")
def _clamped(place, size):
    """Bring a place into a length."""
    return np.uint64(min(max(place, 0), size - 1))


@jit(inline="always")
def _mix_rows(values, row, first, line):
    """Interpolate down to a row of the fine size.

    `values` is float32 (h, w, 4); `line` (n, 4), overwritten, begins `AROUND` pixels before column `first`; the border
    repeats.
    """
    own, side = row // 2, (1 if row % 2 else -1)
    a, b = _clamped(own + 2 * side, values.shape[0]), _clamped(own + side, values.shape[0])
    c, d = np.uint64(own), _clamped(own - side, values.shape[0])
    for k in range(line.shape[0]):
        x = _clamped(first + k - AROUND, values.shape[1])
        p = _cubic(values[a, x, 0], values[b, x, 0], values[c, x, 0], values[d, x, 0])
        q = _cubic(values[a, x, 1], values[b, x, 1], values[c, x, 1], values[d, x, 1])
        r = _cubic(values[a, x, 2], values[b, x, 2], values[c, x, 2], values[d, x, 2])
        s = _cubic(values[a, x, 3], values[b, x, 3], values[c, x, 3], values[d, x, 3])
        line[k, 0], line[k, 1], line[k, 2], line[k, 3] = p, q, r, s


@jit(inline="always")
def _mix_columns(line, left, span, out):
    """Interpolate along a row.

    Parameters
    ----------
    line : float32 (n, 4)
        Of `_mix_rows`; begins `AROUND` pixels before `left // 2`.
    left : int
        Column of the fine size that `out` begins at.
    span : (int, int)
        Columns of `out`, from the one to before the other.
    out : float32 (w, 4)
        Overwritten there: colour, and the share of light that gets through.
    """
    for j in range(span[0], span[1]):
        x = left + j
        own, side = x // 2 - left // 2 + AROUND, (1 if x % 2 else -1)
        a, b, c, d = np.uint64(own + 2 * side), np.uint64(own + side), np.uint64(own), np.uint64(own - side)
        p = _cubic(line[a, 0], line[b, 0], line[c, 0], line[d, 0])
        q = _cubic(line[a, 1], line[b, 1], line[c, 1], line[d, 1])
        r = _cubic(line[a, 2], line[b, 2], line[c, 2], line[d, 2])
        clear = _cubic(line[a, 3], line[b, 3], line[c, 3], line[d, 3])
        out[j, 0], out[j, 1], out[j, 2], out[j, 3] = p, q, r, clear


@jit(inline="always")
def _length(left, width):
    """Coarse pixels that a row of the fine size is made of."""
    return (left + width - 1) // 2 - left // 2 + 1 + 2 * AROUND


@jit(inline="always")
def _is_clear(values, top, left, size):
    """Whether a box of an enlarged picture lets all light through, and shows none of its own."""
    rows, columns = values.shape[0], values.shape[1]
    for i in range(max(top // 2 - AROUND, 0), min((top + size[0]) // 2 + AROUND + 1, rows)):
        for j in range(max(left // 2 - AROUND, 0), min((left + size[1]) // 2 + AROUND + 1, columns)):
            pixel = values[i, j]
            if pixel[3] != ONE or pixel[0] != ZERO or pixel[1] != ZERO or pixel[2] != ZERO:
                return False
    return True


@jit()
def enlarge(values, top, left, out):
    """Enlarge a picture by two along both sides, by cubic convolution.

    Parameters
    ----------
    values : float32 (h, w, 4)
        Colour, and the share of light that gets through.
    top, left : int
        Where the wanted crop begins in the enlarged picture.
    out : float32 (H, W, 4)
        Overwritten. Pixel centres of the fine size lie a quarter of a coarse pixel beside the coarse ones.

    Notes
    -----
    Keys, Cubic convolution interpolation for digital image processing, 1981; a = -1/2.
    """
    if _is_clear(values, top, left, (out.shape[0], out.shape[1])):
        out[:, :, :3] = ZERO
        out[:, :, 3] = ONE
        return
    line = np.empty((_length(left, out.shape[1]), 4), np.float32)
    for i in range(out.shape[0]):
        _mix_rows(values, top + i, left // 2, line)
        _mix_columns(line, left, (0, out.shape[1]), out[i])


@jit(inline="always")
def _lay_row_behind(light, values, at, line, behind):
    """Lay a row of an enlarged picture behind one, where light gets through.

    Parameters
    ----------
    light : float32 (w, 4)
        As of `lay_behind`; changed in place.
    values : float32 (h, w, 4)
    at : (int, int)
        Row and column of the enlarged picture that it begins at.
    line, behind : float32 (n, 4), float32 (w, 4)
        Overwritten.
    """
    first, last = 0, light.shape[0]
    while last > 0 and light[last - 1, 3] <= HIDDEN:
        last -= 1
    while first < last and light[first, 3] <= HIDDEN:
        first += 1
    if first >= last:
        return
    _mix_rows(values, at[0], at[1] // 2, line)
    _mix_columns(line, at[1], (first, last), behind)
    for j in range(first, last):
        clear = light[j, 3]
        if clear > HIDDEN:
            p, q, r = clear * behind[j, 0], clear * behind[j, 1], clear * behind[j, 2]
            light[j, 0] += p
            light[j, 1] += q
            light[j, 2] += r
            light[j, 3] = clear * behind[j, 3]


@jit()
def lay_behind(light, values, top, left):
    """Lay an enlarged picture behind all that is there.

    Parameters
    ----------
    light : float32 (H, W, 4)
        Colour that arrived, and the share of light that gets through; changed in place.
    values : float32 (h, w, 4)
        As of `enlarge`.
    top, left : int
        Where `light` begins in the enlarged picture.
    """
    line = np.empty((_length(left, light.shape[1]), 4), np.float32)
    behind = np.empty((light.shape[1], 4), np.float32)
    for i in range(light.shape[0]):
        _lay_row_behind(light[i], values, (top + i, left), line, behind)


@jit(inline="always")
def _finish_row(light, picture):
    """Finish a row (w, 4) of `finish` into one of the picture (w, 3)."""
    least = np.float32(1e-3)
    for j in range(light.shape[0]):
        clear = light[j, 3]
        per = ONE / max(ONE - clear, least) if clear > ZERO else ONE
        p, q, r = per * light[j, 0], per * light[j, 1], per * light[j, 2]
        picture[j, 0], picture[j, 1], picture[j, 2] = p, q, r


@jit()
def finish(light, top, left, picture):
    """Take what arrived for all there is, where some light found nothing that is known.

    Parameters
    ----------
    light : float32 (h, w, 4)
        Colour that arrived, and the share of light that found nothing.
    top, left : int
        Where it lies in the picture.
    picture : float32 (H, W, 3)
        Overwritten there.
    """
    for i in range(light.shape[0]):
        _finish_row(light[i], picture[top + i, left : left + light.shape[1]])


@jit()
def show(front, back, box, picture):
    """Enlarge a picture, lay another behind it, and finish it; see `finish`.

    Parameters
    ----------
    front, back : float32 (h, w, 4)
        As of `enlarge`; the second of shape (0, 0, 4) for none.
    box : (int, int, int, int)
        Row and column of the enlarged picture where what is wanted begins, and its height and width.
    picture : float32 (H, W, 3)
        Overwritten there.
    """
    top, left, height, width = box
    line = np.empty((_length(left, width), 4), np.float32)
    light, behind = np.empty((width, 4), np.float32), np.empty((width, 4), np.float32)
    clear = _is_clear(front, top, left, (height, width))
    for i in range(height):
        if clear:
            light[:, :3] = ZERO
            light[:, 3] = ONE
        else:
            _mix_rows(front, top + i, left // 2, line)
            _mix_columns(line, left, (0, width), light)
        if back.shape[0] > 0:
            _lay_row_behind(light, back, (top + i, left), line, behind)
        _finish_row(light, picture[top + i, left : left + width])
