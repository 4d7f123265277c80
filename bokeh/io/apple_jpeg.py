"""JPEG, and what iPhones append to it: depth, mattes and gain map as further frames.

Which frame is what stands in each frame's XMP; their order differs from phone to phone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..photo import FloatArray, Photo
from . import apple
from .common import Decoded, check_size, decoding, same_aspect, upright
from .raster import decode, open_jpeg

# Phones append up to seven frames; a file that claims hundreds only wants to be decoded for ever.
_MAX_FRAMES = 32


def read(data: bytes, name: str) -> Photo:
    """Read a JPEG with Apple's auxiliary frames, if it has any.

    Raises
    ------
    InputError
        When it is truncated, damaged or too large.
    """
    decoded = decode(data, name, "jpeg", open_jpeg)
    with decoding(name, "auxiliary frames"):
        image = open_jpeg(data)
        lost = "mp" in image.info and getattr(image, "n_frames", 1) == 1
    more = _auxiliaries(image, decoded)
    if "depth" not in more:
        _say_what_is_not_read(decoded, lost)
    return decoded.photo(**more)


def _auxiliaries(image: Image.Image, decoded: Decoded) -> dict:
    more: dict = {}
    mattes: dict[str, FloatArray] = {}
    for k in range(1, min(getattr(image, "n_frames", 1), _MAX_FRAMES)):
        with decoding(decoded.name, "auxiliary frame"):
            image.seek(k)
            values = apple.xmp_values(image.info.get("xmp"))
        kind = values.get("apdi:AuxiliaryImageType", "")
        short = (values.get("apdi:AuxiliaryImageSubType") or kind).rpartition(":")[2]
        if short in apple.SEMANTIC_MATTES:
            codes = _codes(image, decoded, f"{apple.SEMANTIC_MATTES[short]} matte")
            if codes is not None:
                mattes[apple.SEMANTIC_MATTES[short]] = codes.astype(np.float32) / 255.0
        elif short == "portraiteffectsmatte":
            codes = _codes(image, decoded, "portrait matte")
            more.update(apple.portrait_matte(codes, "JPEG", decoded.notes) if codes is not None else {})
        elif kind == apple.GAIN_MAP_URN:
            head = apple.headroom(values, decoded.facts)
            codes = _codes(image, decoded, "gain map") if head and head > 1.0 else None
            more.update(apple.gain_map_or_note(codes, head, decoded.notes))
        elif kind == "disparity" or any(key.startswith("depthData:") for key in values):
            codes = _codes(image, decoded, "depth map")
            limits = apple.number(values, "apdi:FloatMinValue"), apple.number(values, "apdi:FloatMaxValue")
            if codes is not None:
                more.update(apple.depth(codes, limits, values, "JPEG", decoded.notes))
    if mattes:
        more["mattes"] = mattes
        decoded.notes.append("further mattes: " + ", ".join(sorted(mattes)))
    return more


def _codes(image: Image.Image, decoded: Decoded, what: str) -> NDArray[np.uint8] | None:
    """8-bit codes of the current frame, turned like the picture; None, with a note, when of another shape."""
    with decoding(decoded.name, what):
        check_size(*image.size, decoded.name, what)
        codes = np.asarray(image.convert("L"))
    codes = upright(codes, decoded.turn)
    if not same_aspect(codes.shape, decoded.codes.shape[:2]):
        decoded.notes.append(f"the {what} has another shape than the picture, so it is not used")
        return None
    return codes


def _say_what_is_not_read(decoded: Decoded, lost: bool) -> None:
    """Name the depth or gain map of families that have no adapter yet."""
    keys = apple.xmp_values(decoded.xmp)
    if any(k.startswith("GDepth:") for k in keys):
        decoded.notes.append("holds a depth map of Google's GDepth kind, which is not read yet")
    elif any(k.startswith("Device:") for k in keys):
        decoded.notes.append("holds a depth map of the Dynamic Depth kind, which is not read yet")
    if any(k.startswith("hdrgm:") for k in keys):
        decoded.notes.append("holds an Ultra HDR gain map, which is not read yet")
    elif lost:
        decoded.notes.append("lists further frames (depth, mattes) that are cut off or gone")
