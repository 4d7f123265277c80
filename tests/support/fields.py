"""Where the numbers of a picture file stand that a reader must not trust, and where its parts begin and end.

One walk per family of files, of a file that is whole: boxes of HEIF and AVIF, segments of JPEG, directories of TIFF,
chunks of PNG, attributes of EXR.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

Role = Literal["length", "count", "offset", "dimension", "id", "code", "kind"]


@dataclass(frozen=True)
class Field:
    """A number in a file: `size` bytes at `at`, and what it says."""

    name: str
    at: int
    size: int
    role: Role
    big: bool = True

    def of(self, data: bytes) -> int:
        return int.from_bytes(data[self.at : self.at + self.size], "big" if self.big else "little")

    def put(self, data: bytes, value: int) -> bytes:
        word = (value % (1 << 8 * self.size)).to_bytes(self.size, "big" if self.big else "little")
        return data[: self.at] + word + data[self.at + self.size :]


@dataclass
class Layout:
    """Fields of a file, and the places where one of its parts begins or ends."""

    fields: list[Field] = field(default_factory=list)
    cuts: dict[int, str] = field(default_factory=dict)

    def add(self, name: str, at: int, size: int, role: Role, big: bool = True) -> None:
        if size:
            self.fields.append(Field(name, at, size, role, big))

    def cut(self, name: str, *places: int) -> None:
        for at in places:
            self.cuts.setdefault(at, name)


@lru_cache(maxsize=64)
def of(family: str, data: bytes) -> Layout:
    """Return the layout of a whole file of this family."""
    layout = Layout()
    walks = {"heif": _heif, "jpeg": _jpeg, "tiff": _tiff, "png": _png, "exr": _exr}
    if family in walks:
        walks[family](data, layout)
    else:  # a header and an array: every place of the header
        layout.cut("header", *range(1, min(len(data), 200)))
        layout.cut("values", len(data) // 2, len(data) - 1)
    return layout


# --- HEIF and AVIF ---------------------------------------------------------------------------------------------------

_CONTAINERS = {"meta": 4, "iprp": 0, "ipco": 0, "iref": 4, "dinf": 0, "grpl": 0}


def _heif(data: bytes, layout: Layout) -> None:
    kinds: dict[int, str] = {}
    extents: list[tuple[int, int, int]] = []
    _boxes(data, 0, len(data), "", layout, kinds, extents)
    for item, start, size in extents:
        name = f"item{item}"
        layout.cut(name, start, start + size)
        at = start
        while kinds.get(item) == "hvc1" and at + 4 <= start + size:
            layout.add(f"{name}.nal", at, 4, "length")
            at += 4 + int.from_bytes(data[at : at + 4], "big")


def _boxes(data: bytes, at: int, end: int, path: str, layout: Layout, kinds: dict, extents: list) -> None:
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            return
        name = f"{path}/{kind.decode('latin-1')}@{at}"
        layout.add(f"{name}.size", at, 4, "length")
        layout.add(f"{name}.kind", at + 4, 4, "kind")
        layout.cut(name, at, at + 8, at + size)
        word, body = kind.decode("latin-1"), at + 8
        if word in _CONTAINERS:
            inner = body + _CONTAINERS[word]
            if word == "iref":
                _references(data, inner, at + size, name, layout)
            _boxes(data, inner, at + size, name, layout, kinds, extents)
        elif word == "iinf":
            wide = 2 if data[body] == 0 else 4
            layout.add(f"{name}.count", body + 4, wide, "count")
            _boxes(data, body + 4 + wide, at + size, name, layout, kinds, extents)
        elif word == "infe":
            wide = 2 if data[body] == 2 else 4
            layout.add(f"{name}.version", body, 1, "count")
            layout.add(f"{name}.item", body + 4, wide, "id")
            layout.add(f"{name}.type", body + 6 + wide, 4, "kind")
            item = int.from_bytes(data[body + 4 : body + 4 + wide], "big")
            kinds[item] = data[body + 6 + wide : body + 10 + wide].decode("latin-1")
        elif word == "iloc":
            _locations(data, body, name, layout, extents)
        elif word in _SMALL:
            for label, offset, wide, role in _SMALL[word]:
                layout.add(f"{name}.{label}", body + offset, wide, role)
        elif word == "ipma":
            _associations(data, body, name, layout)
        at += size


_SMALL: dict[str, list[tuple[str, int, int, Role]]] = {
    "pitm": [("version", 0, 1, "count"), ("item", 4, 2, "id")],
    "ispe": [("width", 4, 4, "dimension"), ("height", 8, 4, "dimension")],
    "pixi": [("channels", 4, 1, "count"), ("bits", 5, 1, "count")],
    "auxC": [("urn", 4, 4, "kind"), ("version", 0, 1, "count")],
    "hvcC": [("version", 0, 1, "count"), ("profile", 1, 1, "count"), ("chroma", 16, 1, "count"),
             ("depth", 17, 1, "count"), ("lengths", 21, 1, "count"), ("arrays", 22, 1, "count"),
             ("units", 24, 2, "count"), ("unit", 26, 2, "length")],
    "av1C": [("version", 0, 1, "count"), ("profile", 1, 1, "count"), ("flags", 2, 1, "count")],
    "colr": [("kind", 0, 4, "kind"), ("primaries", 4, 2, "count"), ("transfer", 6, 2, "count")],
    "irot": [("angle", 0, 1, "count")],
    "ftyp": [("major", 0, 4, "kind"), ("compatible", 8, 4, "kind")],
}  # fmt: skip


def _locations(data: bytes, at: int, name: str, layout: Layout, extents: list) -> None:
    version, sizes = data[at], int.from_bytes(data[at + 4 : at + 6], "big")
    layout.add(f"{name}.version", at, 1, "count")
    layout.add(f"{name}.sizes", at + 4, 2, "count")
    offset, length, base = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index, wide = (sizes & 15 if version else 0), (4 if version == 2 else 2)
    layout.add(f"{name}.items", at + 6, wide, "count")
    count, at = int.from_bytes(data[at + 6 : at + 6 + wide], "big"), at + 6 + wide
    for _ in range(count):
        item = int.from_bytes(data[at : at + wide], "big")
        label = f"{name}.item{item}"
        layout.add(f"{label}.id", at, wide, "id")
        at += wide
        if version:
            layout.add(f"{label}.construction", at, 2, "count")
            at += 2
        layout.add(f"{label}.reference", at, 2, "count")
        layout.add(f"{label}.base", at + 2, base, "offset")
        start = int.from_bytes(data[at + 2 : at + 2 + base], "big")
        at += 2 + base
        layout.add(f"{label}.extents", at, 2, "count")
        many, at = int.from_bytes(data[at : at + 2], "big"), at + 2
        for _ in range(many):
            at += index
            layout.add(f"{label}.offset", at, offset, "offset")
            layout.add(f"{label}.length", at + offset, length, "length")
            where = start + int.from_bytes(data[at : at + offset], "big")
            extents.append((item, where, int.from_bytes(data[at + offset : at + offset + length], "big")))
            at += offset + length


def _references(data: bytes, at: int, end: int, name: str, layout: Layout) -> None:
    while at + 8 <= end:
        label = f"{name}.{data[at + 4 : at + 8].decode('latin-1')}"
        layout.add(f"{label}.from", at + 8, 2, "id")
        layout.add(f"{label}.count", at + 10, 2, "count")
        for k in range(int.from_bytes(data[at + 10 : at + 12], "big")):
            layout.add(f"{label}.to", at + 12 + 2 * k, 2, "id")
        at += int.from_bytes(data[at : at + 4], "big")


def _associations(data: bytes, at: int, name: str, layout: Layout) -> None:
    version, flags = data[at], data[at + 3]
    wide, narrow = (2 if version == 0 else 4), (2 if flags & 1 else 1)
    layout.add(f"{name}.items", at + 4, 4, "count")
    count, at = int.from_bytes(data[at + 4 : at + 8], "big"), at + 8
    for _ in range(count):
        layout.add(f"{name}.item", at, wide, "id")
        layout.add(f"{name}.properties", at + wide, 1, "count")
        many, at = data[at + wide], at + wide + 1
        for _ in range(many):
            layout.add(f"{name}.index", at, narrow, "id")
            at += narrow


# --- JPEG ------------------------------------------------------------------------------------------------------------


def _jpeg(data: bytes, layout: Layout) -> None:
    at, frame = 0, 0
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return
        marker = data[at + 1]
        name = f"frame{frame}/{marker:02X}@{at}"
        layout.cut(name, at, at + 2)
        if marker == 0xD8:
            at += 2
            continue
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        layout.add(f"{name}.size", at + 2, 2, "length")
        layout.add(f"{name}.marker", at, 2, "code")
        layout.cut(name, at + 4, at + 2 + size)
        _segment(data, marker, at + 4, at + 2 + size, name, layout)
        at += 2 + size
        if marker == 0xDA:
            end = data.find(b"\xff\xd9", at)
            layout.cut(f"{name}.scan", (at + end) // 2, end, end + 2)
            at, frame = end + 2, frame + 1
            start = data.find(b"\xff\xd8\xff", at)
            if data[at : at + 2] != b"\xff\xd8":
                stop = len(data) if start < 0 else start
                _tail(at, stop, f"tail{frame}", layout)
                at = stop


def _tail(at: int, end: int, name: str, layout: Layout) -> None:
    """Lay out what stands behind a picture, in a phone maker's own way: numbers begin and end it."""
    layout.cut(name, at, (at + end) // 2, end)
    places = {*range(at, min(at + 48, end - 3), 4), *range(max(at, end - 160), end - 3, 4)}
    for place in sorted(places):
        layout.add(f"{name}[{place}]", place, 4, "count", False)


def _segment(data: bytes, marker: int, at: int, end: int, name: str, layout: Layout) -> None:
    if marker in (0xC0, 0xC2):
        layout.add(f"{name}.precision", at, 1, "count")
        layout.add(f"{name}.height", at + 1, 2, "dimension")
        layout.add(f"{name}.width", at + 3, 2, "dimension")
        layout.add(f"{name}.components", at + 5, 1, "count")
        for k in range(data[at + 5]):
            layout.add(f"{name}.sampling", at + 7 + 3 * k, 1, "count")
            layout.add(f"{name}.table", at + 8 + 3 * k, 1, "id")
    elif marker == 0xDA:
        layout.add(f"{name}.components", at, 1, "count")
        layout.add(f"{name}.component", at + 1, 1, "id")
        layout.add(f"{name}.spectrum", end - 3, 1, "count")
    elif marker in (0xC4, 0xDB):
        layout.add(f"{name}.table", at, 1, "id")
        layout.add(f"{name}.first", at + 1, 1, "count")
    elif data[at : at + 6] == b"Exif\0\0":
        _directories(data, at + 6, layout, name)
    elif data[at : at + 4] == b"MPF\0":
        _directories(data, at + 4, layout, name)
    elif data[at : at + 12] == b"ICC_PROFILE\0":
        layout.add(f"{name}.number", at + 12, 1, "id")
        layout.add(f"{name}.of", at + 13, 1, "count")
        _icc(data, at + 14, layout, name)


def _icc(data: bytes, at: int, layout: Layout, name: str) -> None:
    layout.add(f"{name}.icc.size", at, 4, "length")
    layout.add(f"{name}.icc.space", at + 16, 4, "kind")
    layout.add(f"{name}.icc.tags", at + 128, 4, "count")
    for k in range(min(int.from_bytes(data[at + 128 : at + 132], "big"), 30)):
        entry = at + 132 + 12 * k
        label = f"{name}.icc.{data[entry : entry + 4].decode('latin-1')}"
        layout.add(f"{label}.kind", entry, 4, "kind")
        layout.add(f"{label}.offset", entry + 4, 4, "offset")
        layout.add(f"{label}.size", entry + 8, 4, "length")


# --- TIFF and EXIF ---------------------------------------------------------------------------------------------------

_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_TIFF_DIMENSIONS, _TIFF_OFFSETS, _TIFF_LENGTHS = {256, 257, 278}, {273, 324, 34665, 34853, 513}, {279, 325, 514}


def _tiff(data: bytes, layout: Layout) -> None:
    _directories(data, 0, layout, "")


def _directories(data: bytes, base: int, layout: Layout, path: str) -> None:
    big = data[base : base + 2] == b"MM"
    order: Literal["big", "little"] = "big" if big else "little"

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)

    layout.add(f"{path}/tiff.first", base + 4, 4, "offset", big)
    todo, seen = [("main", base + number(base + 4, 4))], set()
    while todo:
        label, ifd = todo.pop()
        if ifd in seen or ifd + 2 > len(data):
            continue
        seen.add(ifd)
        name, count = f"{path}/{label}@{ifd}", number(ifd, 2)
        layout.add(f"{name}.count", ifd, 2, "count", big)
        layout.add(f"{name}.next", ifd + 2 + 12 * count, 4, "offset", big)
        layout.cut(name, ifd, ifd + 2, ifd + 2 + 12 * count)
        for k in range(count):
            at = ifd + 2 + 12 * k
            tag, kind, n = number(at, 2), number(at + 2, 2), number(at + 4, 4)
            entry = f"{name}.{tag}"
            size = _TIFF_SIZES.get(kind, 1) * n
            value = at + 8 if size <= 4 else base + number(at + 8, 4)
            layout.add(f"{entry}.tag", at, 2, "code", big)
            layout.add(f"{entry}.type", at + 2, 2, "count", big)
            layout.add(f"{entry}.n", at + 4, 4, "count", big)
            layout.cut(entry, at, value, value + size)
            if size > 4:
                layout.add(f"{entry}.at", at + 8, 4, "offset", big)
            wide = min(_TIFF_SIZES.get(kind, 1), 4)
            role: Role = "count"
            for tags, word in ((_TIFF_DIMENSIONS, "dimension"), (_TIFF_OFFSETS, "offset"), (_TIFF_LENGTHS, "length")):
                role = word if tag in tags else role  # type: ignore[assignment]
            if kind != 2 and tag != 37500:
                for i in range(min(n, 4)):
                    layout.add(f"{entry}[{i}]", value + i * wide, wide, role, big)
            if tag in (34665, 34853):
                todo.append((str(tag), base + number(value, 4)))


