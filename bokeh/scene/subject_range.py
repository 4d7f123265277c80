"""Where the subject stands in depth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..core.arrays import FloatArray

SUBJECT_SHARE = 0.002
"""A matte that covers less of the picture than this is no subject."""

SUBJECT_MARGIN = 0.05
"""What lies beyond the subject's depths by less than this share of them may be part of it."""


@dataclass(frozen=True)
class SubjectRange:
    """Depths of the subject, in dioptres: `far` <= its bulk <= `near`; beyond `margin` from them it is not."""

    far: float
    near: float
    margin: float


def subject_range(dioptres: FloatArray, matte: FloatArray | None) -> SubjectRange | None:
    """Find between which depths the subject stands; None without a matte, or with one of next to nothing."""
    if matte is None:
        return None
    stride = max(1, int(math.sqrt(matte.size / 1e6)))
    dioptres, core = dioptres[::stride, ::stride], matte[::stride, ::stride] > 0.95
    if core.mean() < SUBJECT_SHARE:
        return None
    # Robust against holes in the hair, whose depth is the background's.
    far, middle, near = (float(v) for v in np.percentile(dioptres[core], [3.0, 50.0, 99.5]))
    return SubjectRange(far, near, SUBJECT_MARGIN * middle)
