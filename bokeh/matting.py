"""A phone's soft matte -> one with the strands that the picture shows.

A phone writes its matte at half size, and soft. How its softened values follow from the picture's colours, softened
alike, is a linear law in every small neighbourhood (the colours of two surfaces span a line); the same law, asked of
the sharp picture, gives the sharp matte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .masks import dilate

FloatArray = NDArray[np.float32]

LEVEL = 0.01
"""A matte within this of 0 or 1 is sure."""

BRIGHTEST = 1.5
"""Scene-linear radiance above which a pixel is a light."""

LIGHT_REACH_PX = 4
"""This far around a light the matte's softness is not asked for."""

SOFTNESS_PX = (0.5, 0.7, 1.0, 1.4, 2.0, 2.4, 2.8, 4.0, 5.6)
"""Softness (standard deviation of a Gaussian) that a matte may have; 0 besides, for one as sharp as the picture."""

MUST_EXPLAIN = 0.7
"""A softened picture must leave less than this share of what the sharp picture leaves unexplained of the matte."""

PATCH_PX, PATCHES = 64, 48
"""Softness is measured in this many patches of the picture."""

ROUNDS = 3
"""How often the matte is asked of the picture and held against the given one, in turn."""

BACK_STEPS = 4
"""Steps in which the softened result is brought back to the given matte."""


def refine(matte: FloatArray, rgb: FloatArray) -> tuple[FloatArray, float]:
    """Give a soft matte the detail of the picture; a matte as sharp as the picture stays as it is.

    Parameters
    ----------
    matte : float32 (H, W)
        0..1, at the picture's size.
    rgb : float32 (H, W, 3)
        Scene-linear.

    Returns
    -------
    float32 (H, W)
        0..1. Softened again, it is the given matte.
    float
        Softness that was found in the given matte, as the standard deviation of a Gaussian in pixels; 0 = none.

    Notes
    -----
    The local linear law is that of the guided filter (He, Sun, Tang 2010). Here it is fitted to the picture at the
    matte's own softness: fitted to the sharp picture it would blame each strand for what its neighbourhood is.
    """
    picture = np.sqrt(np.clip(rgb, 0.0, BRIGHTEST))
    band = (matte > LEVEL) & (matte < 1.0 - LEVEL)
    # Beside a light a pixel is bright however little of the light it holds: it tells nothing of softness.
    telling = band & ~dilate(rgb.max(axis=2) > BRIGHTEST, LIGHT_REACH_PX)
    if not telling.any():
        return matte, 0.0
    ridge = 1e-6 + _noise(picture) ** 2
    softness = measure_softness(matte, picture, telling, ridge)
    if softness == 0.0:
        return matte, 0.0
    reach = max(2, int(np.ceil(1.4 * softness)))
    wide = dilate(band, int(np.ceil(softness)))
    solver = _Band(wide)
    refined = np.array(matte)
    blurred = np.asarray(ndimage.gaussian_filter(picture, (softness, softness, 0.0), truncate=3.0), np.float32)
    solver.regress(refined, blurred, picture, reach, ridge)
    solver.hold(refined, matte, softness)
    for _ in range(ROUNDS):
        solver.regress(refined, picture, picture, reach, 2.0 * ridge)
        solver.hold(refined, matte, softness)
    return refined, softness


def measure_softness(matte: FloatArray, picture: FloatArray, band: NDArray[np.bool_], ridge: float) -> float:
    """Find the Gaussian (standard deviation, px) that a picture needs before it explains a matte best; 0 = none.

    Parameters
    ----------
    matte : float32 (H, W)
    picture : float32 (H, W, 3)
        Perceptual.
    band : bool (H, W)
        Where the matte is neither 0 nor 1.
    ridge : float
        Variance of the picture's noise.
    """
    from ..kernels import matting as kernels

    ys, xs = np.nonzero(band)
    # Evenly along the band, in raster order.
    chosen = np.unique(np.linspace(0, len(ys) - 1, PATCHES).astype(np.int64))
    left = np.zeros(1 + len(SOFTNESS_PX))
    half, margin = PATCH_PX // 2, 24
    for y, x in zip(ys[chosen], xs[chosen], strict=True):
        y0, x0 = max(y - half - margin, 0), max(x - half - margin, 0)
        around = np.s_[y0 : y + half + margin, x0 : x + half + margin]
        inner = np.array(band[around])
        inner[: max(y - half - y0, 0)] = inner[y + half - y0 :] = False
        inner[:, : max(x - half - x0, 0)] = inner[:, x + half - x0 :] = False
        at = np.nonzero(inner)
        fits = np.empty((len(at[0]), 5), np.float32)
        own_matte, own = np.ascontiguousarray(matte[around]), np.ascontiguousarray(picture[around])
        for k, softness in enumerate((0.0, *SOFTNESS_PX)):
            seen = own if k == 0 else ndimage.gaussian_filter(own, (softness, softness, 0), truncate=3.0)
            kernels.fit(seen, own_matte, at[0], at[1], 3, ridge, fits)
            left[k] += float(fits[:, 4].sum())
    best = int(np.argmin(left))
    return SOFTNESS_PX[best - 1] if left[best] < MUST_EXPLAIN * left[0] else 0.0


class _Band:
    """The soft pixels of a matte, as lists for the kernels."""

    def __init__(self, band: NDArray[np.bool_]) -> None:
        self.band = band
        self.ys, self.xs = np.nonzero(band)
        self.number = np.full(band.shape, -1, np.int32)
        self.number[band] = np.arange(len(self.ys), dtype=np.int32)
        self.fits = np.empty((len(self.ys), 5), np.float32)

    def regress(self, matte: FloatArray, seen: FloatArray, asked: FloatArray, reach: int, ridge: float) -> None:
        """Fit the matte to the picture `seen`, and set it to what the fit says of the picture `asked`."""
        from ..kernels import matting as kernels

        kernels.fit(seen, matte, self.ys, self.xs, reach, ridge, self.fits)
        kernels.apply(asked, self.fits, self.number, self.ys, self.xs, matte)

    def hold(self, matte: FloatArray, given: FloatArray, softness: float) -> None:
        """Correct the matte until, softened, it is the given one (van Cittert's deconvolution)."""
        from ..kernels import matting as kernels

        reach = int(np.ceil(3.0 * softness))
        taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / softness) ** 2)
        taps = (taps / taps.sum()).astype(np.float32)
        tall = ndimage.maximum_filter1d(self.band.view(np.uint8), 2 * reach + 1, axis=0, mode="constant").view(bool)
        ys, xs = np.nonzero(tall)
        at = (self.ys, self.xs)
        across, softened = np.empty_like(matte), np.empty_like(matte)
        for _ in range(BACK_STEPS):
            kernels.soften(matte, taps, ys, xs, 1, across)
            kernels.soften(across, taps, self.ys, self.xs, 0, softened)
            matte[at] = np.clip(matte[at] + given[at] - softened[at], 0.0, 1.0)


def _noise(picture: FloatArray) -> float:
    """Estimate the standard deviation of the picture's noise: the mask that no smooth shade passes.

    J. Immerkaer, "Fast noise variance estimation", 1996; the median instead of the mean, for pictures full of detail.
    """
    green = picture[:: max(1, picture.shape[0] // 1024), :, 1]
    mask = green[:, :-2] - 2.0 * green[:, 1:-1] + green[:, 2:]
    return float(np.median(np.abs(mask)) / (0.6745 * np.sqrt(6.0)))
