"""The optical transfer function: the pupil's overlap with itself, shifted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .aperture import Aperture, boundary
from .cores import each
from .errors import UsageError
from .pupil import Pupil

FloatArray = NDArray[np.float64]

_VERTICES = 4096  # of the iris's outline
_CHORDS = 384
_SHIFTS = 640
_DIRECTIONS = 49
_FINE_DIRECTIONS = 1025

MOST_OBSTRUCTION = 0.95
"""Of the f-number's radius; a secondary mirror wider than that leaves no pupil."""


@dataclass(frozen=True, eq=False)
class Overlap:
    """Light that a pupil and its shifted copy both let through, as a share of the pupil's.

    Attributes
    ----------
    values : float64 (A, B)
        At even steps of the shift's direction, over half a period; and of the square root of its length, up to the
        pupil's diameter.
    start, period : float
        Of the direction, radians counter-clockwise: the second half of a period mirrors the first, and so on. A
        polygon's spikes come from the kinks that this has in the directions of its edges, where the periods begin.
    """

    values: FloatArray
    start: float
    period: float


def obstructed(pupil: Pupil, stop: float) -> float:
    """Return the radius of the secondary mirror in units of the f-number's.

    Parameters
    ----------
    pupil : Pupil
    stop : float
        The f-number wide open by that in use.

    Raises
    ------
    UsageError
        When it hides the iris.
    """
    radius = pupil.obstruction / stop
    if radius > MOST_OBSTRUCTION:
        raise UsageError(
            f"obstruction is {pupil.obstruction:g}; at this f-number the mirror hides the whole iris: open the lens"
        )
    return radius


def overlap(aperture: Aperture, pupil: Pupil, stop: float) -> Overlap:
    """Measure how far a pupil overlaps its shifted copy.

    Parameters
    ----------
    aperture : Aperture
        With one curvature.
    pupil : Pupil
        Its squeeze is left to the caller: it scales frequencies.
    stop : float
        The f-number wide open by that in use.

    Returns
    -------
    Overlap

    Raises
    ------
    UsageError
        When the obstruction hides the iris.

    Notes
    -----
    The iris is convex, so along the shift it is one chord on every line: what two shifted chords share is exact at any
    shift, however small. The far field at hundreds of pixels depends on shifts far finer than any grid of samples.
    With a Gaussian filter the product of both copies is a Gaussian around the middle between them.
    """
    from scipy.interpolate import CubicSpline

    hole = obstructed(pupil, stop)
    density = pupil.apodisation * stop**2
    shifts = 2.0 * np.linspace(0.0, 1.0, _SHIFTS) ** 2
    start = math.radians(aperture.rotation_deg) + math.pi / 2.0
    if aperture.blades == 0 or aperture.curvature == 1.0:
        one = _shared(_chords(aperture, start), hole, density, shifts)
        return Overlap(np.stack([one, one]), start, math.pi)
    # Shifting the other way is the same, so an odd number of blades has twice the symmetry.
    period = (2.0 if aperture.blades % 2 == 0 else 1.0) * math.pi / aperture.blades
    # A slightly curved edge turns only a little: the directions lie closer and closer towards it.
    place = 1.0 - np.cos(np.linspace(0.0, math.pi / 2.0, _DIRECTIONS))
    coarse = each(lambda p: _shared(_chords(aperture, start + 0.5 * period * p), hole, density, shifts), place)
    return Overlap(CubicSpline(place, np.stack(coarse))(np.linspace(0.0, 1.0, _FINE_DIRECTIONS)), start, period)


def _chords(aperture: Aperture, direction: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return offset, weight, first and last end of the iris's chords along a direction."""
    angles = np.linspace(0.0, 2.0 * math.pi, _VERTICES, endpoint=False)
    if aperture.blades:
        half = math.pi / aperture.blades
        corners = math.radians(aperture.rotation_deg) + half * (2 * np.arange(aperture.blades) + 1)
        angles = np.sort(np.concatenate([angles, np.mod(corners, 2.0 * math.pi)]))
    edge = boundary(aperture, angles)
    along, across = edge * np.cos(angles - direction), edge * np.sin(angles - direction)
    order = np.roll(np.arange(len(angles)), -int(np.argmin(across)))
    along, across = along[order], across[order]
    top = int(np.argmax(across))
    middle, half_width = 0.5 * (across[0] + across[top]), 0.5 * (across[top] - across[0])
    # Closer and closer towards both ends, where a round iris's chords end like a square root.
    turn = math.pi * ((np.arange(_CHORDS) + 0.5) / _CHORDS - 0.5)
    offset = middle + half_width * np.sin(turn)
    weight = half_width * np.cos(turn)
    last = np.interp(offset, across[: top + 1], along[: top + 1])
    first = np.interp(offset, np.append(across[top:], across[0])[::-1], np.append(along[top:], along[0])[::-1])
    return offset, weight / weight.sum(), np.minimum(first, last), np.maximum(first, last)


def _shared(
    chords: tuple[FloatArray, FloatArray, FloatArray, FloatArray], hole: float, density: float, shifts: FloatArray
) -> FloatArray:
    """Light that both copies let through at each shift; 1 at none."""
    offset, weight, first, last = chords
    parts = [(first, last)]
    if hole > 0.0:
        hidden = np.sqrt(np.maximum(hole**2 - offset**2, 0.0))
        parts = [(first, np.minimum(last, -hidden)), (np.maximum(first, hidden), last)]
    weight = weight * np.exp(-density * offset**2)
    half = 0.5 * shifts[:, None]
    total = np.zeros(len(shifts))
    for begin, end in parts:
        for other_begin, other_end in parts:
            low, high = np.maximum(begin + half, other_begin - half), np.minimum(end + half, other_end - half)
            total += _primitive(low, np.maximum(low, high, out=high), density) @ weight
    total *= np.exp(-0.25 * density * shifts**2)
    return total / total[0]


def _primitive(low: FloatArray, high: FloatArray, density: float) -> FloatArray:
    """Integral of exp(-density s^2) from low to high."""
    if density == 0.0:
        return high - low
    from scipy.special import erf

    root = math.sqrt(density)
    return (erf(root * high) - erf(root * low)) * (math.sqrt(math.pi) / (2.0 * root))
