"""What a real lens adds to the defocus: its wavefront over the pupil and over the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import UsageError

MOST_UM = 1000.0
"""A coefficient beyond this is a slip of the decimal point."""


@dataclass(frozen=True)
class Wavefront:
    """Wavefront coefficients in microns, at the edge of the wide open pupil and in the corner of the frame.

    With U the place in the pupil in units of its wide open radius and h the distance from the middle of the picture in
    units of its half diagonal, U1 the part of U along h:

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
        for name, given in vars(self).items():
            for value in given if isinstance(given, tuple) else (given,):
                if not (math.isfinite(value) and abs(value) <= MOST_UM):
                    raise UsageError(f"{name} is {value:g}; it goes from {-MOST_UM:g} to {MOST_UM:g}")
        if not 0.0 <= self.ripple_rings <= 50.0:
            raise UsageError(f"ripple_rings is {self.ripple_rings:g}; it goes from 0 to 50")
