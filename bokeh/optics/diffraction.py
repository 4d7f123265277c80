"""Diffraction: starbursts, from the far field of the very pupil that blurs."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..colour.cie_observer import sensitivities
from ..colour.profile import rgb_from_xyz
from ..core.arrays import FloatArray
from ..core.threads import cores
from .aperture import Aperture
from .elements import Pupil
from .lens import Lens
from .otf import fast_size, overlap, psf_from_otf

Matrix = tuple[tuple[float, ...], ...]

GREEN_UM = 0.55
"""The eye's brightest wavelength: what is said of white light as a whole is said of it."""

LEAST_CORE_PX = 1.5
"""A photo's points are no smaller than this radius."""

WAVELENGTHS = 310
"""One a nanometre: the fringes of the farthest spikes are finer than ten."""

LONGEST_MM = 4.4
"""Reach of a star, as on a full frame: a tenth of its diagonal."""

MOST_PX, LEAST_PX = 1024, 32
"""Bounds of the reach."""

BRIGHTEST = 2e4
"""Radiance of the strongest plausible light, white = 1, summed over its pixels."""

LIGHT_PX = 32
"""Radiance in a square of this side is one light."""

VISIBLE = 1e-3
"""Less than this beside black is not seen."""

_FADE = 0.75  # share of the reach from which a star fades, that no edge is seen where it ends
_NOTHING = 1e-15  # of a light; numbers far below it are slow to reckon with
_SPIKE = 0.05  # light per pixel of a hexagon's spike, 1 px * lambda N / pitch from its middle; 1/r^2 from there
_MOST_CUTS = 12  # of a picture's longer side, into tiles that are convolved one by one
_MOST_PIXELS = 12_000_000  # of a tile with what its stars reach, to bound the memory


def core_px(f_number: float, pitch_um: float) -> float:
    """Radius of what a photo, itself taken through a lens, shows already: Airy's disc, or a photo's own point."""
    return max(1.22 * GREEN_UM * f_number / pitch_um, LEAST_CORE_PX)


def reach_px(f_number: float, pitch_um: float, brightest: float = BRIGHTEST) -> int:
    """Radius at which the spike of the strongest light is no longer seen, within bounds.

    Parameters
    ----------
    f_number, pitch_um : float
        Pixel pitch in microns.
    brightest : float
        Radiance of the light, white = 1, summed over its pixels.

    Returns
    -------
    int
        Pixels; one of few values, so that stars of pictures much alike are the same.
    """
    seen = math.sqrt(brightest * _SPIKE / VISIBLE * GREEN_UM * f_number / pitch_um)
    bounded = max(min(seen, 1000.0 * LONGEST_MM / pitch_um, MOST_PX), LEAST_PX)
    return min(math.ceil(LEAST_PX * 2.0 ** (math.ceil(2.0 * math.log2(bounded / LEAST_PX)) / 2.0)), MOST_PX)


def starburst(
    lens: Lens, pitch_um: float, primaries: str | NDArray[np.float64] = "sRGB", radius_px: int | None = None
) -> FloatArray:
    """Image a white point in focus.

    Parameters
    ----------
    lens : Lens
    pitch_um : float
        Microns between pixels.
    primaries : str, or float64 (3, 3)
        A key of `PRIMARIES`, or the matrix from CIE XYZ to linear RGB.
    radius_px : int, optional
        R, how far it goes; `reach_px` when left out.

    Returns
    -------
    float32 (2R + 1, 2R + 1, 3)
        Red, green and blue that fall on each pixel, in the picture's orientation. Each channel sums to 1: light that
        would fall beyond R stays in the middle. Read-only.

    Notes
    -----
    White is the equal energy light, as the photo's white balance makes it. Colours outside the triangle of the
    primaries are clamped to it. Towards R it fades, so that no edge is seen.
    """
    matrix = rgb_from_xyz(primaries) if isinstance(primaries, str) else primaries
    reach = reach_px(lens.f_number, pitch_um) if radius_px is None else radius_px
    aperture = lens.aperture.at(lens.f_number)
    rows = tuple(tuple(float(v) for v in row) for row in np.asarray(matrix))
    return _starburst(aperture, lens.glass.pupil, lens.stop, lens.f_number / pitch_um, rows, reach)


@lru_cache(maxsize=4)
def _starburst(
    aperture: Aperture, pupil: Pupil, stop: float, px_per_um: float, matrix: Matrix, reach: int
) -> FloatArray:
    wavelengths, shares = sensitivities(np.array(matrix), WAVELENGTHS)
    star = psf_from_otf(overlap(aperture, pupil, stop), wavelengths, shares, px_per_um, pupil.squeeze, reach)
    away = _distance(reach)
    fade = np.cos(0.5 * math.pi * np.clip((away / reach - _FADE) / (1.0 - _FADE), 0.0, 1.0)) ** 2
    within = star.sum(axis=(0, 1))
    star = np.maximum(star, 0.0)
    star *= within / star.sum(axis=(0, 1)) * fade[..., None]
    star[star < _NOTHING] = 0.0
    star[reach, reach] += 1.0 - star.sum(axis=(0, 1))
    kernel = star.astype(np.float32)
    kernel.setflags(write=False)
    return kernel


