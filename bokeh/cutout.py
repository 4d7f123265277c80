"""The subject alone: its own colour up to its outline, and how much of each pixel it covers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .fill import fill
from .lens import ThinLens
from .plan import SubjectRange
from .sheets import Remaining, take_subject

FloatArray = NDArray[np.float32]

_IN, _BEHIND = 1.0, 0.1
"""Dioptres that tell the subject from all else: the matte alone decides."""


def cut_out(rgb: FloatArray, matte: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cut the subject out of a photo.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    matte : float32 (H, W)
        Coverage of the subject.

    Returns
    -------
    rgb : float32 (H, W, 3)
        The subject's colour, not premultiplied: pixels that it shares with what lies behind are un-mixed, and beyond
        its outline its colour goes on, so that nothing else shines through when the picture is scaled.
    coverage : float32 (H, W)
        0..1.
    """
    rgbd = np.dstack([rgb, np.where(matte > 0.5, _IN, _BEHIND)]).astype(np.float32)
    rest = Remaining.of(rgbd, np.array(matte, np.float32), 0)
    taken = take_subject(rest, SubjectRange(_IN, _IN, 0.5 * _IN), ThinLens(50.0, 1.8, 1.0, 100.0))
    if taken is None:
        return np.zeros_like(rgb), np.zeros_like(matte)
    return fill(taken.rgb, taken.coverage > 0.0), taken.coverage
