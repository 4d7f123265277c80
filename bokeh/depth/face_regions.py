"""Where a face is, and its eyes: by a model that was asked, the regions that the file names, or its skin matte."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..core.arrays import FloatArray
from ..photo.metadata import FaceRegion, UnitRect
from ..photo.photo import Photo

EYES_X, EYES_Y, EYE = (0.27, 0.73), 0.4, 0.14
"""Middles of the eyes in a region from forehead to mouth or chin, and the side of what is read there, as shares of it.
Pupils are half of an iPhone's region apart, and a little less of others'."""

LEAST_FACE = 0.001
"""Skin that covers less of the picture than this shows no face."""

FACE_HEIGHT = 1.3
"""Of a face, forehead to chin, over its width: below is the neck."""

STRAND = 0.1
"""Rows at the top of a piece of skin, narrower than this share of the root of its area, are no forehead yet."""


def faces_of(photo: Photo) -> tuple[FaceRegion, ...]:
    """List the faces that are known: those that a model found, else those that the file names."""
    return photo.meta.found_faces or tuple(FaceRegion(box, "the file's region") for box in photo.meta.faces)


def face_of(photo: Photo) -> FaceRegion | None:
    """Find the face that is meant: the one in which the autofocus lies, else the largest; None without any."""
    faces = faces_of(photo)
    if faces:
        area = photo.meta.af_area
        aimed = [] if area is None else [face for face in faces if _holds(face.box, area)]
        return max(aimed or faces, key=lambda face: face.box[2] * face.box[3])
    skin = photo.mattes.get("skin")
    box = None if skin is None else _face_of_skin(skin)
    return None if box is None else FaceRegion(box, "the skin matte")


def eyes_of(face: FaceRegion) -> tuple[UnitRect, UnitRect]:
    """Where the eyes of a face are, as it says itself or by its proportions, the left one in the picture first."""
    x, y, width, height = face.box
    middles = face.eyes or tuple((x + share * width, y + EYES_Y * height) for share in EYES_X)
    left, right = (
        (across - EYE / 2 * width, down - EYE / 2 * height, EYE * width, EYE * height) for across, down in middles
    )
    return left, right


def _holds(box: UnitRect, area: UnitRect) -> bool:
    """Whether the middle of an area lies in a box."""
    x, y = area[0] + area[2] / 2, area[1] + area[3] / 2
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def _face_of_skin(skin: FloatArray) -> UnitRect | None:
    """Find the face at the top of the largest piece of skin, whose neck and chest hang on it."""
    labels = np.zeros(skin.shape, np.int32)
    ndimage.label(skin > 0.5, output=labels)
    pixels = np.bincount(labels.ravel())[1:]
    if not pixels.size or pixels.max() < LEAST_FACE * skin.size:
        return None
    piece = labels == int(pixels.argmax()) + 1
    widths = piece.sum(axis=1)
    rows = np.flatnonzero(widths > STRAND * np.sqrt(pixels.max()))
    top, last = int(rows[0]), int(rows[-1])
    # A face has reached its width before it ends; shoulders come after the neck.
    widest = np.maximum.accumulate(widths[top : last + 1])
    ends = np.flatnonzero(np.arange(widest.size) >= FACE_HEIGHT * widest)
    high = int(ends[0]) if ends.size else widest.size
    columns = np.flatnonzero(piece[top : top + high].any(axis=0))
    height, width = skin.shape
    left, wide = int(columns[0]), int(columns[-1] - columns[0]) + 1
    return left / width, top / height, wide / width, high / height
