"""A layered scene as it is seen from beside the place where the photo was taken."""

import numpy as np

from .jit import QUICK, jit


@jit(inline="always", fastmath=QUICK)
def _share(fragments, pixel, side):
    """How much of its pixel a fragment covers: the front (side 0), or the back (1), where that is known."""
    return fragments.alpha[pixel] if side == 0 else np.float32(fragments.weight[pixel] > 0.0)


@jit(inline="always", fastmath=QUICK)
def _value(fragments, pixel, side, channel):
    """Colour of a fragment, or its dioptres (channel 3)."""
    return fragments.front[pixel[0], pixel[1], channel] if side == 0 else fragments.back[pixel[0], pixel[1], channel]


@jit(inline="always", fastmath=QUICK)
def _is_joined(fragments, pixel, sides, jump):
    """Whether a fragment of a pixel and one of the next lie on one surface."""
    after = pixel[0], pixel[1] + 1
    if _share(fragments, pixel, sides[0]) <= 0.0 or _share(fragments, after, sides[1]) <= 0.0:
        return False
    return abs(_value(fragments, pixel, sides[0], 3) - _value(fragments, after, sides[1], 3)) <= jump


@jit(inline="always", fastmath=QUICK)
def _is_smooth(fragments, pixel, per_dioptre, jump):
    """Whether the front goes on alike about a pixel and the next: both steps beside them keep about their length."""
    front, (y, x) = fragments.front, pixel
    if not 0 < x < front.shape[1] - 2 or min(fragments.alpha[y, x - 1], fragments.alpha[y, x + 2]) <= 0.0:
        return False
    step_before, step_after = front[y, x, 3] - front[y, x - 1, 3], front[y, x + 2, 3] - front[y, x + 1, 3]
    if max(abs(step_before), abs(step_after)) > jump:
        return False
    before, after = 1.0 + per_dioptre * step_before, 1.0 + per_dioptre * step_after
    return 0.5 < before < 2.0 and 0.5 < after < 2.0


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
def _write_cubic(fragments, pixel, t, column, seen):
    """Show the fronts at `t` between a pixel and the next, by a cubic: what moves by a part of a pixel stays sharp.

    Parameters
    ----------
    fragments : FragmentArrays
    pixel : (int, int)
    t : float32
    column : int
        Where it is seen.
    seen : float32 (h, W, 4)
        Written.
    """
    y, x = pixel
    w0, w1, w2, w3 = _cubic_weights(t)
    front, alpha = fragments.front, fragments.alpha
    a0, a1, a2, a3 = w0 * alpha[y, x - 1], w1 * alpha[y, x], w2 * alpha[y, x + 1], w3 * alpha[y, x + 2]
    for k in range(3):
        value = a0 * front[y, x - 1, k] + a1 * front[y, x, k] + a2 * front[y, x + 1, k] + a3 * front[y, x + 2, k]
        seen[y, column, k] = max(value, np.float32(0.0))
    seen[y, column, 3] = min(max(a0 + a1 + a2 + a3, np.float32(0.0)), np.float32(1.0))


@jit(inline="always", fastmath=QUICK)
def _write_between(fragments, pixel, sides, t, column, seen):
    """Show what lies at `t` between a fragment of a pixel and one of the next, linearly.

    Parameters
    ----------
    fragments, pixel, t, column, seen
        As of `_write_cubic`.
    sides : (int, int)
        Front (0) or back (1) of the pixel and of the next.
    """
    after = pixel[0], pixel[1] + 1
    a = (np.float32(1.0) - t) * _share(fragments, pixel, sides[0])
    b = t * _share(fragments, after, sides[1])
    for k in range(3):
        mixed = a * _value(fragments, pixel, sides[0], k) + b * _value(fragments, after, sides[1], k)
        seen[pixel[0], column, k] = mixed
    seen[pixel[0], column, 3] = a + b


