"""A depth map laid onto the photo: shifted as a whole, and brought to agree with the matte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import FloatArray
from ..core.threads import each
from ..image.filters import grown_within, shrunk, spread
from ..image.resize import resize
from .edges import least_jump

# Map pixels beside an outline that ramps and misalignment make uncertain.
MARGIN = 5
# What lies beside the subject and is wider than this, map pixels, is seen by the map.
WIDE_GAP = 25


def align(depth: FloatArray, colour: FloatArray, matte: FloatArray | None, reach: int) -> FloatArray:
    """Shift a map as a whole so that its edges lie on the picture's and the matte's.

    Parameters
    ----------
    depth : float32 (h, w)
    colour : float32 (3, h, w)
        The photo at the map's size, perceptual.
    matte : float32 (h, w) or None
    reach : int
        The farthest that is looked, in map pixels; 3 at least.

    Notes
    -----
    Its camera looks from a little beside the one that took the picture. The shift is where the edges of
    both agree best, found by correlation; it is only believed when it is clearly better than none.
    """
    h, w = depth.shape
    if min(h, w) < 32:
        return depth
    reach = max(3, reach)
    least = least_jump(depth, 0.0)
    pictures = [(channel, 0.1, 1.0) for channel in colour]
    if matte is not None:
        pictures.append((matte, 0.5, 6.0))

    def along(axis: int) -> NDArray[np.float64]:
        edge = np.abs(ndimage.gaussian_filter1d(depth, 1.0, axis=axis, order=1))
        edge = np.minimum(edge / least, 1.0)
        seen = np.zeros_like(edge)
        for picture, full, weight in pictures:
            strength = np.abs(ndimage.gaussian_filter1d(picture, 1.0, axis=axis, order=1))
            seen += np.float32(weight) * np.minimum(strength / full, 1.0)
        seen -= seen.mean()
        return _correlate(edge, seen, reach)

    down, across = each(along, (0, 1))
    agreement = down + across
    dy, dx = np.unravel_index(np.argmax(agreement), agreement.shape)
    best, here = agreement[dy, dx], agreement[reach, reach]
    if best <= 0 or here > 0.95 * best:
        return depth
    shift = [_peak(agreement[:, dx], int(dy)) - reach, _peak(agreement[dy, :], int(dx)) - reach]
    return np.ascontiguousarray(ndimage.shift(depth, shift, order=1, mode="nearest"), np.float32)


def agree_with_matte(depth: FloatArray, covered: FloatArray, step: float) -> FloatArray:
    """Give the whole of the subject the subject's depth, and what is beside it the background's.

    Depth cameras miss hair, and draw the subject too large elsewhere. What lies well inside or well outside
    the outline is trusted and continued towards it; a depth on the wrong side of the two is replaced.
    `covered` is the matte at the map's size.
    """
    sides = subject_and_behind(depth, covered)
    if sides is None:
        return depth
    subject, behind = sides
    inside, sure_out = covered >= 0.5, _sure(covered < 0.1)
    gap = subject - behind
    apart = gap > least_jump(depth, step)
    height = (depth - behind) / np.where(apart, gap, 1.0)
    lost = apart & inside & (height < 0.5)
    lost = grown_within(lost, MARGIN, apart & inside & (height < 0.85))
    beside = apart & ~inside & (~sure_out | _narrow(sure_out)) & (height > 0.15) & (height < 1.5)
    extra = grown_within(beside & (height > 0.5), MARGIN, beside)
    return np.where(lost, subject, np.where(extra, behind, depth)).astype(np.float32)


def subject_and_behind(depth: FloatArray, covered: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Continue the subject's depth, and what is around it, to everywhere; None where one of them is not seen.

    Parameters
    ----------
    depth : float32 (h, w)
        Dioptres, without holes.
    covered : float32 (h, w)
        The matte at the map's size.

    Returns
    -------
    subject, behind : float32 (h, w), or None
    """
    sure_in, sure_out = _sure(covered > 0.9), _sure(covered < 0.1)
    # Between legs, or an arm and its body, a map often shows the subject all the way.
    wide = sure_out & ~_narrow(sure_out)
    if not sure_in.any() or not wide.any():
        return None
    behind = _continue(depth, wide)
    usual = np.median(depth[sure_in])
    # A hole in the subject shows what is behind it, and its rim something in between: trust neither.
    trusted = sure_in & (depth > behind + 0.6 * (usual - behind))
    trusted = shrunk(trusted, 3)
    if not trusted.any():
        return None
    subject = _continue(depth, trusted)
    seen = sure_out & ~wide & (depth < behind + 0.5 * (subject - behind))
    return subject, _continue(depth, wide | seen) if seen.any() else behind


def _sure(side: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave of one side what lies well within it."""
    return shrunk(side, MARGIN)


def _narrow(side: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the parts of one side that no square of `WIDE_GAP` fits into."""
    wide = np.array(side)
    for join in (np.logical_and, np.logical_or):
        spread(wide, WIDE_GAP // 2, join)
        spread(wide.T, WIDE_GAP // 2, join)
    return side & ~wide


def _continue(values: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """Continue `values` smoothly from where they are `known` to everywhere: means over ever larger squares."""
    if known.all() or min(values.shape) < 2:
        return np.where(known, values, values[known].mean() if known.any() else 0.0).astype(np.float32)
    half = ((values.shape[0] + 1) // 2, (values.shape[1] + 1) // 2)
    weight = resize(known.astype(np.float32), half)
    total = resize(np.where(known, values, 0).astype(np.float32), half)
    held = weight > 1e-3
    coarse = _continue(np.where(held, total / np.where(held, weight, 1), 0).astype(np.float32), held)
    return np.where(known, values, resize(coarse, values.shape))


def _correlate(edge: FloatArray, seen: FloatArray, reach: int) -> NDArray[np.float64]:
    """Agreement of `edge`, moved by (dy, dx) each within +-`reach`, with `seen`: (2 reach + 1, 2 reach + 1)."""
    # Zeros beyond the border, so that no edge meets one from the other side; sizes that transform fast.
    shape = tuple(-(-(n + reach) // 32) * 32 for n in edge.shape)
    product = np.fft.rfft2(seen, shape) * np.conj(np.fft.rfft2(edge, shape))
    full = np.fft.irfft2(product, shape)
    lags = np.arange(-reach, reach + 1)
    return full[np.ix_(lags, lags)]


def _peak(line: NDArray[np.float64], k: int) -> float:
    """Find where the parabola through the largest value and its two neighbours has its top."""
    if k == 0 or k == len(line) - 1:
        return float(k)
    bend = line[k - 1] - 2 * line[k] + line[k + 1]
    return float(k) if bend >= 0 else k + 0.5 * float((line[k - 1] - line[k + 1]) / bend)
