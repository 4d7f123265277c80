"""EXR's standard attributes: camera, lens, exposure, focus and date, read from a header and made for one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from ...photo.metadata import Density, Metadata
from ..metadata.captions import density_of
from ..metadata.exif import (
    EXPOSURE_TIME,
    F_NUMBER,
    FOCAL_LENGTH,
    ISO,
    LENS_MODEL,
    MAKE,
    MODEL,
    SUBJECT_DISTANCE,
    Facts,
    called,
)
from ..metadata.ifd import GPS_IFD, Directories, IfdEntry, directories_of, entries_of, pointer_of, values_of

_DATE, _OFFSET, _LENS_MAKE, _COPYRIGHT, _DESCRIPTION = 0x9003, 0x9011, 0xA433, 0x8298, 0x010E

PLACE = ("longitude", "latitude", "altitude")

_TEXTS = (
    "owner", "comments", "capDate", "cameraMake", "cameraModel", "cameraSerialNumber", "cameraFirmwareVersion",
    "cameraUuid", "cameraLabel", "lensMake", "lensModel", "lensSerialNumber", "lensFirmwareVersion", "reelName",
    "imageCounter", "ascFramingDecisionList",
)  # fmt: skip
_NUMBERS = (
    "utcOffset", *PLACE, "focus", "expTime", "aperture", "isoSpeed", "tStop", "nominalFocalLength",
    "pinholeFocalLength", "effectiveFocalLength", "entrancePupilOffset", "cameraCCTSetting", "cameraTintSetting",
    "whiteLuminance",
)  # fmt: skip
_MATRICES = ("worldToCamera", "worldToNDC", "cameraColorBalance", "sensorOverallDimensions", "sensorCenterOffset")
_SQUARE = 0.01  # pixels whose sides differ by less
_CODES, _RATE = ("timeCode", "keyCode"), "framesPerSecond"


def carried(header: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what a header says of the scene, the camera and the shot, and not of its pixels."""
    kept = {name: header[name] for name in _TEXTS if isinstance(header.get(name), (str, int))}
    kept |= {name: header[name] for name in _NUMBERS if isinstance(header.get(name), (float, int))}
    kept |= {name: header[name] for name in _MATRICES if isinstance(header.get(name), np.ndarray)}
    kept |= {_RATE: header[_RATE]} if isinstance(header.get(_RATE), Fraction) else {}
    return kept | {name: header[name] for name in _CODES if name in header}


def facts_of(attributes: Mapping[str, Any]) -> Facts:
    """Return what attributes say of the camera and the exposure."""

    def text(*names: str) -> str:
        return called([attributes[name] for name in names if isinstance(attributes.get(name), str)])

    def number(*names: str) -> float | None:
        found = (attributes.get(name) for name in names)
        return next((float(v) for v in found if isinstance(v, (int, float)) and 0 < v < 1e5), None)

    return Facts(
        camera=text("cameraMake", "cameraModel"),
        lens=text("lensModel"),
        focal_mm=number("effectiveFocalLength", "nominalFocalLength", "pinholeFocalLength"),
        exposure_s=number("expTime"),
        f_number=number("aperture"),
        iso=number("isoSpeed"),
    )


def density_in(header: Mapping[str, Any]) -> Density | None:
    """Return the pixels per inch of a print, across and down, that a header states."""
    across, aspect = header.get("xDensity"), header.get("pixelAspectRatio", 1.0)
    if not isinstance(across, float) or not isinstance(aspect, float):
        return None
    return density_of(across, across * aspect, 2)


def _x_density(density: Density) -> float | None:
    """Pixels per inch; None where they are not as many across as down, for then an EXR calls the pixels oblong."""
    across, down, unit = density
    return across * (1.0 if unit == "inch" else 2.54) if abs(down / across - 1.0) < _SQUARE else None


