"""What pillow-heif does not hand out of a HEIF file: an item's properties, references and XMP.

A bounds-checked walk of the ``meta`` box (ISO/IEC 14496-12 and 23008-12). It reads, never writes, and
answers damaged input with `BoxError`, which the caller may take as "the file does not say".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

# Phones write a few hundred items at most (grid tiles); more is a decompression trick.
_MAX_ITEMS = 20_000
_Bytes = TypeVar("_Bytes", bytes, memoryview)


class BoxError(ValueError):
    """The box structure is damaged."""


@dataclass
class Item:
    """One item of the file: its type, where its bytes lie, its properties in order; `info` is its whole ``infe``.

    `hidden`: it is a part of others, not to be shown. `missing`: it names properties that are not there.
    """

    kind: str = ""
    content_type: str = ""
    construction: int = 0
    extents: list[tuple[int, int]] = field(default_factory=list)
    properties: list[tuple[str, bytes]] = field(default_factory=list)
    info: bytes = b""
    hidden: bool = False
    missing: bool = False

    def find(self, kind: str) -> bytes | None:
        """Payload of the first property of this four-letter type."""
        return next((payload for name, payload in self.properties if name == kind), None)

    @property
    def aux_type(self) -> str:
        """The auxiliary image's URN (from ``auxC``), or ''."""
        payload = self.find("auxC")
        return payload[4:].split(b"\0", 1)[0].decode("latin-1") if payload else ""


@dataclass
class Meta:
    """The items of a file and who refers to whom."""

    primary: int
    items: dict[int, Item]
    references: list[tuple[str, int, tuple[int, ...]]]
    _data: bytes
    _idat: bytes

    def referring(self, kind: str, to: int) -> list[int]:
        """Items that point to item `to` with a reference of this kind (``auxl``, ``cdsc``)."""
        return [source for name, source, targets in self.references if name == kind and to in targets]

    def made_of(self, item_id: int) -> tuple[int, ...]:
        """Items that item `item_id` is derived from (``dimg``), in order."""
        return next((targets for name, source, targets in self.references if name == "dimg" and source == item_id), ())

    def found(self, item_id: int, kind: str, deep: int = 3) -> bytes | None:
        """Payload of an item's property of this type, or else of the first of what it is made of.

        Where a picture is a grid, its colours may be stated at the tiles alone.
        """
        item = self.items.get(item_id)
        own = item.find(kind) if item else None
        if own is not None or deep == 0:
            return own
        return next((body for part in self.made_of(item_id)[:1] if (body := self.found(part, kind, deep - 1))), None)

    def auxiliaries(self) -> dict[str, list[int]]:
        """URN -> item ids of the primary's auxiliary images."""
        found: dict[str, list[int]] = {}
        for item_id in self.referring("auxl", self.primary):
            if item_id in self.items:
                found.setdefault(self.items[item_id].aux_type, []).append(item_id)
        return found

    def xmp(self, item_id: int, most: int | None = None) -> bytes | None:
        """XMP that describes the item, or None; raises `BoxError` when it has more than `most` bytes."""
        for source in self.referring("cdsc", item_id):
            item = self.items.get(source)
            if item and item.kind == "mime" and "rdf" in item.content_type:
                size = sum(size for _, size in item.extents)
                if most is not None and size > most:
                    raise BoxError(f"it has {size / 1e6:.0f} MB")
                return self.payload(item)
        return None

    def is_whole(self) -> bool:
        """Whether every item's bytes lie inside the file. Decoders leave a cut-off tile grey and say nothing."""
        ends = (start + size for item in self.items.values() if item.construction == 0 for start, size in item.extents)
        return all(end <= len(self._data) for end in ends)

    def payload(self, item: Item) -> bytes:
        """Return the item's bytes."""
        base = {0: self._data, 1: self._idat}.get(item.construction)
        if base is None:
            raise BoxError("an item is made of other items")
        extents = []
        for start, size in item.extents:
            if size == 0:
                size = len(base) - start
            if start < 0 or size < 0 or start + size > len(base):
                raise BoxError("an item lies outside the file")
            extents.append(base[start : start + size])
        if sum(map(len, extents)) > len(base):
            raise BoxError("an item is larger than the file")
        return b"".join(extents)


def brand_box(data: bytes) -> bytes:
    """Body of the ``ftyp`` box at the file's start; empty when there is none."""
    return next(((body if kind == "ftyp" else b"") for kind, body in _boxes(data)), b"")


def brands(data: bytes) -> tuple[str, ...]:
    """Major and compatible brands of the ``ftyp`` box at the file's start; empty when there is none."""
    if len(data) < 16 or data[4:8] != b"ftyp":
        return ()
    end = min(struct.unpack_from(">I", data)[0], len(data), 512)
    return tuple(data[k : k + 4].decode("latin-1") for k in (8, *range(16, end - 3, 4)))


def films(data: bytes) -> tuple[int, ...]:
    """Sizes in bytes of the films beside the picture, as motion photos hold them."""
    found = []
    try:
        for kind, body in _boxes(memoryview(data)):
            if kind == "mpvd":
                found.append(len(body))
    except BoxError:  # what lies behind the picture is no box
        pass
    return tuple(found)


