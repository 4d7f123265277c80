"""How close a picture is to the truth.

The border of `margin_px` is left out of every figure. In dB, but ssim (0..1) and flip:

psnr    of the code values: sRGB, clipped at 1
ssim    of the same: Gaussian window of 1.5 px, mean over the channels
hdr     PSNR of log2(1 + x), peak log2(17): light above the clip counts too
edge    psnr where a jump in depth is within the reach of its blur
hl      hdr within 5 px of what is brighter than the clip in the truth
flip    mean LDR-FLIP at 67 pixels per degree; lower is better; nan without the package `flip-evaluator`

Distances to an edge are exact here (scipy). OpenCV's 5x5 chamfer mask is off by up to 2 %, so that `edge` may differ
from a scorer that uses it in the third decimal.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .pictures import Picture

FloatArray = NDArray[np.floating]
BoolArray = NDArray[np.bool_]

METRICS = ("psnr", "ssim", "hdr", "edge", "hl", "flip")
HDR_PEAK = math.log2(17.0)
JUMP_PX = 1.5
"""Difference of the signed diameters of neighbouring pixels from which they lie on two surfaces."""
FARTHEST_PX = 40.0
"""An edge's reach is cut off there."""
REACHES_PX = (4, 8, 16, 24, 32, 41)
"""Edges are grown by their reach rounded up to one of these, and two pixels."""


def srgb(linear: FloatArray) -> FloatArray:
    """Code values 0..1 of linear light, clipped."""
    x = np.clip(linear, 0.0, 1.0)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 0.0031308) ** (1 / 2.4) - 0.055)


def alike(one: FloatArray, other: FloatArray, picture: Picture) -> float:
    """PSNR between two renders (H, W, 3) of one picture, each clipped and in code values."""
    return decibels((srgb(one) - srgb(other))[within_margin(picture)] ** 2)


def within_margin(picture: Picture) -> tuple[slice, slice]:
    """Rows and columns that count."""
    side = slice(picture.margin_px, -picture.margin_px or None)
    return side, side


def score(rgb: FloatArray, picture: Picture) -> dict[str, float]:
    """Measure a rendered picture.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    picture : Picture
        With the truth.

    Returns
    -------
    dict
        By METRICS.
    """
    inside = within_margin(picture)
    linear = np.nan_to_num(np.asarray(rgb, np.float32)).clip(0.0, 6e4)
    codes, wanted = srgb(linear)[inside], srgb(picture.truth)[inside]
    error = (codes - wanted) ** 2
    stops = (np.log2(1.0 + linear[inside]) - np.log2(1.0 + picture.truth[inside])) ** 2
    edges, bright = near_edges(picture)[inside], near_highlights(picture.truth)[inside]
    return {
        "psnr": decibels(error),
        "ssim": similarity(codes, wanted),
        "hdr": decibels(stops, HDR_PEAK),
        "edge": decibels(error[edges]) if edges.sum() > 200 else math.nan,
        "hl": decibels(stops[bright], HDR_PEAK) if bright.sum() > 100 else math.nan,
        "flip": flip(codes, wanted),
    }


def decibels(squared_error: FloatArray, peak: float = 1.0) -> float:
    """PSNR of squared errors."""
    return 10.0 * math.log10(peak**2 / max(float(squared_error.mean()), 1e-12))


def similarity(a: FloatArray, b: FloatArray) -> float:
    """SSIM (Wang et al. 2004) of two pictures (H, W, C) in 0..1."""
    sigma, radius = 1.5, 5

    def blurred(x: FloatArray) -> FloatArray:
        return ndimage.gaussian_filter(x, (sigma, sigma, 0.0), radius=(radius, radius, 0))

    a, b = a.astype(np.float64), b.astype(np.float64)
    mean_a, mean_b = blurred(a), blurred(b)
    variance_a, variance_b = blurred(a * a) - mean_a**2, blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    small1, small2 = 0.01**2, 0.03**2
    alike = (2 * mean_a * mean_b + small1) * (2 * covariance + small2)
    alike /= (mean_a**2 + mean_b**2 + small1) * (variance_a + variance_b + small2)
    return float(alike[radius:-radius, radius:-radius].mean())


@lru_cache(maxsize=1)
def near_edges(picture: Picture) -> BoolArray:
    """Pixels within reach of the blur of a depth edge: where one thing is seen past another."""
    diameter = 2.0 * picture.radius.astype(np.float64)
    reach = np.zeros(diameter.shape)
    for one, other in (((slice(None, -1),), (slice(1, None),)), ((..., slice(None, -1)), (..., slice(1, None)))):
        jump = np.abs(diameter[one] - diameter[other]) > JUMP_PX
        blur = jump * np.maximum(np.abs(diameter[one]), np.abs(diameter[other])) / 2.0
        for side in (one, other):
            reach[side] = np.maximum(reach[side], blur)
    reach = np.minimum(reach, FARTHEST_PX)
    near = np.zeros(reach.shape, bool)
    lower = 0.01
    for upper in REACHES_PX:
        of_this_reach = (reach > lower) & (reach <= upper)
        if of_this_reach.any():
            distance = ndimage.distance_transform_edt(~of_this_reach)
            near |= np.asarray(distance) <= min(upper, FARTHEST_PX) + 2.0
        lower = upper
    return near


def near_highlights(truth: FloatArray) -> BoolArray:
    """Pixels in or beside what is above the clip."""
    return np.asarray(ndimage.binary_dilation(truth.max(axis=-1) > 1.0, np.ones((11, 11), bool)), bool)


def flip(codes: FloatArray, wanted: FloatArray) -> float:
    """Mean of the FLIP error map (Andersson et al. 2020)."""
    try:
        import flip_evaluator  # pyright: ignore[reportMissingImports]
    except ImportError:
        return math.nan
    reference, test = (np.ascontiguousarray(x, np.float32) for x in (wanted, codes))
    return float(flip_evaluator.evaluate(reference, test, "LDR", inputsRGB=True, applyMagma=False)[1])