def for_output(
    meta: Metadata, exif: bytes | None, keep_place: bool, density: Density | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Make the attributes of a picture that is written.

    Parameters
    ----------
    meta : Metadata
        Its f-number and focus are those of the lens that it was rendered with, where it was.
    exif : bytes or None
        As the output may carry it.
    keep_place : bool
        Whether it may say where it was taken.
    density : (x, y, unit), optional
        Of a print.

    Returns
    -------
    dict, tuple of str
        By OpenEXR's names; and in words what they have no place for.
    """
    made, lost = _of_exif(exif), ()
    made |= {name: value for name, value in meta.attributes.items() if keep_place or name not in PLACE}
    if meta.rendered is not None:
        made["aperture"] = float(meta.rendered.f_number)
        made["focus"] = float(meta.rendered.focus_m)
        made.pop("tStop", None)
    if density is not None:
        across = _x_density(density)
        if across is None:
            lost = (f"the density of a print, {density[0]:g} x {density[1]:g} pixels per {density[2]},",)
        else:
            made["xDensity"] = across
    return made, lost


def _of_exif(exif: bytes | None) -> dict[str, Any]:
    found = directories_of(exif) if exif else None
    if exif is None or found is None:
        return {}
    made: dict[str, Any] = {}
    texts = {
        "cameraMake": (found.main, MAKE), "cameraModel": (found.main, MODEL), "lensMake": (found.inner, _LENS_MAKE),
        "lensModel": (found.inner, LENS_MODEL), "capDate": (found.inner, _DATE), "owner": (found.main, _COPYRIGHT),
        "comments": (found.main, _DESCRIPTION),
    }  # fmt: skip
    for name, (where, tag) in texts.items():
        if text := _text(exif, found.order, where.get(tag)):
            made[name] = text
    numbers = {
        "expTime": EXPOSURE_TIME, "aperture": F_NUMBER, "isoSpeed": ISO, "nominalFocalLength": FOCAL_LENGTH,
        "focus": SUBJECT_DISTANCE,
    }  # fmt: skip
    for name, tag in numbers.items():
        value = _number(exif, found.order, found.inner.get(tag))
        if value is not None and value > 0:
            made[name] = value
    offset = _text(exif, found.order, found.inner.get(_OFFSET))
    if len(offset) == 6 and offset[0] in "+-" and (offset[1:3] + offset[4:]).isdigit():
        ahead = (1 if offset[0] == "+" else -1) * (int(offset[1:3]) * 3600 + int(offset[4:]) * 60)
        made["utcOffset"] = -float(ahead)  # OpenEXR: UTC = local time + offset
    return made | _place(exif, found)


def _text(exif: bytes, order: str, entry: IfdEntry | None) -> str:
    if entry is None or entry.kind != 2:
        return ""
    return called([values_of(exif, order, entry)[0].split(b"\0")[0].decode("utf-8", "replace")])


def _number(exif: bytes, order: str, entry: IfdEntry | None) -> float | None:
    values = values_of(exif, order, entry) if entry is not None and entry.kind not in (2, 7) else ()
    return float(values[0]) if values and math.isfinite(values[0]) else None


def _place(exif: bytes, found: Directories) -> dict[str, float]:
    """Latitude and longitude in degrees, north and east positive; altitude in metres."""
    if GPS_IFD not in found.main:
        return {}
    at = found.base + pointer_of(exif, found.order, found.main[GPS_IFD])
    gps = {entry.tag: entry for entry in entries_of(exif, found.order, at, found.base)}
    made: dict[str, float] = {}
    for name, tag, negative in (("latitude", 2, "S"), ("longitude", 4, "W")):
        values = values_of(exif, found.order, gps[tag]) if tag in gps and gps[tag].kind == 5 else ()
        if len(values) == 3 and all(math.isfinite(v) for v in values):
            degrees = values[0] + values[1] / 60 + values[2] / 3600
            side = _text(exif, found.order, gps.get(tag - 1))
            made[name] = -degrees if side == negative else degrees
    altitude = _number(exif, found.order, gps.get(6))
    if altitude is not None:
        below = _number(exif, found.order, gps.get(5))
        made["altitude"] = -altitude if below == 1 else altitude
    return made
