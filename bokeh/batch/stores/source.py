"""The bytes of a photo, wherever it lies, and what is painted over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...io.decoded import read_file
from ...io.edits_file import found_beside
from .url import is_url, local_path

if TYPE_CHECKING:
    from ...settings.preset import Preset


def read_source(source: str) -> bytes:
    """Return the bytes of a file or of an object.

    Raises
    ------
    InputError
        When it is missing, empty or unreadable.
    UsageError
        When nothing installed reads such URLs.
    """
    if not is_url(source):
        return read_file(source)[0]
    if (path := local_path(source)) is not None:
        return read_file(path)[0]
    from .objects import read

    return read(source)


def edits_beside(source: str, settings: Preset) -> bytes | None:
    """Return the file of edits beside a photo; None where there is none, or none is wanted, or beside an object."""
    path = local_path(source) if is_url(source) else source
    found = None if path is None else found_beside(path)
    if found is None or settings.load_options.edits is not None:
        return None
    try:
        return found.read_bytes()
    except OSError:
        return b""  # which is no file of edits: whoever works on the photo says so
