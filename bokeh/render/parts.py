"""The parts of a picture, in the order in which somebody waits for them, each told of once it is whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ..core.arrays import FloatArray
from ..image.boxes import boxes_of, common_part
from ..image.regions import PixelBox


class PictureParts:
    """Boxes that together are a picture.

    Parameters
    ----------
    boxes : sequence of (slice, slice)
        Those that are waited for first stand first.
    told : callable
        Is told the picture, float32 (H, W, 3), and a box of it that is whole, in the thread that made the last of it.
    """

    def __init__(self, boxes: Sequence[PixelBox], told: Callable[[FloatArray, PixelBox], object]) -> None:
        self.boxes = list(boxes)
        self.told = told
        self._lock = threading.Lock()
        self._left = [_pixels(box) for box in self.boxes]

    def then(self, told: Callable[[FloatArray, PixelBox], object]) -> PictureParts:
        """Return the same parts, told of elsewhere."""
        return PictureParts(self.boxes, told)

    def tiles(self, side: int) -> list[PixelBox]:
        """Cut all of them into tiles."""
        return [
            (_beyond(rows.start, down), _beyond(columns.start, across))
            for rows, columns in self.boxes
            for down, across in boxes_of((rows.stop - rows.start, columns.stop - columns.start), side)
        ]

    def made(self, picture: FloatArray, tile: PixelBox) -> None:
        """Count a tile as made; from any thread."""
        number = next(number for number, box in enumerate(self.boxes) if common_part(box, tile) is not None)
        with self._lock:
            self._left[number] -= _pixels(tile)
            is_whole = self._left[number] == 0
        if is_whole:
            self.told(picture, self.boxes[number])


def _beyond(first: int, span: slice) -> slice:
    return slice(first + span.start, first + span.stop)


def _pixels(box: PixelBox) -> int:
    return (box[0].stop - box[0].start) * (box[1].stop - box[1].start)
