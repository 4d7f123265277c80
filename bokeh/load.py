"""Reading a photo: its file, then what is asked of it beside the file."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from .core.arrays import FloatArray
from .core.errors import DepthError, UsageError
from .io import edits_file, registry
from .io.decoded import at_most, read_file
from .io.formats import FORMATS
from .photo.load_options import Anchor, FileOrBytes, LoadOptions
from .photo.photo import Photo

_Function = TypeVar("_Function", bound=Callable[..., object])


def _documented(function: _Function) -> _Function:
    """Put the explanation of `LoadOptions` into the place of ``**options`` in a docstring."""
    head, mark, tail = inspect.cleandoc(function.__doc__ or "").partition("**options\n")
    if mark:
        explained = inspect.cleandoc(LoadOptions.__doc__ or "").split("----------\n", 1)[1].split("\n\nRaises", 1)[0]
        function.__doc__ = f"{head}{explained}\n{tail}"
    return function


@_documented
def load(
    path: FileOrBytes,
    *,
    depth_model: str | Path | None = None,
    depth_unit: str | None = None,
    depth_near: str | None = None,
    depth_channel: str | None = None,
    layer: str | None = None,
    matte_model: str | Path | None = None,
    face_model: str | Path | None = None,
    edits: FileOrBytes | None = None,
    depth: FileOrBytes | None = None,
    depth_scale: float | None = None,
    matte: FileOrBytes | None = None,
    anchors: Sequence[Anchor] = (),
    stereo: FileOrBytes | None = None,
    baseline_m: float | None = None,
    max_pixels: int | None = None,
) -> Photo:
    """Read a photo, with its depth and mattes.

    Parameters
    ----------
    path : str, Path, bytes or file
        A file's name, its content, or a binary file that is open for reading.
    **options
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
    options = LoadOptions(
        depth_model=depth_model,
        depth_unit=depth_unit,
        depth_near=depth_near,
        depth_channel=depth_channel,
        layer=layer,
        matte_model=matte_model,
        face_model=face_model,
        edits=edits,
        depth=depth,
        depth_scale=depth_scale,
        matte=matte,
        anchors=anchors,
        stereo=stereo,
        baseline_m=baseline_m,
    )
    return completed(opened(path, options, max_pixels=max_pixels), options, max_pixels=max_pixels)


def opened(
    path: FileOrBytes,
    options: LoadOptions | None = None,
    *,
    of_exr: LoadOptions | None = None,
    max_pixels: int | None = None,
    name: str | None = None,
    beside: bytes | None = None,
) -> Photo:
    """Read a photo as its file is, with what is painted over it: the first half of `load`.

    Parameters
    ----------
    path : str, Path, bytes or file
    options : LoadOptions, optional
        Those that choose among a file's layers and channels, and `edits`; the others are for `completed`.
    of_exr : LoadOptions, optional
        More of them, of which only an EXR is asked layers and channels: what holds for every photo of many.
    max_pixels : int, optional
    name : str, optional
        For messages, of bytes.
    beside : bytes, optional
        The file of edits beside a photo that is given as bytes.

    Raises
    ------
    InputError
        When it cannot be read, or is of no format that is.
    UsageError
        When a layer or a channel is asked for that the file does not have.
    """
    data, known_as = read_file(path)
    edits = next((one.edits for one in (options, of_exr) if one is not None and one.edits is not None), None)
    if of_exr is not None and (kind := registry.kind_of(data)) is not None and FORMATS[kind].has_layers:
        options = (options or LoadOptions()).before(of_exr)
    with at_most(max_pixels):
        photo = registry.read(data, name or known_as, options)
    # As the system knows it, not as messages print it: `save` recognises its input by this.
    where = path if isinstance(path, (str, os.PathLike)) else getattr(path, "name", photo.meta.path)
    where = os.fsdecode(where) if isinstance(where, (str, os.PathLike)) else photo.meta.path
    photo = replace(photo, meta=replace(photo.meta, path=where, source=hashlib.sha256(data).hexdigest()))
    found = edits_file.found_beside(path) if isinstance(path, (str, os.PathLike)) else beside
    return edits_file.with_edits(photo, edits, found)


