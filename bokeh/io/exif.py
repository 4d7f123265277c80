"""EXIF: the few facts rendering needs, and edits in place.

Edits change bytes where they stand and move nothing, so that maker notes, whose inner offsets nobody
documents, stay whole.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

ORIENTATION, EXIF_IFD, GPS_IFD, MAKER_NOTE = 0x0112, 0x8769, 0x8825, 0x927C
MAKE, MODEL, LENS_MODEL = 0x010F, 0x0110, 0xA434
FOCAL_LENGTH, FOCAL_35, SUBJECT_AREA, SUBJECT_DISTANCE, ZOOM = 0x920A, 0xA405, 0x9214, 0x9206, 0xA404
EXPOSURE_TIME, F_NUMBER, ISO = 0x829A, 0x829D, 0x8827
PIXEL_WIDTH, PIXEL_HEIGHT = 0xA002, 0xA003

SATURATION = 78.0 / 0.65
"""Exposure that saturates at ISO 1, lux seconds, over what a lens passes of a scene's luminance."""

# What of a TIFF's main directory is about the camera and not about the pixels.
_CAMERA_TAGS = {0x010E, MAKE, MODEL, ORIENTATION, 0x0131, 0x0132, 0x013B, 0x8298}
# XMP that speaks of what stands beside a picture in its file: depth map, original, gain map, further XMP.
_BESIDE = [rb"xmpNote:HasExtendedXMP", rb"GDepth:\w+", rb"GImage:\w+", rb"hdrgm:\w+", rb"G?Container:Directory"]
# Bytes of a value, and its struct letter, by TIFF type.
_TYPES = {1: (1, "B"), 2: (1, "s"), 3: (2, "H"), 4: (4, "I"), 5: (8, "I"), 6: (1, "b"), 7: (1, "s"), 8: (2, "h"),
          9: (4, "i"), 10: (8, "i"), 11: (4, "f"), 12: (8, "d")}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What the EXIF block says; None = silent."""

    orientation: int = 1
    camera: str = ""
    lens: str = ""
    focal_mm: float | None = None
    f35_mm: float | None = None
    pixel_size: tuple[int, int] | None = None
    subject_area: tuple[int, ...] | None = None
    subject_distance_m: float | None = None
    zoom: float | None = None
    exposure_s: float | None = None
    f_number: float | None = None
    iso: float | None = None
    maker: dict[int, float] | None = None
    damaged: bool = False

    @property
    def clip_cd_m2(self) -> float | None:
        """Luminance that the exposure clips at, cd/m2 (ISO 12232, saturation based); None when it is not known."""
        if self.exposure_s is None or self.f_number is None or self.iso is None:
            return None
        return SATURATION * self.f_number**2 / (self.exposure_s * self.iso)

    @property
    def equivalent_f_number(self) -> float | None:
        """The f-number that the photo was taken with, as full frame has it; None when it is not known."""
        if self.f_number is None or self.f35_mm is None or self.focal_mm is None:
            return None
        return self.f_number * self.f35_mm / self.focal_mm


class _Entry(NamedTuple):
    at: int  # where the 12-byte entry stands
    tag: int
    kind: int
    n: int
    value_at: int
    size: int


def _split(exif: bytes) -> tuple[int, str] | None:
    """(offset of the TIFF header, byte order), or None when there is none."""
    start = 6 if exif[:6] == b"Exif\0\0" else 0
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[start : start + 4])
    return (start, order) if order and len(exif) >= start + 8 else None


def _entries(data: bytes, order: str, ifd: int, base: int) -> Iterator[_Entry]:
    """Entries of the directory at `ifd`; those that point outside the data are left out."""
    if ifd < 0 or ifd + 2 > len(data):
        return
    count = struct.unpack_from(order + "H", data, ifd)[0]
    for k in range(count):
        at = ifd + 2 + 12 * k
        if at + 12 > len(data):
            return
        tag, kind, n = struct.unpack_from(order + "HHI", data, at)
        size = _TYPES.get(kind, (0, ""))[0] * n
        value_at = at + 8 if size <= 4 else base + struct.unpack_from(order + "I", data, at + 8)[0]
        if size and value_at + size <= len(data):
            yield _Entry(at, tag, kind, n, value_at, size)


def _values(data: bytes, order: str, entry: _Entry) -> tuple:
    kind, n = entry.kind, min(entry.n, 64)
    if kind in (2, 7):
        return (data[entry.value_at : entry.value_at + entry.size],)
    if kind in (5, 10):
        raw = struct.unpack_from(f"{order}{2 * n}{_TYPES[kind][1]}", data, entry.value_at)
        return tuple(a / b if b else float("nan") for a, b in zip(raw[::2], raw[1::2], strict=True))
    return struct.unpack_from(f"{order}{n}{_TYPES[kind][1]}", data, entry.value_at)


def _directories(exif: bytes) -> tuple[int, str, dict[int, _Entry], dict[int, _Entry]] | None:
    """Find the TIFF header's offset, byte order, main directory and EXIF directory."""
    split = _split(exif)
    if split is None:
        return None
    base, order = split
    main = {e.tag: e for e in _entries(exif, order, base + struct.unpack_from(order + "I", exif, base + 4)[0], base)}
    inner: dict[int, _Entry] = {}
    if EXIF_IFD in main:
        inner = {e.tag: e for e in _entries(exif, order, base + _pointer(exif, order, main[EXIF_IFD]), base)}
    return base, order, main, inner


