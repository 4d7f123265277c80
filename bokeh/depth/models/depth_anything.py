"""Depth Anything V2 (Yang et al. 2024): relative disparity; its metric variants give metres."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import InputError
from ...core.text import printable
from ...photo.nominal import spread
from ...photo.photo import Photo
from .prediction import Intake, Prediction, from_metres, unsqueezed
from .transformer import read_config, run

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
INTAKE = Intake((518, 518), IMAGENET_MEAN, IMAGENET_STD, 14)


def predict(folder: Path, photo: Photo) -> Prediction:
    """Predict depth with Depth Anything.

    Notes
    -----
    The usual network returns inverse depth up to an unknown factor and offset, larger = nearer. The metric ones say
    so in their configuration, and return metres.
    """
    is_metric = read_config(folder).get("depth_estimation_type", "relative") == "metric"
    said = run(folder, "DepthAnythingForDepthEstimation", INTAKE.as_said_in(folder).tensor(photo))
    values = said.get("predicted_depth")
    if values is None or values.ndim != 2:
        raise InputError(f"{printable(folder)}: not a Depth Anything model: it returns no depth; use another")
    values = unsqueezed(values, photo.size)
    if is_metric:
        return Prediction(from_metres(values), "absolute", "Depth Anything, metric")
    note = "it knows no distances: its nearest point is put at 0.5 m, its farthest at infinity"
    return Prediction(spread(values, printable(folder)), "unitless", "Depth Anything", [note])
