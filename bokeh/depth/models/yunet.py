"""Faces by OpenCV's YuNet (Wu et al. 2023): small ones too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...core.errors import InputError
from ...core.foreign import decoding
from ...core.text import printable
from ...photo.photo import Photo
from . import onnx
from .faces import Candidates, Letterboxed, with_faces

SIDE_PX = 640
"""Height and width that a graph is shown that leaves them open."""

STRIDES = (8, 16, 32)
"""Pixels between the points of its three lattices."""

KINDS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
"""Its outputs at each lattice, and how many numbers each holds for a point."""

LEAST_SCORE = 0.8
"""A lower score is no face: OpenCV's own default is 0.9, its examples' 0.6 to 0.9."""

MOST_LOG = 20.0
"""Logarithm of a side in strides; a larger one is a mistake, and would overflow."""

OF_THIS_KIND = "use OpenCV Zoo's face_detection_yunet_2023mar.onnx"


def find(path: Path, photo: Photo) -> Photo:
    """Give a photo the faces in it.

    Parameters
    ----------
    path : Path
        An ONNX graph with one picture (1, 3, h, w) as input, blue first and 0..255, and four outputs at each of three
        lattices: ``cls_8`` and ``obj_8`` (1, n, 1), ``bbox_8`` (1, n, 4), ``kps_8`` (1, n, 10), and so on.
    photo : Photo

    Raises
    ------
    UsageError
        When onnxruntime is not installed.
    InputError
        When the file is damaged, or not a model of this kind.

    Notes
    -----
    A box's middle is so many strides from its point, and its sides are exponentials of what stands there, in strides;
    the first two of five landmarks are the eyes. The score is the geometric mean of class and object.
    """
    name = printable(path)
    session = onnx.opened(path)
    entry, (height, width) = onnx.picture_input(session, name, SIDE_PX, OF_THIS_KIND)
    returned = [one.name for one in session.get_outputs()]
    wanted = [f"{kind}_{stride}" for kind in KINDS for stride in STRIDES]
    if not {*wanted} <= {*returned}:
        raise InputError(f"{name}: the model returns {', '.join(returned)[:80]}, not YuNet's faces; {OF_THIS_KIND}")
    shown = Letterboxed.of(photo, height, width)
    planes = np.ascontiguousarray(shown.codes[..., ::-1].transpose(2, 0, 1)[None], np.float32)
    with decoding(name, "model"):
        said = dict(zip(wanted, session.run(wanted, {entry: planes}), strict=True))
    for key, values in said.items():
        kind, stride = key.split("_")
        points = (height // int(stride)) * (width // int(stride))
        if np.shape(values) != (1, points, KINDS[kind]):
            raise InputError(
                f"{name}: its {key} is {np.shape(values)}, not (1, {points}, {KINDS[kind]}); {OF_THIS_KIND}"
            )
    found = [_at_lattice({kind: said[f"{kind}_{stride}"][0] for kind in KINDS}, stride, width) for stride in STRIDES]
    scores, boxes, eyes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return with_faces(photo, shown, Candidates(scores, boxes, eyes), LEAST_SCORE, f"model {printable(path.name)}")


def _at_lattice(said: dict[str, NDArray], stride: int, width: int) -> tuple[NDArray, NDArray, NDArray]:
    """Scores, boxes and eyes at the points of a lattice."""
    rows, columns = np.divmod(np.arange(len(said["cls"])), width // stride)
    points = np.stack([columns, rows], axis=1)
    shares = np.clip(np.nan_to_num(np.concatenate([said["cls"], said["obj"]], axis=1)), 0.0, 1.0)
    middles = (points + said["bbox"][:, :2]) * stride
    halves = np.exp(np.minimum(said["bbox"][:, 2:], MOST_LOG)) * (stride / 2)
    eyes = (points[:, None] + said["kps"][:, :4].reshape(-1, 2, 2)) * stride
    return np.sqrt(shares[:, 0] * shares[:, 1]), np.concatenate([middles - halves, middles + halves], axis=1), eyes
