"""A model's matte, brought from its few pixels to the picture's edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...colour.to_srgb import srgb_codes
from ...core.arrays import FloatArray
from ...image.resize import resize, resize_codes, size_within
from ...photo.photo import EMPTY_MATTE, Photo

LONGEST_PX = 1024
"""The matte is brought to the picture's edges at this length; what is finer is the renderer's to refine."""

REACH = 1
"""Half side, in pixels of the model's matte, of the square in which the matte follows from the colours."""

LEAST_CONTRAST = 1e-4
"""Variance of the colours, 0..1, below which a square holds no edge to follow."""

MOST_UNSURE = 0.25
"""A matte that is neither 0 nor 1 over more of what it covers does not show what its model looks for: people's are
so in 0.03 and 0.09 of it in portraits, in 0.34 to 0.68 in rooms and of pets."""


def with_matte(photo: Photo, coarse: FloatArray, source: str, nothing: str) -> Photo:
    """Give a photo the matte that a model has found, brought to the picture's edges.

    Parameters
    ----------
    photo : Photo
    coarse : float32 (h, w)
        0..1, of the whole picture, whatever its aspect.
    source : str
        Which model, in words.
    nothing : str
        What it has found when it has found none of its kind: "nobody".
    """
    notes = [*photo.meta.notes]
    if coarse.mean() < EMPTY_MATTE:
        notes.append(f"matte: the {source} finds {nothing} in the picture")
        return replace(photo, meta=replace(photo.meta, notes=tuple(notes)))
    size = size_within(photo.size, LONGEST_PX, least_px=2) if max(photo.size) > LONGEST_PX else photo.size
    matte = along_edges(coarse, srgb_codes(photo.rgb, photo.profile, size))
    if photo.matte is not None:
        notes.append("the file's own matte is not used: a model was asked for")
    notes.append(f"matte: {source}, {matte.shape[1]}x{matte.shape[0]}")
    unsure = float(((coarse > 0.1) & (coarse < 0.9)).sum() / max((coarse > 0.1).sum(), 1))
    if unsure > MOST_UNSURE:
        notes.append(
            f"the matte is unsure in {unsure:.0%} of what it covers: it may show {nothing}; `matte` gives another"
        )
    meta = replace(photo.meta, matte_source=source, notes=tuple(notes))
    return replace(photo, matte=matte, meta=meta)


def along_edges(coarse: FloatArray, codes: NDArray[np.uint8]) -> FloatArray:
    """Enlarge a coarse matte so that its edges follow the picture's.

    Parameters
    ----------
    coarse : float32 (h, w)
        0..1.
    codes : uint8 (H, W, 3)

    Returns
    -------
    float32 (H, W)
        0..1.

    Notes
    -----
    In every small square the matte is a linear function of the three colours, the one that fits best (He and Sun 2015).
    It is found where both are coarse, so that a pixel of the picture mixes what a pixel of the matte does, and asked of
    the picture as it is.
    """
    size = (codes.shape[0], codes.shape[1])
    guide = resize_codes(codes, coarse.shape).astype(np.float32) / np.float32(255)

    def mean(plane: NDArray) -> NDArray:
        return ndimage.uniform_filter(plane, 2 * REACH + 1, mode="nearest")

    about, level = [mean(guide[..., c]) for c in range(3)], mean(coarse)
    spread = np.empty((*coarse.shape, 3, 3), np.float32)
    shared = np.empty((*coarse.shape, 3, 1), np.float32)
    for c in range(3):
        shared[..., c, 0] = mean(guide[..., c] * coarse) - about[c] * level
        for d in range(c, 3):
            spread[..., c, d] = spread[..., d, c] = mean(guide[..., c] * guide[..., d]) - about[c] * about[d]
    slope = np.linalg.solve(spread + LEAST_CONTRAST * np.eye(3, dtype=np.float32), shared)[..., 0]
    offset = level - sum(slope[..., c] * about[c] for c in range(3))
    followed = resize(mean(offset), size)
    for c in range(3):
        followed += resize(mean(slope[..., c]), size) * (codes[..., c] / np.float32(255))
    return np.clip(followed, 0.0, 1.0)
