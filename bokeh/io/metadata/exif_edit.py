"""EXIF blocks for what is written, edited in place.

Edits change bytes where they stand and move nothing, so that maker notes, whose inner offsets nobody documents, stay
whole.
"""

from __future__ import annotations

import struct

from .exif import MAKE, MODEL, ORIENTATION, PIXEL_HEIGHT, PIXEL_WIDTH, SUBJECT_AREA
from .ifd import EXIF_IFD, GPS_IFD, TYPES, IfdEntry, directories_of, entries_of, pointer_of

# What of a TIFF's main directory is about the camera and not about the pixels.
_CAMERA_TAGS = {0x010E, MAKE, MODEL, ORIENTATION, 0x0131, 0x0132, 0x013B, 0x8298}


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
    found = directories_of(exif) if exif else None
    if exif is None or found is None or not found[2]:
        return None
    base, order, main, inner = found
    data = bytearray(exif)
    h, w = size
    ifd = base + struct.unpack_from(order + "I", data, base + 4)[0]
    end = ifd + 2 + 12 * struct.unpack_from(order + "H", data, ifd)[0]

    def put(entry: IfdEntry | None, *values: int) -> None:
        if entry and _is_apart(entry, base, ifd, end) and entry.kind in (3, 4) and entry.n == len(values):
            top = 0xFFFF if entry.kind == 3 else 0xFFFFFFFF
            struct.pack_into(order + TYPES[entry.kind][1] * len(values), data, entry.value_at,
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
    return made if made and directories_of(made) else None


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
