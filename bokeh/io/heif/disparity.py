"""Depth and mattes as the auxiliary images of a HEIC: 8-bit codes, and the words that give them their meaning."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...photo.metadata import DepthKind
from ..metadata import apple
from ..metadata.xmp import REBOKEH_URI

DEPTH_URN = "urn:mpeg:hevc:2015:auxid:2"
# Phones' maps are smaller; a map of every pixel would weigh more than its picture.
_LONGEST_PX = 2048
MATTE_URNS = {
    "hair": "urn:com:apple:photo:2019:aux:semantichairmatte",
    "skin": "urn:com:apple:photo:2019:aux:semanticskinmatte",
    "teeth": "urn:com:apple:photo:2019:aux:semanticteethmatte",
    "glasses": "urn:com:apple:photo:2020:aux:semanticglassesmatte",
    "sky": "urn:com:apple:photo:2020:aux:semanticskymatte",
}
"""Of `Photo.mattes`, by name."""
_MATTE_VERSIONS = {apple.MATTE_URN: ("portraitEffectsMatte:PortraitEffectsMatteVersion", 65537)}
_NAMESPACES = {
    "apdi": "http://ns.apple.com/pixeldatainfo/1.0/",
    "depthData": "http://ns.apple.com/depthData/1.0/",
    "portraitEffectsMatte": "http://ns.apple.com/portraitEffectsMatte/1.0/",
    "semanticSegmentationMatte": "http://ns.apple.com/semanticSegmentationMatte/1.0/",
    "rebokeh": REBOKEH_URI,
}


@dataclass(frozen=True)
class Auxiliary:
    """An image that belongs to the picture: what it is, its codes (h, w) upright, its XMP.

    `tail` stands behind the URN in ``auxC``; `quality` None means exactly.
    """

    urn: str
    codes: NDArray[np.uint8]
    xmp: bytes
    tail: bytes = b""
    quality: int | None = None


def of_depth(dioptres: FloatArray, kind: DepthKind) -> Auxiliary:
    """Make the depth image of a map (h, w) of dioptres; holes (NaN) become its farthest point.

    Its 256 codes are spread from the least to the largest value, so a code is 1/255 of the range.
    """
    by = -(-max(dioptres.shape) // _LONGEST_PX)
    # A sample of each block and no mean, which would lie between a subject and its background.
    dioptres = dioptres[by // 2 :: by, by // 2 :: by]
    low, high = _coded_value(float(np.nanmin(dioptres))), _coded_value(float(np.nanmax(dioptres)))
    span = max(high - low, 1e-6)
    codes = np.rint(np.clip((np.nan_to_num(dioptres, nan=low) - low) / span, 0.0, 1.0) * 255.0).astype(np.uint8)
    words = {
        "apdi:AuxiliaryImageType": "disparity",
        "apdi:FloatMinValue": f"{low:.9g}",
        "apdi:FloatMaxValue": f"{high:.9g}",
        "apdi:IntMinValue": "0",
        "apdi:IntMaxValue": "255",
        "depthData:Accuracy": "absolute" if kind == "absolute" else "relative",
        "depthData:Filtered": "True",
        "depthData:Quality": "high",
    }
    if kind == "unitless":
        words["rebokeh:DepthKind"] = kind
    return Auxiliary(DEPTH_URN, codes, _packet(words), _message(low, high))


def of_matte(urn: str, coverage: FloatArray) -> Auxiliary:
    """Make the image of a matte (h, w) of coverage 0..1."""
    by = -(-max(coverage.shape) // _LONGEST_PX)
    codes = np.rint(coverage[by // 2 :: by, by // 2 :: by] * 255.0).astype(np.uint8)
    key, version = _MATTE_VERSIONS.get(urn, ("semanticSegmentationMatte:SemanticSegmentationMatteVersion", 65536))
    return Auxiliary(urn, codes, _packet({"apdi:AuxiliaryImageType": urn, key: str(version)}))


def _packet(words: dict[str, str]) -> bytes:
    spaces = sorted({key.split(":")[0] for key in words})
    declared = " ".join(f'xmlns:{prefix}="{_NAMESPACES[prefix]}"' for prefix in spaces)
    values = "".join(f"<{key}>{value}</{key}>" for key, value in words.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {declared}>{values}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def _coded_value(value: float) -> float:
    """Round a value >= 0 as the message below holds it."""
    power, fraction = _floating(value)
    return 0.0 if power is None else (1.0 + fraction / 65536.0) * 2.0**power


def _floating(value: float) -> tuple[int | None, int]:
    """Power of two and 16 bits of mantissa; no power for what is too small to matter."""
    if value < 2.0**-30:
        return None, 0
    power = math.floor(math.log2(value))
    return power, min(round((value / 2.0**power - 1.0) * 65536), 65535)


def _message(low: float, high: float) -> bytes:
    """Return the depth representation message (HEVC, SEI 177) for a range of disparities, as ``auxC`` holds it."""

    def element(value: float) -> str:
        power, fraction = _floating(value)
        # The standard counts from 31; an exponent of 0 is a number so small that it is none.
        return f"0{0 if power is None else power + 31:07b}{15:05b}{fraction:016b}"

    # No z range, a disparity range, "uniform disparity" (ue 1), reference view 0 (ue 0).
    bits = "0011" + "010" + "1" + element(low) + element(high) + "1"
    bits += "0" * (-len(bits) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8, "big")
    unit = b"\x4e\x01\xb1" + bytes([len(payload)]) + payload
    return struct.pack(">II", len(unit) + 4, len(unit)) + unit