# --- PNG -------------------------------------------------------------------------------------------------------------


def _png(data: bytes, layout: Layout) -> None:
    at = 8
    layout.cut("signature", 8)
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        name = f"{kind.decode('latin-1')}@{at}"
        layout.add(f"{name}.size", at, 4, "length")
        layout.add(f"{name}.kind", at + 4, 4, "kind")
        layout.add(f"{name}.check", at + 8 + size, 4, "code")
        layout.cut(name, at, at + 8, at + 8 + size, at + 12 + size)
        if kind == b"IHDR":
            layout.add(f"{name}.width", at + 8, 4, "dimension")
            layout.add(f"{name}.height", at + 12, 4, "dimension")
            for k, word in enumerate(("bits", "colour", "compression", "filter", "interlace")):
                layout.add(f"{name}.{word}", at + 16 + k, 1, "count")
        elif kind == b"eXIf":
            _directories(data, at + 8, layout, name)
        elif kind == b"cICP":
            for k in range(4):
                layout.add(f"{name}.{k}", at + 8 + k, 1, "count")
        at += 12 + size


# --- EXR -------------------------------------------------------------------------------------------------------------


def _exr(data: bytes, layout: Layout) -> None:
    layout.add("version", 4, 1, "count", False)
    layout.add("flags", 5, 1, "count", False)
    at, rows = 8, 0
    while data[at]:
        end = data.index(b"\0", at)
        name = data[at:end].decode("latin-1")
        kind_end = data.index(b"\0", end + 1)
        size = int.from_bytes(data[kind_end + 1 : kind_end + 5], "little")
        value = kind_end + 5
        layout.add(f"{name}.name", at, 1, "code", False)
        layout.add(f"{name}.type", end + 1, 1, "code", False)
        layout.add(f"{name}.size", kind_end + 1, 4, "length", False)
        layout.cut(name, at, value, value + size)
        if name in ("dataWindow", "displayWindow"):
            for k in range(4):
                layout.add(f"{name}.{k}", value + 4 * k, 4, "dimension", False)
            rows = int.from_bytes(data[value + 12 : value + 16], "little") + 1
        elif name == "channels":
            layout.add("channels.name", value, 1, "code", False)
            for k, word in enumerate(("kind", "linear", "x", "y")):
                layout.add(f"channels.{word}", value + 2 + 4 * k, 4, "count", False)
        elif name in ("compression", "lineOrder"):
            layout.add(f"{name}.value", value, 1, "count", False)
        at = value + size
    table = at + 1
    first = int.from_bytes(data[table : table + 8], "little")
    blocks = min((first - table) // 8, rows)
    for k in range(blocks):
        layout.add(f"table[{k}]", table + 8 * k, 8, "offset", False)
        block = int.from_bytes(data[table + 8 * k : table + 8 * k + 8], "little")
        layout.add(f"block{k}.row", block, 4, "count", False)
        layout.add(f"block{k}.size", block + 4, 4, "length", False)
        layout.cut(f"block{k}", table + 8 * k, block, block + 8)
