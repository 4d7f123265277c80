"""How wide the blur of a picture is at each distance, found by comparing it with the sharp original.

At each depth the original is blurred by every radius of a ladder; the radius whose result is nearest to the picture
is that of its blur. What lies within reach of an outline or of the border tells nothing: there the picture shows light
of another depth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...core.arrays import BoolArray, FloatArray
from ...image.resize import block_means
from ...optics.aperture import boundary
from ...optics.lens import Lens, ThinLens
from .ladder import Shape, luminance, radii_px, rungs

MEASURED_LENGTH = 1024
"""Pictures are measured at about this length: blur that is not seen at this size does no harm."""

BINS = 24
CELL_PX = 48
"""Depths are told in this many bins, and each picture in cells of this side, so that one bad place cannot decide."""

JUMP = 0.04
"""A step of the depth between two pixels, as a share of its range, from which on it is an outline."""

CLEARANCE = 1.5
"""A pixel is believed if it is so many radii away from what could disturb it ..."""

MARGIN_PX = 2.0
"""... and this far at least, as phones' depth misses outlines a little."""

REACHES_PX = (2.0, 3.0, 4.5, 7.0, 10.0, 15.0, 22.0, 33.0, 50.0, 75.0)
"""Classes of clearance."""

FAINT = 0.004
"""Steps in the square root of light that nobody sees: one code of eight bits."""

LEAST_PIXELS = 300
LEAST_TOLD = 0.05
"""A bin counts if it has so many pixels, and if its best radius fits better than the worst by so much (log of rms)."""


@dataclass(frozen=True)
class DepthBlur:
    """Blur at one depth.

    Attributes
    ----------
    dioptres : float
        Mean inverse distance of what was looked at.
    radius_px : float
        Of the disc, or of the Gaussian with the variance of that disc; pixels of the photo.
    pixels : int
        How many pixels of the photo it was found from.
    misfit : float
        What the best radius leaves unexplained, rms of the square root of light.
    """

    dioptres: float
    radius_px: float
    pixels: int
    misfit: float


@dataclass(frozen=True)
class BlurCurve:
    """Blur of a picture against distance.

    Attributes
    ----------
    shape : {"disc", "gaussian"}
        Which of the two explains the picture better.
    clipped : bool
        Whether it is better explained by light that was clipped at white before it was blurred.
    bins : tuple of DepthBlur
        From far to near.
    """

    shape: Shape
    clipped: bool
    bins: tuple[DepthBlur, ...]

    def radius_at(self, dioptres: float | NDArray) -> NDArray[np.float64]:
        """Radius in pixels of the photo at some depth; beyond the bins as at the last one, 0 without any."""
        if not self.bins:
            return np.zeros(np.shape(dioptres))
        known = [b.dioptres for b in self.bins], [b.radius_px for b in self.bins]
        return np.asarray(np.interp(dioptres, *known), np.float64)


def reduction(size: tuple[int, int]) -> int:
    """By what the sides of a picture of this (height, width) are divided to measure it."""
    return max(round(max(size) / MEASURED_LENGTH), 1)


def iris_radius(lens: Lens) -> float:
    """Radius of the disc with the second moment of the iris: corners lie on the f-number's circle, edges within."""
    angles = np.linspace(0.0, 2.0 * math.pi, 3600, endpoint=False)
    edge = boundary(lens.aperture.at(lens.f_number), angles)
    return float(np.sqrt((edge**4).sum() / (edge**2).sum()))


