"""Spatial photos: a HEIC of two pictures, one for each eye, and what a headset needs to know of their cameras.

The pair is an entity group ``ster`` (ISO/IEC 23008-12), left before right. Where the cameras stood, their field of view
and the shift that puts the scene behind the screen are properties of the two pictures: ``cmex``, ``cmin`` and ``dadj``
of the standard; photos of headsets have the same numbers in ``uuid`` boxes, which is what they look for.
"""

from __future__ import annotations

import itertools
import math
import struct
from dataclasses import dataclass, replace
from uuid import UUID

from ...optics.lens import FULL_FRAME_DIAGONAL_MM
from ...photo.photo import Photo
from . import boxes, hevc
from .carried_items import metadata_items
from .container import NewItem, assemble, full_box

_CAMERA_PLACE = UUID("4363e914-5b7d-4aab-97ae-bea69803b434").bytes
_CAMERA_VIEW = UUID("22cc04c7-d6d9-4e07-9d90-4eb6ecbaf3a3").bytes
_SHIFT = UUID("de225085-36cb-4365-8743-2f8705e7c78a").bytes

_POINT = 30
"""Bits after the point of focal lengths and principal points, which are shares of the picture's width and height."""

_HAS_X = 1
MOST_SHIFT = 1.0
SHIFT_UNIT = 1e-4
"""Of the width: what the shift is counted in."""


@dataclass(frozen=True)
class EyePair:
    """Two pictures of a HEIC, and their cameras; None where the file is silent.

    Attributes
    ----------
    left, right : int
        Item numbers.
    baseline_m : float or None
        From the left camera to the right one.
    focal_share : float or None
        Focal length over the picture's width.
    shift_share : float or None
        By which both pictures are moved apart for viewing, as a share of the width.
    """

    left: int
    right: int
    baseline_m: float | None = None
    focal_share: float | None = None
    shift_share: float | None = None

    @property
    def field_of_view_deg(self) -> float | None:
        """From the picture's left side to its right side."""
        return None if not self.focal_share else 2.0 * math.degrees(math.atan(0.5 / self.focal_share))


def find(data: bytes, meta: boxes.Meta) -> EyePair | None:
    """Find the pair of a file; None when it holds none."""
    pair = next((ids for kind, ids in boxes.groups(data) if kind == "ster" and len(ids) == 2), None)
    if pair is None or not all(number in meta.items for number in pair):
        return None
    left, right = (meta.items[number] for number in pair)
    try:
        places = [_place(item) for item in (left, right)]
        view, shift = _view(left), _shift(left)
    except struct.error:
        return EyePair(*pair)
    apart = None if places[1] is None else (places[1] - (places[0] or 0)) * 1e-6
    return EyePair(*pair, apart if apart and apart > 0 else None, view, shift)


def _place(item: boxes.Item) -> int | None:
    """Where the camera stood along x, in millionths of a metre."""
    body = _either(item, "cmex", _CAMERA_PLACE)
    if body is None:
        return None
    return struct.unpack_from(">i", body, 4)[0] if int.from_bytes(body[1:4], "big") & _HAS_X else 0


def _view(item: boxes.Item) -> float | None:
    """Focal length over the width."""
    body = _either(item, "cmin", _CAMERA_VIEW)
    if body is None:
        return None
    share = struct.unpack_from(">i", body, 4)[0] / (1 << (int.from_bytes(body[1:4], "big") >> 8 & 31))
    return share if share > 0 else None


def _shift(item: boxes.Item) -> float | None:
    body = _either(item, "", _SHIFT)
    if body is not None:
        return struct.unpack_from(">i", body)[0] * SHIFT_UNIT
    body = item.find("dadj")
    return None if body is None else struct.unpack_from(">i", body, 4)[0] * SHIFT_UNIT


def _either(item: boxes.Item, kind: str, uuid: bytes) -> bytes | None:
    """Body of a property of the standard, or of the ``uuid`` that says the same."""
    body = item.find(kind)
    private = (body[16:] for name, body in item.properties if name == "uuid" and body[:16] == uuid)
    return next(private, None) if body is None else body


def described(photo: Photo, data: bytes, meta: boxes.Meta | None) -> Photo:
    """Say of a photo that its file holds a pair, and what its camera saw where nothing else says it."""
    pair = None if meta is None else find(data, meta)
    if pair is None:
        return photo
    said = photo.meta
    apart = "" if pair.baseline_m is None else f", {pair.baseline_m * 1000:.3g} mm apart"
    wide = "" if pair.field_of_view_deg is None else f", {pair.field_of_view_deg:.3g} degrees wide"
    notes = (*said.notes, f"spatial photo: two pictures for two eyes{apart}{wide}")
    shown = "left" if meta is not None and meta.primary == pair.left else "other"
    warning = f"a spatial photo: of its two pictures the {shown} one is taken, and what is written holds one"
    if photo.depth is None:
        warning += "; its own name as `stereo` measures depth by both"
    f35_mm = said.f35_mm
    if f35_mm is None and pair.focal_share is not None:
        f35_mm = pair.focal_share * photo.size[1] * FULL_FRAME_DIAGONAL_MM / math.hypot(*photo.size)
    warnings = (*said.warnings, warning)
    return replace(photo, meta=replace(said, notes=notes, warnings=warnings, f35_mm=f35_mm))


def heic(
    left: hevc.Coded,
    right: hevc.Coded,
    *,
    baseline_m: float,
    focal_share: float,
    shift_share: float,
    exif: bytes | None = None,
    xmp: bytes | None = None,
) -> bytes:
    """Write a spatial photo, whose left picture is what other programs show.

    Parameters
    ----------
    left, right : Coded
        By parallel cameras.
    baseline_m, focal_share, shift_share : float
        As for `EyePair`.
    exif, xmp : bytes, optional
    """
    free = itertools.count(1).__next__
    first, second, group = free(), free(), free()
    items: list[NewItem] = []
    for coded, number, place in ((left, first, 0), (right, second, round(baseline_m * 1e6))):
        items += coded.items(number, free, _cameras(place, focal_share, shift_share))
    items += metadata_items(exif, xmp, free, first)
    ids = struct.pack(">IIII", group, 2, first, second)
    return assemble(left.brands, first, items, groups=full_box("ster", 0, ids))


def _cameras(place_um: int, focal_share: float, shift_share: float) -> list[tuple[str, bytes]]:
    """Properties of one eye: by the standard, and as headsets look for them."""
    where = bytes([0, 0, 0, _HAS_X]) + struct.pack(">i", place_um) if place_um else bytes(4)
    one = 1 << _POINT
    sees = bytes([0, 0, _POINT, 0]) + struct.pack(">iii", round(focal_share * one), one // 2, one // 2)
    shift = round(min(max(shift_share, -MOST_SHIFT), MOST_SHIFT) / SHIFT_UNIT)
    return [
        ("cmex", where),
        ("cmin", sees),
        ("uuid", _CAMERA_PLACE + where),
        ("uuid", _CAMERA_VIEW + sees),
        ("uuid", _SHIFT + struct.pack(">i", shift)),
    ]
