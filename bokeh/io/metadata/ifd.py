"""Image file directories: the entries of a TIFF file or an EXIF block, and the values they point to.

Every offset is checked against the data; what points outside is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
# Bytes of a value, and its struct letter, by TIFF type.
TYPES = {1: (1, "B"), 2: (1, "s"), 3: (2, "H"), 4: (4, "I"), 5: (8, "I"), 6: (1, "b"), 7: (1, "s"), 8: (2, "h"),
          9: (4, "i"), 10: (8, "i"), 11: (4, "f"), 12: (8, "d")}  # fmt: skip


class IfdEntry(NamedTuple):
    """One entry of a directory.

    Attributes
    ----------
    at : int
        Where its 12 bytes stand.
    tag, kind, n : int
        Its tag, the TIFF type of its values, and how many there are.
    value_at, size : int
        Where the values stand, and their length in bytes.
    """

    at: int
    tag: int
    kind: int
    n: int
    value_at: int
    size: int


class Directories(NamedTuple):
    """The main directory of a block and its EXIF directory, by tag.

    Attributes
    ----------
    base : int
        Where the TIFF header stands, from which offsets count.
    order : {"<", ">"}
        The byte order.
    main, inner : dict of int to IfdEntry
    """

    base: int
    order: str
    main: dict[int, IfdEntry]
    inner: dict[int, IfdEntry]


def header_of(exif: bytes) -> tuple[int, str] | None:
    """Offset of the TIFF header and byte order; None when there is no header."""
    start = 6 if exif[:6] == b"Exif\0\0" else 0
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[start : start + 4])
    return (start, order) if order and len(exif) >= start + 8 else None


def entries_of(data: bytes, order: str, ifd: int, base: int) -> Iterator[IfdEntry]:
    """Yield the entries of a directory; those that point outside the data are left out.

    Parameters
    ----------
    data : bytes
    order : {"<", ">"}
        The byte order.
    ifd : int
        Where the directory stands in the data.
    base : int
        From where its offsets count.
    """
    if ifd < 0 or ifd + 2 > len(data):
        return
    count = struct.unpack_from(order + "H", data, ifd)[0]
    for k in range(count):
        at = ifd + 2 + 12 * k
        if at + 12 > len(data):
            return
        tag, kind, n = struct.unpack_from(order + "HHI", data, at)
        size = TYPES.get(kind, (0, ""))[0] * n
        value_at = at + 8 if size <= 4 else base + struct.unpack_from(order + "I", data, at + 8)[0]
        if size and value_at + size <= len(data):
            yield IfdEntry(at, tag, kind, n, value_at, size)


def values_of(data: bytes, order: str, entry: IfdEntry) -> tuple:
    """Values of an entry, the first 64: numbers, or one bytes object of text and undefined types."""
    kind, n = entry.kind, min(entry.n, 64)
    if kind in (2, 7):
        return (data[entry.value_at : entry.value_at + entry.size],)
    if kind in (5, 10):
        raw = struct.unpack_from(f"{order}{2 * n}{TYPES[kind][1]}", data, entry.value_at)
        return tuple(a / b if b else float("nan") for a, b in zip(raw[::2], raw[1::2], strict=True))
    return struct.unpack_from(f"{order}{n}{TYPES[kind][1]}", data, entry.value_at)


def directories_of(exif: bytes) -> Directories | None:
    """Find the directories of a block; None when it has no TIFF header."""
    header = header_of(exif)
    if header is None:
        return None
    base, order = header
    first = base + struct.unpack_from(order + "I", exif, base + 4)[0]
    main = {entry.tag: entry for entry in entries_of(exif, order, first, base)}
    inner: dict[int, IfdEntry] = {}
    if EXIF_IFD in main:
        below = base + pointer_of(exif, order, main[EXIF_IFD])
        inner = {entry.tag: entry for entry in entries_of(exif, order, below, base)}
    return Directories(base, order, main, inner)


def pointer_of(data: bytes, order: str, entry: IfdEntry) -> int:
    """Where an entry points to; beyond everything when it is no pointer."""
    return values_of(data, order, entry)[0] if entry.kind == 4 else 1 << 32


def is_damaged(exif: bytes, base: int, order: str) -> bool:
    """Whether the main or the EXIF directory, or a value of theirs, lies outside the block."""
    if len(exif) < base + 8:
        return True
    todo, k = [struct.unpack_from(order + "I", exif, base + 4)[0]], 0
    while k < len(todo):
        ifd, k = base + todo[k], k + 1
        if ifd + 2 > len(exif) or k > 2:
            return True
        count = struct.unpack_from(order + "H", exif, ifd)[0]
        found = list(entries_of(exif, order, ifd, base))
        if len(found) < count:
            return True
        todo += [pointer_of(exif, order, e) for e in found if e.tag == EXIF_IFD]
    return False
