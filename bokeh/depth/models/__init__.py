"""Depth, mattes and faces by models, for photos that hold none; with weights that the user has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ...core.errors import InputError, UsageError
from ...core.text import printable
from ...photo.load_options import known_unit
from ...photo.photo import Photo
from . import blazeface, depth_anything, depth_pro, onnx, salient, selfie, store, yunet
from .prediction import apply
from .store import Known
from .transformer import read_config

__all__ = ["KNOWN", "Known", "estimate_depth", "estimate_matte", "find_faces", "known", "store"]

KNOWN = (
    Known("depth-pro", "depth in metres, and the focal length", "apple-amlr, research only", 1900.0,
          "*.safetensors", "apple/DepthPro-hf"),
    Known("depth-anything", "depth without metres, small and quick", "Apache-2.0", 99.0,
          "*.safetensors", "depth-anything/Depth-Anything-V2-Small-hf"),
    Known("selfie", "matte of the people (`matte_model`)", "Apache-2.0", 0.25, "*.tflite",
          by_hand="npm pack @mediapipe/selfie_segmentation, and give `matte_model` its selfie_segmentation.tflite"),
    Known("salient", "matte of what stands out: pets, food, things (`matte_model`)", "Apache-2.0", 4.6, "*.onnx",
          by_hand="put U2-Net's u2netp.onnx there, or give `matte_model` the file wherever it is"),
    Known("yunet", "faces and their eyes (`face_model`)", "MIT", 0.23, "*.onnx",
          by_hand="put OpenCV Zoo's face_detection_yunet_2023mar.onnx there, or give `face_model` the file wherever it "
          "is"),
    Known("blazeface", "faces and their eyes, near ones (`face_model`)", "Apache-2.0", 0.23, "*.tflite",
          by_hand="npm pack @mediapipe/face_detection, and give `face_model` its face_detection_short_range.tflite"),
)  # fmt: skip
"""The models that have a name."""

MATTES = ("selfie", "salient")
"""Those of them that find mattes."""

FACES = ("yunet", "blazeface")
"""Those of them that find faces."""

Estimate = Callable[[Path, Photo], Photo]

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
    unit : {"m", "dioptre", "disparity", "relative"}, optional
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
    """Give a photo the matte of what a model sees in it: the people, or what stands out.

    Parameters
    ----------
    photo : Photo
    model : str or Path
        ``selfie`` or a TFLite file for people; ``salient`` or an ONNX file for pets, food and things.

    Raises
    ------
    UsageError
        When there is no such model, or the package that it needs is missing.
    InputError
        When it is missing, damaged or of another kind.
    """
    path = _named_or_file(str(model), MATTES)
    wanted = "`matte_model` a selfie model, FILE.tflite, or a salient-object model, FILE.onnx"
    return _by_kind(path, selfie.estimate, salient.estimate, wanted)(path, photo)


def find_faces(photo: Photo, model: str | Path) -> Photo:
    """Give a photo the faces that a model finds in it, with their eyes.

    Parameters
    ----------
    photo : Photo
    model : str or Path
        ``yunet`` or its ONNX file; ``blazeface`` or its TFLite file.

    Raises
    ------
    UsageError
        When there is no such model, or the package that it needs is missing.
    InputError
        When it is missing, damaged or of another kind.
    """
    path = _named_or_file(str(model), FACES)
    wanted = "`face_model` OpenCV's YuNet, FILE.onnx, or MediaPipe's BlazeFace, FILE.tflite"
    return _by_kind(path, blazeface.find, yunet.find, wanted)(path, photo)


def _by_kind(path: Path, of_tflite: Estimate, of_onnx: Estimate, wanted: str) -> Estimate:
    """Choose what runs a file; an `InputError` says what is wanted when it is neither."""
    kind = None if path.is_dir() else _kind_of(path)
    if kind is None:
        raise InputError(f"{printable(path)}: neither a TFLite model nor an ONNX graph; give {wanted}")
    return of_tflite if kind == "tflite" else of_onnx


def _named_or_file(named: str, names: tuple[str, ...]) -> Path:
    """Find the file of a model of one of these names, or the one that is named itself."""
    if named not in names:
        return _existing(named, ", ".join(names))
    one = known(named)
    return next(iter(sorted(store.need(one).glob(one.file))))


def _kind_of(path: Path) -> Literal["tflite", "onnx"] | None:
    """Tell what a file is. An ONNX graph has no mark of its own, but begins with its version, or has the ending."""
    with path.open("rb") as file:
        head = file.read(8)
    if head[4:8] == b"TFL3":
        return "tflite"
    return "onnx" if head[:1] == b"\x08" or path.suffix.lower() == ".onnx" else None


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
    if _kind_of(path) == "tflite":
        raise InputError(f"{printable(path)}: a TFLite model; if it finds people, give it with `matte_model`")
    return path


def _existing(named: str, names: str) -> Path:
    path = Path(named).expanduser()
    if not path.exists():
        raise UsageError(f"{printable(named)}: neither {names} nor a file or folder; see rebokeh models list")
    return path
