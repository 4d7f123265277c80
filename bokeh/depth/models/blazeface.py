"""Faces by MediaPipe's BlazeFace (Bazarevsky et al. 2019): near ones, or with its full range farther ones too."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...core.arrays import FloatArray
from ...core.errors import InputError
from ...core.text import printable
from ...photo.photo import Photo
from . import tflite
from .faces import Candidates, Letterboxed, with_faces

LATTICES = {(128, 896): ((16, 2), (8, 6)), (192, 2304): ((48, 1),)}
"""By the side of the picture and the number of points, of the short range and of the full one: how many points each
lattice has along a side, and how many candidates stand at each."""

NUMBERS = 16
"""Of each candidate: the box's middle and sides, then six landmarks, of which the first two are the eyes; in pixels,
the middle and the landmarks from the candidate's point."""

LEAST_SCORE = 0.65
"""A lower score is no face. In real photos faces have 0.72 and more; a hand, a throat and a pug 0.52 to 0.60, which
MediaPipe's own bound, 0.5, lets through."""

OF_THIS_KIND = "use MediaPipe's face_detection_short_range.tflite"


def find(path: Path, photo: Photo) -> Photo:
    """Give a photo the faces in it.

    Parameters
    ----------
    path : Path
        A TFLite model with one picture (1, 128, 128, 3), -1..1, as input, and (1, 896, 16) and (1, 896, 1) as outputs;
        or the full range's 192 and 2304.
    photo : Photo

    Raises
    ------
    UsageError
        When ai-edge-litert is not installed.
    InputError
        When the file is damaged, or not a model of this kind.
    """
    network = tflite.opened(path, OF_THIS_KIND)
    shapes = {tuple(int(n) for n in one["shape"]): one["index"] for one in network.outputs}
    points = max((shape[1] for shape in shapes if len(shape) == 3), default=0)
    height, width = network.size
    lattices = LATTICES.get((height, points))
    if lattices is None or height != width or {*shapes} != {(1, points, NUMBERS), (1, points, 1)}:
        raise InputError(f"{network.name}: the model returns {', '.join(map(str, shapes))}, not faces; {OF_THIS_KIND}")
    shown = Letterboxed.of(photo, *network.size)
    picture = shown.codes.astype(np.float32) / np.float32(127.5) - np.float32(1)
    numbers, logits = (said[0] for said in network.run(picture, [shapes[1, points, n] for n in (NUMBERS, 1)]))
    # Beyond this the score is 0 or 1 anyway, and its exponential too large for a float.
    scores = 1 / (1 + np.exp(-np.clip(np.nan_to_num(logits[:, 0]), -80, 80)))
    at = _points(lattices, height)
    middles, halves = at + numbers[:, :2], numbers[:, 2:4] / 2
    boxes = np.concatenate([middles - halves, middles + halves], axis=1)
    eyes = at[:, None] + numbers[:, 4:8].reshape(-1, 2, 2)
    return with_faces(photo, shown, Candidates(scores, boxes, eyes), LEAST_SCORE, f"model {printable(path.name)}")


def _points(lattices: tuple[tuple[int, int], ...], side_px: int) -> FloatArray:
    """Where each candidate stands, x and y in pixels: row by row, the middles of equal squares."""
    found = []
    for count, each in lattices:
        down, across = np.divmod(np.repeat(np.arange(count * count), each), count)
        found.append((np.stack([across, down], axis=1) + 0.5) * (side_px / count))
    return np.concatenate(found).astype(np.float32)
