"""Named broken variants of a whole file: cut at every part's border, every number set to what it must not be."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from rebokeh.bokeh.io.heif import boxes

from . import fields

# A picture of 196 megapixels passes rebokeh's limit, and would need gigabytes; the others do not.
_GIANTS = ((14_000, 14_000), (65_535, 65_535), (0x7FFFFFFF, 0x7FFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (1, 200_000_000))

Variant = tuple[str, bytes]


def variants(family: str, data: bytes) -> Iterator[Variant]:
    """Yield (name, bytes) of every broken variant of a whole file.

    Parameters
    ----------
    family : {"heif", "jpeg", "tiff", "png", "exr", ...}
        Any other is taken for a header and an array.
    data : bytes
    """
    layout = fields.of(family, data)
    yield from truncated(data, layout)
    yield from misread(family, data, layout)
    yield from giants(family, data, layout)
    if family == "heif":
        yield from tangled(data)
    if family == "jpeg":
        yield from swollen(data)
    if family in ("jpeg", "png", "tiff"):
        yield from circular(family, data, layout)


def truncated(data: bytes, layout: fields.Layout) -> Iterator[Variant]:
    """Cut before, at and after every border of a part."""
    seen = {0, len(data)}
    for place, name in sorted(layout.cuts.items()):
        for at in (place - 1, place, place + 1):
            if 0 < at < len(data) and at not in seen:
                seen.add(at)
                yield f"cut {name} {at}", data[:at]


def misread(family: str, data: bytes, layout: fields.Layout) -> Iterator[Variant]:
    """Set every number to 0, 1, its neighbours, its most, and beyond the file; every name to another."""
    ids = sorted({f.of(data) for f in layout.fields if f.role == "id"})
    for f in layout.fields:
        value, most = f.of(data), (1 << 8 * f.size) - 1
        if f.role in ("kind", "code"):
            others = [0, most, int.from_bytes(b"xxxx", "big")]
        elif f.role == "id":
            others = [0, most, *ids]
        else:
            others = [0, 1, value - 1, value + 1, 2 * value, most >> 1, (most >> 1) + 1, most, len(data), len(data) + 9]
        for other in sorted({o % (most + 1) for o in others} - {value}):
            broken = f.put(data, other)
            yield f"{f.name}={other}", broken
            if family == "png" and f.size and not f.name.endswith((".size", ".check")):
                yield f"{f.name}={other}, checked", checked(broken)


def giants(family: str, data: bytes, layout: fields.Layout) -> Iterator[Variant]:
    """Both sides of a picture, or of a window, beyond all measure."""
    sides = [f for f in layout.fields if f.role == "dimension"]
    step = 4 if family == "exr" else 2
    for k in range(0, len(sides) - step + 1, step):
        pair = sides[k + step - 2 : k + step]
        for values in _GIANTS:
            broken = pair[1].put(pair[0].put(data, values[0]), values[1])
            yield f"{pair[0].name} giant {values}", checked(broken) if family == "png" else broken
    if family == "exr":
        windows = sides[2:4] + sides[6:8]
        for values in _GIANTS:
            broken = data
            for f, value in zip(windows, values * 2, strict=True):
                broken = f.put(broken, value)
            yield f"both windows giant {values}", broken


def checked(png: bytes) -> bytes:
    """Return the PNG with the checksums of what it holds now."""
    out, at = [png[:8]], 8
    while at + 12 <= len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if at + 12 + size > len(png):
            break
        body = png[at + 4 : at + 8 + size]
        out.append(png[at : at + 4] + body + struct.pack(">I", zlib.crc32(body)))
        at += 12 + size
    return b"".join([*out, png[at:]])


# --- HEIF: references, places, metadata ------------------------------------------------------------------------------


def with_box(data: bytes, kind: bytes, body: bytes | None) -> bytes:
    """Replace a box of ``meta`` by another body (None takes it out), moving what stands behind it."""
    start, end = _top(data, b"meta")
    at, found = start + 12, None
    while at < end:
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == kind:
            found = (at, at + size)
        at += size
    first, last = found or (end, end)
    new = b"" if body is None else struct.pack(">I", 8 + len(body)) + kind + body
    moved = len(new) - (last - first)
    out = data[:start] + struct.pack(">I", end - start + moved) + data[start + 4 : first] + new + data[last:]
    patched = bytearray(out)
    for f in fields.of("heif", data).fields:
        if f.role == "offset" and f.of(data) >= end and not first <= f.at < last:
            at = f.at + (moved if f.at >= last else 0)
            patched[at : at + f.size] = (f.of(data) + moved).to_bytes(f.size, "big")
    return bytes(patched)


def body_of(data: bytes, kind: bytes) -> bytes:
    """Return the body of a box of ``meta``, b'' when there is none."""
    start, end = _top(data, b"meta")
    at = start + 12
    while at < end:
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == kind:
            return data[at + 8 : at + size]
        at += size
    return b""


def _top(data: bytes, kind: bytes) -> tuple[int, int]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == kind:
            return at, at + size
        at += size
    raise ValueError("no such box")


def reference(kind: bytes, source: int, *targets: int) -> bytes:
    """One reference of an ``iref`` box."""
    body = struct.pack(">HH", source, len(targets)) + struct.pack(f">{len(targets)}H", *targets)
    return struct.pack(">I", 8 + len(body)) + kind + body


def tangled(data: bytes) -> Iterator[Variant]:
    """Tangle it: references in circles, items that lie over each other or in a million pieces, boxes that are gone."""
    meta = boxes.read_meta(data)
    first, others = meta.primary, sorted(set(meta.items) - {meta.primary}) or [meta.primary]
    links = body_of(data, b"iref") or bytes(4)
    for kind in (b"auxl", b"cdsc", b"dimg", b"thmb", b"base", b"prem"):
        word = kind.decode()
        yield f"{word} to itself", with_box(data, b"iref", links + reference(kind, first, first))
        for other in others:
            circle = reference(kind, first, other) + reference(kind, other, first)
            yield f"{word} circle {first}, {other}", with_box(data, b"iref", links + circle)
    for other in others:
        circle = reference(b"dimg", first, *[other] * 4) + reference(b"dimg", other, *[first] * 4)
        for name in (b"grid", b"iovl", b"iden", b"tmap"):
            yield f"{name.decode()} of itself {other}", _of_kind(with_box(data, b"iref", links + circle), name)
    yield "ten thousand targets", with_box(data, b"iref", links + reference(b"auxl", first, *range(10_000)))
    many = b"".join(reference(b"auxl", k % 60_000, first) for k in range(100_000))
    yield "a hundred thousand references", with_box(data, b"iref", links + many)
    for word, box in (("iref", b"iref"), ("iloc", b"iloc"), ("iprp", b"iprp"), ("iinf", b"iinf"), ("pitm", b"pitm")):
        yield f"no {word}", with_box(data, box, None)
        yield f"empty {word}", with_box(data, box, b"")
        yield f"{word} in it twice", with_box(data, b"free", struct.pack(">I", 12) + box + bytes(4))
    yield from _places(data, meta)
    yield "meta in meta", _nested(data, 2000)


def _of_kind(data: bytes, kind: bytes) -> bytes:
    """Call every coded picture an item of another kind."""
    for f in fields.of("heif", data).fields:
        if f.name.endswith(".type") and data[f.at : f.at + 4] in (b"hvc1", b"av01"):
            data = f.put(data, int.from_bytes(kind, "big"))
    return data


def _places(data: bytes, meta: boxes.Meta) -> Iterator[Variant]:
    """Rewrite where the items lie."""

    def table(extents: dict[int, np.ndarray], count: int | None = None) -> bytes:
        rows = len(extents) * 6 + sum(8 * len(places) for places in extents.values())
        moved = 8 + rows - len(body_of(data, b"iloc"))
        body = bytes(4) + struct.pack(">HH", 0x4400, len(extents) if count is None else count)
        for item, places in extents.items():
            body += struct.pack(">HHH", item, 0, len(places)) + (places + [moved, 0]).astype(">u4").tobytes()
        return with_box(data, b"iloc", body)

    def many(start: int, size: int) -> np.ndarray:
        return np.tile(np.array([[start, size]]), (65_535, 1))

    whole = {k: np.array(item.extents).reshape(-1, 2) for k, item in meta.items.items() if item.construction == 0}
    first, end = meta.primary, len(data)
    start = int(whole[first][0, 0])
    yield "all items in one place", table({k: whole[first] for k in whole})
    yield "65535 extents of the rest of the file", table({**whole, first: many(start, end - start)})
    yield "65535 extents of one byte", table({**whole, first: many(start, 1)})
    yield "65535 empty extents", table({**whole, first: many(start, 0)})
    yield "a million extents", table({k: many(start, end - start) for k in (*whole, *range(1000, 1016))})
    yield "items that overlap by half", table({k: v + [int(v[0, 1]) // 2, 0] for k, v in whole.items()})
    yield "no items in iloc", table({})
    yield "more items in iloc than there are", table(whole, 60_000)


def _nested(data: bytes, depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = struct.pack(">I4s", 12 + len(body), b"meta") + bytes(4) + body
    return with_box(data, b"free", body)


# --- XMP and EXIF ----------------------------------------------------------------------------------------------------

BOMB = (
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a0 'lol'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (k, b"&a%d;" % (k - 1) * 10) for k in range(1, 10))
    + b"]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&a9;</x:xmpmeta>"
)
OUTSIDE = b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"


def words() -> dict[str, bytes]:
    """XMP that is none, or too much of it."""
    nested = b"<a>" * 20_000 + b"</a>" * 20_000
    return {
        "entity bomb": BOMB,
        "entity from outside": OUTSIDE,
        "twenty thousand levels": nested,
        "a hundred thousand attributes": b"<x " + b" ".join(b"a%d='1'" % k for k in range(60_000)) + b"/>",
        "not UTF-8": b"\xff\xfe\x00<x/>",
        "not closed": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>",
        "another encoding": b"<?xml version='1.0' encoding='utf-7'?><x/>",
        "nothing": b"",
        "padding": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>" + b" " * 100_000_000,
    }


def circular(family: str, data: bytes, layout: fields.Layout) -> Iterator[Variant]:
    """Directories that lead back to themselves."""
    pointers = [f for f in layout.fields if f.name.endswith((".next", ".34665[0]", ".34853[0]", ".first"))]
    places = sorted({int(f.name.split("@")[-1].split(".")[0]) for f in layout.fields if f.name.endswith(".next")})
    for f in pointers:
        path = f.name.rsplit("/", 1)[0]
        base = _base(data, family, path, layout)
        for place in places:
            broken = f.put(data, place - base)
            yield f"{f.name} leads to {place}", checked(broken) if family == "png" else broken


def _base(data: bytes, family: str, path: str, layout: fields.Layout) -> int:
    first = [f for f in layout.fields if f.name.endswith("tiff.first") and f.name.startswith(path)]
    return first[0].at - 4 if first else 0


def swollen(data: bytes) -> Iterator[Variant]:
    """JPEG with far too many segments or frames."""
    note = b"\xff\xe1" + struct.pack(">H", 65_535) + b"http://ns.adobe.com/xap/1.0/\0".ljust(65_533, b" ")
    yield "a hundred megabytes of XMP segments", data[:2] + note * 1526 + data[2:]
    icc = b"\xff\xe2" + struct.pack(">H", 65_535) + b"ICC_PROFILE\0\1\xff".ljust(65_533, b"\0")
    yield "a hundred megabytes of profile", data[:2] + icc * 1526 + data[2:]
    yield "ten thousand comments", data[:2] + b"\xff\xfe\0\4ab" * 10_000 + data[2:]
    yield "the same frames a thousand times", data + data * 1000
    scan = data.find(b"\xff\xda")
    size = int.from_bytes(data[scan + 2 : scan + 4], "big")
    yield "a thousand scans", data[:scan] + data[scan : scan + 2 + size] * 1000 + data[scan:]
    yield "a hundred megabytes behind its end", data + bytes(100_000_000)