def _pointer(data: bytes, order: str, entry: _Entry) -> int:
    """Where an entry points to; beyond everything when it is no pointer."""
    return _values(data, order, entry)[0] if entry.kind == 4 else 1 << 32


def _is_damaged(exif: bytes, base: int, order: str) -> bool:
    """Whether the main or the EXIF directory, or a value of theirs, lies outside the block."""
    if len(exif) < base + 8:
        return True
    todo, k = [struct.unpack_from(order + "I", exif, base + 4)[0]], 0
    while k < len(todo):
        ifd, k = base + todo[k], k + 1
        if ifd + 2 > len(exif) or k > 2:
            return True
        count = struct.unpack_from(order + "H", exif, ifd)[0]
        found = list(_entries(exif, order, ifd, base))
        if len(found) < count:
            return True
        todo += [_pointer(exif, order, e) for e in found if e.tag == EXIF_IFD]
    return False


def read(exif: bytes | None) -> Facts:
    """Read the facts of an EXIF block; a damaged block says what is still whole, or nothing."""
    found = _directories(exif) if exif else None
    if exif is None or found is None:
        return Facts(damaged=bool(exif))
    base, order, main, inner = found

    def numbers(where: dict[int, _Entry], tag: int) -> tuple:
        entry = where.get(tag)
        return _values(exif, order, entry) if entry and entry.kind not in (2, 7) else ()

    def positive(tag: int) -> float | None:
        value = numbers(inner, tag)
        return float(value[0]) if value and 0 < value[0] < 1e5 else None

    def words(where: dict[int, _Entry], tag: int) -> list[str]:
        entry = where.get(tag)
        texts = [_values(exif, order, entry)[0]] if entry and entry.kind == 2 else []
        return [text.split(b"\0")[0].decode("utf-8", "replace").strip() for text in texts]

    names = words(main, MAKE) + words(main, MODEL)
    if len(names) == 2 and names[1].lower().startswith(names[0].lower()):
        names = names[1:]
    stated = numbers(main, ORIENTATION)
    turn = stated[0] if stated and stated[0] in range(1, 9) else 1
    width, height = numbers(inner, PIXEL_WIDTH), numbers(inner, PIXEL_HEIGHT)
    return Facts(
        orientation=int(turn),
        camera=_printed(names),
        lens=_printed(words(inner, LENS_MODEL)),
        focal_mm=positive(FOCAL_LENGTH),
        f35_mm=positive(FOCAL_35),
        pixel_size=(int(width[0]), int(height[0])) if width and height and width[0] > 0 < height[0] else None,
        subject_area=numbers(inner, SUBJECT_AREA) or None,
        subject_distance_m=positive(SUBJECT_DISTANCE),
        zoom=positive(ZOOM),
        exposure_s=positive(EXPOSURE_TIME),
        f_number=positive(F_NUMBER),
        iso=positive(ISO),
        maker=_apple_maker_note(exif, inner.get(MAKER_NOTE)),
        damaged=_is_damaged(exif, base, order) or bool(stated and stated[0] not in range(0, 9)),
    )


