"""Which adapter reads a file, by its content."""

from __future__ import annotations

from importlib import import_module

from ..core.errors import UnknownFormatError, UsageError
from ..photo.load_options import LoadOptions
from ..photo.photo import Photo
from .formats import FORMATS, READABLE


def kind_of(data: bytes) -> str | None:
    """Name the format, one of `FORMATS`, of a file's bytes; None when it is none of them."""
    return next((row.name for row in FORMATS.values() if row.is_this(data)), None)


def read(data: bytes, name: str, options: LoadOptions | None = None) -> Photo:
    """Read a picture with the adapter for its content.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        For messages.
    options : LoadOptions, optional
        Of these, what chooses among layers and channels is for the formats that have them.

    Raises
    ------
    UsageError
        When a layer or a channel is asked for, and the file has none, or none of that name.
    UnknownFormatError
        When no adapter knows it.
    InputError
        When it is truncated or damaged.
    """
    kind = kind_of(data)
    if kind is None:
        raise UnknownFormatError(f"{name}: not a picture that rebokeh reads; give one of {READABLE}")
    reader = import_module(f".{FORMATS[kind].reader}", __package__)
    if FORMATS[kind].has_layers:
        return reader.read(data, name, options)
    asked = [] if options is None else [key for key in options.of_layers if options.depth is None or key == "layer"]
    if asked:
        raise UsageError(f"{name}: `{asked[0]}` chooses among what an EXR holds; this is {kind.upper()}")
    return reader.read(data, name)