def completed(photo: Photo, options: LoadOptions, *, max_pixels: int | None = None) -> Photo:
    """Give a photo that is `opened` its depth and mattes, in true metres where it can: the second half of `load`.

    Errors are those of `load`.
    """
    from .depth.calibrate import calibrate  # what only a second half needs is imported while a first decodes

    used = options.to_json()
    with at_most(max_pixels):
        if options.matte is not None:
            from .io import sidecar

            matte = sidecar.read_matte(options.matte, photo.size, photo.meta.turn)
            said = photo.meta
            meta = replace(
                said,
                matte_source=matte.source,
                notes=(*said.notes, f"matte: {matte.source}"),
                warnings=(*said.warnings, *matte.warnings),
            )
            photo = replace(photo, matte=matte.coverage, meta=meta)
            used["matte"] = _digest(matte.coverage)
        if options.depth is not None:  # after the matte, which says where the subject is
            photo = _with_map(photo, options)
            used["depth"] = _digest(photo.depth)
        if options.depth_model is not None:
            from .depth.models import estimate_depth

            photo = estimate_depth(photo, options.depth_model, options.depth_unit)
        if options.stereo is not None:
            photo, used["stereo"] = _with_stereo(photo, options.stereo, options.baseline_m)
        if options.matte_model is not None:
            from .depth.models import estimate_matte

            photo = estimate_matte(photo, options.matte_model)
        if options.face_model is not None:
            from .depth.models import find_faces

            photo = find_faces(photo, options.face_model)
    if photo.edits is not None:
        used["edits"] = photo.edits.digest
    return calibrate(replace(photo, meta=replace(photo.meta, asked=used)), options.anchors)


def _with_map(photo: Photo, asked: LoadOptions) -> Photo:
    """Put a depth map from a file of its own in the place of the photo's."""
    from .io import sidecar

    assert asked.depth is not None
    found, notes = sidecar.read_depth(
        asked.depth,
        photo.size,
        photo.meta.turn,
        asked.depth_unit,
        asked.depth_scale,
        near=asked.depth_near,
        channel=asked.depth_channel,
        photo=photo,
    )
    said = photo.meta
    meta = replace(
        said, depth_source=found.source, notes=(*said.notes, *notes), warnings=(*said.warnings, *found.warnings)
    )
    return replace(photo, depth=found.dioptres, depth_kind=found.kind, meta=meta)


def _with_stereo(photo: Photo, stereo: FileOrBytes, baseline_m: float | None) -> tuple[Photo, str]:
    """Give a photo the depth that a pair shows, and say the other picture's digest.

    The other picture is a file of its own; or it lies in the photo's own file, which is then named again.
    """
    from .depth.stereo import measure_depth
    from .io.pairs import read_pair

    data, name = read_file(stereo, "other picture")
    source = hashlib.sha256(data).hexdigest()
    pair = read_pair(data, name)
    own = source == photo.meta.source
    if pair is not None and not own:
        raise UsageError(f"{name}: this file holds both pictures of a pair; give it as the photo too")
    baseline_m = baseline_m or (pair.baseline_m if pair is not None else None)
    if baseline_m is None:
        raise UsageError("`stereo` and `baseline_m` go together: the other picture, and how far apart they were taken")
    if own and pair is None:
        raise DepthError(f"{name}: the same picture twice shows no depth; `stereo` is one taken from further right")
    if pair is None:
        other = registry.read(data, name)
        other = replace(other, meta=replace(other.meta, path=name, source=source))
    else:
        other = replace(pair.right, meta=replace(pair.right.meta, path=name, source=source))
        notes = (*photo.meta.notes, f"stereo pair of one file, {baseline_m * 1000:.3g} mm apart: the left is rendered")
        photo = replace(photo, meta=replace(photo.meta, notes=notes))
        if not np.array_equal(photo.rgb, pair.left.rgb):  # viewers are shown the right one, and what lies beside it
            shown = {"rgb": pair.left.rgb, "profile": pair.left.profile}
            photo = replace(photo, **shown, matte=None, mattes={}, gain_map=None)
    return measure_depth(photo, other, baseline_m), source


def _digest(values: FloatArray | None) -> str:
    return "" if values is None else hashlib.sha256(values.tobytes()).hexdigest()
