"""What a blurred picture keeps and spoils, against the sharp original: highlights, edges, and what is in focus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...core.arrays import BoolArray, FloatArray
from ...image.resize import block_means
from .blur import BlurCurve, reduction
from .ladder import LARGEST_SHARE, Shape, luminance, radii_px, rungs

LEAST_LIGHT = 4.0
"""Light above white, in pixels of white, from which on it is told what becomes of it."""

BESIDE_PX = 2.0
"""Highlights are looked at to this far beyond their blur."""

LEAK_SHARE, END_SHARE, RIM_SHARE = 0.1, 0.02, 0.5
"""A leak is seen from a tenth on, and has ended where it is less than a fiftieth; a rim counts as sharp when it is more
so than blurred."""

FARTHEST_PX, FARTHEST_RADII = 12.0, 3.0
"""The outline's surroundings are looked at this far, and so many radii of the blur."""

LEAST_CONTRAST = 1e-3
LEAST_FOCUSED = 2000
"""Pixels in focus from which on their sharpness is told."""

SHARP_RADIUS_PX = 0.5
DETAIL_PX = 2.0
"""Detail is what a Gaussian of so many pixels of the photo takes away."""


@dataclass(frozen=True)
class EdgeFigures:
    """What a picture shows beside the subject's outline, in pixels of the photo.

    Attributes
    ----------
    leak_px : float
        Light of the subject that lies on the background: the width of the strip that it would fill.
    leak_width_px : float
        How far from the outline a tenth of the light is the subject's.
    rim_px : float
        Width of the background that was left sharp along the outline.
    distances_px, leak, rim : tuple of float
        Shares of the subject's colour and of the sharp background, at each distance from the outline.
    """

    leak_px: float
    leak_width_px: float
    rim_px: float
    distances_px: tuple[float, ...]
    leak: tuple[float, ...]
    rim: tuple[float, ...]


