"""The two renditions of a picture that HDR files hold: SDR as it is shown, and the gain map to its radiance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..colour import REC709_CURVE
from ..highlights import gained
from ..photo import FloatArray, GainMap, Photo
from .gain_map import MOST_STOPS, GainMetadata

# A twentieth of a stop is 3.5 %: less cannot be told from rounding, and needs no second rendition.
_LEAST_STOPS = 0.05
# Stops by which one channel may miss what three would say, and the share of pixels that may miss by more.
_COLOUR_STOPS, _COLOUR_SHARE = 0.15, 1e-3


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
        above_clip(photo.rgb, planes, source.offsets[0], filled)
        return np.clip(filled, -MOST_STOPS, MOST_STOPS, out=filled)

    grey = source.planes.mean(axis=2, keepdims=True)
    one = stops(grey, 1)
    three = stops(source.planes, 3) if colour else one
    needed = colour and float((np.abs(three - one).max(axis=2) > _COLOUR_STOPS).mean()) > _COLOUR_SHARE
    found = three if needed else one[..., 0]
    if found.max() < _LEAST_STOPS:
        return None
    headroom = max(source.headroom, 2.0 ** float(found.max()))
    return GainMap(found, headroom, source.offset_base, source.offset_alternate)


def coded(gain_map: GainMap) -> tuple[NDArray[np.uint8], GainMetadata]:
    """8-bit codes (h, w) or (h, w, 3) of a gain map, and what they mean."""
    planes = gain_map.planes
    low = np.minimum(planes.min(axis=(0, 1)), 0.0)
    high = np.maximum(planes.max(axis=(0, 1)), low + 1e-3)
    codes = np.rint((planes - low) / (high - low) * 255).astype(np.uint8)
    lows, highs = ((float(row[0]), float(row[len(row) // 2]), float(row[-1])) for row in (low, high))
    metadata = GainMetadata(
        lows,
        highs,
        offset_base=gain_map.offset_base,
        offset_alternate=gain_map.offset_alternate,
        alternate_headroom=min(float(np.log2(gain_map.headroom)), MOST_STOPS),
    )
    return (codes[..., 0] if codes.shape[2] == 1 else codes), metadata


def apple_gain(photo: Photo) -> tuple[NDArray[np.uint8], float, bytes] | None:
    """Gain map as Apple codes it, of this picture: 8-bit codes, linear headroom, XMP; None when there is none.

    Radiance = linear * (1 + (headroom - 1) * linear(code)), one channel. The headroom is the source's where that is
    enough, so that the maker note that is carried along (entries 33 and 48) says the same; readers of version 131072
    take it from the XMP.

    Returns
    -------
    codes : uint8 (h, w)
    headroom : float
    xmp : bytes
    """
    found = over_sdr(photo, colour=False)
    if found is None:
        return None
    head = found.headroom
    share = np.clip((np.exp2(found.planes[..., 0]) - 1.0) / (head - 1.0), 0.0, 1.0)
    steps = REC709_CURVE(np.arange(256) / 255)
    codes = np.searchsorted((steps[1:] + steps[:-1]) / 2, share).astype(np.uint8)
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/">'
        "<HDRGainMap:HDRGainMapVersion>131072</HDRGainMap:HDRGainMapVersion>"
        f"<HDRGainMap:HDRGainMapHeadroom>{head:.6f}</HDRGainMap:HDRGainMapHeadroom>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    return codes, head, xmp.encode()
