"""Reading and writing of pictures, depth and mattes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..anchor import Anchor, anchored
from ..errors import UsageError
from ..photo import Photo
from . import registry, sidecar
from .common import read_file
from .write import save

__all__ = ["load", "save"]


def load(
    path: str | Path | bytes,
    *,
    depth: str | Path | bytes | None = None,
    depth_unit: str | None = None,
    depth_scale: float | None = None,
    matte: str | Path | bytes | None = None,
    anchors: Sequence[Anchor] = (),
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
    """
    if depth is None and (depth_unit is not None or depth_scale is not None):
        raise UsageError("a depth unit or scale needs a depth map to speak of; give --depth too")
    data, name = read_file(path)
    photo = registry.read(data, name)
    if isinstance(path, (str, Path)):
        # As the system knows it, not as messages print it: `save` recognises its input by this.
        photo = replace(photo, meta=replace(photo.meta, path=str(path)))
    if depth is not None:
        found = sidecar.read_depth(depth, photo.size, photo.meta.turn, depth_unit, depth_scale)
        notes = (*photo.meta.notes, *found.notes)
        meta = replace(photo.meta, depth_source=found.source, notes=notes)
        photo = replace(photo, depth=found.dioptres, depth_kind=found.kind, meta=meta)
    if matte is not None:
        coverage, source = sidecar.read_matte(matte, photo.size, photo.meta.turn)
        meta = replace(photo.meta, matte_source=source, notes=(*photo.meta.notes, f"matte: {source}"))
        photo = replace(photo, matte=coverage, meta=meta)
    return anchored(photo, anchors)
