"""What a phone would have stored of a scene's exact depth and matte."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FloatArray = NDArray[np.floating]

DEPTH_SIZE = (512, 768)
"""Rows and columns of a phone's depth map."""
THIN_PX = 5
"""What is thinner than this in the photo is missing from the depth map: hair, wires."""
SOFT_PX = 1.2
"""Blur of the depth map's edges, in its own pixels."""
SHIFT = 3 / 960
"""By how much of the picture's width the depth lies too far to the right."""
FINE = 3
"""Edges are moved in a map finer by this."""
MATTE_SOFT_PX = 1.0
"""Blur of the matte, in its own pixels, which are two of the photo's."""


def phone_depth(dioptres: FloatArray) -> NDArray[np.float32]:
    """Depth at 768x512 in 8-bit codes, thin things lost, edges soft and shifted; back at the photo's size.

    Parameters
    ----------
    dioptres : float (H, W)

    Returns
    -------
    float32 (H, W)
    """
    size = dioptres.shape[0], dioptres.shape[1]
    small = resized(opened(dioptres), DEPTH_SIZE)
    small = ndimage.gaussian_filter(small, SOFT_PX, mode="mirror")
    low, high = float(small.min()), float(small.max())
    codes = np.round((small - low) / max(high - low, 1e-9) * 255.0)
    large = resized(codes / 255.0 * (high - low) + low, size)
    return ndimage.shift(large, (0, round(SHIFT * size[1])), order=0, mode="nearest").astype(np.float32)


