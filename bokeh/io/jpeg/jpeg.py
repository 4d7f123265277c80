"""JPEG, and what phones of every make put beside the picture: one adapter for each family, chosen by content."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ...photo.photo import Photo
from ..found_maps import FoundMaps, attempt
from ..metadata import captions
from ..metadata.xmp import Xmp
from ..raster.pillow import decode, open_jpeg
from . import apple_jpeg, dynamic_depth, gdepth, huawei, mpo, samsung, ultra_hdr
from .embedded import Jpeg
from .segments import JpegSegments, walk, with_frames_found

# The first box of an MP4: its size, a few dozen bytes, and its type.
_FILM = re.compile(rb"\0\0\0[\x0c-\x80]ftyp")

DEPTHS: tuple[Callable[[Jpeg], FoundMaps], ...] = (
    apple_jpeg.find,
    dynamic_depth.find,
    gdepth.find,
    huawei.find,
    samsung.find,
)
"""Adapters, each of which finds nothing in a file of another family; the first that finds depth is the last asked."""


def read(data: bytes, name: str) -> Photo:
    """Read a JPEG with the depth, the mattes and the gain map that lie in it or behind it.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        For messages.

    Raises
    ------
    InputError
        When the picture is truncated, damaged or too large. What is wrong beside it becomes a note.
    """
    decoded = decode(data, name, "jpeg", open_jpeg)
    segments = with_frames_found(data, walk(data) or JpegSegments(None, None, (), None, len(data)))
    xmp = Xmp(segments.xmp, segments.extended)
    said = captions.of_jpeg(segments.resources, segments.comment, segments.jfif)
    decoded = replace(decoded, captions=replace(said, unkept=_unkept(data, segments.end, xmp)))
    jpeg = Jpeg(data, decoded, segments, xmp)
    found = FoundMaps(notes=segments.notes)
    for find in DEPTHS:
        # Pixels wrote GDepth and Dynamic Depth into one file: the second map need not be decoded.
        if found.depth is None:
            found = found.filled(attempt(partial(find, jpeg)))
    if found.gain_map is None:
        found = found.filled(attempt(partial(ultra_hdr.find, jpeg)))
    if mpo.find(data, segments) is not None:
        return _one_of_two(decoded.photo(found))
    if found.depth is None or found.gain_map is None:
        found = found.noted(*_lost_frames(jpeg))
    return decoded.photo(found)


def _unkept(data: bytes, end: int, xmp: Xmp) -> tuple[str, ...]:
    """Say what lies behind the picture's `end`, or in its XMP, and is not of a picture: a film, a sound."""
    film = _FILM.search(data, end)
    sound = xmp.has("GAudio") or data.find(b"SoundShot_", end) >= 0
    said = () if film is None else (f"the film of a motion photo ({(len(data) - film.start()) / 1e6:.2g} MB)",)
    return (*said, "a sound") if sound else said


def _one_of_two(photo: Photo) -> Photo:
    """Say of a stereo camera's picture that its file holds another."""
    said = "a stereo pair: the first of its two pictures is taken, and what is written holds one"
    if photo.depth is None:
        said += "; `stereo` with the same file measures depth by both"
    return replace(photo, meta=replace(photo.meta, warnings=(*photo.meta.warnings, said)))


def _lost_frames(jpeg: Jpeg) -> tuple[str, ...]:
    """Note the frames that are listed and are not there, and those that do not say what they are."""
    frames, notes = jpeg.segments.frames, []
    data = jpeg.data
    whole = [at for at, size in frames if at + size <= len(data) and data.startswith(b"\xff\xd8", at)]
    if len(whole) < len(frames):
        notes.append("lists further frames (depth, mattes, gain map) that are cut off or gone")
    silent = sum(not Xmp(found.xmp).values for start in whole if (found := walk(data, start)))
    if silent:
        notes.append(f"{silent} further frame{'s' * (silent > 1)} without XMP: nothing says what it is")
    return tuple(notes)