def _printed(names: list[str]) -> str:
    return " ".join(c for c in " ".join(names).split() if c.isprintable())


def _apple_maker_note(exif: bytes, entry: _Entry | None) -> dict[int, float] | None:
    """First number of each entry of Apple's maker note (its offsets count from the note's start)."""
    note = exif[entry.value_at : entry.value_at + entry.size] if entry else b""
    if not note.startswith(b"Apple iOS\0") or note[12:14] not in (b"MM", b"II"):
        return None
    order = ">" if note[12:14] == b"MM" else "<"
    found = {}
    for e in _entries(note, order, 14, 0):
        if e.kind not in (2, 7):
            found[e.tag] = float(_values(note, order, e)[0])
    return found


def extract(tiff: bytes) -> bytes | None:
    """EXIF block made of a TIFF file's own directories: camera, EXIF and GPS entries, not the pixels' ones."""
    found = _directories(tiff)
    if found is None:
        return None
    base, order, main, inner = found
    directories = [[e for tag, e in main.items() if tag in _CAMERA_TAGS], list(inner.values())]
    gps = main.get(GPS_IFD)
    directories.append(list(_entries(tiff, order, base + _pointer(tiff, order, gps), base)) if gps else [])
    pointers = [(EXIF_IFD, 1), (GPS_IFD, 2)]
    pointers = [(tag, k) for tag, k in pointers if directories[k]]
    counts = [len(directories[0]) + len(pointers), len(directories[1]), len(directories[2])]
    if not any(counts):
        return None
    starts = [8]
    for count in counts:
        starts.append(starts[-1] + 2 + 12 * count + 4)
    head, values = struct.pack(order + "2sHI", tiff[base : base + 2], 42, 8), b""
    for k, entries in enumerate(directories):
        rows = {}
        for e in entries:
            value = tiff[e.value_at : e.value_at + e.size]
            if e.size > 4:
                where = starts[-1] + len(values)
                values += value + bytes(e.size % 2)
                value = struct.pack(order + "I", where)
            rows[e.tag] = struct.pack(order + "HHI", e.tag, e.kind, e.n) + value.ljust(4, b"\0")
        for tag, target in pointers if k == 0 else ():
            rows[tag] = struct.pack(order + "HHII", tag, 4, 1, starts[target])
        counted = struct.pack(order + "H", len(rows)) + b"".join(rows[tag] for tag in sorted(rows)) + bytes(4)
        head += counted.ljust(starts[k + 1] - starts[k], b"\0")
    return head + values


def main_entries(exif: bytes, without: set[int]) -> dict[int, bytes]:
    """Entries (12 bytes each) of the main directory by tag, for a TIFF that begins with this very block."""
    found = _directories(exif)
    return {tag: exif[e.at : e.at + 12] for tag, e in found[2].items() if tag not in without} if found else {}


def for_output(
    exif: bytes | None,
    size: tuple[int, int],
    af_area: tuple[float, float, float, float] | None = None,
    keep_gps: bool = True,
    keep_orientation: bool = True,
) -> bytes | None:
    """Return the block as an output carries it, beginning with the TIFF header.

    The orientation becomes 1 and the stated size that of the upright picture, the AF area follows it, and the
    embedded thumbnail, which shows the picture as it was, is unhooked.

    Parameters
    ----------
    exif : bytes or None
    size : (height, width)
    af_area : (x, y, w, h) of the upright picture in 0..1, optional
    keep_gps : bool
        False empties the GPS directory and takes it out.
    keep_orientation : bool
        False takes the orientation out, for files that state it elsewhere.
    """
    found = _directories(exif) if exif else None
    if exif is None or found is None or not found[2]:
        return None
    base, order, main, inner = found
    data = bytearray(exif)
    h, w = size
    ifd = base + struct.unpack_from(order + "I", data, base + 4)[0]
    end = ifd + 2 + 12 * struct.unpack_from(order + "H", data, ifd)[0]

    def put(entry: _Entry | None, *values: int) -> None:
        if entry and _is_apart(entry, base, ifd, end) and entry.kind in (3, 4) and entry.n == len(values):
            top = 0xFFFF if entry.kind == 3 else 0xFFFFFFFF
            struct.pack_into(order + _TYPES[entry.kind][1] * len(values), data, entry.value_at,
                             *(min(max(v, 0), top) for v in values))  # fmt: skip

    put(main.get(ORIENTATION), 1)
    put(inner.get(PIXEL_WIDTH), w)
    put(inner.get(PIXEL_HEIGHT), h)
    area = inner.get(SUBJECT_AREA)
    if area and af_area:
        x, y, aw, ah = af_area
        centre = (round((x + aw / 2) * w), round((y + ah / 2) * h))
        extent = {2: (), 3: (round(max(aw * w, ah * h)),), 4: (round(aw * w), round(ah * h))}
        put(area, *centre, *extent.get(area.n, ()))
    if end + 4 <= len(data):
        data[end : end + 4] = bytes(4)
    if not keep_orientation:
        _remove_entry(data, order, ifd, ORIENTATION)
    made = bytes(data[base:])
    made = made if keep_gps else without_gps(made)
    return made if made and _directories(made) else None


