"""Which adapter reads a file: decided by its first bytes, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ..core.errors import UnknownFormatError
from ..photo.photo import Photo
from .formats import FORMATS, READABLE
from .heif.boxes import brands
from .raster.dng import is_dng

_HEIF = {"heic", "heix", "heim", "heis", "hevc", "mif1", "msf1"}

LOOKS_LIKE: dict[str, Callable[[bytes], bool]] = {
    "jpeg": lambda d: d[:3] == b"\xff\xd8\xff",
    "avif": lambda d: bool({"avif", "avis"} & set(brands(d))),
    "heic": lambda d: bool(_HEIF & set(brands(d))),
    "png": lambda d: d[:8] == b"\x89PNG\r\n\x1a\n",
    "dng": is_dng,
    "tiff": lambda d: d[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "exr": lambda d: d[:4] == b"\x76\x2f\x31\x01",
}
"""Whether a file begins as one of the format; the first that does is it."""


def kind_of(data: bytes) -> str | None:
    """Tell the kind of picture these bytes begin, or None."""
    return next((kind for kind, begins in LOOKS_LIKE.items() if begins(data)), None)


def read(data: bytes, name: str) -> Photo:
    """Read a picture with the adapter for its content.

    Raises
    ------
    UnknownFormatError
        When no adapter knows it.
    InputError
        When it is truncated or damaged.
    """
    kind = kind_of(data)
    if kind is None:
        raise UnknownFormatError(f"{name}: not a picture that rebokeh reads; give one of {READABLE}")
    module, _, function = FORMATS[kind].reader.partition(":")
    return getattr(import_module(f".{module}", __package__), function)(data, name)
