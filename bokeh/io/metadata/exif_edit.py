"""EXIF blocks for what is written, edited in place.

Edits change bytes where they stand and move nothing, so that maker notes, whose inner offsets nobody documents, stay
whole.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from ...photo.metadata import Density, UnitRect
from .exif import (
    CUSTOM_RENDERED,
    MAKE,
    MAKER_NOTE,
    MODEL,
    ORIENTATION,
    PIXEL_HEIGHT,
    PIXEL_WIDTH,
    RESOLUTION_UNIT,
    SOFTWARE,
    SUBJECT_AREA,
    X_RESOLUTION,
    Y_RESOLUTION,
)
from .ifd import EXIF_IFD, GPS_IFD, TYPES, IfdEntry, directories_of, entries_of, pointer_of, values_of

# What of a TIFF's main directory is about the camera and not about the pixels.
_CAMERA_TAGS = {0x010E, MAKE, MODEL, ORIENTATION, SOFTWARE, 0x0132, 0x013B, 0x8298}
# Where a thumbnail's directory says that its bytes lie, and how many there are: JPEG, or strips.
_THUMBNAIL_BYTES = ((0x0201, 0x0202), (0x0111, 0x0117))
_INTEROPERABILITY = 0xA005
_JPEG = b"\xff\xd8\xff"
_RESOLUTION_UNITS = {"inch": 2, "cm": 3}


@dataclass(frozen=True)
class ExifChanges:
    """What an output's EXIF says otherwise than its source's.

    Attributes
    ----------
    af_area : (x, y, w, h), optional
        Of the upright picture, in 0..1.
    turned : bool
        Whether the picture lies otherwise than the block has it.
    as_stored : bool
        Whether the picture is stored as the block's is: size and AF area stay.
    orientation : int
        What it states.
    keep_orientation : bool
        False takes the orientation out, for files that state it elsewhere.
    keep_place : bool
        False empties the GPS directory and takes it out.
    software : str
        Who made the picture, when it was changed; "" = nobody since.
    density : Density, optional
        Stated where the block states none.
    """

    af_area: UnitRect | None = None
    turned: bool = False
    as_stored: bool = False
    orientation: int = 1
    keep_orientation: bool = True
    keep_place: bool = True
    software: str = ""
    density: Density | None = None

    def entries(self, order: str, main: Mapping[int, IfdEntry]) -> dict[int, tuple[int, int, bytes]]:
        """Kind, count and value of the entries that a main directory gets."""
        found: dict[int, tuple[int, int, bytes]] = {}
        if self.software:
            text = self.software.encode("ascii", "replace") + b"\0"
            found[SOFTWARE] = 2, len(text), text
        if self.density is not None and not main.keys() & {X_RESOLUTION, Y_RESOLUTION}:
            for tag, value in ((X_RESOLUTION, self.density[0]), (Y_RESOLUTION, self.density[1])):
                found[tag] = 5, 1, struct.pack(order + "II", round(value * 100), 100)
            found[RESOLUTION_UNIT] = 3, 1, struct.pack(order + "H", _RESOLUTION_UNITS[self.density[2]])
        return found

    def alone(self) -> bytes | None:
        """Return a block of a density alone; None where there is none."""
        if self.density is None:
            return None
        return _with_entries(b"MM\0*" + struct.pack(">IH", 8, 0) + bytes(4), self)


def extract(tiff: bytes) -> bytes | None:
    """EXIF block made of a TIFF file's own directories: camera, EXIF and GPS entries, not the pixels' ones."""
    found = directories_of(tiff)
    if found is None:
        return None
    base, order, main, inner = found
    directories = [[e for tag, e in main.items() if tag in _CAMERA_TAGS], list(inner.values())]
    gps = main.get(GPS_IFD)
    directories.append(list(entries_of(tiff, order, base + pointer_of(tiff, order, gps), base)) if gps else [])
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
    found = directories_of(exif)
    return {tag: exif[e.at : e.at + 12] for tag, e in found.main.items() if tag not in without} if found else {}


def for_output(exif: bytes | None, size: tuple[int, int], changes: ExifChanges) -> bytes | None:
    """Return the block as an output carries it, beginning with the TIFF header.

    The orientation becomes 1 and the stated size that of the upright picture; the AF area follows it where it was
    turned or enlarged. The embedded thumbnail, which shows the picture as it was, is erased; so is a preview inside a
    maker note: zeros stand in its place, for nobody documents what points behind it.

    Parameters
    ----------
    exif : bytes or None
    size : (height, width)
    changes : ExifChanges
    """
    found = directories_of(exif) if exif else None
    if exif is None or found is None or not found.main:
        return changes.alone()
    base, order, main, inner = found
    data = bytearray(exif)
    h, w = size
    directory = _directory_at(data, order, base)
    stated = [values_of(exif, order, inner[tag])[0] for tag in (PIXEL_WIDTH, PIXEL_HEIGHT) if tag in inner]
    is_resized = len(stated) == 2 and 0 not in stated and stated != [w, h]
    _put(data, order, main.get(ORIENTATION), base, directory, changes.orientation)
    if not changes.as_stored:
        _put(data, order, inner.get(PIXEL_WIDTH), base, directory, w)
        _put(data, order, inner.get(PIXEL_HEIGHT), base, directory, h)
        area = inner.get(SUBJECT_AREA)
        if area and changes.af_area and (changes.turned or is_resized):
            x, y, aw, ah = changes.af_area
            centre = (round((x + aw / 2) * w), round((y + ah / 2) * h))
            extent = {2: (), 3: (round(max(aw * w, ah * h)),), 4: (round(aw * w), round(ah * h))}
            _put(data, order, area, base, directory, *centre, *extent.get(area.n, ()))
    if changes.software:
        # 2 and more are phones' words for pictures that their editors may change: 8 is a portrait, to be blurred.
        custom = inner.get(CUSTOM_RENDERED)
        if custom and values_of(exif, order, custom)[0] not in (0, 1):
            _put(data, order, custom, base, directory, 1)
    _erase_thumbnail(data, order, base, directory)
    if MAKER_NOTE in inner:
        _erase_pictures(data, inner[MAKER_NOTE].value_at, inner[MAKER_NOTE].value_at + inner[MAKER_NOTE].size)
    if not changes.keep_orientation:
        _remove_entry(data, order, directory[0], ORIENTATION)
    made: bytes | None = bytes(data[base:])
    made = made if changes.keep_place else without_gps(made)
    return _with_entries(made, changes) if made and directories_of(made) else None


def _directory_at(data: bytes | bytearray, order: str, base: int) -> tuple[int, int]:
    """Find where the main directory begins, and where its entries end."""
    ifd = base + struct.unpack_from(order + "I", data, base + 4)[0]
    return ifd, ifd + 2 + 12 * struct.unpack_from(order + "H", data, ifd)[0]


def _put(
    data: bytearray, order: str, entry: IfdEntry | None, base: int, directory: tuple[int, int], *values: int
) -> None:
    """Overwrite the numbers of an entry, where it has as many."""
    if entry and _is_apart(entry, base, *directory) and entry.kind in (3, 4) and entry.n == len(values):
        top = 0xFFFF if entry.kind == 3 else 0xFFFFFFFF
        struct.pack_into(order + TYPES[entry.kind][1] * len(values), data, entry.value_at,
                         *(min(max(v, 0), top) for v in values))  # fmt: skip


def _erase_thumbnail(data: bytearray, order: str, base: int, directory: tuple[int, int]) -> None:
    """Zero the directory of the thumbnail and its bytes, and cut them off where they end the block."""
    end = directory[1]
    if end + 4 > len(data):
        return
    where = struct.unpack_from(order + "I", data, end)[0]
    data[end : end + 4] = bytes(4)
    second = base + where
    if not where or not directory[1] <= second <= len(data) - 2:
        return
    entries = {entry.tag: entry for entry in entries_of(bytes(data), order, second, base)}
    least = second
    for offset_tag, size_tag in _THUMBNAIL_BYTES:
        if offset_tag in entries and size_tag in entries:
            places, sizes = (values_of(bytes(data), order, entries[tag]) for tag in (offset_tag, size_tag))
            for place, size in zip(places, sizes, strict=False):
                start = base + int(place)
                # In a damaged block it may be said to lie where something else does.
                if directory[1] <= start and start + int(size) <= len(data):
                    data[start : start + int(size)] = bytes(int(size))
                    least = min(least, start)
    _erase_directory(data, order, base, second)
    rest = data.rstrip(b"\0")
    del data[max(len(rest) + len(rest) % 2, least, _end_of_values(bytes(data))) :]


def _erase_pictures(data: bytearray, start: int, end: int) -> None:
    """Zero each whole JPEG that stands in a range."""
    at = data.find(_JPEG, start, end)
    while at >= 0:
        stop = _end_of_jpeg(data, at, end)
        if stop is not None:
            data[at:stop] = bytes(stop - at)
        at = data.find(_JPEG, at + len(_JPEG) if stop is None else stop, end)


def _end_of_jpeg(data: bytearray, at: int, end: int) -> int | None:
    """Find where a JPEG ends: its segments lead to a scan, and within that nothing looks like its last marker."""
    at += 2
    while at + 4 <= end and data[at] == 0xFF and 0xC0 <= data[at + 1] < 0xFF and data[at + 1] not in (0xD9, 0xDA):
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    if data[at : at + 2] != b"\xff\xda":
        return None
    last = data.find(b"\xff\xd9", at, end)
    return last + 2 if last >= 0 else None


def _end_of_values(exif: bytes) -> int:
    """Find where the last entry, or the last value, of the directories that are read ends."""
    found = directories_of(exif)
    if found is None:
        return len(exif)
    base, order, main, inner = found
    entries = [*main.values(), *inner.values()]
    for pointer in (main.get(GPS_IFD), inner.get(_INTEROPERABILITY)):
        if pointer is not None:
            entries += entries_of(exif, order, base + pointer_of(exif, order, pointer), base)
    # The offset of a next directory follows the last entry.
    return max((max(entry.at + 16, entry.value_at + entry.size) for entry in entries), default=0)


def _with_entries(exif: bytes, changes: ExifChanges) -> bytes:
    """Return the block, which begins with the TIFF header, with entries more in its main directory.

    A directory with more entries is longer: a new one is put behind everything, and nothing else moves.
    """
    base, order, main, _ = directories_of(exif) or (0, "<", {}, {})
    added = changes.entries(order, main)
    if not added:
        return exif
    ifd, end = _directory_at(exif, order, base)
    if end > len(exif):  # it is cut off: what could be read of it stays where it is
        return exif
    rows = {struct.unpack_from(order + "H", exif, at)[0]: exif[at : at + 12] for at in range(ifd + 2, end, 12)}
    data = bytearray(exif)
    for tag in added.keys() & rows.keys() & main.keys():
        old = main[tag]
        if _is_apart(old, base, ifd, end) and old.size > 4:
            data[old.value_at : old.value_at + old.size] = bytes(old.size)
    data[ifd:end] = bytes(end - ifd)
    data += bytes(len(data) % 2)
    for tag, (kind, count, value) in added.items():
        if len(value) > 4:
            where, value = len(data), value + bytes(len(value) % 2)
            data += value
            value = struct.pack(order + "I", where)
        rows[tag] = struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
    struct.pack_into(order + "I", data, 4, len(data))
    directory = struct.pack(order + "H", len(rows)) + b"".join(rows[tag] for tag in sorted(rows)) + bytes(4)
    return bytes(data) + directory


def _is_apart(entry: IfdEntry, base: int, ifd: int, end: int) -> bool:
    """Whether a value stands where neither the header nor the directory does, as in a damaged block it may."""
    first, last = entry.value_at, entry.value_at + entry.size
    return entry.size <= 4 or (first >= base + 8 and (first >= end or last <= ifd))


def _erase_directory(data: bytearray, order: str, base: int, ifd: int) -> None:
    """Zero a directory and every value it points to."""
    for entry in list(entries_of(bytes(data), order, ifd, base)):
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
    found = directories_of(exif)
    if found is None:
        return None
    base, order, main, _ = found
    data = bytearray(exif)
    if GPS_IFD in main:
        _erase_directory(data, order, base, base + pointer_of(exif, order, main[GPS_IFD]))
        _remove_entry(data, order, base + struct.unpack_from(order + "I", exif, base + 4)[0], GPS_IFD)
    return bytes(data)
