"""What stands out in a picture, a pet, food or a thing: a matte by U2-Net (Qin et al. 2020), or a net of its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...colour.to_srgb import srgb_codes
from ...core.errors import InputError
from ...core.foreign import decoding
from ...core.text import printable
from ...photo.photo import Photo
from . import onnx
from .coarse_matte import with_matte
from .depth_anything import IMAGENET_MEAN, IMAGENET_STD

SIDE_PX = 320
"""Height and width that a graph is shown that leaves them open."""

LEAST_FOUND = 0.1
"""A map whose values differ by less shows nothing: stretched to 0..1, it would be noise."""

OF_THIS_KIND = "use a salient-object model, as U2-Net"


def estimate(path: Path, photo: Photo) -> Photo:
    """Give a photo the matte of what stands out in it.

    Parameters
    ----------
    path : Path
        An ONNX graph with one picture (1, 3, h, w) as input, float, and maps (1, 1, h, w) as outputs, of which the
        first is the best.
    photo : Photo

    Raises
    ------
    UsageError
        When onnxruntime is not installed.
    InputError
        When the file is damaged, or not a model of this kind.

    Notes
    -----
    The picture is divided by its brightest code, then by channel less ImageNet's mean and over its deviation; the map
    is stretched to 0..1. So do the network's authors.
    """
    name = printable(path)
    session = onnx.opened(path)
    entry, (height, width) = onnx.picture_input(session, name, SIDE_PX, OF_THIS_KIND)
    outputs = session.get_outputs()
    if not all(_may_be_matte(one.shape) for one in outputs):
        returns = ", ".join(str(one.shape) for one in outputs)
        raise InputError(
            f"{name}: the model returns {returns}, not mattes (1, 1, h, w); a depth model is given with `depth_model`"
        )
    codes = srgb_codes(photo.rgb, photo.profile, (height, width)).astype(np.float32)
    shown = (codes / max(float(codes.max()), 1.0) - np.asarray(IMAGENET_MEAN)) / np.asarray(IMAGENET_STD)
    planes = np.ascontiguousarray(shown.transpose(2, 0, 1)[None], np.float32)
    with decoding(name, "model"):
        said = np.asarray(session.run([outputs[0].name], {entry: planes})[0])
    if said.ndim != 4 or said.shape[1] != 1 or min(said.shape[2:]) < 2:
        raise InputError(f"{name}: the model returns {said.shape}, not a matte (1, 1, h, w); {OF_THIS_KIND}")
    found = np.nan_to_num(said[0, 0].astype(np.float32))
    low, high = float(found.min()), float(found.max())
    coarse = (found - low) / np.float32(high - low) if high - low >= LEAST_FOUND else np.zeros_like(found)
    return with_matte(photo, coarse, f"model {printable(path.name)}", "nothing that stands out")


def _may_be_matte(shape: list[int | str | None]) -> bool:
    """Whether an output that says this of its shape can be a matte; what it leaves open is seen when it is there."""
    return not shape or (len(shape) == 4 and (shape[1] == 1 or not isinstance(shape[1], int)))
