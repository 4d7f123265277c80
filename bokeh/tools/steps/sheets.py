"""The sheets of a render as its steps show them: each put together in the pictures' frame from what the tiles made."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...image.regions import PixelBox
from ...optics.lens import ThinLens
from ...render.observer import Piece

LONGEST_PX = 2048
"""Pictures of a larger photo are reduced by a whole number, so that their longer side is at most this long."""


SAME = 0.01
"""A colour that differs by less than this share of itself is as photographed."""


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """One sheet in the frame of the pictures.

    Attributes
    ----------
    level : int
        It was made at the photo's size halved so often.
    far, near : float
        Its depths, dioptres.
    light : float32 (h, w, 3)
        Premultiplied colour.
    coverage, inside : float32 (h, w)
        What it covers, and where it is known or continued.
    radius : float32 (h, w)
        Blur radius in pixels of the photo, times `inside`.
    origins : float32 (h, w, 3)
        Its coverage by where the colour comes from: as photographed, filled, a guess.
    drawn : float32 (h, w, 4), or None
        Through the lens: premultiplied colour, coverage. None when nothing of it is seen.
    """

    level: int
    far: float
    near: float
    light: FloatArray
    coverage: FloatArray
    inside: FloatArray
    radius: FloatArray
    origins: FloatArray
    drawn: FloatArray | None


@dataclass(eq=False)
class Pieces:
    """What the tiles made of one sheet, from any thread; held no finer than the pictures show it.

    Attributes
    ----------
    frame : StepFrame
    lens : ThinLens
    """

    frame: StepFrame
    lens: ThinLens
    _level: int = 0
    _depths: list[tuple[float, float]] = field(default_factory=list)
    _sheet: list[tuple[PixelBox, FloatArray]] = field(default_factory=list)
    _drawn: list[tuple[PixelBox, FloatArray]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, piece: Piece) -> None:
        """Keep a copy of a piece."""
        sheet, own = piece.layer, self._own_frame(piece.level)
        support = sheet.coverage > 0.0
        depths = sheet.dioptres[support] if support.any() else sheet.dioptres.ravel()
        if not depths.size:
            return
        changed = (np.abs(sheet.rgb - piece.photo) > SAME * np.maximum(piece.photo, 0.1)).any(axis=2)
        guess = sheet.weight < 1.0
        values = np.empty((*sheet.coverage.shape, 9), np.float32)
        values[..., :3] = sheet.rgb * sheet.coverage[..., None]
        values[..., 3] = sheet.coverage
        values[..., 4] = 1.0
        values[..., 5] = self.lens.radius_px(sheet.dioptres)
        for channel, kind in enumerate((~(changed | guess), changed & ~guess, guess), 6):
            values[..., channel] = sheet.coverage * kind
        part = own.part(values, sheet.box)
        drawn = piece.drawn
        through = None if drawn is None else own.part(drawn.light, drawn.box)
        with self._lock:
            self._level = piece.level
            self._depths.append((float(depths.min()), float(depths.max())))
            self._sheet.append(part)
            if through is not None:
                self._drawn.append(through)

    def layer(self) -> DrawnLayer:
        """Put the pieces together; this gives them up."""
        values, drawn = self._whole(self._sheet, 9), self._whole(self._drawn, 4) if self._drawn else None
        far, near = min(far for far, _ in self._depths), max(near for _, near in self._depths)
        light, (coverage, inside, radius) = values[..., :3], np.moveaxis(values[..., 3:6], 2, 0)
        return DrawnLayer(self._level, far, near, light, coverage, inside, radius, values[..., 6:], drawn)

    def _whole(self, parts: list[tuple[PixelBox, FloatArray]], channels: int) -> FloatArray:
        own = self._own_frame(self._level)
        values = np.zeros((*own.size, channels), np.float32)
        # In one order, whichever tile was ready first: a pixel of the pictures may add up from several tiles.
        for box, part in sorted(parts, key=lambda part: (part[0][0].start, part[0][1].start)):
            values[box] += part
        parts.clear()
        return self.frame.resampled(values, own.by * 2**self._level)

    def _own_frame(self, level: int) -> StepFrame:
        """Frame a level as the pictures frame the photo, or as it is where it is smaller."""
        height, width = (-(-n // 2**level) for n in self.frame.photo)
        return StepFrame((height, width), max(self.frame.by // 2**level, 1))


@dataclass(frozen=True)
class StepFrame:
    """The pictures' frame: that of the photo, reduced `by` a whole number where it is large.

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

    def whole(self, values: NDArray) -> FloatArray:
        """Reduce what fills the photo's frame, (H, W) or (H, W, C): the mean of each block."""
        return self.place(values, self.all)

    def place(self, values: NDArray, box: PixelBox) -> FloatArray:
        """Put what fills a box of the photo, (h, w) or (h, w, C), in its place, reduced; 0 around it."""
        out = np.zeros((*self.size, *values.shape[2:]), np.float32)
        target, part = self.part(values, box)
        out[target] = part
        return out

    def part(self, values: NDArray, box: PixelBox) -> tuple[PixelBox, FloatArray]:
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
