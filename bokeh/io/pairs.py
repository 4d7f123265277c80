"""Stereo pairs that lie in one file: HEIC with a group of two eyes, and multi-picture JPEGs of stereo cameras."""

from __future__ import annotations

from dataclasses import dataclass

import pillow_heif

from ..core.foreign import decoding
from ..photo.photo import Photo
from .heif import boxes, heic, spatial
from .jpeg import jpeg, mpo
from .registry import kind_of


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures by cameras beside each other, and how far apart in metres; None where the file is silent."""

    left: Photo
    right: Photo
    baseline_m: float | None


def read_pair(data: bytes, name: str) -> Pair | None:
    """Read the two pictures of a file; None when it holds no pair.

    Raises
    ------
    InputError
        When one of them is damaged or too large.
    """
    kind = kind_of(data)
    if kind == "jpeg":
        found = mpo.find(data)
        if found is None:
            return None
        left, right = (jpeg.read(part, name) for part in found[:2])
        return Pair(left, right, found[2])
    return _of_heic(data, name) if kind == "heic" else None


def _of_heic(data: bytes, name: str) -> Pair | None:
    try:
        eyes = spatial.find(data, boxes.read_meta(data))
    except boxes.BoxError:
        return None
    if eyes is None:
        return None
    with decoding(name):
        groups = pillow_heif.open_heif(data).info.get("entity_groups") or []
    places = next((list(one["images"]) for one in groups if one["type"] == "ster"), [])
    if len(places) != 2 or None in places:
        return None
    left, right = (heic.picture_at(data, place, name) for place in places)
    return Pair(left, right, eyes.baseline_m)