def phone_matte(matte: FloatArray) -> NDArray[np.float32]:
    """Matte at half size, soft; back at the photo's size."""
    size = matte.shape[0], matte.shape[1]
    half = resized(matte, ((size[0] + 1) // 2, (size[1] + 1) // 2))
    return resized(ndimage.gaussian_filter(half, MATTE_SOFT_PX, mode="mirror"), size).astype(np.float32)


@dataclass(frozen=True, eq=False)
class PhoneMaps:
    """What a phone stored beside a photo, each at its own size.

    Attributes
    ----------
    depth : float32 (h, w)
        Dioptres; NaN = hole.
    matte : float32 (m, n)
        Coverage of the subject.
    """

    depth: NDArray[np.float32]
    matte: NDArray[np.float32]


def simple(dioptres: FloatArray, matte: FloatArray, name: str) -> PhoneMaps:
    """Store maps as the first phone here did: everywhere the same softness and shift."""
    return PhoneMaps(phone_depth(dioptres), phone_matte(matte))


@dataclass(frozen=True)
class Phone:
    """A phone whose maps depart from the truth as those of real ones do; lengths are in pixels of its depth map.

    Softness and what is lost shift the edges as far, and scatter them as widely, as real maps are shifted and scattered
    against their pictures; nothing is done for that. Real maps are filled: there are no holes.

    Attributes
    ----------
    length : int
        Longer side of the depth map.
    thin_px : float
        What is thinner is missing from it.
    soft_px, softest_px : float
        Blur of its edges, one sigma: of most, and of those in a sixth of the picture.
    patch_px : float
        How large the places are that are softer than others.
    swell_px : float
        By how much what is near is too large, each side.
    matte_soft_px : float
        Blur of the matte, which has half the photo's size at most.
    doubt : float
        Area beside the subject that the matte doubts, as a share of the subject's.
    doubt_level : float
        What the matte says there.
    """

    length: int = 768
    thin_px: float = 3.3
    soft_px: float = 0.75
    softest_px: float = 2.2
    patch_px: float = 24.0
    swell_px: float = 0.3
    matte_soft_px: float = 0.4
    doubt: float = 0.01
    doubt_level: float = 0.45

    def maps_of(self, dioptres: FloatArray, matte: FloatArray, name: str) -> PhoneMaps:
        """Return what it stores of a scene.

        Parameters
        ----------
        dioptres, matte : float (H, W)
            Exact.
        name : str
            Of the scene: seeds what is by chance.
        """
        chance = np.random.default_rng(zlib.crc32(name.encode()))
        return PhoneMaps(self.depth_of(dioptres, chance), self.matte_of(matte, chance))

    def depth_of(self, dioptres: FloatArray, chance: np.random.Generator) -> NDArray[np.float32]:
        """Store the depth: finely sampled, thin things lost, what is near swollen, soft, in 8-bit codes."""
        scale = self.length / max(dioptres.shape)
        size = round(dioptres.shape[0] * scale), round(dioptres.shape[1] * scale)
        fine = _nearest(dioptres, (size[0] * FINE, size[1] * FINE))
        thin, swell = round(self.thin_px * FINE), round(self.swell_px * FINE)
        fine = ndimage.grey_opening(fine, size=thin) if thin > 1 else fine
        fine = ndimage.grey_dilation(fine, size=2 * swell + 1) if swell else fine
        sharp = resized(fine, size)
        most, rest = (ndimage.gaussian_filter(sharp, px, mode="mirror") for px in (self.soft_px, self.softest_px))
        # Beyond one sigma of the noise lies a sixth of it.
        small = most + np.clip(4.0 * (_noise(size, self.patch_px, chance) - 1.0), 0.0, 1.0) * (rest - most)
        low, high = float(small.min()), float(small.max())
        codes = np.round((small - low) / max(high - low, 1e-9) * 255.0)
        return (codes / 255.0 * (high - low) + low).astype(np.float32)

    def matte_of(self, matte: FloatArray, chance: np.random.Generator) -> NDArray[np.float32]:
        """Store the matte: soft, in 8-bit codes, and in doubt about something beside the subject."""
        unit = max(matte.shape) / self.length
        doubted = np.maximum(matte, self.doubt_level * self._doubt(np.asarray(matte), chance))
        soft = ndimage.gaussian_filter(doubted, self.matte_soft_px * unit, mode="mirror")
        return (np.round(np.clip(soft, 0.0, 1.0) * 255.0) / 255.0).astype(np.float32)

    def _doubt(self, matte: FloatArray, chance: np.random.Generator) -> FloatArray:
        """Choose a round place on the subject's outline, large enough that what of it lies outside has the area."""
        beside = np.argwhere((matte < 0.1) & (ndimage.maximum_filter(matte, 5) > 0.5))
        area = self.doubt * float((matte > 0.5).sum())
        if not len(beside) or area < 1.0:
            return np.zeros(matte.shape)
        row, column = beside[chance.integers(len(beside))]
        y, x = np.mgrid[: matte.shape[0], : matte.shape[1]]
        away = np.hypot(y - row, x - column)
        radius = float(np.sort(away[matte < 0.5])[min(int(area), int((matte < 0.5).sum()) - 1)])
        return np.clip(radius + 0.5 - away, 0.0, 1.0)


CALIBRATED = Phone()
"""As the medians of real files have it: `maps.py` prints both side by side."""

PHONES: dict[str, Callable[[FloatArray, FloatArray, str], PhoneMaps]] = {
    "phone": simple,
    "calibrated": CALIBRATED.maps_of,
}
"""Simulated phones by name: of exact dioptres and matte (H, W), and the scene's name, which seeds what is by chance."""


def opened(dioptres: FloatArray) -> NDArray[np.float32]:
    """Take out of a depth map what is thinner than THIN_PX and nearer than what is around it."""
    return ndimage.grey_opening(dioptres, size=THIN_PX).astype(np.float32)


def _nearest(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Enlarge (H, W) without mixing anything."""
    rows, columns = (np.arange(n) * before // n for n, before in zip(size, values.shape, strict=True))
    return np.asarray(values, np.float64)[rows[:, None], columns]


def _noise(size: tuple[int, int], length: float, chance: np.random.Generator) -> FloatArray:
    """Smooth noise of variance 1."""
    noise = ndimage.gaussian_filter(chance.normal(size=size), length / 2.0, mode="mirror")
    return (noise - noise.mean()) / max(float(noise.std()), 1e-9)


def resized(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Resize (H, W): averages over areas where it shrinks, linear interpolation where it grows."""
    result = np.asarray(values, np.float64)
    for axis, after in enumerate(size):
        result = np.moveaxis(_resized_rows(np.moveaxis(result, axis, 0), after), 0, axis)
    return result


def _resized_rows(values: FloatArray, after: int) -> FloatArray:
    before = values.shape[0]
    if after < before:
        # The running integral at the new pixels' borders; its differences are the sums over them.
        integral = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])
        return np.diff(_between(integral, np.arange(after + 1) * (before / after)), axis=0) * (after / before)
    return _between(values, (np.arange(after) + 0.5) * (before / after) - 0.5)


def _between(values: FloatArray, rows: FloatArray) -> FloatArray:
    rows = np.clip(rows, 0.0, len(values) - 1.0)
    above = np.minimum(rows.astype(int), len(values) - 2)
    t = (rows - above)[:, None]
    return values[above] * (1.0 - t) + values[above + 1] * t
