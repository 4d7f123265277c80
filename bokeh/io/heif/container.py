"""Lay out a HEIF file: items with their properties and references, as ISO/IEC 23008-12 wants them.

It writes what `boxes` reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# A reader that does not know one of these must not show the item.
_ESSENTIAL = {"hvcC", "av1C", "irot", "imir", "clap", "lsel"}
# Their bytes are a few numbers about other items, and lie in the meta box.
_DERIVED = {b"grid", b"iden", b"iovl"}
XMP_TYPE = "application/rdf+xml"

Property = tuple[str, bytes]


@dataclass
class NewItem:
    """One item to write.

    Parameters
    ----------
    number : int
        The item's id.
    info : bytes
        Body of its ``infe`` box, version and flags included.
    payload : bytes
    properties : list of (str, bytes)
        Four letters and body of each property, in order.
    references : list of (str, tuple of int)
        Four letters of each reference, and the items that it points to.
    """

    number: int
    info: bytes
    payload: bytes
    properties: list[Property] = field(default_factory=list)
    references: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)


def box(kind: str, *bodies: bytes) -> bytes:
    """Return a box of this four-letter type."""
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + kind.encode("latin-1") + body


def full_box(kind: str, version: int, *bodies: bytes) -> bytes:
    """Return a box with a version, and no flags."""
    return box(kind, bytes([version, 0, 0, 0]), *bodies)


def info(number: int, kind: str, name: str = "", content_type: str = "", hidden: bool = False) -> bytes:
    """Return the body of an item's ``infe`` box."""
    wide = number > 0xFFFF
    head = bytes([3 if wide else 2, 0, 0, hidden]) + struct.pack(">IH" if wide else ">HH", number, 0)
    return (
        head + kind.encode("latin-1") + name.encode() + b"\0" + (content_type.encode() + b"\0" if content_type else b"")
    )


def assemble(brands: bytes, primary: int, items: Sequence[NewItem], *, groups: bytes = b"") -> bytes:
    """Write the file.

    Parameters
    ----------
    brands : bytes
        Body of the ``ftyp`` box.
    primary : int
        The item that is the picture.
    items : sequence of NewItem
    groups : bytes
        Boxes of entity groups.

    Returns
    -------
    bytes
    """
    items = sorted(items, key=lambda item: item.number)  # validators want their entries in this order
    wide = items[-1].number > 0xFFFF
    number = ">I" if wide else ">H"
    head = box("ftyp", brands)
    inside = {item.number for item in items if item.info[8 + 2 * (item.info[0] == 3) :][:4] in _DERIVED}
    fixed = [
        full_box("hdlr", 0, bytes(4) + b"pict" + bytes(13)),
        full_box("pitm", int(wide), struct.pack(number, primary)),
        full_box("iinf", int(wide), struct.pack(number, len(items)), *(box("infe", item.info) for item in items)),
        _properties(items, wide),
    ]
    # libavif refuses these boxes when there is nothing in them.
    if references := _references(items, number):
        fixed.append(full_box("iref", int(wide), *references))
    if groups:
        fixed.append(box("grpl", groups))
    if inside:
        fixed.append(box("idat", *(item.payload for item in items if item.number in inside)))
    # The places have the same length wherever the data begins.
    start = len(head) + len(full_box("meta", 0, *fixed, _places(items, inside, 0, wide))) + 8
    meta = full_box("meta", 0, *fixed, _places(items, inside, start, wide))
    return head + meta + box("mdat", *(item.payload for item in items if item.number not in inside))


def _references(items: Iterable[NewItem], number: str) -> list[bytes]:
    return [
        box(kind, *(struct.pack(number, n) for n in (item.number,)), struct.pack(">H", len(targets)),
            *(struct.pack(number, target) for target in targets))
        for item in items
        for kind, targets in item.references
    ]  # fmt: skip


def _properties(items: Iterable[NewItem], wide: bool) -> bytes:
    """Write each property once, however many items have it."""
    shelf: dict[Property, int] = {}
    rows = []
    for item in items:
        if item.properties:
            marks = [
                (kind in _ESSENTIAL) << 15 | shelf.setdefault((kind, body), len(shelf) + 1)
                for kind, body in item.properties
            ]
            row = struct.pack(">IB" if wide else ">HB", item.number, len(marks))
            rows.append(row + struct.pack(f">{len(marks)}H", *marks))
    associations = box("ipma", bytes([int(wide), 0, 0, 1]), struct.pack(">I", len(rows)), *rows)
    return box("iprp", box("ipco", *(box(kind, body) for kind, body in shelf)), associations)


def _places(items: Iterable[NewItem], inside: set[int], start: int, wide: bool) -> bytes:
    """Say where each item's bytes lie: in the file from `start` on, or `inside` the meta box."""
    rows, at = [], {0: start, 1: 0}
    for item in items:
        where = int(item.number in inside)
        row = struct.pack(">IHHHII" if wide else ">HHHHII", item.number, where, 0, 1, at[where], len(item.payload))
        rows.append(row)
        at[where] += len(item.payload)
    count = struct.pack(">I" if wide else ">H", len(rows))
    return full_box("iloc", 2 if wide else 1, b"\x44\x00", count, *rows)
