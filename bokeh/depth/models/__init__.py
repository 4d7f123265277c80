"""Depth and mattes by models, for photos that hold none; with weights that the user has."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import InputError, UsageError
from ...core.text import printable
from ...photo.load_options import known_unit
from ...photo.photo import Photo
from . import depth_anything, depth_pro, onnx, selfie, store
from .prediction import apply
from .store import Known
from .transformer import read_config

__all__ = ["KNOWN", "Known", "estimate_depth", "estimate_matte", "known", "store"]

KNOWN = (
    Known("depth-pro", "depth in metres, and the focal length", "apple-amlr, research only", 1900.0,
          "*.safetensors", "apple/DepthPro-hf"),
    Known("depth-anything", "depth without metres, small and quick", "Apache-2.0", 99.0,
          "*.safetensors", "depth-anything/Depth-Anything-V2-Small-hf"),
    Known("selfie", "matte of the people (`matte_model`)", "Apache-2.0", 0.25, "*.tflite",
          by_hand="npm pack @mediapipe/selfie_segmentation, and give `matte_model` its selfie_segmentation.tflite"),
)  # fmt: skip
"""The models that have a name."""

ARCHITECTURES = {"depth_pro": depth_pro.predict, "depth_anything": depth_anything.predict}
"""What reads a folder, by the ``model_type`` of its config.json."""


def known(name: str) -> Known:
    """Find a model by name.

    Raises
    ------
    UsageError
        When there is none of that name.
    """
    found = next((model for model in KNOWN if model.name == name), None)
    if found is None:
        raise UsageError(f"no model is called {name!r}; there are {', '.join(model.name for model in KNOWN)}")
    return found


def estimate_depth(photo: Photo, model: str | Path, unit: str | None = None) -> Photo:
    """Give a photo the depth that a model sees in it, whether it holds depth or not.

    Parameters
    ----------
    photo : Photo
    model : str or Path
        ``depth-pro`` or ``depth-anything``, a folder with one of their kind as transformers saves it, or an ONNX file.
    unit : {"m", "dioptre", "relative"}, optional
        What an ONNX model's values are.

    Returns
    -------
    Photo
        With `depth`, `depth_kind`, and the 35 mm equivalent where the file names none and the model sees it.

    Raises
    ------
    UsageError
        When there is no such model, a package that it needs is missing, or the unit is not for it.
    InputError
        When its weights are missing, damaged or of another kind.
    DepthError
        When it returns nothing usable.
    """
    unit = None if unit is None else known_unit(unit)
    path = _depth_model(str(model))
    if path.is_file():
        return apply(photo, onnx.predict(path, photo, unit))
    if unit is not None:
        raise UsageError(f"{printable(model)}: this model knows the unit of its depth; leave `depth_unit` out")
    kind = read_config(path).get("model_type")
    if kind not in ARCHITECTURES:
        raise InputError(f"{printable(path)}: a model of type {kind!r}; give one of {', '.join(ARCHITECTURES)}")
    return apply(photo, ARCHITECTURES[kind](path, photo))


def estimate_matte(photo: Photo, model: str | Path) -> Photo:
    """Give a photo the matte of the people that a model sees in it.

    Parameters
    ----------
    photo : Photo
    model : str or Path
        ``selfie``, or a TFLite file.

    Raises
    ------
    UsageError
        When there is no such model, or ai-edge-litert is missing.
    InputError
        When it is missing, damaged or of another kind.
    """
    if str(model) == "selfie":
        path = next(iter(sorted(store.need(known("selfie")).glob("*.tflite"))))
    else:
        path = _existing(str(model), "selfie")
    if path.is_dir() or path.read_bytes()[4:8] != b"TFL3":
        raise InputError(f"{printable(path)}: not a TFLite model; give `matte_model` a selfie model, FILE.tflite")
    return selfie.estimate(path, photo)


def _depth_model(named: str) -> Path:
    """Find the folder or the ONNX file that is meant."""
    if named in ("depth-pro", "depth-anything"):
        return store.need(known(named))
    path = _existing(named, "depth-pro, depth-anything")
    if path.is_dir():
        graphs = [] if (path / "config.json").is_file() else sorted(path.glob("*.onnx"))
        return graphs[0] if len(graphs) == 1 else path
    if path.suffix.lower() == ".safetensors":
        return path.parent
    with path.open("rb") as file:
        head = file.read(8)
    if head[4:8] == b"TFL3":
        raise InputError(f"{printable(path)}: a TFLite model; if it finds people, give it with `matte_model`")
    return path


def _existing(named: str, names: str) -> Path:
    path = Path(named).expanduser()
    if not path.exists():
        raise UsageError(f"{printable(named)}: neither {names} nor a file or folder; see rebokeh models list")
    return path
