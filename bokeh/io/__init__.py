"""Reading and writing of pictures, depth and mattes."""

from __future__ import annotations

from pathlib import Path

from ..photo import Photo
from . import registry
from .common import read_file


def load(path: str | Path | bytes) -> Photo:
    """First cut."""
    return registry.read(*read_file(path))
