"""Which adapter reads a file, by its content."""

from __future__ import annotations

from importlib import import_module

from ..core.errors import UnknownFormatError
from ..photo.photo import Photo
from .formats import FORMATS, READABLE


def kind_of(data: bytes) -> str | None:
    """Name the format, one of `FORMATS`, of a file's bytes; None when it is none of them."""
    return next((row.name for row in FORMATS.values() if row.is_this(data)), None)


def read(data: bytes, name: str) -> Photo:
    """Read a picture with the adapter for its content.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        For messages.

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
    return import_module(f".{FORMATS[kind].reader}", __package__).read(data, name)
