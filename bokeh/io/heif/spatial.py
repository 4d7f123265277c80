"""Spatial photos: a HEIC of two pictures, one for each eye, and what a headset needs to know of their cameras.

The pair is an entity group ``ster`` (ISO/IEC 23008-12), left before right. Where the cameras stood, their field of view
and the shift that puts the scene behind the screen are properties of the two pictures: ``cmex``, ``cmin`` and ``dadj``
of the standard; photos of headsets have the same numbers in ``uuid`` boxes, which is what they look for.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace
from uuid import UUID

from ...optics.lens import FULL_FRAME_DIAGONAL_MM
from ...photo.photo import Photo
from . import boxes

CAMERA_PLACE = UUID("4363e914-5b7d-4aab-97ae-bea69803b434").bytes
CAMERA_VIEW = UUID("22cc04c7-d6d9-4e07-9d90-4eb6ecbaf3a3").bytes
SHIFT = UUID("de225085-36cb-4365-8743-2f8705e7c78a").bytes

HAS_X = 1
"""Flag of a camera that does not stand at the origin."""

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
    body = _either(item, "cmex", CAMERA_PLACE)
    if body is None:
        return None
    return struct.unpack_from(">i", body, 4)[0] if int.from_bytes(body[1:4], "big") & HAS_X else 0


def _view(item: boxes.Item) -> float | None:
    """Focal length over the width."""
    body = _either(item, "cmin", CAMERA_VIEW)
    if body is None:
        return None
    share = struct.unpack_from(">i", body, 4)[0] / (1 << (int.from_bytes(body[1:4], "big") >> 8 & 31))
    return share if share > 0 else None


def _shift(item: boxes.Item) -> float | None:
    body = _either(item, "", SHIFT)
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
        warning += "; `stereo` with the same file measures depth by both"
    f35_mm = said.f35_mm
    if f35_mm is None and pair.focal_share is not None:
        f35_mm = pair.focal_share * photo.size[1] * FULL_FRAME_DIAGONAL_MM / math.hypot(*photo.size)
    warnings = (*said.warnings, warning)
    return replace(photo, meta=replace(said, notes=notes, warnings=warnings, f35_mm=f35_mm))
