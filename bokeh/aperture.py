"""The iris: blades, curvature, rotation -> the pupil's outline, as a table the scatter reads.

An outline is any convex shape in the unit disc. It is handed to the scatter as data: for every height y the
running integrals of its left and of its right edge, so that the mean chord over any strip of rows, and with it
the exact area, is one subtraction. A new iris is a new table, never a new loop.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError

# Rows of an outline table. Its edges are interpolated linearly between rows of the *integral*, so at the largest
# radius (some 250 px, 500 rows) a table row is still finer than a picture row.
TABLE_ROWS = 2048


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
    """

    blades: int = 0
    curvature: float | tuple[tuple[float, float], ...] = 0.0
    rotation_deg: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
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
    if aperture.blades == 0 or aperture.curvature >= 1.0:
        return np.ones_like(angles)
    half = math.pi / aperture.blades
    from_edge = np.mod(angles - math.radians(aperture.rotation_deg) + half, 2 * half) - half
    apothem, half_chord = math.cos(half), math.sin(half)
    sagitta = aperture.curvature * (1.0 - apothem)
    if sagitta < 1e-9:
        return apothem / np.cos(from_edge)
    arc_radius = (half_chord**2 + sagitta**2) / (2.0 * sagitta)
    centre = apothem + sagitta - arc_radius  # on the edge's axis, at or behind the pupil's centre
    return centre * np.cos(from_edge) + np.sqrt(arc_radius**2 - (centre * np.sin(from_edge)) ** 2)


@lru_cache(maxsize=64)
def outline(aperture: Aperture) -> NDArray[np.float64]:
    """Return the pupil's outline as the scatter's table, for lights behind and in front of focus.

    Parameters
    ----------
    aperture : Aperture

    Returns
    -------
    float64 (2, TABLE_ROWS + 1, 3)
        [0] behind focus, [1] in front (turned by 180 degrees). The rows are evenly spaced from the outline's top to
        its bottom. Columns: the integrals of the left and of the right edge's x down to the row, and the row's height
        (downwards), all in units of the blur radius. Read-only.
    """
    angles = np.linspace(0.0, 2.0 * math.pi, 8 * TABLE_ROWS, endpoint=False)
    corners = _corner_angles(aperture)
    angles = np.sort(np.concatenate([angles, corners]))  # a polygon's own corners keep its area exact
    edge = boundary(aperture, angles)
    x, y = edge * np.cos(angles), -edge * np.sin(angles)
    behind = _edge_integrals(x, y)
    in_front = _edge_integrals(-x, -y)
    table = np.stack([behind, in_front])
    table.setflags(write=False)
    return table


def area(aperture: Aperture) -> float:
    """Area of the pupil in units of the squared radius: pi for a circle, (n/2) sin(2 pi/n) for straight blades."""
    left, right, _ = outline(aperture)[0, -1]
    return float(right - left)


def _corner_angles(aperture: Aperture) -> NDArray[np.float64]:
    if aperture.blades == 0:
        return np.empty(0)
    k = np.arange(aperture.blades)
    corners = math.radians(aperture.rotation_deg) + (2 * k + 1) * math.pi / aperture.blades
    return np.mod(corners, 2 * math.pi)


def _edge_integrals(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Heights from the top to the bottom of the convex polygon (x, y), and both edges' integrals down to them."""
    order = np.roll(np.arange(len(y)), -int(np.argmin(y)))
    x, y = x[order], y[order]
    bottom = int(np.argmax(y))
    one_side = (x[: bottom + 1], y[: bottom + 1])
    other_side = (np.append(x[bottom:], x[0])[::-1], np.append(y[bottom:], y[0])[::-1])

    heights = np.linspace(y[0], y[bottom], TABLE_ROWS + 1)
    # Between two vertices an edge is straight, so its value at the middle is its mean: the integral is exact.
    knots = np.unique(np.concatenate([heights, y]))
    middle, step = 0.5 * (knots[1:] + knots[:-1]), np.diff(knots)
    first, second = (np.interp(middle, ys, xs) for xs, ys in (one_side, other_side))
    left, right = np.minimum(first, second), np.maximum(first, second)
    at_height = np.searchsorted(knots, heights)
    integrals = [np.concatenate([[0.0], np.cumsum(edge * step)])[at_height] for edge in (left, right)]
    return np.stack([*integrals, heights], axis=1)
