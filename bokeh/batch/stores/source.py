"""The bytes of a photo, wherever it lies."""

from __future__ import annotations

from ...io.decoded import read_file
from .url import is_url, local_path


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