def _is_apart(entry: _Entry, base: int, ifd: int, end: int) -> bool:
    """Whether a value stands where neither the header nor the directory does, as in a damaged block it may."""
    first, last = entry.value_at, entry.value_at + entry.size
    return entry.size <= 4 or (first >= base + 8 and (first >= end or last <= ifd))


def _erase_directory(data: bytearray, order: str, base: int, ifd: int) -> None:
    """Zero a directory and every value it points to."""
    for entry in list(_entries(bytes(data), order, ifd, base)):
        data[entry.value_at : entry.value_at + entry.size] = bytes(entry.size)
        data[entry.at : entry.at + 12] = bytes(12)
    if ifd + 2 <= len(data):
        data[ifd : ifd + 2] = bytes(2)


def _remove_entry(data: bytearray, order: str, ifd: int, tag: int) -> None:
    """Close the main directory over one of its entries."""
    count = struct.unpack_from(order + "H", data, ifd)[0]
    for k in range(count):
        at = ifd + 2 + 12 * k
        if data[at : at + 2] == struct.pack(order + "H", tag):
            end = min(ifd + 2 + 12 * count + 4, len(data))
            data[at:end] = data[at + 12 : end] + bytes(min(12, end - at))
            struct.pack_into(order + "H", data, ifd, count - 1)
            return


def without_gps(exif: bytes) -> bytes | None:
    """Return the block without its GPS directory, else bit for bit; None when it cannot be read."""
    found = _directories(exif)
    if found is None:
        return None
    base, order, main, _ = found
    data = bytearray(exif)
    if GPS_IFD in main:
        _erase_directory(data, order, base, base + _pointer(exif, order, main[GPS_IFD]))
        _remove_entry(data, order, base + struct.unpack_from(order + "I", exif, base + 4)[0], GPS_IFD)
    return bytes(data)


def without_gps_xmp(xmp: bytes) -> bytes:
    """Return XMP without the place, else bit for bit."""
    return _without(xmp, [rb"exif:GPS\w*"])


def xmp_for_output(xmp: bytes | None, keep_gps: bool = True, turned: bool = False) -> bytes | None:
    """Return XMP as an output carries it.

    Without orientation, for the pixels are upright; without the list of what stood beside the picture in its file, for
    it does so no more; without regions of the picture as it lay before, if it was
    `turned`; without the place, unless `keep_gps`.
    """
    if not xmp:
        return None
    names = [rb"tiff:Orientation", *_BESIDE, *([rb"mwg-rs:Regions"] if turned else [])]
    names += [] if keep_gps else [rb"exif:GPS\w*"]
    return _without(xmp, names)


def _without(xmp: bytes, names: list[bytes]) -> bytes:
    """Take properties, given by patterns of their names, out of XMP."""
    for name in names:
        xmp = re.sub(rb"\s" + name + rb"\s*=\s*(\"[^\"]*\"|'[^']*')", b"", xmp)
        xmp = re.sub(rb"<(" + name + rb")(?:\s[^>]*)?(?:/>|>.*?</\1\s*>)", b"", xmp, flags=re.DOTALL)
    return xmp
