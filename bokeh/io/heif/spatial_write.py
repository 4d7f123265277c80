"""Write spatial photos: what `spatial` reads."""

from __future__ import annotations

import itertools
import struct

from . import hevc
from .carried_items import metadata_items
from .container import NewItem, assemble, full_box
from .spatial import CAMERA_PLACE, CAMERA_VIEW, HAS_X, SHIFT, SHIFT_UNIT

_POINT = 30
"""Bits after the point of focal lengths and principal points, which are shares of the picture's width and height."""

_MOST_SHIFT = 1.0


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
    where = bytes([0, 0, 0, HAS_X]) + struct.pack(">i", place_um) if place_um else bytes(4)
    one = 1 << _POINT
    sees = bytes([0, 0, _POINT, 0]) + struct.pack(">iii", round(focal_share * one), one // 2, one // 2)
    shift = round(min(max(shift_share, -_MOST_SHIFT), _MOST_SHIFT) / SHIFT_UNIT)
    return [
        ("cmex", where),
        ("cmin", sees),
        ("uuid", CAMERA_PLACE + where),
        ("uuid", CAMERA_VIEW + sees),
        ("uuid", SHIFT + struct.pack(">i", shift)),
    ]
