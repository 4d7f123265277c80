"""The layers of a render as its steps show them: each put together in the pictures' frame from the tiles' pieces."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from ...core.arrays import FloatArray
from ...image.regions import PixelBox
from ...optics.lens import ThinLens
from ...render.observer import Piece
from .frame import StepFrame

SAME = 0.01
"""A colour that differs by less than this share of itself is as photographed."""


@dataclass(frozen=True, eq=False)
class DrawnLayer:
    """One layer in the frame of the pictures.

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
        Its coverage by where the colour comes from: as photographed, inpainted, a guess.
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
class LayerPieces:
    """What the tiles made of one layer, from any thread; held no finer than the pictures show it.

    Attributes
    ----------
    frame : StepFrame
    lens : ThinLens
    """

    frame: StepFrame
    lens: ThinLens
    _level: int = 0
    _depths: list[tuple[float, float]] = field(default_factory=list)
    _layer: list[tuple[PixelBox, FloatArray]] = field(default_factory=list)
    _drawn: list[tuple[PixelBox, FloatArray]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, piece: Piece) -> None:
        """Keep a copy of a piece."""
        layer, own = piece.layer, self._own_frame(piece.level)
        support = layer.coverage > 0.0
        depths = layer.dioptres[support] if support.any() else layer.dioptres.ravel()
        if not depths.size:
            return
        changed = (np.abs(layer.rgb - piece.photo) > SAME * np.maximum(piece.photo, 0.1)).any(axis=2)
        guess = layer.weight < 1.0
        values = np.empty((*layer.coverage.shape, 9), np.float32)
        values[..., :3] = layer.rgb * layer.coverage[..., None]
        values[..., 3] = layer.coverage
        values[..., 4] = 1.0
        values[..., 5] = self.lens.radius_px(layer.dioptres)
        for channel, kind in enumerate((~(changed | guess), changed & ~guess, guess), 6):
            values[..., channel] = layer.coverage * kind
        reduced = own.reduce(values, layer.box)
        drawn = piece.drawn
        through = None if drawn is None else own.reduce(drawn.light, drawn.box)
        with self._lock:
            self._level = piece.level
            self._depths.append((float(depths.min()), float(depths.max())))
            self._layer.append(reduced)
            if through is not None:
                self._drawn.append(through)

    def layer(self) -> DrawnLayer:
        """Put the pieces together; this gives them up."""
        values, drawn = self._whole(self._layer, 9), self._whole(self._drawn, 4) if self._drawn else None
        far, near = min(far for far, _ in self._depths), max(near for _, near in self._depths)
        light, (coverage, inside, radius) = values[..., :3], np.moveaxis(values[..., 3:6], 2, 0)
        return DrawnLayer(self._level, far, near, light, coverage, inside, radius, values[..., 6:], drawn)

    def _whole(self, tiles: list[tuple[PixelBox, FloatArray]], channels: int) -> FloatArray:
        own = self._own_frame(self._level)
        values = np.zeros((*own.size, channels), np.float32)
        # In one order, whichever tile was ready first: a pixel of the pictures may add up from several tiles.
        for box, tile in sorted(tiles, key=lambda placed: (placed[0][0].start, placed[0][1].start)):
            values[box] += tile
        tiles.clear()
        return self.frame.resampled(values, own.by * 2**self._level)

    def _own_frame(self, level: int) -> StepFrame:
        """Frame a level as the pictures frame the photo, or as it is where it is smaller."""
        height, width = (-(-n // 2**level) for n in self.frame.photo)
        return StepFrame((height, width), max(self.frame.by // 2**level, 1))
