"""The iris: blades, curvature, rotation -> the pupil's outline."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..core.checks import check_fields
from ..core.errors import UsageError

CURVE_POINTS = 16384
"""Corners that stand for a curve: its area is right to seven digits."""


@dataclass(frozen=True)
class Aperture:
    """The shape of the iris.

    Parameters
    ----------
    blades : int
        0 = a full circle, else 3 to 15.
    curvature : float, or tuple of (float, float)
        0 = straight blade edges, 1 = circle. Or (f-number, curvature) pairs, by rising f-number: between them it
        changes evenly with the stop, beyond them it stays.
    rotation_deg : float
        0 puts the middle of one straight edge at 3 o'clock in the disc of a light behind focus; positive turns
        counter-clockwise as seen in the picture.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> import rebokeh as rk
    >>> rk.Aperture(blades=7, curvature=0.3).blades
    7
    >>> rk.Aperture(blades=9, curvature=((1.4, 1.0), (4.0, 0.1)))  # round wide open, straighter stopped down
    Aperture(blades=9, curvature=((1.4, 1.0), (4.0, 0.1)), rotation_deg=0.0)
    """

    blades: int = 0
    curvature: float | tuple[tuple[float, float], ...] = 0.0
    rotation_deg: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_fields(self)
        if self.blades != 0 and not 3 <= self.blades <= 15:
            raise UsageError(f"blades is {self.blades}; an iris has 3 to 15, or 0 for a full circle")
        pairs = self.curvature if isinstance(self.curvature, tuple) else ((1.0, self.curvature),)
        for _, curvature in pairs:
            if not 0.0 <= curvature <= 1.0:
                raise UsageError(f"curvature is {curvature}; it goes from 0 (straight edges) to 1 (circle)")
        stops = [f_number for f_number, _ in pairs]
        if not stops or stops[0] <= 0.0 or any(b <= a for a, b in itertools.pairwise(stops)):
            raise UsageError(f"curvature is {self.curvature}; its f-numbers must rise, from above 0")
        if not math.isfinite(self.rotation_deg):
            raise UsageError(f"rotation is {self.rotation_deg}; give degrees")

    def at(self, f_number: float) -> Aperture:
        """Return the iris at an f-number: with one curvature."""
        if not isinstance(self.curvature, tuple):
            return self
        stops, curvatures = zip(*self.curvature, strict=True)
        curvature = float(np.interp(math.log2(f_number), np.log2(stops), curvatures))
        return replace(self, curvature=curvature)


def boundary(aperture: Aperture, angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of the pupil's edge from its centre, in units of the f-number's radius.

    Parameters
    ----------
    aperture : Aperture
    angles : float64 (...)
        Radians counter-clockwise from the picture's right, for a light behind focus.

    Returns
    -------
    float64 (...)
        1 on the corners, which lie on the circle of the f-number.

    Notes
    -----
    A blade edge is a circular arc through two neighbouring corners. With s the sagitta of the chord as a fraction of
    the circle's own (the curvature), the arc's radius follows from chord and sagitta: R = (c^2/4 + h^2) / (2h).
    """
    curvature = aperture.curvature
    assert not isinstance(curvature, tuple), "an iris has one curvature at one f-number: Aperture.at"
    if aperture.blades == 0 or curvature >= 1.0:
        return np.ones_like(angles)
    half = math.pi / aperture.blades
    from_edge = np.mod(angles - math.radians(aperture.rotation_deg) + half, 2 * half) - half
    apothem, half_chord = math.cos(half), math.sin(half)
    sagitta = curvature * (1.0 - apothem)
    if sagitta < 1e-9:
        return apothem / np.cos(from_edge)
    arc_radius = (half_chord**2 + sagitta**2) / (2.0 * sagitta)
    centre = apothem + sagitta - arc_radius  # on the edge's axis, at or behind the pupil's centre
    return centre * np.cos(from_edge) + np.sqrt(arc_radius**2 - (centre * np.sin(from_edge)) ** 2)


@lru_cache(maxsize=64)
def polygon(aperture: Aperture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the pupil's outline, x to the right and y down, for a light behind focus; a curve is many of them."""
    angles = np.linspace(0.0, 2.0 * math.pi, CURVE_POINTS, endpoint=False)
    angles = np.sort(np.concatenate([angles, _corner_angles(aperture)]))  # its own corners keep its area exact
    edge = boundary(aperture, angles)
    x, y = edge * np.cos(angles), -edge * np.sin(angles)
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y


def area(aperture: Aperture) -> float:
    """Area of the pupil in units of the squared radius: pi for a circle, (n/2) sin(2 pi/n) for straight blades."""
    x, y = polygon(aperture)
    return 0.5 * abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))))


def sides(
    x: NDArray[np.float64], y: NDArray[np.float64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Left and right edge of a convex polygon (x, y) at heights within it: float64 like `heights`."""
    order = np.roll(np.arange(len(y)), -int(np.argmin(y)))
    x, y = x[order], y[order]
    bottom = int(np.argmax(y))
    first = np.interp(heights, y[: bottom + 1], x[: bottom + 1])
    second = np.interp(heights, np.append(y[bottom:], y[0])[::-1], np.append(x[bottom:], x[0])[::-1])
    return np.minimum(first, second), np.maximum(first, second)


def chords(aperture: Aperture, samples: int) -> NDArray[np.float64]:
    """Lowest and highest y of the pupil (downwards) at even steps of x from -1 to 1.

    Parameters
    ----------
    aperture : Aperture
    samples : int

    Returns
    -------
    float64 (samples + 1, 2)
        Beside the pupil both are 0.
    """
    x, y = polygon(aperture)
    across = np.linspace(-1.0, 1.0, samples + 1)
    there = (across >= x.min()) & (across <= x.max())
    return np.stack([np.where(there, side, 0.0) for side in sides(y, x, np.clip(across, x.min(), x.max()))], axis=1)


def _corner_angles(aperture: Aperture) -> NDArray[np.float64]:
    if aperture.blades == 0:
        return np.empty(0)
    k = np.arange(aperture.blades)
    corners = math.radians(aperture.rotation_deg) + (2 * k + 1) * math.pi / aperture.blades
    return np.mod(corners, 2 * math.pi)
