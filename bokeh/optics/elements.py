"""The glass of a lens: all of its character but the iris."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..core.checks import check_fields
from ..core.errors import UsageError

MOST_UM = 1000.0
"""A coefficient beyond this is a slip of the decimal point."""

MOST_SHIFT = 0.9
"""A rim moves by no more than this share of its radius: the corners still see the middle of the iris."""


@dataclass(frozen=True)
class Wavefront:
    """Wavefront coefficients in microns, at the edge of the wide open pupil and in the corner of the frame.

    With U the place in the pupil in units of its wide open radius and h the distance from the middle of the picture in
    units of its half diagonal, U1 the part of U along h::

        W = spherical |U|^4 + zonal |U|^6 + coma h |U|^2 U1 + astigmatism h^2 U1^2 + field_curvature h^2 |U|^2
            + axial |U|^2 + lateral h U1 + ripple cos(2 pi ripple_rings |U|^2)

    and a ray from U lands beside its place by -2 N dW/dU microns of a full frame, N the wide open f-number: Hopkins,
    Wave Theory of Aberrations (1950), with light behind focus landing at U times its blur radius.

    Parameters
    ----------
    spherical_um, zonal_um : float
        Primary and secondary spherical aberration. Positive, over-corrected: discs have a bright rim behind focus and a
        soft one in front. Focus is where a point in the middle is smallest at the f-number in use.
    coma_um : float
        Positive: the light of a point piles up on the side away from the middle of the picture.
    astigmatism_um, field_curvature_um : float
        Positive: towards the corners the lens focuses farther away; the first for what lies along the radius only.
    axial_um, lateral_um : (float, float, float)
        Longitudinal colour, as the defocus of red, green and blue, positive: focused farther away; and lateral colour,
        positive: drawn towards the middle of the picture. Only its differences count: the colour drawn smallest stays.
    ripple_um : float
        Amplitude of the tool marks of a moulded asphere: onion rings.
    ripple_rings : float
        How many there are.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> import rebokeh as rk
    >>> bubbles = rk.Wavefront(spherical_um=3.0)
    >>> bubbles.spherical_um, bubbles.coma_um
    (3.0, 0.0)
    """

    spherical_um: float = 0.0
    zonal_um: float = 0.0
    coma_um: float = 0.0
    astigmatism_um: float = 0.0
    field_curvature_um: float = 0.0
    axial_um: tuple[float, float, float] = (0.0, 0.0, 0.0)
    lateral_um: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ripple_um: float = 0.0
    ripple_rings: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_fields(self)
        for name, given in vars(self).items():
            for value in given if isinstance(given, tuple) else (given,):
                if not (math.isfinite(value) and abs(value) <= MOST_UM):
                    raise UsageError(f"{name} is {value:g}; it goes from {-MOST_UM:g} to {MOST_UM:g}")
        if not 0.0 <= self.ripple_rings <= 50.0:
            raise UsageError(f"ripple_rings is {self.ripple_rings:g}; it goes from 0 to 50")


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

    Examples
    --------
    >>> import rebokeh as rk
    >>> rim = rk.Rim(radius=1.2, shift=0.8)  # the corner of the frame sees only some of the iris through it
    >>> rk.Pupil(front=rim, rear=rim).front.shift
    0.8
    """

    radius: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_fields(self)
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

    Examples
    --------
    >>> import rebokeh as rk
    >>> mirror = rk.Pupil(obstruction=0.4)
    >>> rk.Glass(f_number=8.0, pupil=mirror).pupil.obstruction
    0.4
    """

    front: Rim | None = None
    rear: Rim | None = None
    squeeze: float = 1.0
    obstruction: float = 0.0
    apodisation: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_fields(self)
        _within("squeeze", self.squeeze, 1.0, 4.0)
        _within("obstruction", self.obstruction, 0.0, 0.9)
        _within("apodisation", self.apodisation, 0.0, 10.0)


def _within(name: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise UsageError(f"{name} is {value:g}; it goes from {least:g} to {most:g}")


@dataclass(frozen=True)
class Glass:
    """A lens's own pupil and wavefront; by default, those of a lens without flaws.

    Parameters
    ----------
    f_number : float, optional
        Wide open; the pupil and the wavefront are described there. A lens without flaws opens to any.
    pupil : Pupil
    wavefront : Wavefront
    name : str
        As a photographer calls it.

    Raises
    ------
    UsageError
        When a value is out of its range, or there are flaws and no f-number that they belong to.

    Examples
    --------
    >>> import rebokeh as rk
    >>> glass = rk.Glass(f_number=1.4, wavefront=rk.Wavefront(spherical_um=2.0), name="soft")
    >>> rk.Lens(f_number=2.0, glass=glass).glass.name
    'soft'
    """

    f_number: float | None = None
    pupil: Pupil = field(default_factory=Pupil)
    wavefront: Wavefront = field(default_factory=Wavefront)
    name: str = ""

    def __post_init__(self) -> None:
        """Check what belongs together."""
        check_fields(self)
        if self.f_number is None:
            if self.pupil != Pupil() or self.wavefront != Wavefront():
                raise UsageError("the lens has flaws, but no f_number that they belong to; give its widest")
        elif not (math.isfinite(self.f_number) and self.f_number > 0):
            raise UsageError(f"f_number is {self.f_number:g}; it must be a number above 0")