def blur_curves(
    original: FloatArray,
    pictures: Mapping[str, FloatArray],
    dioptres: FloatArray,
    lens: ThinLens,
    covered: BoolArray | None = None,
) -> dict[str, BlurCurve]:
    """Measure the blur of pictures at each depth.

    Parameters
    ----------
    original : float32 (H, W, 3)
        Sharp, scene-linear, with the radiance of its highlights.
    pictures : mapping of str to float32 (H, W, 3)
        The same scene blurred, pixel on pixel.
    dioptres : float32 (H, W)
    lens : ThinLens
        By which blur what stands in front spreads over what is behind it.
    covered : bool (H, W), optional
        Where all the pictures show the scene.

    Returns
    -------
    dict of str to BlurCurve
        By the pictures' names.
    """
    by = reduction(dioptres.shape)
    lights = luminance(block_means(original, by)), luminance(block_means(np.minimum(original, 1.0), by))
    seen = {name: _root(luminance(block_means(rgb, by))) for name, rgb in pictures.items()}
    depth = dioptres[by // 2 :: by, by // 2 :: by][: lights[0].shape[0], : lights[0].shape[1]]
    valid = np.ones(depth.shape, bool)
    if covered is not None:
        valid = block_means(covered.astype(np.float32), by) > 0.999
    groups = _Groups.of(
        lights[1], depth, _clearance(depth, np.abs(lens.radius_px(depth) / np.float32(by)).astype(np.float32), valid)
    )
    radii = radii_px(max(depth.shape))
    best = dict.fromkeys(seen, (np.inf, BlurCurve("disc", False, ())))
    shapes: tuple[Shape, ...] = ("disc", "gaussian")
    for shape, clips in product(shapes, (False, True)):
        errors = {name: groups.errors(len(radii)) for name in seen}
        for k, blurred in enumerate(rungs(lights[clips], radii, shape)):
            root = _root(blurred)
            for name, picture in seen.items():
                groups.add(errors[name], k, picture - root)
        for name in seen:
            misfit, bins = groups.curve(errors[name], radii, by)
            if misfit < best[name][0]:
                best[name] = misfit, BlurCurve(shape, clips, bins)
    return {name: curve for name, (_, curve) in best.items()}


def _root(light: FloatArray) -> FloatArray:
    """Square root of what a screen shows of some light."""
    return np.sqrt(np.clip(light, 0.0, 1.0))


def _clearance(depth: FloatArray, radius: FloatArray, valid: BoolArray) -> FloatArray:
    """Distance of each pixel (h, w) from what disturbs it, less how far that reaches."""
    least, most = np.quantile(depth[::4, ::4], (0.01, 0.99))
    step = max(JUMP * float(most - least), 1e-6)
    outline = np.zeros(depth.shape, bool)
    for one, other in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        jump = np.abs(depth[one] - depth[other]) > step
        outline[one] |= jump
        outline[other] |= jump
    # What is nearer spreads over what is behind it, not the other way round.
    nearer = ndimage.grey_dilation(depth, 3)
    spread = np.where(outline, np.where(nearer > depth, ndimage.grey_dilation(radius, 3), radius), 0.0)
    disturbing = outline | ~valid
    disturbing[[0, -1]] = disturbing[:, [0, -1]] = True
    away = np.full(depth.shape, np.inf, np.float32)
    lower = -1.0
    for upper in (1.0, *REACHES_PX, float(max(depth.shape))):
        own = disturbing & (spread > lower) & (spread <= upper)
        if own.any():
            distance = np.asarray(ndimage.distance_transform_edt(~own), np.float32)
            np.minimum(away, distance - np.float32(min(upper, float(spread[own].max()))), out=away)
        lower = upper
    return away


@dataclass(frozen=True, eq=False)
class _Errors:
    """Sums of the differences and of their squares, of each group at each radius."""

    once: NDArray[np.float64]
    squared: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Groups:
    """Pixels by depth, by how far they are from what disturbs them, and by where they lie.

    Attributes
    ----------
    at : int (P,)
        The pixels, as places in the flat picture.
    number : int (P,)
        Of each pixel's group.
    bin, reach, cell, pixels : int (G,)
        Of each group.
    detail, depth : float64 (G,)
        Sums over each group of the squared gradient, and of the dioptres weighted by it.
    """

    at: NDArray[np.intp]
    number: NDArray[np.intp]
    bin: NDArray[np.intp]
    reach: NDArray[np.intp]
    cell: NDArray[np.intp]
    pixels: NDArray[np.intp]
    detail: NDArray[np.float64]
    depth: NDArray[np.float64]

    @classmethod
    def of(cls, light: FloatArray, depth: FloatArray, away: FloatArray) -> _Groups:
        """Sort the pixels of a picture (h, w)."""
        at = np.flatnonzero(away.ravel() >= REACHES_PX[0])
        if not at.size:
            none, zero = np.zeros(0, np.intp), np.zeros(0)
            return cls(none, none, none, none, none, none, zero, zero)
        depths = depth.ravel()[at]
        edges = np.linspace(float(depths.min()), float(depths.max()), BINS + 1)[1:-1]
        row, column = np.divmod(at, depth.shape[1])
        across = depth.shape[1] // CELL_PX + 1
        cell = row // CELL_PX * across + column // CELL_PX
        reach = np.searchsorted(REACHES_PX, away.ravel()[at], side="right") - 1
        key = (cell * BINS + np.searchsorted(edges, depths)) * len(REACHES_PX) + reach
        kinds, number = np.unique(key, return_inverse=True)
        down, right = np.gradient(np.sqrt(np.maximum(light, 0.0)))
        detail = (down**2 + right**2).ravel()[at].astype(np.float64) + 1e-9
        kind, of_reach = np.divmod(kinds, len(REACHES_PX))
        of_cell, of_bin = np.divmod(kind, BINS)
        pixels = np.bincount(number)
        weight, weighted = (np.asarray(np.bincount(number, x), np.float64) for x in (detail, detail * depths))
        return cls(at, number, of_bin, of_reach, of_cell, pixels, weight, weighted)

    def errors(self, radii: int) -> _Errors:
        """Begin to sum."""
        return _Errors(np.zeros((len(self.bin), radii)), np.zeros((len(self.bin), radii)))

    def add(self, errors: _Errors, k: int, difference: FloatArray) -> None:
        """Sum what differs (h, w) at the k-th radius."""
        own = difference.ravel()[self.at].astype(np.float64)
        errors.once[:, k] = np.bincount(self.number, own, len(self.bin))
        errors.squared[:, k] = np.bincount(self.number, own * own, len(self.bin))

    def curve(self, errors: _Errors, radii: NDArray[np.float64], by: int) -> tuple[float, tuple[DepthBlur, ...]]:
        """Find the radius of each bin; also the mean log misfit, inf when no bin tells anything."""
        bins, total, weight = [], 0.0, 0
        for number in np.unique(self.bin):
            own = np.flatnonzero(self.bin == number)
            found = self._radius_of(own, errors, radii)
            if found is None:
                continue
            radius, misfit, used = found
            pixels = int(self.pixels[used].sum())
            dioptres = float(self.depth[used].sum() / self.detail[used].sum())
            bins.append(DepthBlur(dioptres, radius * by, pixels * by * by, float(np.exp(misfit))))
            total, weight = total + misfit * pixels, weight + pixels
        return (total / weight if weight else np.inf), tuple(bins)

    def _radius_of(
        self, own: NDArray[np.intp], errors: _Errors, radii: NDArray[np.float64]
    ) -> tuple[float, float, NDArray[np.intp]] | None:
        """Find a bin's radius, from pixels that are far enough from what disturbs them for that very radius."""
        for reach, clear_px in enumerate(REACHES_PX):
            used = own[self.reach[own] >= reach]
            if self.pixels[used].sum() < LEAST_PIXELS:
                return None
            misfit = self._misfit(used, errors)
            best = int(np.argmin(misfit))
            if clear_px < CLEARANCE * radii[best] + MARGIN_PX and reach + 1 < len(REACHES_PX):
                continue
            if misfit.max() - misfit[best] < LEAST_TOLD or best == len(radii) - 1:
                return None
            return _lowest(radii, misfit, best), float(misfit[best]), used
        return None

    def _misfit(self, used: NDArray[np.intp], errors: _Errors) -> NDArray[np.float64]:
        """Mean over the cells, by their pixels, of the log of the rms at each radius; each cell's exposure is free."""
        cells, place = np.unique(self.cell[used], return_inverse=True)
        pixels = np.bincount(place, self.pixels[used])[:, None]
        once, squared = np.zeros((2, len(cells), errors.once.shape[1]))
        np.add.at(once, place, errors.once[used])
        np.add.at(squared, place, errors.squared[used])
        variance = np.maximum(squared / pixels - (once / pixels) ** 2, 0.0) + FAINT**2
        return (0.5 * np.log(variance) * pixels).sum(axis=0) / pixels.sum()


def _lowest(x: NDArray[np.float64], y: NDArray[np.float64], best: int) -> float:
    """Where the parabola through a minimum and its two neighbours is lowest."""
    if best == 0 or best == len(x) - 1:
        return float(x[best])
    a, b, c = np.polyfit(x[best - 1 : best + 2] - x[best], y[best - 1 : best + 2], 2)
    return float(x[best] - b / (2.0 * a)) if a > 0.0 else float(x[best])
