"""Files built as an iPhone builds them, small, for the tests: HEIC with auxiliary items, JPEG with frames."""

from __future__ import annotations

import io
import math
import struct

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from rebokeh.bokeh.io.heif import boxes

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "depthData": "http://ns.apple.com/depthData/1.0/",
    "apdi": "http://ns.apple.com/pixeldatainfo/1.0/",
    "HDRGainMap": "http://ns.apple.com/HDRGainMap/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "depthBlurEffect": "http://ns.apple.com/depthBlurEffect/1.0/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
GAIN_URN = "urn:com:apple:photo:2020:aux:hdrgainmap"
MATTE_URN = "urn:com:apple:photo:2018:aux:portraiteffectsmatte"
HAIR_URN = "urn:com:apple:photo:2019:aux:semantichairmatte"
DEPTH_URN = "urn:mpeg:hevc:2015:auxid:2"


def xmp(**values: str) -> bytes:
    """XMP with simple values; the key's first underscore separates the prefix."""
    spaces = " ".join(f'xmlns:{p}="{u}"' for p, u in NAMESPACES.items())
    body = "".join("<{0}>{1}</{0}>".format(key.replace("_", ":", 1), value) for key, value in values.items())
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" {spaces}>'
        f"{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def maker_note(entries: dict[int, tuple[int, int]]) -> bytes:
    """Apple's maker note with rational entries."""
    head = b"Apple iOS\0\0\1MM" + struct.pack(">H", len(entries))
    at = len(head) + 12 * len(entries) + 4
    rows, values = b"", b""
    for tag, (a, b) in sorted(entries.items()):
        rows += struct.pack(">HHII", tag, 10, 1, at + len(values))
        values += struct.pack(">ii", a, b)
    return head + rows + bytes(4) + values


def exif(
    orientation: int = 1,
    area: tuple[int, ...] = (),
    size: tuple[int, int] = (0, 0),
    maker: dict[int, tuple[int, int]] | None = None,
    gps: bool = False,
    f35: int = 52,
    camera: tuple[str, str] = ("Apple", "iPhone X"),
    custom: int | None = None,
) -> bytes:
    """EXIF block with the prefix; `size` is (width, height)."""
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = camera[0], camera[1], orientation
    inner = {0x920A: 6.0, 0xA405: f35, 0xA002: size[0], 0xA003: size[1]}
    if custom is not None:
        inner[0xA401] = custom
    if area:
        inner[0x9214] = area
    if maker:
        inner[0x927C] = maker_note(maker)
    block.get_ifd(0x8769).update(inner)
    if gps:
        block.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 59.5), 3: "E", 4: (13.0, 24.0, 1.25)})
    return block.tobytes()


def _sei(d_min: float, d_max: float) -> bytes:
    """Depth representation information as it stands behind the URN in auxC."""

    def element(value: float) -> str:
        if value == 0:
            return "0" + "0" * 7 + "00000" + "0"
        power = math.floor(math.log2(abs(value)))
        mantissa = round((abs(value) / 2.0**power - 1) * 65536)
        return f"{int(value < 0)}{power + 31:07b}{15:05b}{min(mantissa, 65535):016b}"

    bits = "0011" + "010" + "1" + element(d_min) + element(d_max) + "1"
    bits += "0" * (-len(bits) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8, "big")
    unit = b"\x4e\x01\xb1" + bytes([len(payload)]) + payload
    return struct.pack(">II", len(unit) + 4, len(unit)) + unit


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, body: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, bytes([version]) + flags.to_bytes(3, "big") + body)


def _coded(codes: NDArray) -> tuple[bytes, bytes]:
    """(hvcC, coded bytes) of a picture."""
    file = io.BytesIO()
    mode = "L" if codes.ndim == 2 else "RGB"
    more = {"chroma": 444} if mode == "RGB" else {}
    pillow_heif.encode(
        mode, codes.shape[1::-1], np.ascontiguousarray(codes).tobytes(), file, quality=-1, save_nclx_profile=False,
        enc_params={"preset": "ultrafast"}, matrix_coefficients=0 if mode == "RGB" else 2, **more,
    )  # fmt: skip
    meta = boxes.read_meta(file.getvalue())
    item = meta.items[meta.primary]
    return item.find("hvcC") or b"", meta.payload(item)


