"""The depth of what somebody painted as part of the subject: the subject's own, where the map has another."""

from __future__ import annotations

import numpy as np

from ..core.arrays import FloatArray
from ..image.inpaint import inpaint
from ..image.resize import resize
from .subject_range import subject_range

CORE = 0.95
"""Coverage from which a pixel is the subject's alone."""

LONGEST_PX = 512
"""The subject's depth is continued at a size no longer than about this."""


def with_subject_depth(dioptres: FloatArray, own: FloatArray | None, painted: FloatArray | None) -> FloatArray:
    """Bring what is painted as the subject to its depth, continued from where it is known.

    A hand that the matte forgot was mostly forgotten by the depth map too.

    Parameters
    ----------
    dioptres : float32 (H, W)
    own, painted : float32 (H, W), optional
        The matte as it was, and with what is painted over it.

    Returns
    -------
    float32 (H, W)
        The given array where nothing changes: without a matte nobody knows how far away the subject is.
    """
    subject = None if painted is own else subject_range(dioptres, own)
    if subject is None or own is None or painted is None:
        return dioptres
    far, near = subject.far - subject.margin, subject.near + subject.margin
    wrong = (painted > 0.5) & (painted > own) & ((dioptres < far) | (dioptres > near))
    if not wrong.any():
        return dioptres
    stride = max(1, round(max(dioptres.shape) / LONGEST_PX))
    small, core = dioptres[::stride, ::stride], own[::stride, ::stride] > CORE
    known = core & (small >= far) & (small <= near)
    filled = resize(inpaint(np.ascontiguousarray(small[..., None]), known)[..., 0], dioptres.shape[:2])
    return np.where(wrong, filled, dioptres)
