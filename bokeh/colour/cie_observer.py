"""The CIE observer: what each wavelength gives to red, green and blue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHORTEST_UM, LONGEST_UM = 0.390, 0.700
"""The visible spectrum."""

_LOBES = {
    "x": ((1.056, 599.8, 37.9, 31.0), (0.362, 442.0, 16.0, 26.7), (-0.065, 501.1, 20.4, 26.2)),
    "y": ((0.821, 568.8, 46.9, 40.5), (0.286, 530.9, 16.3, 31.1)),
    "z": ((1.217, 437.0, 11.8, 36.0), (0.681, 459.0, 26.0, 13.8)),
}


def matching(wavelengths_um: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colour matching functions of the CIE 1931 2 degree observer.

    Parameters
    ----------
    wavelengths_um : float64 (N,)
        Microns.

    Returns
    -------
    float64 (3, N)
        X, Y and Z.

    Notes
    -----
    The fit by lobes of Wyman, Sloan and Shirley, Simple Analytic Approximations to the CIE XYZ Color Matching
    Functions, JCGT 2 (2), 2013; each lobe is a Gaussian with its own width on either side.
    """
    nm = 1000.0 * np.asarray(wavelengths_um, np.float64)

    def lobe(height: float, peak: float, below: float, above: float) -> NDArray[np.float64]:
        return height * np.exp(-0.5 * ((nm - peak) / np.where(nm < peak, below, above)) ** 2)

    return np.stack([np.sum([lobe(*one) for one in lobes], axis=0) for lobes in _LOBES.values()])


def sensitivities(rgb_from_xyz: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what evenly spaced wavelengths of an equal energy light give to each channel, which sums to 1.

    Parameters
    ----------
    rgb_from_xyz : float64 (3, 3)
    count : int
        How many wavelengths.

    Returns
    -------
    float64 (N,), float64 (3, N)
        Wavelengths in microns; and the shares of red, green and blue. They are negative where the wavelength's own
        colour is outside the triangle of the primaries.
    """
    step = (LONGEST_UM - SHORTEST_UM) / count
    wavelengths = np.asarray(SHORTEST_UM + step * (np.arange(count) + 0.5), np.float64)
    shares = np.asarray(rgb_from_xyz @ matching(wavelengths), np.float64)
    return wavelengths, shares / shares.sum(axis=1, keepdims=True)
