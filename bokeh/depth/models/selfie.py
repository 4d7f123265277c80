"""Who is in the picture: a matte by MediaPipe's selfie segmentation, or another TFLite model of its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...colour.to_srgb import srgb_codes
from ...core.errors import InputError
from ...core.extras import needed
from ...core.foreign import decoding, silence
from ...core.text import printable
from ...photo.photo import Photo
from .coarse_matte import with_matte


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
    return with_matte(photo, coarse, f"model {printable(path.name)}", "nobody")
