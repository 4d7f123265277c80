"""XMP packets for what is written: properties taken out, and everything else left byte for byte."""

from __future__ import annotations

import re

# Of what else a picture's file holds: depth map, original, gain map, further XMP.
_OF_CONTAINER = [rb"xmpNote:HasExtendedXMP", rb"GDepth:\w+", rb"GImage:\w+", rb"hdrgm:\w+", rb"G?Container:Directory"]


def without_gps(xmp: bytes) -> bytes:
    """Return XMP without the place, else bit for bit."""
    return _without(xmp, [rb"exif:GPS\w*"])


def for_output(xmp: bytes | None, keep_gps: bool = True, turned: bool = False) -> bytes | None:
    """Return XMP as an output carries it.

    Without orientation, for the pixels are upright; without the list of what else its source's file held; without
    regions of the picture as it lay before, if it was `turned`; without the place, unless `keep_gps`.
    """
    if not xmp:
        return None
    names = [rb"tiff:Orientation", *_OF_CONTAINER, *([rb"mwg-rs:Regions"] if turned else [])]
    names += [] if keep_gps else [rb"exif:GPS\w*"]
    return _without(xmp, names)


def _without(xmp: bytes, names: list[bytes]) -> bytes:
    """Take properties, given by patterns of their names, out of XMP."""
    for name in names:
        xmp = re.sub(rb"\s" + name + rb"\s*=\s*(\"[^\"]*\"|'[^']*')", b"", xmp)
        xmp = re.sub(rb"<(" + name + rb")(?:\s[^>]*)?(?:/>|>.*?</\1\s*>)", b"", xmp, flags=re.DOTALL)
    return xmp
