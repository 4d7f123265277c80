"""Faces by a model that puts boxes and eyes at the points of lattices: what is shown to it, and what it sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...colour.to_srgb import srgb_codes
from ...core.arrays import FloatArray
from ...photo.metadata import FaceRegion
from ...photo.photo import Photo

MOST_SHARED = 0.3
"""Of two boxes that share more of what they cover together than this, the surer one is the face."""

LEAST_SIDE = 1e-3
"""A box narrower than this, 0..1 of the picture, is no face."""


@dataclass(frozen=True)
class Letterboxed:
    """A photo in the middle of a square or oblong, black around it, as a model is shown it.

    Attributes
    ----------
    codes : uint8 (h, w, 3)
        sRGB.
    corner, size : (int, int)
        Row and column of the photo's corner in it, and its height and width there.
    """

    codes: NDArray[np.uint8]
    corner: tuple[int, int]
    size: tuple[int, int]

    @classmethod
    def of(cls, photo: Photo, height: int, width: int) -> Letterboxed:
        """Fit a photo into so many pixels; its aspect is kept."""
        by = min(height / photo.size[0], width / photo.size[1])
        size = max(round(photo.size[0] * by), 1), max(round(photo.size[1] * by), 1)
        top, left = (height - size[0]) // 2, (width - size[1]) // 2
        codes = np.zeros((height, width, 3), np.uint8)
        codes[top : top + size[0], left : left + size[1]] = srgb_codes(photo.rgb, photo.profile, size)
        return cls(codes, (top, left), size)

    def in_photo(self, x_px: NDArray, y_px: NDArray) -> tuple[NDArray, NDArray]:
        """Places in the photo, 0..1, of places in what is shown."""
        return (x_px - self.corner[1]) / self.size[1], (y_px - self.corner[0]) / self.size[0]


@dataclass(frozen=True)
class Candidates:
    """What may be a face, in pixels of what was shown.

    Attributes
    ----------
    scores : float32 (n,)
        0..1.
    boxes : float32 (n, 4)
        Left, top, right, bottom.
    eyes : float32 (n, 2, 2)
        x and y of each eye.
    """

    scores: FloatArray
    boxes: FloatArray
    eyes: FloatArray

    def faces(self, least: float) -> list[int]:
        """Choose those that are surer than a score, the surest first, and one of each face."""
        order = np.argsort(-self.scores, kind="stable")
        left, top, right, bottom = np.moveaxis(self.boxes, -1, 0)
        areas = (right - left) * (bottom - top)
        chosen: list[int] = []
        for at in order[self.scores[order] >= least]:
            across = np.minimum(right[at], right[chosen]) - np.maximum(left[at], left[chosen])
            down = np.minimum(bottom[at], bottom[chosen]) - np.maximum(top[at], top[chosen])
            common = np.maximum(across, 0) * np.maximum(down, 0)
            if not (common > MOST_SHARED * (areas[at] + areas[chosen] - common)).any():
                chosen.append(int(at))
        return chosen


def with_faces(photo: Photo, shown: Letterboxed, found: Candidates, least: float, source: str) -> Photo:
    """Give a photo the faces that a model has found.

    Parameters
    ----------
    photo : Photo
    shown : Letterboxed
    found : Candidates
    least : float
        Score from which on the model's candidates are faces.
    source : str
        Which model, in words.
    """
    usable = np.isfinite(found.boxes).all(axis=1) & np.isfinite(found.eyes).all(axis=(1, 2)) & (found.scores <= 1)
    found = Candidates(found.scores[usable], found.boxes[usable], found.eyes[usable])
    faces = []
    for at in found.faces(least):
        x, y = shown.in_photo(found.boxes[at, ::2], found.boxes[at, 1::2])
        (left, right), (top, bottom) = np.clip(x, 0, 1).tolist(), np.clip(y, 0, 1).tolist()
        across, down = shown.in_photo(found.eyes[at, :, 0], found.eyes[at, :, 1])
        if right - left > LEAST_SIDE and bottom - top > LEAST_SIDE:
            first, second = sorted(zip(np.clip(across, 0, 1).tolist(), np.clip(down, 0, 1).tolist(), strict=True))
            faces.append(FaceRegion((left, top, right - left, bottom - top), f"the {source}", (first, second)))
    notes = [*photo.meta.notes]
    if not faces:
        notes.append(f"faces: the {source} finds none" + (", so the file's own hold" if photo.meta.faces else ""))
    else:
        if photo.meta.faces:
            notes.append("the file's own faces are not used: a model was asked for")
        notes.append(f"faces: {len(faces)} by the {source}")
    return replace(photo, meta=replace(photo.meta, found_faces=tuple(faces), notes=tuple(notes)))