def wings(
    lens: Lens, pitch_um: float, primaries: str | NDArray[np.float64] = "sRGB", radius_px: int | None = None
) -> FloatArray:
    """Return `starburst` without the core, which a photo shows already.

    Parameters
    ----------
    lens, pitch_um, primaries, radius_px
        As of `starburst`.

    Returns
    -------
    float32 (2R + 1, 2R + 1, 3)
    """
    star = np.array(starburst(lens, pitch_um, primaries, radius_px))
    middle, core = len(star) // 2, core_px(lens.f_number, pitch_um)
    reach = min(math.ceil(core), middle)
    around = slice(middle - reach, middle + reach + 1)
    star[around, around][_distance(reach) <= core] = 0.0
    return star


def add_starbursts(
    picture: FloatArray, source: FloatArray, wings: FloatArray, gain: float = 1.0, corner: tuple[int, int] = (0, 0)
) -> None:
    """Draw the stars of lights.

    Parameters
    ----------
    picture : float32 (H, W, 3)
        Scene-linear; changed in place.
    source : float32 (h, w, 3)
        Radiance that is scattered, >= 0: above what a photo shows as white, so mostly zeros.
    wings : float32 (2R + 1, 2R + 1, 3)
        What of a point of light falls where, without the core.
    gain : float
        1 is as strong as it really is.
    corner : (int, int)
        Row and column of the picture where the source begins.

    Notes
    -----
    Stars of lights near the border leave the picture there, and none come in.
    """
    if gain == 0.0 or not source.any():
        return
    lit = source[..., 0] + source[..., 1] + source[..., 2] > 0.0
    rows, columns = (np.flatnonzero(lit.any(axis=axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    _convolve(
        source[box],
        lit[box],
        wings * np.float32(gain),
        (corner[0] + int(rows[0]), corner[1] + int(columns[0])),
        picture,
    )


def _convolve(
    source: FloatArray, lit: NDArray[np.bool_], kernel: FloatArray, corner: tuple[int, int], picture: FloatArray
) -> None:
    """Add the source, whose first pixel is `corner` of the picture, convolved with the kernel."""
    from scipy import fft

    reach = len(kernel) // 2
    size, tiles = _tiles(lit, reach)
    with fft.set_workers(cores()):
        for channel in range(3):
            otf = np.asarray(fft.rfft2(kernel[..., channel], size))
            for rows, columns in tiles:
                spectrum = np.asarray(fft.rfft2(source[rows, columns, channel], size))
                spectrum *= otf
                star = np.asarray(fft.irfft2(spectrum, size, overwrite_x=True))
                down = _common(corner[0] + rows.start - reach, size[0], picture.shape[0])
                across = _common(corner[1] + columns.start - reach, size[1], picture.shape[1])
                picture[down[0], across[0], channel] += np.maximum(star[down[1], across[1]], np.float32(0.0))


def _tiles(lit: NDArray[np.bool_], reach: int) -> tuple[tuple[int, int], list[tuple[slice, slice]]]:
    """Cut the lit pixels into equal tiles that cost least to transform: the size of each transform, and the tiles."""

    def tiling(count: int) -> tuple[tuple[int, int], list[tuple[slice, slice]]]:
        most = math.ceil(max(lit.shape) / count)
        side = [math.ceil(length / math.ceil(length / most)) for length in lit.shape]
        places = [[slice(k, k + step) for k in range(0, n, step)] for n, step in zip(lit.shape, side, strict=True)]
        size = fast_size(side[0] + 2 * reach), fast_size(side[1] + 2 * reach)
        return size, [(rows, columns) for rows in places[0] for columns in places[1] if lit[rows, columns].any()]

    tilings = [tiling(count) for count in range(1, _MOST_CUTS + 1)]
    small = [one for one in tilings if math.prod(one[0]) <= _MOST_PIXELS] or tilings[-1:]
    return min(small, key=lambda one: math.prod(one[0]) * (1 + 2 * len(one[1])))


def _common(first: int, size: int, whole: int) -> tuple[slice, slice]:
    """Return what `size` pixels from `first` on share with 0..whole: in the whole, and in them."""
    start, stop = max(first, 0), min(first + size, whole)
    return slice(start, stop), slice(start - first, stop - first)


def _distance(reach: int) -> NDArray[np.float64]:
    """Distance of each pixel from the middle one."""
    side = np.arange(-reach, reach + 1, dtype=np.float64)
    return np.hypot(side[:, None], side)
