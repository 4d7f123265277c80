"""The image of a point in focus by the Fourier transform of a sampled pupil: what the overlap must agree with."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from rebokeh.bokeh.optics.aperture import Aperture, boundary
from rebokeh.bokeh.optics.elements import Pupil

_SUBSAMPLES = 8  # of a cell on the pupil's edge, in x and in y


def amplitude(aperture: Aperture, pupil: Pupil, stop: float, samples: int) -> NDArray[np.float64]:
    """Sample the transmission of the pupil in the middle of the picture.

    Parameters
    ----------
    aperture : Aperture
        With one curvature.
    pupil : Pupil
    stop : float
        The f-number wide open by that in use, at most 1: the pupil is described wide open.
    samples : int
        To a side.

    Returns
    -------
    float64 (samples, samples)
        Mean amplitude 0..1 of each cell of the square of side 2 around the pupil, in units of the f-number's radius;
        rows go down, as in the disc of a light behind focus.
    """
    hole = pupil.obstruction / stop
    cell = 2.0 / samples
    centre = cell * (np.arange(samples) + 0.5) - 1.0
    x, y = np.meshgrid(pupil.squeeze * centre, -centre)
    radius, edge = np.hypot(x, y), boundary(aperture, np.arctan2(y, x))
    share = ((radius < edge) & (radius >= hole)).astype(np.float64)
    # A radius meets an edge at 30 degrees or more, so a cell farther away along it than this is not cut.
    near = 1.5 * cell * pupil.squeeze
    cut = (np.abs(radius - edge) < near) | (np.abs(radius - hole) < near)
    within = cell * ((np.arange(_SUBSAMPLES) + 0.5) / _SUBSAMPLES - 0.5)
    fine_x = x[cut][:, None, None] + pupil.squeeze * within
    fine_y = y[cut][:, None, None] + within[:, None]
    radius_there = np.hypot(fine_x, fine_y)
    open_there = (radius_there < boundary(aperture, np.arctan2(fine_y, fine_x))) & (radius_there >= hole)
    share[cut] = open_there.mean(axis=(1, 2))
    return share * np.exp(-0.5 * pupil.apodisation * (stop * radius) ** 2)


def far_field(
    amplitude: NDArray[np.float64], wavelength_um: float, f_number: float, pitch_um: float, radius_px: int
) -> NDArray[np.float64]:
    """Image a point in focus, in light of one wavelength.

    Parameters
    ----------
    amplitude : float64 (M, M)
        Of the pupil, as `amplitude` samples it.
    wavelength_um, f_number, pitch_um : float
        Wavelength and pixel pitch in microns.
    radius_px : int
        R, how far the image goes.

    Returns
    -------
    float64 (2R + 1, 2R + 1)
        Light that falls on each pixel; over the whole plane the sum is 1.

    Notes
    -----
    The Fourier transform by two matrices, at just the places that are asked for (Soummer and others, Fast computation
    of Lyot-style coronagraph propagation, Optics Express 15, 2007): nothing wraps round.
    """
    samples = len(amplitude)
    spot = wavelength_um * f_number / pitch_um  # pixels
    assert (radius_px + 0.5) / spot <= samples / 2, "too few samples for this radius: the image would be repeated"
    # Gauss's rule inside each pixel: the image's finest fringe is one spot wide.
    nodes, weights = np.polynomial.legendre.leggauss(3 + math.ceil(2.0 / spot))
    place = (np.arange(-radius_px, radius_px + 1)[:, None] + 0.5 * nodes).ravel() / spot
    centre = (np.arange(samples) + 0.5) / samples - 0.5
    wave = np.exp(-2j * math.pi * np.outer(place, centre)) * np.sinc(place / samples)[:, None]
    field = wave @ amplitude @ wave.T / samples**2
    pixel = np.repeat(np.eye(2 * radius_px + 1), len(nodes), axis=1) * np.tile(0.5 * weights, 2 * radius_px + 1)
    intensity = pixel @ (field.real**2 + field.imag**2) @ pixel.T
    return intensity / (_energy(amplitude) * spot**2)


def _energy(amplitude: NDArray[np.float64]) -> float:
    """Mean of the amplitude squared, where a cell on an edge is taken for the share of it that is open."""
    around = ndimage.maximum_filter(amplitude, 3, mode="constant")
    on_edge = ndimage.minimum_filter(amplitude, 3, mode="constant") == 0.0
    return float(np.mean(amplitude * np.where(on_edge, around, amplitude)))
