"""The two renditions of a picture that HDR files hold: SDR as it is shown, and the gain map to its radiance."""

from __future__ import annotations

import numpy as np

from ..core.arrays import FloatArray
from ..core.threads import each_part
from ..image.resize import resize
from ..photo.photo import GainMap, Photo
from .restore import gained

# Twenty stops are a million times white: a file that says more is damaged, and would overflow half floats.
MOST_STOPS = 20.0

# A twentieth of a stop is 3.5 %: less cannot be told from rounding, and needs no second rendition.
_LEAST_STOPS = 0.05

# Stops by which one channel may miss what three would say, and the share of pixels that may miss by more.
_COLOUR_STOPS, _COLOUR_SHARE = 0.15, 1e-3

# Scene-linear light below which a pixel is black: half of the first of 8-bit codes.
_FAINT = 1.5e-4


def radiance(photo: Photo) -> FloatArray:
    """Scene-linear radiance (H, W, 3): what the photo shows, and what its gain map adds."""
    extra = None if photo.gain_map is None else gained(photo.rgb, photo.gain_map)
    return photo.rgb if extra is None else photo.rgb + extra


def over_sdr(photo: Photo, colour: bool = True) -> GainMap | None:
    """Gain map that leads from the photo clipped to 0..1 to its radiance; None when nothing is above that.

    Where nothing clips it is the photo's own gain map, value for value; without one it is of half size.

    Parameters
    ----------
    photo : Photo
    colour : bool
        Whether it may have three channels, where light of one colour clips in one channel more than in the others.
    """
    from ...kernels.gain import above_clip

    h, w = photo.size
    source = photo.gain_map or GainMap(np.zeros(((h + 1) // 2, (w + 1) // 2), np.float32), 1.0)

    def stops(planes: FloatArray, channels: int) -> FloatArray:
        filled = np.empty((*planes.shape[:2], channels), np.float32)
        base = source.offsets[0]

        def fill(own: slice) -> None:
            above_clip(photo.rgb, planes, base, (own.start, own.stop), filled)
            np.clip(filled[own], -MOST_STOPS, MOST_STOPS, out=filled[own])

        each_part(fill, len(filled))
        return filled

    def missed(own: slice) -> int:
        far = np.abs(three[own] - one[own]) > _COLOUR_STOPS
        return int(np.count_nonzero(far[..., 0] | far[..., 1] | far[..., 2]))

    grey = source.planes.mean(axis=2, keepdims=True)
    one = stops(grey, 1)
    three = stops(source.planes, 3) if colour else one
    needed = colour and sum(each_part(missed, len(one))) > _COLOUR_SHARE * one.size
    found = three if needed else one[..., 0]
    if found.max() < _LEAST_STOPS:
        return None
    headroom = max(source.headroom, 2.0 ** float(found.max()))
    return GainMap(found, headroom, source.offset_base, source.offset_alternate)


def without_offsets(gain_map: GainMap, rgb: FloatArray) -> GainMap:
    """Gain map of one channel that leads to the same radiance with no offsets; it adds no light to black.

    Parameters
    ----------
    gain_map : GainMap
    rgb : float32 (H, W, 3)
        What it is over.
    """
    base, alternate = gain_map.offsets
    if not (base.any() or alternate.any()):
        return gain_map
    planes = gain_map.planes
    shown = resize(np.clip(rgb, 0.0, 1.0), planes.shape[:2], "area")
    gained = ((shown + base) * np.exp2(planes) - alternate).sum(axis=2)
    shown = np.maximum(shown.sum(axis=2), _FAINT)
    stops = np.log2(np.maximum(gained, shown) / shown)
    return GainMap(np.minimum(stops, np.log2(np.float32(gain_map.headroom))), gain_map.headroom)