def read_meta(data: bytes) -> Meta:
    """Walk the file's ``meta`` box.

    Raises
    ------
    BoxError
        When there is none, or it is damaged.
    """
    try:
        # A view: the coded pictures, or a hundred megabytes of padding, are stepped over and not copied.
        found = next((body for kind, body in _boxes(memoryview(data)) if kind == "meta"), None)
        if found is None:
            raise BoxError("no meta box")
        meta = bytes(found)
        boxes: dict[str, bytes] = {}
        for kind, body in _boxes(meta[4:]):
            boxes.setdefault(kind, body)
        if "pitm" not in boxes or "iinf" not in boxes:
            raise BoxError("no primary item")
        items = _read_infos(boxes["iinf"])
        if "iloc" in boxes:
            _read_locations(boxes["iloc"], items)
        if "iprp" in boxes:
            _read_properties(boxes["iprp"], items)
        references = _read_references(boxes["iref"]) if "iref" in boxes else []
        primary = _Reader(boxes["pitm"])
        return Meta(primary.number(2 if primary.version == 0 else 4), items, references, data, boxes.get("idat", b""))
    except (struct.error, IndexError, UnicodeDecodeError) as err:
        raise BoxError("damaged box structure") from err


def groups(data: bytes) -> list[tuple[str, tuple[int, ...]]]:
    """Entity groups of the file, by their four letters and the items in them; none when they are damaged."""
    found: list[tuple[str, tuple[int, ...]]] = []
    try:
        meta = next((bytes(body) for kind, body in _boxes(memoryview(data)) if kind == "meta"), b"")
        for _, listed in ((kind, body) for kind, body in _boxes(meta[4:]) if kind == "grpl"):
            for kind, body in _boxes(listed):
                reader = _Reader(body)
                reader.number(4)
                found.append((kind, tuple(reader.number(4) for _ in range(reader.count(4)))))
    except (BoxError, struct.error, IndexError):
        return []
    return found


def _boxes(data: _Bytes) -> Iterator[tuple[str, _Bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            raise BoxError("a box runs over its end")
        yield kind.decode("latin-1"), data[at + head : at + size]
        at += size


class _Reader:
    """Big-endian numbers out of a full box, in order."""

    def __init__(self, data: bytes, full: bool = True) -> None:
        self.data, self.at = data, 4 if full else 0
        self.version, self.flags = (data[0], int.from_bytes(data[1:4], "big")) if full else (0, 0)

    def number(self, size: int) -> int:
        if self.at + size > len(self.data):
            raise BoxError("a box ends too early")
        value = int.from_bytes(self.data[self.at : self.at + size], "big")
        self.at += size
        return value

    def text(self) -> str:
        end = self.data.find(b"\0", self.at)
        end = len(self.data) if end < 0 else end
        value, self.at = self.data[self.at : end].decode("latin-1"), end + 1
        return value

    def count(self, size: int) -> int:
        value = self.number(size)
        if value > _MAX_ITEMS:
            raise BoxError("too many items")
        return value


def _read_infos(box: bytes) -> dict[int, Item]:
    reader = _Reader(box)
    reader.count(2 if reader.version == 0 else 4)
    items: dict[int, Item] = {}
    for kind, body in _boxes(box[reader.at :]):
        if kind != "infe" or body[0] < 2:
            continue
        info = _Reader(body)
        item_id = info.number(2 if info.version == 2 else 4)
        info.number(2)
        item = Item(info.number(4).to_bytes(4, "big").decode("latin-1"), info=body, hidden=bool(info.flags & 1))
        info.text()
        if item.kind == "mime":
            item.content_type = info.text()
        items[item_id] = item
        if len(items) > _MAX_ITEMS:
            raise BoxError("too many items")
    return items


def _read_locations(box: bytes, items: dict[int, Item]) -> None:
    reader = _Reader(box)
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    wide = 4 if reader.version == 2 else 2
    for _ in range(reader.count(wide)):
        item = items.get(reader.number(wide), Item())
        item.construction = reader.number(2) & 15 if reader.version else 0
        reader.number(2)
        base = reader.number(base_size)
        for _ in range(reader.count(2)):
            if reader.version:
                reader.number(index_size)
            item.extents.append((base + reader.number(offset_size), reader.number(length_size)))


def _read_references(box: bytes) -> list[tuple[str, int, tuple[int, ...]]]:
    wide = 2 if box[0] == 0 else 4
    references = []
    for kind, body in _boxes(box[4:]):
        reader = _Reader(body, full=False)
        source = reader.number(wide)
        references.append((kind, source, tuple(reader.number(wide) for _ in range(reader.count(2)))))
    return references


def _read_properties(box: bytes, items: dict[int, Item]) -> None:
    shelf: list[tuple[str, bytes]] = []
    for kind, body in _boxes(box):
        if kind == "ipco":
            shelf = list(_boxes(body))
    for kind, body in _boxes(box):
        if kind != "ipma":
            continue
        reader = _Reader(body)
        for _ in range(reader.count(4)):
            item = items.get(reader.number(2 if reader.version == 0 else 4), Item())
            for _ in range(reader.number(1)):
                index = reader.number(2) & 0x7FFF if reader.flags & 1 else reader.number(1) & 0x7F
                if 0 < index <= len(shelf):
                    item.properties.append(shelf[index - 1])
                elif index:
                    item.missing = True
