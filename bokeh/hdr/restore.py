"""Radiance above the clip: what tells it, and what a gain map says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..core.arrays import FloatArray
from ..core.threads import each_part
from ..photo.photo import GainMap, Photo

Mode = Literal["auto", "gain-map", "estimate", "off"]

CLIP = 0.98
"""Scene-linear value from which a channel of an SDR photo counts as clipped (8-bit code 253)."""


@dataclass(frozen=True, eq=False)
class Restoration:
    """Where the radiance of what a photo clips comes from.

    Attributes
    ----------
    extra : float32 (H, W, 3), or None
        What a gain map adds to the photo's values, >= 0.
    estimates : bool
        Whether it is to be told by evidence instead.
    strength : float
        Scales the radiance of lights that is restored.
    words : str
    """

    extra: FloatArray | None
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
        return Restoration(gained(photo.rgb, photo.gain_map), False, strength, headroom)
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


def gained(rgb: FloatArray, gain_map: GainMap) -> FloatArray | None:
    """Radiance (H, W, 3) that a gain map adds; None when it adds none."""
    from ...kernels import highlights as kernels

    # Memory that was zero from the start costs nothing until it is written: most of a picture is not above the clip.
    extra = np.zeros(rgb.shape, np.float32)
    stops, offsets = gain_map.planes, gain_map.offsets
    found = each_part(lambda own: kernels.gain(rgb, stops, offsets, (own.start, own.stop), extra), len(rgb))
    return extra if any(found) else None
