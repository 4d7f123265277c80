"""The thin lens: focal length, f-number, focus and sensor -> signed circle of confusion."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from ..core.checks import check_fields
from ..core.errors import UsageError
from .aperture import Aperture
from .elements import Glass

FULL_FRAME_DIAGONAL_MM = 43.27
"""Diagonal of the 36 x 24 mm frame, by which focal lengths are called equivalent."""

DEFAULT_F35_MM = 26.0
"""35 mm equivalent of a phone's main camera, taken (and said) when the photo names none."""

MOST_OBSTRUCTION = 0.95
"""Of the iris's radius; a secondary mirror wider than that leaves no pupil."""

FocusTarget = Literal["eyes", "face", "subject"]
"""What to focus on, wherever in the picture it is."""

FloatOrArray = TypeVar("FloatOrArray", float, NDArray[np.float32])


@dataclass(frozen=True)
class Lens:
    """The lens to render with, as a photographer would name it.

    Parameters
    ----------
    f_number : float
        Full-frame equivalent, > 0.
    focus_m : float, optional
        Focus distance in metres, > 0.
    focus_point : (float, float), optional
        Point of the picture to focus on, x to the right and y down in 0..1.
    focus_on : {"eyes", "face", "subject"}, optional
        What to focus on, as the file's faces and mattes show it, or a `face_model`; where nothing does, something else
        is taken, and said. With none of the three, focus is automatic: the autofocus area, else the subject, else the
        nearest large surface.
    focal_mm : float, optional
        Focal length. Left out: the photo's 35 mm equivalent. Without `sensor_mm` the picture's angle of view is kept
        and the sensor scales with it, as a larger format would.
    sensor_mm : (float, float), optional
        Width and height of the literal sensor.
    aperture : Aperture
        Shape of the iris.
    glass : Glass
        What else gives the lens its character; by default it has no flaws.
    starburst : float
        How strong diffraction is drawn around lights: 1 as it is, 0 not at all.

    Raises
    ------
    UsageError
        When a value is out of its range, the glass does not open to this f-number, or its mirror covers the iris.

    Examples
    --------
    >>> import rebokeh as rk
    >>> lens = rk.Lens(f_number=1.8, focus_m=2.1, aperture=rk.Aperture(blades=6))
    >>> lens.f_number, lens.focus_m, lens.aperture.blades
    (1.8, 2.1, 6)
    """

    f_number: float = 1.8
    focus_m: float | None = None
    focus_point: tuple[float, float] | None = None
    focal_mm: float | None = None
    sensor_mm: tuple[float, float] | None = None
    aperture: Aperture = field(default_factory=Aperture)
    glass: Glass = field(default_factory=Glass)
    starburst: float = 1.0
    focus_on: FocusTarget | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_fields(self)
        _positive("f-number", self.f_number)
        widest = self.glass.f_number
        if widest is not None and self.f_number < widest * (1.0 - 1e-6):
            raise UsageError(
                f"f-number is {self.f_number:g}; {self.glass.name or 'this lens'} opens to f/{widest:g}, no wider"
            )
        if self.glass.pupil.obstruction > MOST_OBSTRUCTION * self.stop:
            closed = MOST_OBSTRUCTION * (widest or self.f_number) / self.glass.pupil.obstruction
            raise UsageError(
                f"at f/{self.f_number:g} the mirror covers the pupil; open this lens wider than f/{closed:.3g}"
            )
        if not (math.isfinite(self.starburst) and self.starburst >= 0.0):
            raise UsageError(f"starburst is {self.starburst:g}; it must be 0 or more: 1 is as strong as it really is")
        given = {"a distance": self.focus_m, "a point": self.focus_point, "a word": self.focus_on}
        ways = [way for way, value in given.items() if value is not None]
        if len(ways) > 1:
            raise UsageError(f"focus is given twice, as {ways[0]} and as {ways[1]}; give one")
        if self.focus_on not in (None, *get_args(FocusTarget)):
            raise UsageError(f"focus is {self.focus_on!r}; it can be on {', '.join(get_args(FocusTarget))}")
        if self.focus_m is not None:
            if math.isnan(self.focus_m) or self.focus_m <= 0:
                raise UsageError(f"focus is {self.focus_m:g} m; it must lie in front of the camera, like 2.1m")
        if self.focus_point is not None and not all(0.0 <= v <= 1.0 for v in self.focus_point):
            raise UsageError(f"focus point {self.focus_point} is outside the picture; x and y go from 0 to 1")
        if self.focal_mm is not None:
            _positive("focal length", self.focal_mm)
        if self.sensor_mm is not None:
            for side in self.sensor_mm:
                _positive("sensor side", side)

    @property
    def is_focused(self) -> bool:
        """Whether it is said where to focus; else that is automatic."""
        return self.focus_m is not None or self.focus_point is not None or self.focus_on is not None

    def focused_at(self, focus_m: float | None) -> Lens:
        """Return the lens focused at a distance in metres, whatever it was focused on; None: automatically."""
        return replace(self, focus_m=focus_m, focus_point=None, focus_on=None)

    @property
    def stop(self) -> float:
        """Radius of the iris in units of the wide open one's, at most 1."""
        return (self.glass.f_number or self.f_number) / self.f_number


