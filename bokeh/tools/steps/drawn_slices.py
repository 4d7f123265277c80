"""The slices of a render as its steps show them: each put together in the pictures' frame from the tiles' pieces."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from ...core.arrays import FloatArray
from ...image.regions import PixelBox
from ...optics.lens import ThinLens
from ...render.observer import Piece
from .frame import StepFrame


@dataclass(frozen=True, eq=False)
class DrawnSlice:
    """One slice in the frame of the pictures.

    Attributes
    ----------
    kind : int
        Its class: FRONT, SUBJECT or BEHIND of `scene.slices`.
    level : int
        It was made at the photo's size halved so often.
    far, near : float
        Its depths, dioptres.
    light : float32 (h, w, 3)
        Premultiplied colour.
    coverage, inside : float32 (h, w)
        What it covers, and where it is known.
    radius : float32 (h, w)
        Blur radius in pixels of the photo, times `inside`.
    origins : float32 (h, w, 3)
        Its coverage by where the colour comes from: as photographed, un-mixed, filled behind what hides it.
    drawn : float32 (h, w, 4), or None
        Through the lens: premultiplied colour, coverage. None when nothing of it is seen.
    """

    kind: int
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
class SlicePieces:
    """What the tiles made of one slice, from any thread; held no finer than the pictures show it.

    Attributes
    ----------
    frame : StepFrame
    lens : ThinLens
    kind, level : int
        As of a `Piece`.
    """

    frame: StepFrame
    lens: ThinLens
    kind: int
    level: int
    _depths: list[tuple[float, float]] = field(default_factory=list)
    _fragments: list[tuple[PixelBox, FloatArray]] = field(default_factory=list)
    _drawn: list[tuple[PixelBox, FloatArray]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, piece: Piece) -> None:
        """Keep a copy of a piece."""
        own, known = self.frame.at_level(piece.level), piece.weight > 0.0
        reduced, through, depths = None, None, None
        if known.any():
            depths = float(piece.dioptres[known].min()), float(piece.dioptres[known].max())
            values = np.empty((*known.shape, 9), np.float32)
            values[..., :3] = piece.rgb * piece.coverage[..., None]
            values[..., 3] = piece.coverage
            values[..., 4] = known
            values[..., 5] = np.where(known, self.lens.radius_px(piece.dioptres), 0.0)
            hidden = piece.weight < 1.0
            for channel, kind in enumerate((~(piece.mixed | hidden), piece.mixed & ~hidden, hidden), 6):
                values[..., channel] = piece.coverage * kind
            reduced = own.reduce(values, piece.box)
        if piece.drawn is not None and piece.drawn_box is not None:
            through = own.reduce(np.dstack([piece.drawn, self._arrived(piece.drawn)]), piece.drawn_box)
        with self._lock:
            if reduced is not None and depths is not None:
                self._depths.append(depths)
                self._fragments.append(reduced)
            if through is not None:
                self._drawn.append(through)

    def _arrived(self, drawn: FloatArray) -> FloatArray:
        """Tell where some of what was drawn arrives; all over, where its pixels are no larger than the pictures'."""
        coverage = drawn[..., 3]
        return (coverage > 0.0).astype(np.float32) if 2**self.level > self.frame.by else np.ones_like(coverage)

    def slice(self) -> DrawnSlice | None:
        """Put the pieces together; this gives them up. None where nothing of the slice was shown."""
        if not self._depths:
            return None
        values = self.frame.assembled(self.level, self._fragments, 9)
        drawn = None
        if self._drawn:
            drawn = self.frame.assembled(self.level, self._drawn, 5)
            # Between a pixel that some of it reaches and one that nothing does, it goes on: there is no edge of it.
            drawn = np.asarray(drawn[..., :4] / np.maximum(drawn[..., 4:], np.float32(1e-6)), np.float32)
        far, near = min(far for far, _ in self._depths), max(near for _, near in self._depths)
        self._fragments.clear()
        self._drawn.clear()
        light, (coverage, inside, radius) = values[..., :3], np.moveaxis(values[..., 3:6], 2, 0)
        return DrawnSlice(self.kind, self.level, far, near, light, coverage, inside, radius, values[..., 6:], drawn)
