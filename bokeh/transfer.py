"""The optical transfer function: the pupil's overlap with itself, shifted."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .aperture import Aperture, boundary
from .cores import each
from .errors import UsageError
from .pupil import Pupil

FloatArray = NDArray[np.float64]

_VERTICES = 4096  # of the iris's outline
_CHORDS, _LEAST_CHORDS = 384, 24  # in all, and between two corners
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
    density = pupil.apodisation * stop**2
    values = _values(replace(aperture, rotation_deg=0.0), obstructed(pupil, stop), density)
    return Overlap(values, math.radians(aperture.rotation_deg) + math.pi / 2.0, _period(aperture))


def _period(aperture: Aperture) -> float:
    if _is_round(aperture):
        return math.pi
    # Shifting the other way is the same, so an odd number of blades has twice the symmetry.
    return (2.0 if aperture.blades % 2 == 0 else 1.0) * math.pi / aperture.blades


def _is_round(aperture: Aperture) -> bool:
    return aperture.blades == 0 or aperture.curvature == 1.0


@lru_cache(maxsize=4)
def _values(aperture: Aperture, hole: float, density: float) -> FloatArray:
    """Overlap by direction and shift, of an iris that is not turned."""
    from scipy.interpolate import CubicSpline

    shifts = 2.0 * np.linspace(0.0, 1.0, _SHIFTS) ** 2
    if _is_round(aperture):
        one = _shared(_chords(aperture, hole, 0.0), hole, density, shifts)
        values = np.stack([one, one])
    else:
        # A slightly curved edge turns only a little: the directions lie closer and closer towards it.
        place = 1.0 - np.cos(np.linspace(0.0, math.pi / 2.0, _DIRECTIONS))
        directions = math.pi / 2.0 + 0.5 * _period(aperture) * place
        coarse = each(lambda direction: _shared(_chords(aperture, hole, direction), hole, density, shifts), directions)
        values = CubicSpline(place, np.stack(coarse))(np.linspace(0.0, 1.0, _FINE_DIRECTIONS))
    values.setflags(write=False)
    return values


def _chords(
    aperture: Aperture, hole: float, direction: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return offset, weight, first and last end of the chords along a direction, of an iris that is not turned."""
    angles = np.linspace(0.0, 2.0 * math.pi, _VERTICES, endpoint=False)
    corners = math.pi * (2 * np.arange(aperture.blades) + 1) / max(aperture.blades, 1)
    angles = np.sort(np.concatenate([angles, corners]))
    edge = boundary(aperture, angles)
    along, across = edge * np.cos(angles - direction), edge * np.sin(angles - direction)
    order = np.roll(np.arange(len(angles)), -int(np.argmin(across)))
    along, across = along[order], across[order]
    top = int(np.argmax(across))
    kinks = np.concatenate([np.sin(corners - direction), [-hole, hole, across[0], across[top]]])
    offset, weight = _between(np.unique(np.clip(kinks, across[0], across[top])))
    last = np.interp(offset, across[: top + 1], along[: top + 1])
    first = np.interp(offset, np.append(across[top:], across[0])[::-1], np.append(along[top:], along[0])[::-1])
    return offset, weight, np.minimum(first, last), np.maximum(first, last)


def _between(kinks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Places and weights to integrate over, from the first of these to the last, by Gauss's rule between each two.

    They lie closer and closer towards a kink, where what is round ends like a square root.
    """
    kinks = kinks[np.append(True, np.diff(kinks) > 1e-9)]
    nodes, weights = np.polynomial.legendre.leggauss(max(_CHORDS // (len(kinks) - 1), _LEAST_CHORDS))
    turn = 0.5 * math.pi * nodes
    half = 0.5 * np.diff(kinks)[:, None]
    places = kinks[:-1, None] + half * (1.0 + np.sin(turn))
    return places.ravel(), (half * 0.5 * math.pi * np.cos(turn) * weights).ravel()


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
