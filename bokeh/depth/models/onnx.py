"""Depth models as ONNX files, whoever made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...colour.to_srgb import srgb_codes
from ...core.errors import InputError
from ...core.extras import needed
from ...core.foreign import decoding
from ...core.text import printable
from ...photo.nominal import spread
from ...photo.photo import Photo
from .depth_anything import INTAKE
from .prediction import Intake, Prediction, from_dioptres, from_metres, unsqueezed

_FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}


def predict(path: Path, photo: Photo, unit: str | None = None) -> Prediction:
    """Predict depth with an ONNX model.

    Parameters
    ----------
    path : Path
        A graph with one picture as input, (1, 3, h, w) or (1, h, w, 3), and a map as output. Sizes that it leaves
        open are chosen as for Depth Anything; ``preprocessor_config.json`` beside it may say otherwise.
    photo : Photo
    unit : {"m", "dioptre", "disparity", "relative"}, optional
        What the map's values are, which no graph says; left out, relative: larger is nearer.

    Raises
    ------
    UsageError
        When onnxruntime is not installed.
    InputError
        When the file is damaged, or not a model of this kind.
    """
    name = printable(path)
    session = opened(path)
    entry = session.get_inputs()
    if len(entry) != 1:
        raise InputError(f"{name}: the model has {len(entry)} inputs, not one picture; use a depth model")
    fed = _fed(entry[0], photo, INTAKE.as_said_in(path.parent), name)
    with decoding(name, "model"):
        outputs = session.run(None, {entry[0].name: fed})
    values = unsqueezed(_map(session.get_outputs(), outputs, name), photo.size)
    source = f"ONNX model {printable(path.name)}"
    if unit == "m":
        return Prediction(from_metres(values), "absolute", f"{source}, m")
    if unit == "dioptre":
        return Prediction(from_dioptres(values), "absolute", f"{source}, dioptre")
    if unit == "disparity":
        return Prediction(spread(values, name, from_zero=True), "unitless", f"{source}, disparity")
    note = "taken as relative, larger is nearer" + (
        "" if unit else "; `depth_unit` m, dioptre or disparity says otherwise"
    )
    return Prediction(spread(values, name), "unitless", source, [note])


def opened(path: Path) -> Any:
    """Open a graph for the processor.

    Raises
    ------
    UsageError
        When onnxruntime is not installed.
    InputError
        When the file is damaged.
    """
    name = printable(path)
    onnxruntime = needed("onnxruntime", "onnx", f"{name}: the model")
    with decoding(name, "model"):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def picture_input(session: Any, name: str, side_px: int, of_this_kind: str) -> tuple[str, tuple[int, int]]:
    """Return the name of a graph's one input, a picture float32 (1, 3, h, w), and its height and width.

    Parameters
    ----------
    session
        As of `opened`.
    name : str
        Of the file, for the error.
    side_px : int
        Height and width where the graph leaves them open.
    of_this_kind : str
        What to do when it is another model, for the error.

    Raises
    ------
    InputError
        When it takes something else.
    """
    inputs = session.get_inputs()
    shapes = [one.shape for one in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][1] != 3 or inputs[0].type != "tensor(float)":
        raise InputError(f"{name}: the model's inputs are {shapes}, not a picture (1, 3, h, w); {of_this_kind}")
    height, width = (side if isinstance(side, int) else side_px for side in shapes[0][2:])
    return inputs[0].name, (height, width)


def _fed(entry: Any, photo: Photo, intake: Intake, name: str) -> NDArray:
    """Shape the photo for a model's input."""
    shape = entry.shape
    last = len(shape) == 4 and shape[3] == 3 and shape[1] != 3
    if len(shape) != 4 or 3 not in (shape[1], shape[3]) or shape[0] not in (1, None) and not isinstance(shape[0], str):
        raise InputError(f"{name}: the model's input is {shape}, not a picture (1, 3, h, w); use a depth model")
    height, width = shape[1:3] if last else shape[2:4]
    if isinstance(height, int) and isinstance(width, int):
        intake = Intake((height, width), intake.mean, intake.std)
    if entry.type == "tensor(uint8)":
        planes = srgb_codes(photo.rgb, photo.profile, intake.size_of(photo.size)).transpose(2, 0, 1)[None]
    elif entry.type in _FLOATS:
        planes = intake.tensor(photo).astype(_FLOATS[entry.type])
    else:
        raise InputError(f"{name}: the model takes {entry.type}, no picture; use a depth model")
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1) if last else planes)


def _map(said: list[Any], outputs: list[Any], name: str) -> NDArray:
    """Choose the output that is a map, the one called depth before others: float32 (h, w)."""
    found = {}
    for entry, value in zip(said, outputs, strict=True):
        plane = np.squeeze(value) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else None
        if plane is not None and plane.ndim == 2 and min(plane.shape) >= 2:
            found[entry.name] = plane
    if not found:
        shapes = ", ".join(str(getattr(value, "shape", "?")) for value in outputs)
        raise InputError(f"{name}: the model returns {shapes}, not a map (1, h, w); use a depth model")
    called = next((key for key in found if "depth" in key.lower() or "disp" in key.lower()), next(iter(found)))
    return found[called].astype(np.float32)
