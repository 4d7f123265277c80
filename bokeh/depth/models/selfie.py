"""Who is in the picture: a matte by MediaPipe's selfie segmentation, or another TFLite model of its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...colour.to_srgb import srgb_codes
from ...core.errors import InputError
from ...core.text import printable
from ...photo.photo import Photo
from . import tflite
from .coarse_matte import with_matte

OF_THIS_KIND = "use a selfie model"


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
    network = tflite.opened(path, OF_THIS_KIND)
    codes = srgb_codes(photo.rgb, photo.profile, network.size)
    (said,) = network.run(codes.astype(np.float32) / np.float32(255), [network.outputs[0]["index"]])
    if said.ndim != 4 or said.shape[3] != 1 or min(said.shape[1:3]) < 2:
        raise InputError(f"{network.name}: the model returns {said.shape}, not a matte (1, h, w, 1); {OF_THIS_KIND}")
    coarse = np.clip(np.nan_to_num(said[0, ..., 0].astype(np.float32)), 0.0, 1.0)
    return with_matte(photo, coarse, f"model {printable(path.name)}", "nobody")
