"""EXR's standard attributes: camera, lens, exposure, focus and date, read from a header and made for one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from PIL.ExifTags import GPSTAGS, TAGS

from ...photo.metadata import Density, Metadata
from ..metadata import apple
from ..metadata.captions import density_of
from ..metadata.exif import (
    EXPOSURE_TIME,
    F_NUMBER,
    FOCAL_35,
    FOCAL_LENGTH,
    ISO,
    LENS_MODEL,
    MAKE,
    MODEL,
    SUBJECT_AREA,
    SUBJECT_DISTANCE,
    Facts,
    called,
)
from ..metadata.ifd import EXIF_IFD, GPS_IFD, Directories, IfdEntry, directories_of, entries_of, pointer_of, values_of
from ..metadata.xmp import number

_DATE, _OFFSET, _LENS_MAKE, _COPYRIGHT, _DESCRIPTION = 0x9003, 0x9011, 0xA433, 0x8298, 0x010E
_TEXTS_OF_EXIF = {
    "cameraMake": MAKE, "cameraModel": MODEL, "lensMake": _LENS_MAKE, "lensModel": LENS_MODEL, "capDate": _DATE,
    "owner": _COPYRIGHT, "comments": _DESCRIPTION,
}  # fmt: skip
_NUMBERS_OF_EXIF = {
    "expTime": EXPOSURE_TIME, "aperture": F_NUMBER, "isoSpeed": ISO, "nominalFocalLength": FOCAL_LENGTH,
    "focus": SUBJECT_DISTANCE,
}  # fmt: skip
_GPS_PLACE = range(7)  # latitude, longitude and altitude, their directions and the version
# Of the file and its pixels, not of the shot: sizes, orientation, density, versions, tiles, who changed it and when;
# and what others say too: shutter and aperture in stops, when it was digitized, fractions and zones of times.
_OF_THE_FILE = {
    0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0112, 0x0115, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x0142, 0x0143,
    0x0213, EXIF_IFD, GPS_IFD, 0x9000, 0x9101, 0x9290, 0xA000, 0xA001, 0xA002, 0xA003, 0xA005, 0xA401,
    0x9004, 0x9010, 0x9012, 0x9201, 0x9202, 0x9291, 0x9292,
}  # fmt: skip
_EXIF_NAMES = {**TAGS, SUBJECT_AREA: "SubjectArea"}
_NAMES_SHOWN = 6

F35_IN_XMP = "exif:FocalLengthIn35mmFilm"
"""Where XMP has the 35 mm equivalent, which no attribute of an EXR is."""

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


def facts_of(attributes: Mapping[str, Any], xmp: bytes | None) -> Facts:
    """Return what attributes and XMP say of the camera and the exposure."""

    def text(*names: str) -> str:
        return called([attributes[name] for name in names if isinstance(attributes.get(name), str)])

    def stated(*names: str) -> float | None:
        found = (_positive(attributes.get(name)) for name in names)
        return next((value for value in found if value is not None), None)

    return Facts(
        camera=text("cameraMake", "cameraModel"),
        lens=text("lensModel"),
        f35_mm=_positive(number(apple.xmp_values(xmp), F35_IN_XMP)),
        focal_mm=stated("effectiveFocalLength", "nominalFocalLength", "pinholeFocalLength"),
        exposure_s=stated("expTime"),
        f_number=stated("aperture"),
        iso=stated("isoSpeed"),
    )


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and 0 < value < 1e5 else None


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
    made, lost = _of_exif(exif), _without_place(exif)
    made |= {name: value for name, value in meta.attributes.items() if keep_place or name not in PLACE}
    if meta.rendered is not None:
        made["aperture"] = float(meta.rendered.f_number)
        made["focus"] = float(meta.rendered.focus_m)
        made.pop("tStop", None)
    if density is not None:
        across = _x_density(density)
        if across is None:
            lost += (f"the density of a print, {density[0]:g} x {density[1]:g} pixels per {density[2]},",)
        else:
            made["xDensity"] = across
    return made, lost


def _of_exif(exif: bytes | None) -> dict[str, Any]:
    found = directories_of(exif) if exif else None
    if exif is None or found is None:
        return {}
    made: dict[str, Any] = {}
    for name, tag in _TEXTS_OF_EXIF.items():
        if text := _text(exif, found.order, found.main.get(tag, found.inner.get(tag))):
            made[name] = text
    for name, tag in _NUMBERS_OF_EXIF.items():
        value = _number(exif, found.order, found.inner.get(tag))
        if value is not None and value > 0:
            made[name] = value
    offset = _text(exif, found.order, found.inner.get(_OFFSET))
    if len(offset) == 6 and offset[0] in "+-" and (offset[1:3] + offset[4:]).isdigit():
        ahead = (1 if offset[0] == "+" else -1) * (int(offset[1:3]) * 3600 + int(offset[4:]) * 60)
        made["utcOffset"] = -float(ahead)  # OpenEXR: UTC = local time + offset
    return made | _place(exif, found)


def _without_place(exif: bytes | None) -> tuple[str, ...]:
    """Name the entries of an EXIF block that no attribute stands for, in words: one text, or none."""
    found = directories_of(exif) if exif else None
    if exif is None or found is None:
        return ()
    said = {*_TEXTS_OF_EXIF.values(), *_NUMBERS_OF_EXIF.values(), _OFFSET, FOCAL_35, *_OF_THE_FILE}
    names = [_EXIF_NAMES.get(tag, f"0x{tag:04X}") for tag in sorted({*found.main, *found.inner} - said)]
    names += [GPSTAGS.get(tag, f"GPS 0x{tag:04X}") for tag in sorted({*_gps_of(exif, found)} - {*_GPS_PLACE})]
    if not names:
        return ()
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return (f"what its EXIF says as {', '.join(names[:_NAMES_SHOWN])}{more}",)


def _text(exif: bytes, order: str, entry: IfdEntry | None) -> str:
    if entry is None or entry.kind != 2:
        return ""
    return called([values_of(exif, order, entry)[0].split(b"\0")[0].decode("utf-8", "replace")])


def _number(exif: bytes, order: str, entry: IfdEntry | None) -> float | None:
    values = values_of(exif, order, entry) if entry is not None and entry.kind not in (2, 7) else ()
    return float(values[0]) if values and math.isfinite(values[0]) else None


def _gps_of(exif: bytes, found: Directories) -> dict[int, IfdEntry]:
    """Entries of the GPS directory by tag."""
    if GPS_IFD not in found.main:
        return {}
    at = found.base + pointer_of(exif, found.order, found.main[GPS_IFD])
    return {entry.tag: entry for entry in entries_of(exif, found.order, at, found.base)}


def _place(exif: bytes, found: Directories) -> dict[str, float]:
    """Latitude and longitude in degrees, north and east positive; altitude in metres."""
    gps = _gps_of(exif, found)
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
