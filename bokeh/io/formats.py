"""The formats that are written: names, file name endings, bit depths, qualities."""

from __future__ import annotations

from typing import Literal

BIT_DEPTHS = {"heic": (8, 10), "jpeg": (8,), "png": (8, 16), "tiff": (8, 16), "exr": (16, 32), "avif": (8,)}

FORMATS = tuple(BIT_DEPTHS)

# Visually lossless: luma 45 dB or better of a picture with grain, all channels 44 dB (benchmarks/speed/encoding.py,
# 12 MP). HEIC 80 is 52.5 dB in 2.9 bits a pixel; 92 is 56.7 in 4.6, 65 is 47.5 in 1.4. Its quality costs little time:
# 3.4 s of CPU at 75, 4.3 at 92. JPEG 95 is 45.7 dB, 90 is 44.6. AVIF 95 is 49.1 dB, 90 is 46.4.
QUALITY = {"heic": 80, "jpeg": 95, "avif": 95}

STRIPPABLE = ("gps",)

Hdr = Literal["auto", "off", "gain-map", "pq"]

HDR_KINDS = {"gain-map": ("heic", "jpeg"), "pq": ("heic", "avif")}

SUFFIXES: dict[str, tuple[str, ...]] = {
    "heic": (".heic", ".heif", ".hif"),
    "jpeg": (".jpg", ".jpeg"),
    "png": (".png",),
    "tiff": (".tif", ".tiff"),
    "exr": (".exr",),
    "avif": (".avif",),
}
"""Formats that are written, with their file name endings; the first is the one that is given."""
