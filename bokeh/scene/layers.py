"""The layers of a scene (a layered depth image), and what is left of a picture while they are extracted from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core.arrays import BoolArray, FloatArray
from ..image.inpaint import inpaint
from ..image.regions import PixelBox

GUESS_WEIGHT = 1e-6
"""Weight of an inpainted pixel where the surface beside it is known to go on in the layer above."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One surface as the lens sees it, in its box of the picture; also where something nearer stands in front.

    Attributes
    ----------
    box : (slice, slice)
        Rows and columns of the picture that the arrays stand for.
    rgb : float32 (h, w, 3)
        Clean colour, not premultiplied.
    coverage : float32 (h, w)
        0..1.
    dioptres : float32 (h, w)
        Defined everywhere, also where the coverage is 0: the surface goes on there.
    weight : float32 (h, w)
        1, or GUESS_WEIGHT where the pixel is a guess that only counts when nothing else is there.
    """

    box: PixelBox
    rgb: FloatArray
    coverage: FloatArray
    dioptres: FloatArray
    weight: FloatArray


@dataclass(frozen=True, eq=False)
class ExtractedLayer:
    """What was taken off the picture, and what makes a layer of it: most of the work, and only for what is drawn.

    Attributes
    ----------
    box, rgb, coverage, weight
        As of a `Layer`.
    dioptres : float32 (h, w)
        What is known of its depth, and what lay beside it.
    own_depth : callable
        Returns where that is its own (bool (h, w)).
    """

    box: PixelBox
    rgb: FloatArray
    coverage: FloatArray
    dioptres: FloatArray
    weight: FloatArray
    own_depth: Callable[[], BoolArray]

    def layer(self) -> Layer:
        """Continue its depth."""
        surface = inpaint(self.dioptres[..., None], self.own_depth())[..., 0]
        return Layer(self.box, self.rgb, self.coverage, surface, self.weight)


@dataclass(frozen=True, eq=False)
class MixedPixels:
    """The two surfaces that each pixel of a smaller picture shows, in the terms of matting.

    Attributes
    ----------
    front, back : float32 (H, W, 4)
        Colour and dioptres of the nearer and of the farther one.
    alpha : float32 (H, W)
        How much of the pixel the nearer one covers: it shows alpha * front + (1 - alpha) * back.
    """

    front: FloatArray
    back: FloatArray
    alpha: FloatArray

    def crop(self, box: PixelBox) -> MixedPixels:
        """Look at a box of it."""
        return MixedPixels(self.front[box], self.back[box], self.alpha[box])


@dataclass(eq=False)
class Residual:
    """What is left of a picture when nearer layers are taken off; the arrays change in place.

    Attributes
    ----------
    rgbd : float32 (H, W, 4)
        Complete colour, and dioptres.
    matte : float32 (H, W), or None
    weight : float32 (H, W)
        As of a `Layer`.
    seen : bool (H, W)
        Pixels that are as photographed, not inpainted.
    gap_px : int
        Width of a gap behind something narrow that is closed line by line.
    mixed : MixedPixels, or None
        What the pixels that are seen are made of, where that is known; else it is guessed from their colours.
    subject_split : MixedPixels, or None
        The subject and what lies behind it, where they were split already.
    is_guide : bool
        Whether it only tells a larger picture what lies behind its layers: at its size two surfaces look like one.
    """

    rgbd: FloatArray
    matte: FloatArray | None
    weight: FloatArray
    seen: BoolArray
    gap_px: int
    mixed: MixedPixels | None
    subject_split: MixedPixels | None
    is_guide: bool = False

    @classmethod
    def of(
        cls,
        rgbd: FloatArray,
        matte: FloatArray | None,
        gap_px: int,
        mixed: MixedPixels | None = None,
    ) -> Residual:
        """Begin with the whole of a picture; its arrays are changed."""
        shape = rgbd.shape[:2]
        return cls(rgbd, matte, np.ones(shape, np.float32), np.ones(shape, bool), gap_px, mixed, None)
