"""A tile of a picture, looked at with some of what lies around it."""

from __future__ import annotations

from dataclasses import dataclass

from .boxes import within
from .regions import PixelBox


@dataclass(frozen=True)
class Tile:
    """A tile of a picture.

    Attributes
    ----------
    inner : (slice, slice)
        Rows and columns that are made.
    outer : (slice, slice)
        What is looked at for them.
    around_px : int
        How far that goes beyond `inner`, within the picture.
    """

    inner: PixelBox
    outer: PixelBox
    around_px: int

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of what is made."""
        return self.inner[0].stop - self.inner[0].start, self.inner[1].stop - self.inner[1].start

    @property
    def within(self) -> PixelBox:
        """Rows and columns of `inner`, counted from the beginning of `outer`."""
        return within(self.inner, self.outer)
