"""The pupil: what of the iris a lens shows to a point of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import UsageError

MOST_SHIFT = 0.9
"""A rim moves by no more than this share of its radius: the corners still see the middle of the iris."""


@dataclass(frozen=True)
class Rim:
    """The edge of a lens element before or behind the iris, as seen from the picture.

    Parameters
    ----------
    radius : float
        In units of the wide open pupil's radius, at least 1: the middle of the picture sees the whole iris.
    shift : float
        How far its centre moves off the iris's from the middle of the picture to its corner, in the same unit.

    Raises
    ------
    UsageError
        When a value is out of its range.
    """

    radius: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1.0 <= self.radius <= 10.0:
            raise UsageError(f"radius is {self.radius}; a rim's goes from 1 (as wide as the open iris) to 10")
        most = MOST_SHIFT * self.radius
        if not 0.0 <= self.shift <= most:
            raise UsageError(f"shift is {self.shift}; it goes from 0 to {most:g}, {MOST_SHIFT:g} of the rim's radius")


@dataclass(frozen=True)
class Pupil:
    """What shapes the light beside the iris.

    Parameters
    ----------
    front, rear : Rim, optional
        They cut the pupil towards the corners: the front one on the side away from the middle of the picture in lights
        behind focus, the rear one on the other; together, the cat's eye. Stopped down, the iris is clear of them.
    squeeze : float
        Of an anamorphic lens: its discs are so many times as tall as wide.
    obstruction : float
        Radius of a mirror lens's secondary mirror, in units of the wide open pupil's.
    apodisation : float
        Of a smooth-trans-focus lens: the filter's density (natural logarithm) at the edge of the wide open pupil. It
        grows with the square of the distance from the middle, where it is 0.

    Raises
    ------
    UsageError
        When a value is out of its range.
    """

    front: Rim | None = None
    rear: Rim | None = None
    squeeze: float = 1.0
    obstruction: float = 0.0
    apodisation: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        _within("squeeze", self.squeeze, 1.0, 4.0)
        _within("obstruction", self.obstruction, 0.0, 0.9)
        _within("apodisation", self.apodisation, 0.0, 10.0)


def _within(name: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise UsageError(f"{name} is {value:g}; it goes from {least:g} to {most:g}")
