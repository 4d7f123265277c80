"""Reading and writing of pictures, depth and mattes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .core.arrays import FloatArray
from .core.errors import UsageError
from .depth.calibrate import Anchor, anchored
from .io import registry, sidecar
from .io.decoded import at_most, read_file
from .io.encode import save
from .photo.photo import Photo

__all__ = ["LoadOptions", "completed", "load", "opened", "save"]


def load(
    path: str | Path | bytes,
    *,
    depth: str | Path | bytes | None = None,
    depth_unit: str | None = None,
    depth_scale: float | None = None,
    matte: str | Path | bytes | None = None,
    anchors: Sequence[Anchor] = (),
    depth_model: str | Path | None = None,
    matte_model: str | Path | None = None,
    stereo: str | Path | bytes | None = None,
    baseline_m: float | None = None,
    max_pixels: int | None = None,
) -> Photo:
    """Read a photo, with its depth and mattes.

    Parameters
    ----------
    path : str, Path or bytes
        A file, or its content.
    depth : str, Path or bytes, optional
        Depth map to use instead of the file's own: PNG, TIFF, EXR, NPY, PFM.
    depth_unit : {"m", "dioptre", "relative"}, optional
        What the map's values are; "relative": larger is nearer. Left out: metres for float maps, relative
        for 8 bit.
    depth_scale : float, optional
        Value times scale = metres or dioptres; default 1, and 0.001 for 16-bit integers.
    matte : str, Path or bytes, optional
        Coverage of the subject to use instead of the file's own.
    anchors : sequence of Anchor, optional
        Points whose distance is known, to make the depth map's metres true. Without, what the file knows of
        distances is used on a relative map: autofocus, subject distance, the size of a face.
    depth_model : str or Path, optional
        Predict the depth instead: ``depth-pro``, ``depth-anything``, a folder of theirs, or an ONNX file (what its
        values are, `depth_unit` says). Nothing is fetched.
    matte_model : str or Path, optional
        Find the people instead: ``selfie``, or a TFLite file.
    stereo : str, Path or bytes, optional
        Measure the depth instead: the picture that a camera to the right of this one's took.
    baseline_m : float, optional
        How far to the right, in metres.
    max_pixels : int, optional
        Most pixels of the picture and of each map, by their headers; by default 200 million.

    Returns
    -------
    Photo

    Raises
    ------
    InputError
        When a file is missing, truncated, damaged or too large (`UnknownFormatError`: of no kind that is read).
    DepthError
        When the depth map or matte has another aspect, or no usable value.
    UsageError
        When the depth unit or scale makes no sense, or the anchors contradict the map.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> path = rk.save(rk.Photo(rgb=np.full((30, 40, 3), 0.18, np.float32)), "grey.png")
    >>> np.save("metres.npy", np.full((30, 40), 2.0, np.float32))
    >>> photo = rk.load(path, depth="metres.npy")
    >>> photo.size, float(photo.depth[0, 0])
    ((30, 40), 0.5)
    """
    asked = LoadOptions(
        depth=depth,
        depth_unit=depth_unit,
        depth_scale=depth_scale,
        matte=matte,
        anchors=anchors,
        depth_model=depth_model,
        matte_model=matte_model,
        stereo=stereo,
        baseline_m=baseline_m,
    )
    return completed(opened(path, max_pixels=max_pixels), asked, max_pixels=max_pixels)


def opened(path: str | Path | bytes, *, max_pixels: int | None = None, name: str | None = None) -> Photo:
    """Read a photo as its file is, before anything else is asked of it: the first half of `load`.

    Parameters
    ----------
    path : str, Path or bytes
    max_pixels : int, optional
    name : str, optional
        For messages, of bytes.

    Raises
    ------
    InputError
    """
    data, known_as = read_file(path)
    with at_most(max_pixels):
        photo = registry.read(data, name or known_as)
    # As the system knows it, not as messages print it: `save` recognises its input by this.
    where = str(path) if isinstance(path, (str, Path)) else photo.meta.path
    return replace(photo, meta=replace(photo.meta, path=where, source=hashlib.sha256(data).hexdigest()))


def completed(photo: Photo, asked: LoadOptions, *, max_pixels: int | None = None) -> Photo:
    """Give a photo that is `opened` its depth and mattes, in true metres where it can: the second half of `load`.

    Errors are those of `load`.
    """
    used = asked.words
    with at_most(max_pixels):
        if asked.depth is not None:
            photo = _with_map(photo, asked.depth, asked.depth_unit, asked.depth_scale)
            used["depth"] = _digest(photo.depth)
        if asked.matte is not None:
            coverage, source = sidecar.read_matte(asked.matte, photo.size, photo.meta.turn)
            meta = replace(photo.meta, matte_source=source, notes=(*photo.meta.notes, f"matte: {source}"))
            photo = replace(photo, matte=coverage, meta=meta)
            used["matte"] = _digest(coverage)
        if asked.depth_model is not None:
            from .depth.models import estimate_depth

            photo = estimate_depth(photo, asked.depth_model, asked.depth_unit)
        if asked.stereo is not None and asked.baseline_m is not None:
            from .depth.stereo import measure_depth

            other = load(asked.stereo, max_pixels=max_pixels)
            used["stereo"] = other.meta.source
            photo = measure_depth(photo, other, asked.baseline_m)
        if asked.matte_model is not None:
            from .depth.models import estimate_matte

            photo = estimate_matte(photo, asked.matte_model)
    return anchored(replace(photo, meta=replace(photo.meta, asked=used)), asked.anchors)


def _with_map(photo: Photo, depth: str | Path | bytes, unit: str | None, scale: float | None) -> Photo:
    """Put a depth map from a file of its own in the place of the photo's."""
    found = sidecar.read_depth(depth, photo.size, photo.meta.turn, unit, scale)
    meta = replace(photo.meta, depth_source=found.source, notes=(*photo.meta.notes, *found.notes))
    return replace(photo, depth=found.dioptres, depth_kind=found.kind, meta=meta)