def heic(
    rgb: NDArray[np.uint8],
    *,
    depth: NDArray[np.uint8] | None = None,
    depth_range: tuple[float, float] = (0.5, 3.5),
    depth_xmp: bytes | None = None,
    auxiliaries: dict[str, tuple[NDArray[np.uint8], bytes | None]] | None = None,
    icc: bytes | None = None,
    exif_block: bytes | None = None,
    picture_xmp: bytes | None = None,
    irot: int = 0,
    imir: int | None = None,
    tile: int | None = None,
    colour_at: str = "picture",
    brands: bytes = b"mif1heic",
    more_items: list[tuple[bytes, bytes, bytes]] | None = None,
) -> bytes:
    """HEIC of a picture (H, W, 3) and what an iPhone puts beside it; arrays as stored, before `irot`, sides >= 64.

    `colour_at` is "picture" or "tiles", where `colr` stands, `brands` the compatible ones.
    With `tile` (at least 64) each image that is larger is a grid of such squares. `more_items` are further items of the
    picture: (kind, rest of infe, payload).
    """
    items: list[tuple[bytes, bytes, list[bytes], bytes]] = []  # kind, name part of infe, properties, payload
    references: list[tuple[bytes, int, tuple[int, ...]]] = []
    turns = [_box(b"irot", bytes([irot]))] + ([] if imir is None else [_box(b"imir", bytes([imir]))])

    def picture(codes: NDArray, extra: list[bytes]) -> int:
        h, w = codes.shape[:2]
        if tile and max(h, w) > tile:
            return grid(codes, extra)
        return whole(codes, [*extra, *turns])

    def grid(codes: NDArray, extra: list[bytes]) -> int:
        h, w = codes.shape[:2]
        assert tile
        padded = np.pad(codes, [(0, -h % tile), (0, -w % tile)] + [(0, 0)] * (codes.ndim - 2), "edge")
        corners = [(y, x) for y in range(0, h, tile) for x in range(0, w, tile)]
        own = [p for p in extra if p[4:8] == b"colr" and colour_at == "tiles"]
        extra = [p for p in extra if p not in own]
        numbers = tuple(whole(padded[y : y + tile, x : x + tile], own) for y, x in corners)
        channels = 3 if codes.ndim == 3 else 1
        size = _full(b"ispe", struct.pack(">II", w, h))
        properties = [size, _full(b"pixi", bytes([channels]) + bytes([8] * channels)), *extra, *turns]
        form = struct.pack(">BBBBHH", 0, 0, -(-h // tile) - 1, -(-w // tile) - 1, w, h)
        items.append((b"grid", b"", properties, form))
        references.append((b"dimg", len(items), numbers))
        return len(items)

    def whole(codes: NDArray, extra: list[bytes]) -> int:
        config, payload = _coded(codes)
        channels = 3 if codes.ndim == 3 else 1
        properties = [
            _box(b"hvcC", config),
            _full(b"ispe", struct.pack(">II", codes.shape[1], codes.shape[0])),
            _full(b"pixi", bytes([channels]) + bytes([8] * channels)),
            *extra,
        ]
        items.append((b"hvc1", b"", properties, payload))
        return len(items)

    def metadata(kind: bytes, name: bytes, payload: bytes, of: int) -> None:
        items.append((kind, name, [], payload))
        references.append((b"cdsc", len(items), (of,)))

    colour = _box(b"colr", b"prof" + icc) if icc else _box(b"colr", b"nclx" + struct.pack(">HHHB", 1, 13, 0, 0x80))
    primary = picture(rgb, [colour])
    beside = dict(auxiliaries or {})
    if depth is not None:
        beside[DEPTH_URN] = (depth, depth_xmp)
    for urn, (codes, words) in beside.items():
        tail = _sei(*depth_range) if urn == DEPTH_URN else b""
        item = picture(codes, [_full(b"auxC", urn.encode() + b"\0" + tail)])
        references.append((b"auxl", item, (primary,)))
        if words:
            metadata(b"mime", b"application/rdf+xml\0", words, item)
    if exif_block:
        metadata(b"Exif", b"", struct.pack(">I", 0) + exif_block.removeprefix(b"Exif\0\0"), primary)
    if picture_xmp:
        metadata(b"mime", b"application/rdf+xml\0", picture_xmp, primary)
    for kind, rest, payload in more_items or []:
        metadata(kind, rest, payload, primary)

    infos = b"".join(
        _full(b"infe", struct.pack(">HH", k, 0) + kind + b"\0" + name, 2)
        for k, (kind, name, _, _) in enumerate(items, 1)
    )
    shelf: list[bytes] = []
    rows = b""
    for k, (_, _, properties, _) in enumerate(items, 1):
        if not properties:
            continue
        numbers = []
        for p in properties:
            if p not in shelf:
                shelf.append(p)
            numbers.append((shelf.index(p) + 1) | (0x80 if p[4:8] in (b"hvcC", b"irot", b"imir") else 0))
        rows += struct.pack(">HB", k, len(numbers)) + bytes(numbers)
    associated = sum(bool(properties) for _, _, properties, _ in items)
    properties_box = _box(
        b"iprp", _box(b"ipco", b"".join(shelf)) + _full(b"ipma", struct.pack(">I", associated) + rows)
    )
    links = b"".join(_box(kind, struct.pack(f">HH{len(b)}H", a, len(b), *b)) for kind, a, b in references)
    head = _box(b"ftyp", b"heic" + bytes(4) + brands)

    def meta(first: int) -> bytes:
        at, places = first, b""
        for k, (_, _, _, payload) in enumerate(items, 1):
            places += struct.pack(">HHHII", k, 0, 1, at, len(payload))
            at += len(payload)
        body = _full(b"hdlr", bytes(4) + b"pict" + bytes(13)) + _full(b"pitm", struct.pack(">H", primary))
        body += _full(b"iinf", struct.pack(">H", len(items)) + infos)
        body += (_full(b"iref", links) if links else b"") + properties_box
        return _full(b"meta", body + _full(b"iloc", struct.pack(">HH", 0x4400, len(items)) + places))

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + _box(b"mdat", b"".join(payload for _, _, _, payload in items))


def jpeg(
    rgb: NDArray[np.uint8],
    frames: list[tuple[NDArray[np.uint8], bytes]],
    exif_block: bytes | None = None,
    icc: bytes | None = None,
) -> bytes:
    """JPEG with further frames, each with its XMP, listed by MPF as an iPhone does."""

    def one(codes: NDArray, **more) -> bytes:
        file = io.BytesIO()
        Image.fromarray(codes).save(file, "JPEG", quality=98, subsampling=0, **more)
        return file.getvalue()

    more = {key: value for key, value in (("exif", exif_block), ("icc_profile", icc)) if value}
    first = one(rgb, **more)
    others = [one(codes, xmp=words) for codes, words in frames]
    at = 2 if first[3:4] != b"\xe0" else 4 + struct.unpack(">H", first[4:6])[0]
    if first[at : at + 2] == b"\xff\xe1":
        at += 2 + struct.unpack(">H", first[at + 2 : at + 4])[0]
    sizes = [len(o) for o in others]
    length = 4 + 4 + 8 + 2 + 12 * 3 + 4 + 16 * (1 + len(others))
    total, base = len(first) + length, at + 8
    entries = struct.pack(">IIIHH", 0x030000, total, 0, 0, 0)
    for k, size in enumerate(sizes):
        entries += struct.pack(">IIIHH", 0, size, total + sum(sizes[:k]) - base, 0, 0)
    index = b"MM\0*" + struct.pack(">IH", 8, 3)
    index += struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHII", 0xB001, 4, 1, 1 + len(others))
    index += struct.pack(">HHII", 0xB002, 7, len(entries), 8 + 2 + 36 + 4) + bytes(4) + entries
    segment = b"\xff\xe2" + struct.pack(">H", 2 + 4 + len(index)) + b"MPF\0" + index
    assert len(segment) == length
    return b"".join([first[:at], segment, first[at:], *others])
