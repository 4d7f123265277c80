"""Who is in the picture: a matte by MediaPipe's selfie segmentation, or another TFLite model of its kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...colour.to_srgb import srgb_codes
from ...core.arrays import FloatArray
from ...core.errors import InputError
from ...core.extras import needed
from ...core.foreign import decoding, silence
from ...core.text import printable
from ...image.resize import resize, resize_codes, size_within
from ...photo.photo import EMPTY_MATTE, Photo

LONGEST_PX = 1024
"""The matte is brought to the picture's edges at this length; what is finer is the renderer's to refine."""

REACH = 1
"""Half side, in pixels of the model's matte, of the square in which the matte follows from the colours."""

LEAST_CONTRAST = 1e-4
"""Variance of the colours, 0..1, below which a square holds no edge to follow."""

MOST_UNSURE = 0.25
"""A matte that is neither 0 nor 1 over more of what it covers was not made of people: 0.03 and 0.09 in portraits, 0.34
to 0.68 in rooms and of pets."""


def estimate(path: Path, photo: Photo) -> Photo:
    """Give a photo the matte of the people in it.

    Parameters
    ----------
    path : Path
        A TFLite model with one picture (1, h, w, 3), 0..1, as input and one coverage (1, h, w, 1) as output.
    photo : Photo

    Raises
    ------
    UsageError
        When ai-edge-litert is not installed.
    InputError
        When the file is damaged, or not a model of this kind.
    """
    name = printable(path)
    litert = needed("ai_edge_litert.interpreter", "matte", f"{name}: the model")
    with decoding(name, "model"), silence():
        interpreter = litert.Interpreter(model_path=str(path))
        interpreter.allocate_tensors()
        (entry, *others), (found, *_) = interpreter.get_input_details(), interpreter.get_output_details()
    shape = tuple(int(n) for n in entry["shape"])
    if others or len(shape) != 4 or shape[0] != 1 or shape[3] != 3 or entry["dtype"] is not np.float32:
        raise InputError(f"{name}: the model's input is {shape}, not a picture (1, h, w, 3); use a selfie model")
    codes = srgb_codes(photo.rgb, photo.profile, (shape[1], shape[2]))
    with decoding(name, "model"), silence():
        interpreter.set_tensor(entry["index"], codes[None].astype(np.float32) / np.float32(255))
        interpreter.invoke()
        said = np.array(interpreter.get_tensor(found["index"]))
    if said.ndim != 4 or said.shape[3] != 1 or min(said.shape[1:3]) < 2:
        raise InputError(f"{name}: the model returns {said.shape}, not a matte (1, h, w, 1); use a selfie model")
    coarse = np.clip(np.nan_to_num(said[0, ..., 0].astype(np.float32)), 0.0, 1.0)
    return _with_matte(photo, coarse, f"model {printable(path.name)}")


def _with_matte(photo: Photo, coarse: FloatArray, source: str) -> Photo:
    notes = [*photo.meta.notes]
    if coarse.mean() < EMPTY_MATTE:
        notes.append(f"matte: the {source} finds nobody in the picture")
        return replace(photo, meta=replace(photo.meta, notes=tuple(notes)))
    size = size_within(photo.size, LONGEST_PX, least_px=2) if max(photo.size) > LONGEST_PX else photo.size
    matte = along_edges(coarse, srgb_codes(photo.rgb, photo.profile, size))
    if photo.matte is not None:
        notes.append("the file's own matte is not used: a model was asked for")
    notes.append(f"matte: {source}, {matte.shape[1]}x{matte.shape[0]}")
    unsure = float(((coarse > 0.1) & (coarse < 0.9)).sum() / max((coarse > 0.1).sum(), 1))
    if unsure > MOST_UNSURE:
        notes.append(
            f"the matte is unsure in {unsure:.0%} of what it covers: it may show nobody; `matte` gives another"
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