def _digest(values: FloatArray | None) -> str:
    return "" if values is None else hashlib.sha256(values.tobytes()).hexdigest()


@dataclass(frozen=True, eq=False)
class LoadOptions:
    """The options of `load` of the same names, in one.

    Raises
    ------
    UsageError
        When they contradict each other; nothing is read for that.
    """

    depth: str | Path | bytes | None = None
    depth_unit: str | None = None
    depth_scale: float | None = None
    matte: str | Path | bytes | None = None
    anchors: Sequence[Anchor] = ()
    depth_model: str | Path | None = None
    matte_model: str | Path | None = None
    stereo: str | Path | bytes | None = None
    baseline_m: float | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        maps = (("--depth", self.depth), ("--depth-model", self.depth_model), ("--stereo", self.stereo))
        flags = [flag for flag, value in maps if value is not None]
        if len(flags) > 1:
            raise UsageError(f"{' and '.join(flags)} both give the depth; give one")
        if self.matte is not None and self.matte_model is not None:
            raise UsageError("--matte and --matte-model both give the matte; give one")
        unit_of_nothing = self.depth_unit is not None and self.depth_model is None
        if self.depth is None and (self.depth_scale is not None or unit_of_nothing):
            raise UsageError("a depth unit or scale needs a depth map to speak of; give --depth too")
        if (self.stereo is None) != (self.baseline_m is None):
            raise UsageError(
                "--stereo and --baseline go together: the other picture, and how far apart they were taken"
            )

    @property
    def words(self) -> dict[str, Any]:
        """What says itself in a word or a number, by name: all but the pictures."""
        words = {
            "depth_unit": self.depth_unit,
            "depth_scale": self.depth_scale,
            "anchors": [asdict(anchor) for anchor in self.anchors],
            "depth_model": None if self.depth_model is None else str(self.depth_model),
            "matte_model": None if self.matte_model is None else str(self.matte_model),
            "baseline_m": self.baseline_m,
        }
        return {key: value for key, value in words.items() if value not in (None, [])}
