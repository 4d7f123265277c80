"""Another program's picture of the same scene, brought onto the original: crop, scale, position, exposure and tone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from ...core.arrays import BoolArray, FloatArray
from ...core.errors import InputError
from ...image.resize import block_means, resize, size_within
from ..measures.ladder import luminance
from .tone import match_tone

SEARCHED_LENGTH, ROUGH_LENGTH, EXACT_LENGTH = 192, 512, 1024
"""The position is searched at the first length of the original, and made exact at the others."""

SMALLEST_CROP, LARGEST, SCALE_STEP = 0.35, 1.06, 1.025
"""Widths that the other picture may have in the original, and the ratio of two that are tried."""

LEAST_OVERLAP = 0.85
"""Share of the other picture that must lie in the original."""

ROUGH_PX, EXACT_PX = (1.5, 12.0), (1.0, 4.0)
"""Detail that is compared lies between Gaussians of these pixels: blur leaves some of it, and exposure none; for an
exact position, what is in focus."""

FAINT = 0.004
"""Contrast (of the square root of light) that is noise as likely as detail."""

LEAST_AGREEMENT = 0.5
"""Correlation of that detail from which on two pictures are of the same scene."""

STEPS, LONGEST_STEP_PX, LAST_STEP_PX = 14, 4.0, 0.01
OVERSHOOT = 1.5
"""Each step falls short, as what is blurred holds it back."""

SAME_SHARE = 1.5e-3
"""A picture of the same size that lies off by less than this share of it is taken as it is: sampling softens."""


@dataclass(frozen=True)
class Placement:
    """Where a picture lies on the original, and how it was made alike.

    Attributes
    ----------
    scale : float
        Pixels of the original per pixel of the picture.
    x_px, y_px : float
        Where its top left corner lies, pixels of the original.
    agreement : float
        Correlation of the detail, 0..1.
    exposure_stops : float
        By how much it was brightened.
    tone_changed : bool
        Whether its tone curve was matched.
    """

    scale: float
    x_px: float
    y_px: float
    agreement: float
    exposure_stops: float = 0.0
    tone_changed: bool = False


@dataclass(frozen=True, eq=False)
class Registered:
    """A picture on the original's pixels.

    Attributes
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear; 0 where the picture does not reach.
    covered : bool (H, W)
        Where it does.
    placement : Placement
    """

    rgb: FloatArray
    covered: BoolArray
    placement: Placement


def register(
    original: FloatArray, other: FloatArray, names: tuple[str, str] = ("the original", "the other")
) -> Registered:
    """Bring a picture onto the original.

    Parameters
    ----------
    original : float32 (H, W, 3)
        Scene-linear.
    other : float32 (h, w, 3)
        Scene-linear in the same primaries, of any size; a crop, brighter or darker, partly blurred.
    names : (str, str)
        What to call the two in an error.

    Returns
    -------
    Registered

    Raises
    ------
    InputError
        When the two are not of the same scene.
    """
    rough, exact = (max(round(max(original.shape) / length), 1) for length in (ROUGH_LENGTH, EXACT_LENGTH))
    place = _refined(original, other, _search(original, other), rough, ROUGH_PX)
    if not place.agreement >= LEAST_AGREEMENT:
        raise InputError(
            f"{names[0]} and {names[1]} are not the same scene (their detail agrees by {max(place.agreement, 0):.0%}); "
            "give the picture that was made from this original"
        )
    place = replace(_refined(original, other, place, exact, EXACT_PX), agreement=place.agreement)
    if other.shape == original.shape and _farthest_off(place, other.shape) < SAME_SHARE * max(other.shape):
        place, rgb, covered = Placement(1.0, 0.0, 0.0, place.agreement), other, np.ones(other.shape[:2], bool)
    else:
        rgb, covered = _warped(other, place, (original.shape[0], original.shape[1]), 1)
        rgb[~covered] = 0.0
    toned, stops = match_tone(original, rgb, covered)
    if stops is not None:
        place = replace(place, exposure_stops=stops, tone_changed=True)
    return Registered(toned, covered, place)


def _farthest_off(place: Placement, shape: tuple[int, ...]) -> float:
    corners = zip((place.y_px, place.x_px), shape[:2], strict=True)
    return max(max(abs(off), abs(off + (place.scale - 1.0) * side)) for off, side in corners)


def _detail(light: FloatArray, band_px: tuple[float, float]) -> FloatArray:
    """Difference of two Gaussians of the square root of light (h, w)."""
    root = np.sqrt(np.clip(light, 0.0, 1.0))
    fine, coarse = (np.asarray(ndimage.gaussian_filter(root, px), np.float32) for px in band_px)
    return fine - coarse


def _search(original: FloatArray, other: FloatArray) -> Placement:
    """Find the position to about a pixel of a small picture: the best correlation at each of many scales."""
    by = max(original.shape[:2]) / SEARCHED_LENGTH
    small = resize(luminance(original), size_within(original.shape[:2], SEARCHED_LENGTH, least_px=2), "area")
    detail = _detail(small, ROUGH_PX)
    light = luminance(other)
    best = Placement(1.0, 0.0, 0.0, -1.0)
    for width in _widths(original.shape[1] / by, other.shape[1] / other.shape[0], detail.shape):
        size = max(round(width * other.shape[0] / other.shape[1]), 2), max(round(width), 2)
        at, agreement = _best_shift(detail, _detail(resize(light, size, "area"), ROUGH_PX))
        if agreement > best.agreement:
            best = Placement(width * by / other.shape[1], at[1] * by, at[0] * by, agreement)
    return best


def _widths(width: float, aspect: float, size: tuple[int, ...]) -> Iterator[float]:
    """Widths to try for a picture of some aspect, of which none is much larger than the original's (h, w)."""
    share = LARGEST
    while share >= SMALLEST_CROP:
        if share * width / aspect <= LARGEST * size[0] + 1.0:
            yield share * width
        share /= SCALE_STEP