@jit(inline="always", fastmath=QUICK)
def _draw_between(fragments, pixel, sides, view, jump, limit, seen, nearest):
    """Draw the surface between a fragment of a pixel and one of the next.

    Parameters
    ----------
    fragments : FragmentArrays
    pixel : (int, int)
    sides : (int, int)
        Front (0) or back (1) of it and of the next.
    view : (float, int)
        As of `move`: `per_dioptre` and `left`.
    jump, limit, seen, nearest
        As of `move`.
    """
    y, x = pixel
    d0, d1 = _value(fragments, pixel, sides[0], 3), _value(fragments, (y, x + 1), sides[1], 3)
    start, end = view[1] + x + view[0] * d0, view[1] + x + 1 + view[0] * d1
    # What is seen from behind is hidden by what lies before it.
    if end <= start or end < 0.0 or start > nearest.shape[1] - 1:
        return
    smooth = sides[0] == 0 and sides[1] == 0 and _is_smooth(fragments, pixel, view[0], jump)
    for column in range(max(int(np.ceil(start)), 0), min(int(np.floor(end)), nearest.shape[1] - 1) + 1):
        t = np.float32((column - start) / (end - start))
        depth = d0 + t * (d1 - d0)
        if depth <= nearest[y, column] or depth >= limit[y, column]:
            continue
        nearest[y, column] = depth
        if smooth:
            _write_cubic(fragments, pixel, t, column, seen)
        else:
            _write_between(fragments, pixel, sides, t, column, seen)


@jit(inline="always", fastmath=QUICK)
def _draw_end(fragments, pixel, side, view, ends, limit, seen, nearest):
    """Draw half a pixel of a fragment to the sides on which its surface ends.

    Parameters
    ----------
    fragments, pixel, view, limit, seen, nearest
        As of `_draw_between`.
    side : int
        Front (0) or back (1).
    ends : (bool, bool)
        Whether the surface ends on the left, and on the right.
    """
    y, x = pixel
    depth, share = _value(fragments, pixel, side, 3), _share(fragments, pixel, side)
    place = view[1] + x + view[0] * depth
    first = np.ceil(place - (0.5 if ends[0] else 0.0))
    last = np.floor(place + (0.5 if ends[1] else 0.0))
    for column in range(max(int(first), 0), min(int(last), nearest.shape[1] - 1) + 1):
        if depth <= nearest[y, column] or depth >= limit[y, column]:
            continue
        nearest[y, column] = depth
        for k in range(3):
            seen[y, column, k] = share * _value(fragments, pixel, side, k)
        seen[y, column, 3] = share


@jit(fastmath=QUICK)
def move(fragments, jump, per_dioptre, left, limit, seen, nearest):
    """Move each fragment along its row by its own parallax; of what falls on one place the nearest stays.

    Parameters
    ----------
    fragments : FragmentArrays (h, w)
    jump : float
        Neighbours whose dioptres differ by more lie on two surfaces: between them there is nothing.
    per_dioptre : float
        Pixels to the right for each dioptre.
    left : int
        Column of the view that column 0 would be seen at from where the photo was taken.
    limit : float32 (h, W)
        Only what is farther is drawn, dioptres.
    seen : float32 (h, W, 4)
        Premultiplied colour and coverage of the view; written where something is seen.
    nearest : float32 (h, W)
        Dioptres of what was written; below 0 where nothing was.

    Notes
    -----
    Forward warping with a depth buffer, of a layered depth image (Shade et al. 1998). Between pixels of a smooth
    surface the cubic of Catmull and Rom, A class of local interpolating splines, 1974.
    """
    width, view = fragments.alpha.shape[1], (per_dioptre, left)
    for y in range(fragments.alpha.shape[0]):
        for x in range(width):
            for side in range(2):
                if _share(fragments, (y, x), side) <= 0.0:
                    continue
                ends_left = ends_right = True
                for other in range(2):
                    if x > 0 and _is_joined(fragments, (y, x - 1), (other, side), jump):
                        ends_left = False
                    if x < width - 1 and _is_joined(fragments, (y, x), (side, other), jump):
                        ends_right = False
                        _draw_between(fragments, (y, x), (side, other), view, jump, limit, seen, nearest)
                if ends_left or ends_right:
                    _draw_end(fragments, (y, x), side, view, (ends_left, ends_right), limit, seen, nearest)


@jit(fastmath=QUICK)
def behind(picture, seen):
    """Put what is seen behind what is there already, in place; both premultiplied, float32 (h, w, 4)."""
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            transmittance = np.float32(1.0) - picture[y, x, 3]
            for k in range(4):
                picture[y, x, k] += transmittance * seen[y, x, k]
