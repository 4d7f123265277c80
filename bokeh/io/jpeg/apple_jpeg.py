"""What iPhones append to a JPEG: depth, mattes and gain map as further frames.

Which frame is what stands in each frame's XMP; their order differs from phone to phone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ..metadata import apple
from ..metadata.xmp import Xmp
from .embedded import Jpeg, map_codes, share
from .segments import walk


def fields(jpeg: Jpeg) -> dict:
    """Depth, mattes and gain map of Apple's frames; empty when the file has none."""
    more: dict = {}
    mattes: dict[str, FloatArray] = {}
    notes = jpeg.decoded.notes
    for start, size in jpeg.segments.frames:
        found = walk(jpeg.data, start)
        values = Xmp(found.xmp).values if found else {}
        kind = values.get("apdi:AuxiliaryImageType", "")
        short = (values.get("apdi:AuxiliaryImageSubType") or kind).rpartition(":")[2]
        frame = jpeg.data[start : start + size]
        if short in apple.SEMANTIC_MATTES:
            codes = _codes(jpeg, frame, f"{apple.SEMANTIC_MATTES[short]} matte")
            if codes is not None:
                mattes[apple.SEMANTIC_MATTES[short]] = share(codes)
        elif short == "portraiteffectsmatte":
            codes = _codes(jpeg, frame, "portrait matte")
            more.update(apple.portrait_matte(codes, "JPEG", notes) if codes is not None else {})
        elif kind == apple.GAIN_MAP_URN:
            head = apple.headroom(values, jpeg.decoded.facts)
            codes = _codes(jpeg, frame, "gain map") if head and head > 1.0 else None
            more.update(apple.gain_map_or_note(codes, head, notes))
        elif kind == "disparity" or any(key.startswith("depthData:") for key in values):
            codes = _codes(jpeg, frame, "depth map")
            limits = apple.number(values, "apdi:FloatMinValue"), apple.number(values, "apdi:FloatMaxValue")
            if codes is not None:
                more.update(apple.depth(codes, limits, values, "JPEG", notes))
    if mattes:
        more["mattes"] = mattes
        notes.append("further mattes: " + ", ".join(sorted(mattes)))
    return more


def _codes(jpeg: Jpeg, frame: bytes, what: str) -> NDArray[np.uint8] | None:
    """8-bit codes (h, w) of a frame, turned like the picture; None, with a note, when they are of no use."""
    codes = map_codes(jpeg, frame, what)
    return codes if codes is None or codes.ndim == 2 else np.ascontiguousarray(codes[..., 0])
