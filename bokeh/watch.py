"""Someone who watches the light pass: what a render shows of itself, and the watcher who looks away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .lens import ThinLens
    from .render import Scene
    from .sheets import Remaining, Sheet
    from .spread import Spread

FloatArray = NDArray[np.float32]


class Watcher:
    """Is shown each step of a render, in the order of the light; this one looks away.

    The arrays are the render's own: a watcher only reads them, and keeps no hold of those that change (`clear`, and
    what is `behind_subject`) beyond the call.
    """

    def scene(self, scene: Scene, lens: ThinLens) -> None:
        """Be shown what is there before any lens, and the lens."""

    def without_lights(self, rgb: FloatArray) -> None:
        """Be shown the radiance (H, W, 3) that is taken apart: the lights are out of it."""

    def sheet(self, sheet: Sheet) -> None:
        """Be shown the next sheet, near to far."""

    def spread(self, drawn: Spread, clear: FloatArray) -> None:
        """Be shown that sheet through the lens, and what the nearer ones let through (H, W) to it."""

    def behind_subject(self, rest: Remaining) -> None:
        """Be shown what is left of the picture when the sheet before, the subject, is off."""

    def lights(self, rgb: FloatArray) -> None:
        """Be shown the images of the lights (H, W, 3)."""

    def picture(self, rgb: FloatArray) -> None:
        """Be shown the picture (H, W, 3)."""