def highlight_energy(
    original: FloatArray,
    picture: FloatArray,
    dioptres: FloatArray,
    curve: BlurCurve,
    covered: BoolArray | None = None,
) -> float | None:
    """Share of the light above white that a picture still holds, spread or not.

    Parameters
    ----------
    original, picture : float32 (H, W, 3)
        Scene-linear, with radiance above 1.
    dioptres : float32 (H, W)
    curve : BlurCurve
        The picture's.
    covered : bool (H, W), optional
        Where the picture shows the scene.

    Returns
    -------
    float or None
        None when there is hardly any light above white.

    Notes
    -----
    What the picture would show had white been the brightest, is taken from the light around the highlights.
    """
    by = reduction(dioptres.shape)
    dimmed = luminance(block_means(np.minimum(original, 1.0), by))
    above = luminance(block_means(original, by)) - dimmed
    depth = dioptres[by // 2 :: by, by // 2 :: by][: above.shape[0], : above.shape[1]]
    radius = np.asarray(curve.radius_at(depth)) / by
    reach = np.rint(radius + BESIDE_PX)
    whole = block_means(covered.astype(np.float32), by) > 0.999 if covered is not None else np.ones(above.shape, bool)
    around = np.zeros(above.shape, bool)
    lit = (above > 1e-3) & _clear_of_border(reach, whole)
    for distance in np.unique(reach[lit]):
        around |= np.asarray(ndimage.distance_transform_edt(~(lit & (reach == distance)))) <= distance
    # Another highlight within reach brings its own light along.
    energy = float(above[around].sum())
    if energy < LEAST_LIGHT:
        return None
    expected = _blurred_by(dimmed, radius, curve.shape)
    kept = luminance(block_means(picture, by)) - expected
    return float(kept[around].sum()) / energy


def _clear_of_border(reach: NDArray, whole: BoolArray) -> BoolArray:
    """Whether a blur (h, w) stays within the picture."""
    inner = np.pad(whole, 1)
    return np.asarray(ndimage.distance_transform_edt(inner))[1:-1, 1:-1] > reach


def _blurred_by(light: FloatArray, radius: NDArray, shape: Shape) -> FloatArray:
    """Blur each pixel of a picture (h, w) by its own radius, as if all around it were blurred so too."""
    radii = radii_px(max(light.shape))
    place = np.interp(radius, radii, np.arange(len(radii)))
    needed = [k for k in range(len(radii)) if (np.abs(place - k) < 1.0).any()]
    out = np.zeros_like(light)
    for k, blurred in zip(needed, rungs(light, radii[needed], shape), strict=True):
        out += np.maximum(1.0 - np.abs(place - k), 0.0).astype(np.float32) * blurred
    return out


def edge_figures(
    original: FloatArray,
    picture: FloatArray,
    matte: FloatArray,
    dioptres: FloatArray,
    curve: BlurCurve,
    covered: BoolArray | None = None,
) -> EdgeFigures | None:
    """Measure what is wrong beside the subject's outline, on the background's side.

    Parameters
    ----------
    original, picture : float32 (H, W, 3)
        Scene-linear.
    matte : float32 (H, W)
        Coverage of the subject.
    dioptres : float32 (H, W)
    curve : BlurCurve
        The picture's.
    covered : bool (H, W), optional

    Returns
    -------
    EdgeFigures or None
        None without an outline, or where the two sides of it look alike.

    Notes
    -----
    At each distance from the outline the picture is explained by three: the background blurred without the subject,
    the subject's colour spread over it, and the background left sharp. The shares of the latter two are the figures.
    """
    by = reduction(dioptres.shape)
    sharp, seen = (np.minimum(block_means(x, by), 1.0) for x in (original, picture))
    cover = block_means(matte, by)
    depth = dioptres[by // 2 :: by, by // 2 :: by][: cover.shape[0], : cover.shape[1]]
    distance = np.asarray(ndimage.distance_transform_edt(cover <= 0.5)) - 0.5
    beside = (distance > 0.0) & (distance < LARGEST_SHARE * FARTHEST_RADII * max(distance.shape))
    # What stands in front of the subject hides its outline.
    if not (cover > 0.5).any() or not beside.any():
        return None
    beside &= depth < np.median(depth[cover > 0.5])
    beside &= cover < 0.02
    if covered is not None:
        beside &= block_means(covered.astype(np.float32), by) > 0.999
    if not beside.any():
        return None
    radius = float(np.median(np.asarray(curve.radius_at(depth[beside])))) / by
    beside &= distance < max(FARTHEST_PX, FARTHEST_RADII * radius)
    subject, background = (_continued(sharp, share, radius, curve.shape) for share in (cover, 1.0 - cover))
    number = distance[beside].astype(np.intp)
    off, leak, rim = ((x - background)[beside] for x in (seen, subject, sharp))
    if not (contrast := (leak**2).sum(axis=1)).size or float(np.median(contrast)) < LEAST_CONTRAST:
        return None
    pairs = ((leak, leak), (leak, rim), (rim, rim), (off, leak), (off, rim))
    sums = [np.bincount(number, (x * y).sum(axis=1)) for x, y in pairs]
    leaks, rims = _shares(*sums, pixels=np.bincount(number))
    distances = (np.arange(len(leaks)) + 0.5) * by
    return EdgeFigures(
        leak_px=strip_of(leaks) * by,
        leak_width_px=reach_of(leaks, LEAK_SHARE) * by,
        rim_px=reach_of(rims, RIM_SHARE) * by,
        distances_px=tuple(float(d) for d in distances),
        leak=tuple(float(x) for x in leaks),
        rim=tuple(float(x) for x in rims),
    )


def _continued(rgb: FloatArray, share: FloatArray, radius: float, shape: Shape) -> FloatArray:
    """Blur what of a picture has this share (H, W) of it, without the light of the rest, and continue it beyond."""
    radii = np.array([radius])
    weight = np.maximum(next(rungs(share, radii, shape)), 0.0)[..., None]
    light = np.stack([next(rungs(rgb[..., c] * share, radii, shape)) for c in range(3)], axis=2)
    near = light / np.maximum(weight, 1e-6)
    # Where the blur brings nothing from there, its nearest colour stands in.
    far = weight[..., 0] < 1e-3
    if far.any():
        place = ndimage.distance_transform_edt(far, return_distances=False, return_indices=True)
        near = near[tuple(np.asarray(place))]
    return np.maximum(near, 0.0)


def _shares(
    ll: NDArray, lr: NDArray, rr: NDArray, ol: NDArray, o_r: NDArray, *, pixels: NDArray
) -> tuple[NDArray, NDArray]:
    """Solve for both shares at each distance; a background without detail has no sharp share."""
    floor = LEAST_CONTRAST * pixels + 1e-12
    ll, rr = ll + 0.01 * floor, rr + 0.01 * floor
    whole = ll * rr - lr**2
    return (ol * rr - o_r * lr) / np.maximum(whole, 1e-12), (o_r * ll - ol * lr) / np.maximum(whole, 1e-12)


def strip_of(shares: NDArray) -> float:
    """Width of the strip that the shares, one for each pixel of distance, would fill until they have ended."""
    return float(shares[: int(np.argmax(np.append(shares, 0.0) < END_SHARE))].sum())


def reach_of(shares: NDArray, least: float) -> float:
    """Distance from the outline up to which the shares stay above some value, between the pixels."""
    below = np.flatnonzero(shares < least)
    if not below.size:
        return float(len(shares))
    n = int(below[0])
    if n == 0:
        return 0.0
    return n - 0.5 + float((shares[n - 1] - least) / max(shares[n - 1] - shares[n], 1e-9))


def sharpness(
    original: FloatArray, picture: FloatArray, radius_px: FloatArray, covered: BoolArray | None = None
) -> float | None:
    """Contrast of the fine detail in focus, as a share of the original's; 1 = as sharp.

    Parameters
    ----------
    original, picture : float32 (H, W, 3)
        Scene-linear.
    radius_px : float32 (H, W)
        Blur of the lens, of either sign.
    covered : bool (H, W), optional

    Returns
    -------
    float or None
        None when hardly anything is in focus.
    """
    focused = np.abs(radius_px) < SHARP_RADIUS_PX
    if covered is not None:
        focused &= covered
    focused = np.asarray(ndimage.binary_erosion(focused, iterations=round(2.0 * DETAIL_PX)), bool)
    if focused.sum() < LEAST_FOCUSED:
        return None
    before, after = (_fine(luminance(x))[focused] for x in (original, picture))
    return float(np.sqrt((after.astype(np.float64) ** 2).sum() / max((before.astype(np.float64) ** 2).sum(), 1e-12)))


def _fine(light: FloatArray) -> FloatArray:
    root = np.sqrt(np.clip(light, 0.0, 1.0))
    return root - np.asarray(ndimage.gaussian_filter(root, DETAIL_PX), np.float32)
