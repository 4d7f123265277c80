"""Layers over each other: what is seen of each past the nearer ones, and how much light still gets through."""

from __future__ import annotations

import numpy as np

from ..core.arrays import FloatArray
from ..image.regions import PixelBox
from .scatter import ScatteredLayer


class LayerStack:
    """A picture as it is composed, near to far: the "over" operator, from the front.

    Attributes
    ----------
    light : float32 (H, W, 4)
        Colour that arrives so far, and the share of light that still gets through from behind.
    """

    def __init__(self, light: FloatArray) -> None:
        """Begin with what is in front; see `nothing`."""
        self.light = light

    @property
    def transmittance(self) -> FloatArray:
        """Share of light that still gets through from behind (H, W)."""
        return self.light[..., 3]

    def add(self, drawn: ScatteredLayer) -> None:
        """Lay a layer behind all that is there."""
        from ...kernels.composite import add

        add(self.light, drawn.light, drawn.box[0].start, drawn.box[1].start)

    def close(self, behind: FloatArray) -> None:
        """Lay a picture (H, W, 4) behind all that is there."""
        from ...kernels.composite import end

        end(self.light, behind)


def nothing(size: tuple[int, int]) -> FloatArray:
    """No light yet, and nothing in its way: float32 (H, W, 4)."""
    light: FloatArray = np.zeros((*size, 4), np.float32)
    light[..., 3] = 1.0
    return light


def enlarged(light: FloatArray | None, box: PixelBox) -> FloatArray:
    """Enlarge a picture (h, w, 4) of half the size, in a box of the whole; None is no light, and nothing in its way."""
    from ...kernels.composite import within
    from ...kernels.resample import double

    size = (box[0].stop - box[0].start, box[1].stop - box[1].start)
    if light is None:
        return nothing(size)
    out = np.empty((*size, 4), np.float32)
    double(light, box[0].start, box[1].start, out)
    within(out)
    return out
