"""What iPhones append to a JPEG: depth, mattes and gain map as further frames.

Which frame is what stands in each frame's XMP; their order differs from phone to phone.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..found_maps import FoundMaps, attempt, of_gain_map
from ..metadata import apple
from ..metadata.xmp import Xmp
from .embedded import Jpeg, map_codes, unit_values
from .segments import walk


def find(jpeg: Jpeg) -> FoundMaps:
    """Find depth, mattes and gain map in Apple's frames; of two frames of one kind the first is used."""
    found = FoundMaps()
    for start, size in jpeg.segments.frames:
        segments = walk(jpeg.data, start)
        values = Xmp(segments.xmp).values if segments else {}
        found = found.filled(attempt(partial(_in_frame, jpeg, jpeg.data[start : start + size], values)))
    return apple.with_mattes_noted(found)


def _in_frame(jpeg: Jpeg, frame: bytes, values: dict[str, str]) -> FoundMaps:
    """Find what one frame holds, by its XMP values."""
    kind = values.get("apdi:AuxiliaryImageType", "")
    tail = (values.get("apdi:AuxiliaryImageSubType") or kind).rpartition(":")[2]
    if tail in apple.SEMANTIC_MATTES:
        name = apple.SEMANTIC_MATTES[tail]
        return FoundMaps(mattes={name: unit_values(_codes(jpeg, frame, f"{name} matte"))})
    if tail == "portraiteffectsmatte":
        return apple.portrait_matte(_codes(jpeg, frame, "portrait matte"), "JPEG")
    if kind == apple.GAIN_MAP_URN:
        with of_gain_map():
            head = apple.usable_headroom(values, jpeg.decoded.facts)
            return apple.found_gain_map(_codes(jpeg, frame, "gain map"), head)
    if kind == "disparity" or any(key.startswith("depthData:") for key in values):
        limits = apple.number(values, "apdi:FloatMinValue"), apple.number(values, "apdi:FloatMaxValue")
        return apple.depth_map(_codes(jpeg, frame, "depth map"), limits, values, "JPEG")
    return FoundMaps()


def _codes(jpeg: Jpeg, frame: bytes, what: str) -> NDArray[np.uint8]:
    """8-bit codes (h, w) of a frame, turned like the picture; of colours the first channel."""
    codes = map_codes(jpeg, frame, what)
    return codes if codes.ndim == 2 else np.ascontiguousarray(codes[..., 0])
