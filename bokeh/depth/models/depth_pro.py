"""Depth Pro (Bochkovskii et al. 2024): depth in metres, and the focal length."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ...core.errors import InputError
from ...core.text import printable
from ...optics.lens import DEFAULT_F35_MM, FULL_FRAME_DIAGONAL_MM
from ...photo.metadata import DepthKind
from ...photo.photo import Photo
from .prediction import Intake, Prediction, from_dioptres, unsqueezed
from .transformer import run

INTAKE = Intake((1536, 1536), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))

PLAUSIBLE_DEG = (3.0, 150.0)
"""Horizontal fields of view that a photo can have."""

APART = 1.25
"""Two focal lengths that differ by more than this factor are said to contradict each other."""


def predict(folder: Path, photo: Photo) -> Prediction:
    """Predict depth with Depth Pro.

    Notes
    -----
    The network's output is the inverse depth that a camera of a focal length of one picture width would see; the
    photo's is that times width / focal length. The photo's own focal length is used when it names one, else the
    one that the network sees.
    """
    said = run(folder, "DepthProForDepthEstimation", INTAKE.as_said_in(folder).tensor(photo))
    canonical = said.get("predicted_depth")
    if canonical is None or canonical.ndim != 2:
        raise InputError(f"{printable(folder)}: not a Depth Pro model: it returns no depth; use another")
    field = said.get("field_of_view")
    seen_mm = None if field is None else f35_from_field(float(np.ravel(field)[0]), photo.size)
    f35_mm, kind, note = _choose(photo.meta.f35_mm, seen_mm)
    width_by_focal = photo.size[1] / (f35_mm / FULL_FRAME_DIAGONAL_MM * math.hypot(*photo.size))
    dioptres = from_dioptres(unsqueezed(canonical * np.float32(width_by_focal), photo.size))
    return Prediction(dioptres, kind, "Depth Pro", [note], seen_mm)


def f35_from_field(degrees: float, size: tuple[int, int]) -> float | None:
    """35 mm equivalent focal length of a horizontal field of view; None when no photo has such a field.

    Parameters
    ----------
    degrees : float
    size : (int, int)
        Height and width of the picture.
    """
    if not PLAUSIBLE_DEG[0] <= degrees <= PLAUSIBLE_DEG[1]:
        return None
    focal_px = 0.5 * size[1] / math.tan(0.5 * math.radians(degrees))
    return FULL_FRAME_DIAGONAL_MM * focal_px / math.hypot(*size)


def _choose(own_mm: float | None, seen_mm: float | None) -> tuple[float, DepthKind, str]:
    """Choose the 35 mm equivalent by which depth is scaled: the photo's, the network's, or a phone's usual one."""
    if own_mm:
        note = f"depth is scaled by the photo's focal length, {own_mm:.3g} mm"
        if seen_mm is not None:
            apart = max(own_mm / seen_mm, seen_mm / own_mm) > APART
            note += f"; the model sees {seen_mm:.3g} mm" + (": cropped or zoomed afterwards?" if apart else "")
        return own_mm, "absolute", note
    if seen_mm is not None:
        note = f"the file names no focal length: the model's is used, {seen_mm:.3g} mm (35 mm equivalent)"
        return seen_mm, "absolute", note
    note = f"neither file nor model names a focal length: {DEFAULT_F35_MM:g} mm assumed, so distances are nominal"
    return DEFAULT_F35_MM, "relative", note
