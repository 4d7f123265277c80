"""Which adapter reads a file: decided by its first bytes, never by its name."""

from __future__ import annotations

from collections.abc import Callable

from ..core.errors import UnknownFormatError
from ..photo.photo import Photo
from .heif import heic
from .heif.boxes import brands
from .jpeg import jpeg
from .raster import dng, exr, raster, tiff

READABLE = "HEIC, JPEG, PNG, TIFF, EXR, AVIF and DNG"
_HEIF = {"heic", "heix", "heim", "heis", "hevc", "mif1", "msf1"}

# (kind, does it look like it, reader); the first that says yes reads.
ADAPTERS: list[tuple[str, Callable[[bytes], bool], Callable[[bytes, str], Photo]]] = [
    ("jpeg", lambda d: d[:3] == b"\xff\xd8\xff", jpeg.read),
    ("avif", lambda d: bool({"avif", "avis"} & set(brands(d))), raster.read_avif),
    ("heic", lambda d: bool(_HEIF & set(brands(d))), heic.read),
    ("png", lambda d: d[:8] == b"\x89PNG\r\n\x1a\n", raster.read_png),
    ("dng", dng.is_dng, dng.read),
    ("tiff", lambda d: d[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), tiff.read),
    ("exr", lambda d: d[:4] == b"\x76\x2f\x31\x01", exr.read),
]


def kind_of(data: bytes) -> str | None:
    """Tell the kind of picture these bytes begin, or None."""
    return next((kind for kind, looks_like_it, _ in ADAPTERS if looks_like_it(data)), None)


def read(data: bytes, name: str) -> Photo:
    """Read a picture with the adapter for its content.

    Raises
    ------
    UnknownFormatError
        When no adapter knows it.
    InputError
        When it is truncated or damaged.
    """
    for _, looks_like_it, reader in ADAPTERS:
        if looks_like_it(data):
            return reader(data, name)
    raise UnknownFormatError(f"{name}: not a picture that rebokeh reads; give {READABLE}")