def _best_shift(still: FloatArray, moved: FloatArray) -> tuple[tuple[int, int], float]:
    """Where on one picture another correlates best with it, and how well, over what the two share."""
    shape = [int(fft.next_fast_len(a + b, real=True) or a + b) for a, b in zip(still.shape, moved.shape, strict=True)]

    def across(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.asarray(fft.irfft2(np.asarray(fft.rfft2(a, shape)) * np.conj(np.asarray(fft.rfft2(b, shape))), shape))

    one, other = np.ones_like(still), np.ones_like(moved)
    energy = np.maximum(across(still**2, other), 1e-9) * np.maximum(across(one, moved**2), 1e-9)
    agreement = across(still, moved) / np.sqrt(energy)
    agreement[across(one, other) < LEAST_OVERLAP * moved.size] = -1.0
    y, x = (int(v) for v in np.unravel_index(np.argmax(agreement), agreement.shape))
    at = (y - shape[0] if y > still.shape[0] else y, x - shape[1] if x > still.shape[1] else x)
    return at, float(agreement[y, x])


def _warped(picture: FloatArray, place: Placement, size: tuple[int, int], by: int) -> tuple[FloatArray, BoolArray]:
    """Sample a picture (h, w) or (h, w, 3) at the pixels of the original, reduced by `by`; and say where it reaches."""
    # A reduced pixel's middle lies at by*(k + 0.5) - 0.5 of the original's.
    step, first = by / place.scale, (0.5 * by - np.array([place.y_px, place.x_px])) / place.scale - 0.5
    planes = picture if picture.ndim == 3 else picture[..., None]
    soft, order = 0.5 * max(step - 1.0, 0.0), 3 if step < 1.5 else 1
    out = np.empty((*size, planes.shape[2]), np.float32)
    for c in range(planes.shape[2]):
        plane = ndimage.gaussian_filter(planes[..., c], soft) if soft else planes[..., c]
        out[..., c] = ndimage.affine_transform(plane, (step, step), first.tolist(), size, order=order, mode="nearest")
    np.maximum(out, 0.0, out=out)
    inside = [(at >= -0.5) & (at <= side - 0.5) for at, side in _sampled(size, step, first, planes.shape)]
    covered = inside[0][:, None] & inside[1][None, :]
    return out if picture.ndim == 3 else out[..., 0], covered


def _sampled(
    size: tuple[int, int], step: float, first: NDArray, shape: tuple[int, ...]
) -> Iterator[tuple[NDArray[np.float64], int]]:
    for axis in (0, 1):
        yield first[axis] + step * np.arange(size[axis]), shape[axis]


def _refined(
    original: FloatArray, other: FloatArray, place: Placement, by: int, band_px: tuple[float, float]
) -> Placement:
    """Move, and scale about the middle, until the difference in detail is least; what is blurred counts little.

    Notes
    -----
    Detail is brought to the same contrast everywhere in both: where one is blurred, the other's stronger contrast would
    be taken for a wrong scale.
    """
    still = _detail(block_means(luminance(original), by), band_px)
    still_even = _evened(still, 2.0 * band_px[1])
    size = (still.shape[0], still.shape[1])
    coarser = max(int(by / place.scale), 1)
    light = block_means(luminance(other), coarser)
    for _ in range(STEPS):
        moved, covered = _warped(light, replace(place, scale=place.scale * coarser), size, by)
        box = _inside(covered, round(2.0 * band_px[1]))
        whole = _detail(moved, band_px)
        a, b = still[box], whole[box]
        if a.size < 1000:
            return replace(place, agreement=-1.0)
        alike = float((a * b).sum()) / float(np.sqrt(max((a * a).sum() * (b * b).sum(), 1e-12)))
        place = replace(place, agreement=alike)
        a, b = still_even[box], _evened(whole, 2.0 * band_px[1])[box]
        # The mean of both pictures' slopes leads there at once, where either's alone must be followed step by step.
        down, right = np.gradient(0.5 * (a + b))
        row, column = (np.arange(s.start, s.stop, dtype=np.float32) for s in box)
        middle = float(row.mean()), float(column.mean())
        grow = down * (row[:, None] - middle[0]) + right * (column[None, :] - middle[1])
        off = (a - b).ravel().astype(np.float64)
        weight = 1.0 / (1.0 + (off / (2.0 * np.median(np.abs(off)) + 1e-6)) ** 2)
        slopes = np.stack([down.ravel(), right.ravel(), grow.ravel()]).astype(np.float64)
        # Content that moves by d changes the picture by -d * slope.
        dy, dx, growth = np.linalg.lstsq((slopes * weight) @ slopes.T, -(slopes * weight) @ off, rcond=None)[0].tolist()
        farthest = max(abs(dy), abs(dx), abs(growth) * max(size) / 2.0)
        share = min(LONGEST_STEP_PX / max(farthest, 1e-9), OVERSHOOT)
        place = _moved(place, (dy * share, dx * share), growth * share, middle, by)
        if farthest < LAST_STEP_PX:
            break
    return place


def _evened(detail: FloatArray, around_px: float) -> FloatArray:
    """Bring detail (h, w) to the same contrast everywhere; what is flat stays so."""
    contrast = np.asarray(ndimage.gaussian_filter(detail**2, around_px), np.float32)
    return (detail / np.sqrt(contrast + FAINT**2)).astype(np.float32)


def _inside(covered: BoolArray, margin: int) -> tuple[slice, slice]:
    """Rows and columns of a rectangle without its margin; of what is the picture's own border, that too."""
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    first, last = ([int(x[k]) for x in (rows, columns)] for k in (0, -1))
    one, other = (slice(a + margin, max(b + 1 - margin, a + margin)) for a, b in zip(first, last, strict=True))
    return one, other


def _moved(
    place: Placement, by_px: tuple[float, float], growth: float, middle: tuple[float, float], by: int
) -> Placement:
    """Shift by some pixels (down, right) and grow about a middle, both in pixels of the picture reduced by `by`."""
    y, x = (
        (corner - (centre + 0.5) * by) * (1.0 + growth) + (centre + 0.5 + shift) * by
        for corner, centre, shift in zip((place.y_px, place.x_px), middle, by_px, strict=True)
    )
    return replace(place, scale=place.scale * (1.0 + growth), x_px=x, y_px=y)