@dataclass(frozen=True)
class ThinLens:
    """A lens with every number known, mounted on a picture.

    Parameters
    ----------
    focal_mm, f_number, focus_m, px_per_mm : float
        Focal length, f-number, focus distance from the lens, and the picture's pixels per millimetre of sensor.

    Raises
    ------
    UsageError
        When the focus distance is not beyond the focal length: no real image exists.

    Examples
    --------
    >>> import rebokeh as rk
    >>> lens = rk.ThinLens(focal_mm=50.0, f_number=2.0, focus_m=2.0, px_per_mm=100.0)
    >>> round(lens.radius_px(0.0), 1)  # of what is infinitely far: + is behind focus
    32.1
    """

    focal_mm: float
    f_number: float
    focus_m: float
    px_per_mm: float

    def __post_init__(self) -> None:
        """Refuse a focus distance for which there is no image."""
        if self.focus_m * 1000.0 <= self.focal_mm:
            raise UsageError(
                f"focus {self.focus_m:g} m lies within the focal length of {self.focal_mm:g} mm; focus farther away"
            )

    @property
    def focus_dioptres(self) -> float:
        """Inverse focus distance; 0 for infinity."""
        return 1.0 / self.focus_m

    @property
    def px_per_dioptre(self) -> float:
        """Change of the blur radius, in pixels, with one dioptre."""
        # (f/N) * f / (s_f - f) * s_f, with the focus distance s_f in mm; its limit for s_f = infinity is f^2/N.
        focus_mm = self.focus_m * 1000.0
        magnified = self.focal_mm if math.isinf(focus_mm) else self.focal_mm * focus_mm / (focus_mm - self.focal_mm)
        return self.focal_mm / self.f_number * magnified / 1000.0 * self.px_per_mm / 2.0

    def radius_px(self, dioptres: FloatOrArray) -> FloatOrArray:
        """Signed radius of the circle of confusion.

        Parameters
        ----------
        dioptres : float or float32 array
            Inverse depth, 1/m; 0 = infinity.

        Returns
        -------
        float or float32 array
            Pixels; positive behind focus, negative in front.

        Notes
        -----
        r = (f/N) f/(s_f - f) (1 - s_f/s) px_per_mm/2: with d = 1/s linear in d, hence hyperbolic in metres.
        """
        return (self.focus_dioptres - dioptres) * self.px_per_dioptre

    def hyperfocal_m(self, coc_mm: float) -> float:
        """Focus distance from which infinity is just blurred by the circle of confusion `coc_mm` (diameter, mm)."""
        return (self.focal_mm**2 / (self.f_number * coc_mm) + self.focal_mm) / 1000.0


def mount(lens: Lens, size: tuple[int, int], f35_mm: float | None, focus_m: float) -> ThinLens:
    """Put a lens in front of a picture.

    Parameters
    ----------
    lens : Lens
    size : (int, int)
        The picture's height and width in pixels.
    f35_mm : float or None
        35 mm equivalent focal length of the photo.
    focus_m : float
        Focus distance, already found.

    Returns
    -------
    ThinLens

    Raises
    ------
    UsageError
        When the focus lies within the focal length.
    """
    height, width = size
    diagonal_px = math.hypot(height, width)
    f35 = f35_mm or lens.focal_mm or DEFAULT_F35_MM
    if lens.sensor_mm is not None:
        long_mm, short_mm = max(lens.sensor_mm), min(lens.sensor_mm)
        # The picture is the largest crop of its own shape that the sensor holds, whichever way the camera was held.
        px_per_mm = max(max(size) / long_mm, min(size) / short_mm)
        focal_mm = lens.focal_mm or f35 * diagonal_px / px_per_mm / FULL_FRAME_DIAGONAL_MM
    else:
        focal_mm = lens.focal_mm or f35
        px_per_mm = diagonal_px / (FULL_FRAME_DIAGONAL_MM * focal_mm / f35)
    return ThinLens(focal_mm, lens.f_number, focus_m, px_per_mm)


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{name} is {value:g}; it must be a number above 0")
