"""The frame of the pictures of a render's steps: the photo's, reduced by a whole number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .masks import Box

FloatArray = NDArray[np.float32]

LONGEST_PX = 2048
"""Pictures of a larger photo are reduced by a whole number, so that their longer side is at most this long."""


@dataclass(frozen=True)
class Frame:
    """The pictures' frame: that of the photo, reduced `by` a whole number where it is large.

    A last row or column that fills no whole pixel is left out.
    """

    photo: tuple[int, int]
    by: int

    @classmethod
    def of(cls, size: tuple[int, int]) -> Frame:
        """Frame the pictures of a photo of this height and width."""
        return cls(size, -(-max(size) // LONGEST_PX))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures."""
        return max(self.photo[0] // self.by, 1), max(self.photo[1] // self.by, 1)

    @property
    def all(self) -> Box:
        """The box that is the whole photo."""
        return slice(0, self.photo[0]), slice(0, self.photo[1])

    def whole(self, values: NDArray) -> FloatArray:
        """Reduce what fills the photo's frame, (H, W) or (H, W, C): the mean of each block."""
        return self.place(values, self.all)

    def place(self, values: NDArray, box: Box) -> FloatArray:
        """Put what fills a box of the photo, (h, w) or (h, w, C), in its place, reduced; 0 around it."""
        if self.by == 1:
            out = np.zeros((*self.size, *values.shape[2:]), np.float32)
            out[box] = values
            return out
        ends = [min(b.stop, n * self.by) for b, n in zip(box, self.size, strict=True)]
        first = [b.start // self.by for b in box]
        last = [max(-(-end // self.by), start) for end, start in zip(ends, first, strict=True)]
        blocks = np.zeros(
            (*((b - a) * self.by for a, b in zip(first, last, strict=True)), *values.shape[2:]), np.float32
        )
        at = tuple(
            slice(b.start - a * self.by, max(end, b.start) - a * self.by)
            for b, a, end in zip(box, first, ends, strict=True)
        )
        inner = blocks[at]
        inner[...] = values[: inner.shape[0], : inner.shape[1]]
        out = np.zeros((*self.size, *values.shape[2:]), np.float32)
        target = out[first[0] : last[0], first[1] : last[1]]
        for row in range(self.by):
            for column in range(self.by):
                target += blocks[row :: self.by, column :: self.by]
        target /= self.by**2
        return out

    def coarse(self, values: NDArray) -> NDArray:
        """Enlarge a map (h, w) of its own resolution so that its pixels are seen."""
        rows, columns = (
            ((np.arange(n) + 0.5) * (m / n)).astype(np.intp) for n, m in zip(self.size, values.shape[:2], strict=True)
        )
        return values[rows[:, None], columns]
