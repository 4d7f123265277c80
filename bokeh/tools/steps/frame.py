"""The frame that all pictures of the steps have: the photo's, reduced where it is large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...image.regions import PixelBox

LONGEST_PX = 2048
"""Pictures of a larger photo are reduced by a whole number, so that their longer side is at most this long."""


@dataclass(frozen=True)
class StepFrame:
    """The frame of the pictures: that of the photo, reduced `by` a whole number where it is large.

    A last row or column that fills no whole pixel is left out.
    """

    photo: tuple[int, int]
    by: int

    @classmethod
    def of(cls, size: tuple[int, int]) -> StepFrame:
        """Frame the pictures of a photo of this height and width."""
        return cls(size, -(-max(size) // LONGEST_PX))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures."""
        return max(self.photo[0] // self.by, 1), max(self.photo[1] // self.by, 1)

    @property
    def all(self) -> PixelBox:
        """The box that is the whole photo."""
        return slice(0, self.photo[0]), slice(0, self.photo[1])

    def at_level(self, level: int) -> StepFrame:
        """Frame the photo halved so often, as this frames the photo, or as it is where it is smaller."""
        height, width = (-(-n // 2**level) for n in self.photo)
        return StepFrame((height, width), max(self.by // 2**level, 1))

    def assembled(self, level: int, parts: list[tuple[PixelBox, FloatArray]], channels: int) -> FloatArray:
        """Put together what was reduced in the frame of a level, float32 (h, w, channels) in this frame."""
        own = self.at_level(level)
        values = np.zeros((*own.size, channels), np.float32)
        # In one order, whichever was ready first: a pixel of the pictures may add up from several parts.
        for box, part in sorted(parts, key=lambda placed: (placed[0][0].start, placed[0][1].start)):
            values[box] += part
        return self.resampled(values, own.by * 2**level)

    def whole(self, values: NDArray) -> FloatArray:
        """Reduce what fills the photo's frame, (H, W) or (H, W, C): the mean of each block."""
        return self.place(values, self.all)

    def place(self, values: NDArray, box: PixelBox) -> FloatArray:
        """Put what fills a box of the photo, (h, w) or (h, w, C), in its place, reduced; 0 around it."""
        out = np.zeros((*self.size, *values.shape[2:]), np.float32)
        there, reduced = self.reduce(values, box)
        out[there] = reduced
        return out

    def reduce(self, values: NDArray, box: PixelBox) -> tuple[PixelBox, FloatArray]:
        """Reduce what fills a box of the photo: where it lies in the pictures, and what it adds to them there."""
        ends = [max(min(b.stop, n * self.by), b.start) for b, n in zip(box, self.size, strict=True)]
        first = [b.start // self.by for b in box]
        last = [
            max(-(-min(end, n * self.by) // self.by), start)
            for end, n, start in zip(ends, self.size, first, strict=True)
        ]
        rows, columns = (slice(a, b) for a, b in zip(first, last, strict=True))
        inside = values[: ends[0] - box[0].start, : ends[1] - box[1].start]
        if self.by == 1:
            return (rows, columns), np.array(inside, np.float32)
        blocks = np.zeros(
            (*((b - a) * self.by for a, b in zip(first, last, strict=True)), *values.shape[2:]), np.float32
        )
        at = tuple(slice(b.start - a * self.by, end - a * self.by) for b, a, end in zip(box, first, ends, strict=True))
        blocks[at] = inside
        out = np.zeros((last[0] - first[0], last[1] - first[1], *values.shape[2:]), np.float32)
        for row in range(self.by):
            for column in range(self.by):
                out += blocks[row :: self.by, column :: self.by]
        out /= self.by**2
        return (rows, columns), out

    def resampled(self, values: FloatArray, pixel: int) -> FloatArray:
        """Bring a picture (h, w, C) whose pixels are `pixel` of the photo's wide to the frame; linear between them."""
        for axis, (size, most) in enumerate(zip(self.size, values.shape[:2], strict=True)):
            place = np.clip((np.arange(size) + 0.5) * self.by / pixel - 0.5, 0.0, most - 1.0)
            first = place.astype(np.intp)
            share = np.expand_dims((place - first).astype(np.float32), (1, 2) if axis == 0 else (0, 2))
            before, after = (np.take(values, at, axis) for at in (first, np.minimum(first + 1, most - 1)))
            after -= before
            after *= share
            after += before
            values = after
        return values

    def coarse(self, values: NDArray) -> NDArray:
        """Enlarge a map (h, w) of its own resolution so that its pixels are seen."""
        rows, columns = (
            ((np.arange(n) + 0.5) * (m / n)).astype(np.intp) for n, m in zip(self.size, values.shape[:2], strict=True)
        )
        return values[rows[:, None], columns]
