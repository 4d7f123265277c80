"""A phone's soft matte -> one with the strands that the picture shows.

A phone writes its matte at half size, and soft. How its softened values follow from the picture's colours, softened
alike, is a linear law in every small neighbourhood (the colours of two surfaces span a line); the same law, asked of
the sharp picture, gives the sharp matte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each_part
from ..image.regions import between, dilate, list_runs

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

FIT_REACH_PX = 3
"""... by fits over squares that reach so far to every side."""

ROUNDS = 3
"""How often the matte is asked of the picture and held against the given one, in turn."""

FLAT = 8.0
"""A picture that changes by less than so many standard deviations of its noise tells nothing: there a matte stays."""

NOISE_ROWS = 256
"""About so many rows of the picture, or up to twice as many, tell its noise."""

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
    band = between(matte, LEVEL, 1.0 - LEVEL)
    if not band.any():
        return matte, 0.0
    # Beside a light a pixel is bright however little of the light it holds: it tells nothing of softness.
    bright = _lights(rgb)
    telling = band if bright is None else band & ~dilate(bright, LIGHT_REACH_PX)
    if not telling.any():
        return matte, 0.0
    ridge = 1e-6 + _noise(rgb) ** 2
    softness = measure_softness(matte, rgb, telling, ridge)
    if softness == 0.0:
        return matte, 0.0
    del telling, bright
    reach = max(2, int(np.ceil(1.4 * softness)))
    rows = _rows_around(band, 2 * reach + int(np.ceil(3.0 * softness)) + 8)
    refined = np.array(matte)
    soft = dilate(band[rows], int(np.ceil(softness)))
    picture, blurred = _soft_and_sharp(rgb[rows], dilate(soft, reach), softness)
    told = _told(picture, soft, reach, FLAT * float(np.sqrt(ridge)))
    if not told.any():
        return matte, 0.0
    solver = _Band(told, softness)
    del soft, told
    given, own = matte[rows], refined[rows]
    solver.regress(own, blurred, picture, reach, ridge)
    del blurred
    solver.hold(own, given)
    for _ in range(ROUNDS):
        solver.regress(own, picture, picture, reach, 2.0 * ridge)
        solver.hold(own, given)
    return refined, softness


def _told(picture: FloatArray, asked: NDArray[np.bool_], reach: int, least: float) -> NDArray[np.bool_]:
    """Find the pixels among some beside which a picture changes by more than the least."""
    from ...kernels.matting import mark_told

    told, runs = np.zeros_like(asked), list_runs(asked)
    each_part(lambda own: mark_told(picture, runs, reach, np.float32(least), (own.start, own.stop), told), len(told))
    return told


def _lights(rgb: FloatArray) -> NDArray[np.bool_] | None:
    """Find the pixels of lights; None where there are none."""
    from ...kernels.highlights import brighter

    bright = np.empty(rgb.shape[:2], np.bool_)
    found = each_part(lambda own: brighter(rgb[own], np.float32(BRIGHTEST), bright[own]), len(rgb))
    return bright if any(found) else None


def _rows_around(band: NDArray[np.bool_], margin: int) -> slice:
    """Rows that hold any of a mask, with a margin around."""
    held = np.flatnonzero(band.any(axis=1))
    return slice(max(int(held[0]) - margin, 0), int(held[-1]) + 1 + margin)


def measure_softness(matte: FloatArray, rgb: FloatArray, band: NDArray[np.bool_], ridge: float) -> float:
    """Find the Gaussian (standard deviation, px) that a picture needs before it explains a matte best; 0 = none.

    Parameters
    ----------
    matte : float32 (H, W)
    rgb : float32 (H, W, 3)
        Scene-linear.
    band : bool (H, W)
        Where the matte is neither 0 nor 1.
    ridge : float
        Variance of the picture's noise.
    """
    from ...kernels.matting import Filters
    from ...kernels.unexplained import unexplained

    row_starts, first, stop = list_runs(band)
    begins = np.concatenate([[0], np.cumsum(stop - first, dtype=np.int64)])
    # Evenly along the band, in raster order.
    chosen = np.unique(np.linspace(0, begins[-1] - 1, PATCHES).astype(np.int64))
    run = np.searchsorted(begins, chosen, side="right") - 1
    centres = np.stack([np.searchsorted(row_starts, run, side="right") - 1, first[run] + chosen - begins[run]], axis=1)
    filters = [_half_gaussian(softness) for softness in (0.0, *SOFTNESS_PX)]
    reaches = np.array([len(own) - 1 for own in filters])
    taps = np.zeros((len(filters), reaches.max() + 1), np.float32)
    for row, own in zip(taps, filters, strict=True):
        row[: len(own)] = own
    left = np.empty((len(centres), len(filters)))
    half = PATCH_PX // 2
    softened = Filters(taps, reaches)
    most, fit = np.float32(BRIGHTEST), (FIT_REACH_PX, ridge)

    def measure(own: slice) -> None:
        unexplained(rgb, most, matte, band, centres[own], half, fit, softened, left[own])

    each_part(measure, len(centres), 1)
    total = left.sum(axis=0)
    best = int(np.argmin(total))
    return SOFTNESS_PX[best - 1] if total[best] < MUST_EXPLAIN * total[0] else 0.0


def _half_gaussian(softness: float) -> FloatArray:
    """Taps of a Gaussian of this standard deviation (px), from its middle to three times that away."""
    if softness == 0.0:
        return np.ones(1, np.float32)
    taps = np.exp(-0.5 * (np.arange(int(3.0 * softness + 0.5) + 1) / softness) ** 2)
    return (taps / (2.0 * taps.sum() - taps[0])).astype(np.float32)


def _soft_and_sharp(rgb: FloatArray, near: NDArray[np.bool_], softness: float) -> tuple[FloatArray, FloatArray]:
    """Make the perceptual picture, and a softened one; float32 (H, W, 3), and only written where it is `near`.

    Memory that is not written is not taken: a matte's band is a small part of a picture.
    """
    from ...kernels.softening import soften_picture
    from ...kernels.unexplained import perceive

    half = _half_gaussian(softness)
    reach, taps = len(half) - 1, np.concatenate([half[:0:-1], half])
    across = dilate(near, reach)
    picture, blurred = np.empty_like(rgb), np.empty_like(rgb)
    most, runs = np.float32(BRIGHTEST), list_runs(near)
    each_part(lambda own: perceive(rgb[own], across[own], most, picture[own]), len(rgb))
    each_part(lambda own: soften_picture(picture, taps, runs, (own.start, own.stop), blurred), len(rgb))
    return picture, blurred


class _Band:
    """The soft pixels of a matte, as runs for the kernels."""

    def __init__(self, band: NDArray[np.bool_], softness: float) -> None:
        from ...kernels.matting import number_pixels

        reach = int(np.ceil(3.0 * softness))
        taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / softness) ** 2)
        self.taps = (taps / taps.sum()).astype(np.float32)
        self.band, self.runs, self.tall = band, list_runs(band), list_runs(dilate(band, reach, across=False))
        _, first, stop = self.runs
        self.begins = np.concatenate([[0], np.cumsum(stop - first, dtype=np.int64)])
        self.number = np.zeros(band.shape, np.int32)
        number_pixels(self.runs, self.begins, self.number)
        self.fits = np.empty((self.begins[-1], 4), np.float32)
        self.across = np.empty(band.shape, np.float32)

    def regress(self, matte: FloatArray, seen: FloatArray, asked: FloatArray, reach: int, ridge: float) -> None:
        """Fit the matte to the picture `seen`, and set it to what the fit says of the picture `asked`."""
        from ...kernels import matting as kernels

        def fit(own: slice) -> None:
            kernels.fit(seen, matte, self.runs, self.begins, reach, ridge, (own.start, own.stop), self.fits)

        def apply(own: slice) -> None:
            kernels.apply(asked, self.runs, self.fits, self.number, (own.start, own.stop), matte)

        each_part(fit, len(matte))
        each_part(apply, len(matte))

    def hold(self, matte: FloatArray, given: FloatArray) -> None:
        """Correct the matte until, softened, it is the given one (van Cittert's deconvolution)."""
        from ...kernels.softening import correct, soften

        for _ in range(BACK_STEPS):
            each_part(
                lambda own: soften(matte, self.taps, self.tall, (own.start, own.stop), self.across),
                len(matte),
            )  # fmt: skip
            each_part(
                lambda own: correct(self.across, self.taps, self.runs, given, (own.start, own.stop), matte),
                len(matte),
            )  # fmt: skip


def _noise(rgb: FloatArray) -> float:
    """Estimate the standard deviation of the picture's noise: the mask that no smooth shade passes.

    J. Immerkaer, "Fast noise variance estimation", 1996; the median instead of the mean, for pictures full of detail.
    """
    green = np.sqrt(np.clip(rgb[:: max(1, rgb.shape[0] // NOISE_ROWS), :, 1], 0.0, BRIGHTEST))
    mask = green[:, :-2] - 2.0 * green[:, 1:-1] + green[:, 2:]
    return float(np.median(np.abs(mask)) / (0.6745 * np.sqrt(6.0)))
