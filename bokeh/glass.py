"""The glass of a lens: all of its character but the iris."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .aberration import Wavefront
from .errors import UsageError
from .pupil import Pupil


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
    """

    f_number: float | None = None
    pupil: Pupil = field(default_factory=Pupil)
    wavefront: Wavefront = field(default_factory=Wavefront)
    name: str = ""

    def __post_init__(self) -> None:
        """Check what belongs together."""
        if self.f_number is None:
            if self.pupil != Pupil() or self.wavefront != Wavefront():
                raise UsageError("the lens has flaws, but no f_number that they belong to; give its widest")
        elif not (math.isfinite(self.f_number) and self.f_number > 0):
            raise UsageError(f"f_number is {self.f_number:g}; it must be a number above 0")
