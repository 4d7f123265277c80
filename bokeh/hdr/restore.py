"""Radiance above the clip: what tells it, and what a gain map says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each_part
from ..image.regions import PixelBox
from ..photo.photo import GainMap, Photo

if TYPE_CHECKING:
    from ...kernels.gained import Gains

Mode = Literal["auto", "gain-map", "estimate", "off"]

CLIP = 0.98
"""Scene-linear value from which a channel of an SDR photo counts as clipped (8-bit code 253)."""


@dataclass(frozen=True, eq=False)
class Restoration:
    """Where the radiance of what a photo clips comes from.

    Attributes
    ----------
    extra : GainedLight, or None
        What a gain map adds to the photo's values.
    estimates : bool
        Whether it is to be told by evidence instead.
    strength : float
        Scales the radiance of lights that is restored.
    words : str
    """

    extra: GainedLight | None
    estimates: bool
    strength: float
    words: str


def above_clip(photo: Photo, mode: Mode | float) -> Restoration:
    """Find what tells the radiance of what a photo clips.

    Parameters
    ----------
    photo : Photo
    mode : {"auto", "gain-map", "estimate", "off"} or float
        "auto" takes the gain map when there is one, else estimates; a number is "auto" of that strength, 0 is "off".
        Scene-linear input is left as it stands, unless its values end at 1 and an estimate is asked for.

    Returns
    -------
    Restoration
    """
    strength = 1.0 if isinstance(mode, str) else float(mode)
    if mode == "off" or strength == 0.0:
        return Restoration(None, False, 0.0, "off")
    if photo.gain_map is not None and mode != "estimate":
        headroom = f"gain map, headroom {photo.gain_map.headroom:.2f}"
        return Restoration(GainedLight.of(photo.rgb, photo.gain_map), False, strength, headroom)
    if mode == "gain-map":
        return Restoration(None, False, strength, "no gain map in the file")
    if not is_radiance(photo):
        return Restoration(None, True, strength, "estimated")
    if mode == "estimate" and float(photo.rgb.max()) <= 1.0:
        return Restoration(None, True, strength, "estimated")
    found = " and brighter than white: nothing is estimated" if mode == "estimate" else ""
    return Restoration(None, False, strength, f"scene-linear as it stands{found}")


def is_radiance(photo: Photo) -> bool:
    """Whether a photo's values are the scene's radiance as they stand, so that nothing is clipped at 1."""
    return photo.profile.is_linear or photo.meta.format == "array" or photo.meta.hdr in ("pq", "hlg")


@dataclass(frozen=True, eq=False)
class GainedLight:
    """What a gain map adds to a photo's values, reckoned where it is looked at: all of it is as large as the photo.

    Attributes
    ----------
    rgb : float32 (H, W, 3)
        The photo.
    gains : kernels.gained.Gains
    brightest : float32
        Radiance of the brightest channel with it.
    """

    rgb: FloatArray
    gains: Gains
    brightest: np.float32

    @classmethod
    def of(cls, rgb: FloatArray, gain_map: GainMap) -> GainedLight | None:
        """Look at all of it; None when it adds nothing."""
        from ...kernels.gained import Gains, brightest

        gains = Gains(gain_map.planes, *gain_map.offsets)
        found = each_part(lambda own: brightest(rgb, gains, (own.start, own.stop)), len(rgb))
        return cls(rgb, gains, np.float32(max(most for most, _ in found))) if any(adds for _, adds in found) else None

    def box(self, box: PixelBox) -> FloatArray:
        """Return what is added in a box, float32 (h, w, 3), >= 0."""
        from ...kernels.gained import add_gain

        (top, bottom, _), (left, right, _) = (one.indices(n) for one, n in zip(box, self.rgb.shape, strict=False))
        extra = np.empty((bottom - top, right - left, 3), np.float32)
        add_gain(self.rgb, self.gains, (top, left), extra)
        return extra

    def at(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> FloatArray:
        """Return what is added at some pixels, float32 (N, 3)."""
        from ...kernels.gained import gain_at

        extra = np.empty((len(rows), 3), np.float32)
        gain_at(self.rgb, self.gains, rows, columns, extra)
        return extra

    def whole(self) -> FloatArray:
        """Return all of it, float32 (H, W, 3)."""
        from ...kernels.gained import add_gain

        extra = np.empty(self.rgb.shape, np.float32)
        each_part(lambda own: add_gain(self.rgb, self.gains, (own.start, 0), extra[own]), len(extra))
        return extra


def gained(rgb: FloatArray, gain_map: GainMap) -> FloatArray | None:
    """Radiance (H, W, 3) that a gain map adds; None when it adds none."""
    found = GainedLight.of(rgb, gain_map)
    return None if found is None else found.whole()
