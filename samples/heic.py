"""Write an HEIC laid out as an iPhone lays out a portrait: picture, depth, mattes, gain map, metadata.

Independent of `rebokeh` on purpose: a file that its own reader wrote proves nothing. pillow-heif encodes
each picture; the boxes around them (ISO 23008-12) are written here.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

DEPTH_URN = "urn:mpeg:hevc:2015:auxid:2"
GAIN_URN = "urn:com:apple:photo:2020:aux:hdrgainmap"
MATTE_URNS = {
    "portrait": "urn:com:apple:photo:2018:aux:portraiteffectsmatte",
    "hair": "urn:com:apple:photo:2019:aux:semantichairmatte",
    "skin": "urn:com:apple:photo:2019:aux:semanticskinmatte",
    "glasses": "urn:com:apple:photo:2020:aux:semanticglassesmatte",
}
NAMESPACES = {
    "apdi": "http://ns.apple.com/pixeldatainfo/1.0/",
    "depthData": "http://ns.apple.com/depthData/1.0/",
    "HDRGainMap": "http://ns.apple.com/HDRGainMap/1.0/",
    "portraitEffectsMatte": "http://ns.apple.com/portraitEffectsMatte/1.0/",
    "semanticSegmentationMatte": "http://ns.apple.com/semanticSegmentationMatte/1.0/",
}


@dataclass
class _Item:
    """One item of the file: its type, its bytes, its property boxes, and what it describes or belongs to."""

    kind: bytes
    data: bytes
    properties: list[bytes] = field(default_factory=list)
    reference: tuple[bytes, int] | None = None  # (b"auxl" or b"cdsc", item number)
    hidden: bool = False


def box(kind: bytes, *parts: bytes, version: int | None = None, flags: int = 0) -> bytes:
    """Return a box; with `version` a full box."""
    head = b"" if version is None else struct.pack(">I", version << 24 | flags)
    body = head + b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, end) of each box's content between two offsets."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield kind, start + 8, start + size
        start += size


def _encoded(codes: NDArray[np.uint8], quality: int, icc: bytes | None = None) -> _Item:
    """Encode 8-bit codes, (h, w) or (h, w, 3), and take picture and properties out of the encoder's file."""
    image = Image.fromarray(np.ascontiguousarray(codes))
    sink = io.BytesIO()
    heif = pillow_heif.from_pillow(image)
    extra = {"icc_profile": icc} if icc else {}
    heif.save(sink, quality=quality, chroma="420", save_nclx_profile=True, **extra)
    data = sink.getvalue()
    top = {kind: (a, b) for kind, a, b in _boxes(data, 0, len(data))}
    a, b = top[b"meta"]
    meta = {kind: (s, e) for kind, s, e in _boxes(data, a + 4, b)}
    (wanted,) = struct.unpack_from(">H", data, meta[b"pitm"][0] + 4)
    inside = {kind: (s, e) for kind, s, e in _boxes(data, *meta[b"iprp"])}
    properties = [data[s - 8 : e] for _, s, e in _boxes(data, *inside[b"ipco"])]
    chosen = [properties[i - 1] for i in _associations(data, inside[b"ipma"][0], wanted)]
    return _Item(b"hvc1", _extent(data, meta[b"iloc"][0], wanted), chosen)


def _associations(data: bytes, at: int, wanted: int) -> list[int]:
    """Read from ipma the property numbers of one item."""
    head, count = struct.unpack_from(">II", data, at)
    at += 8
    for _ in range(count):
        item, n = struct.unpack_from(">HB" if head >> 24 == 0 else ">IB", data, at)
        at += 3 if head >> 24 == 0 else 5
        wide = head & 1
        numbers = [struct.unpack_from(">H" if wide else ">B", data, at + k * (1 + wide))[0] for k in range(n)]
        at += n * (1 + wide)
        if item == wanted:
            return [v & (0x7FFF if wide else 0x7F) for v in numbers]
    raise ValueError("the encoder's file says nothing about its picture")


def _extent(data: bytes, at: int, wanted: int) -> bytes:
    """Read through iloc the bytes of one item that lies in one piece."""
    version = data[at]
    sizes, more = data[at + 4], data[at + 5]
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version else 0
    wide = 4 if version == 2 else 2

    def number(n: int) -> int:
        nonlocal at
        at += n
        return int.from_bytes(data[at - n : at], "big")

    at += 6
    for _ in range(number(wide)):
        item = number(wide)
        if version:
            number(2)  # where the data is: in the file, for pictures
        number(2)
        base = number(base_size)
        pieces = []
        for _ in range(number(2)):
            number(index_size)
            start, size = base + number(offset_size), number(length_size)
            pieces.append(data[start : start + size])
        if item == wanted:
            return b"".join(pieces)
    raise ValueError("the encoder's file does not say where its picture lies")


def disparity_sei(d_min: float, d_max: float) -> bytes:
    """Return the 21 bytes behind the URN in a depth item's auxC: the depth representation message of HEVC.

    `d_min` and `d_max`, in dioptres, come back rounded to 16 bits of mantissa.
    """

    def element(value: float) -> str:
        mantissa, power = math.frexp(value)  # value = mantissa * 2**power, mantissa in [0.5, 1)
        if value == 0:
            return "0" + f"{0:07b}" + f"{15:05b}" + f"{0:016b}"
        fraction = min(round((2 * mantissa - 1) * 65536), 65535)
        return "0" + f"{power - 1 + 31:07b}" + f"{15:05b}" + f"{fraction:016b}"

    # No z range, a disparity range, "uniform disparity" (ue 1), reference view 0 (ue 0).
    bits = "0011" + "010" + "1" + element(d_min) + element(d_max)
    bits += "1" + "0" * (-(len(bits) + 1) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8, "big")
    message = b"\x4e\x01" + bytes([177, len(payload)]) + payload
    return struct.pack(">II", len(message) + 4, len(message)) + message


def xmp(**values) -> bytes:
    """Return an XMP packet; `prefix_Name=value`, a sequence becomes an rdf:Seq."""
    lines, used = [], set()
    for key, value in values.items():
        prefix, name = key.split("_", 1)
        used.add(prefix)
        if isinstance(value, (list, tuple)):
            value = "<rdf:Seq>" + "".join(f"<rdf:li>{v}</rdf:li>" for v in value) + "</rdf:Seq>"
        lines.append(f"  <{prefix}:{name}>{value}</{prefix}:{name}>")
    spaces = "".join(f' xmlns:{p}="{NAMESPACES[p]}"' for p in sorted(used))
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    body = "\n".join(lines)
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}">\n'
        f' <rdf:Description rdf:about=""{spaces}>\n{body}\n </rdf:Description>\n</rdf:RDF></x:xmpmeta>'
    ).encode()


def depth_xmp(size: tuple[int, int], d_min: float, d_max: float, f35_mm: float, accuracy: str) -> bytes:
    """Return the XMP of the depth item of a photo of `size` (height, width)."""
    h, w = size
    f_px = f35_mm / 43.2666 * math.hypot(h, w)
    return xmp(
        apdi_AuxiliaryImageType="disparity",
        apdi_FloatMinValue=f"{d_min:.6f}",
        apdi_FloatMaxValue=f"{d_max:.6f}",
        apdi_IntMinValue=0,
        apdi_IntMaxValue=255,
        depthData_Accuracy=accuracy,
        depthData_Quality="high",
        depthData_Filtered="True",
        depthData_PixelSize="0.001000",
        depthData_IntrinsicMatrix=(f_px, 0.0, 0.0, 0.0, f_px, 0.0, w / 2, h / 2, 1.0),
        depthData_IntrinsicMatrixReferenceWidth=w,
        depthData_IntrinsicMatrixReferenceHeight=h,
    )


def pack_heic(
    rgb8: NDArray[np.uint8],
    depth_dioptres: NDArray[np.floating] | None,
    mattes: Mapping[str, NDArray[np.floating]],
    gain: NDArray[np.floating] | None,
    headroom: float,
    exif: bytes,
    path: str | Path,
    *,
    icc: bytes | None = None,
    disparity_range: tuple[float, float] | None = None,
    accuracy: str = "absolute",
    f35_mm: float = 26.0,
    quality: int = 88,
    aux_quality: int = 92,
) -> Path:
    r"""Write a photo with its auxiliary images as an iPhone-structured HEIC.

    Parameters
    ----------
    rgb8 : uint8 (H, W, 3)
        The picture's codes.
    depth_dioptres : float (h, w) or None
        Inverse depth; stored as 8-bit codes between the ends of `disparity_range`.
    mattes : dict of float (h, w)
        Coverage 0..1 by name, one of `MATTE_URNS`.
    gain : float (h, w) or None
        What Apple calls the gain, linear 0..1: radiance = linear * (1 + (headroom - 1) * gain).
    headroom : float
        Largest gain, stated in the gain map's XMP (version 131072).
    exif : bytes
        EXIF block, with or without its `Exif\0\0` prefix; b"" for none.
    icc : bytes, optional
        Profile of the picture.
    disparity_range : (float, float), optional
        Dioptres of codes 0 and 255; by default the least and the largest of the map.
    accuracy : {"absolute", "relative"}
        What the depth item's XMP says.
    f35_mm : float
        35 mm equivalent, for the intrinsic matrix in the depth item's XMP.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    KeyError
        When a matte's name is not in `MATTE_URNS`.
    """
    size = (rgb8.shape[0], rgb8.shape[1])
    items = [_encoded(rgb8, quality, icc)]

    def attach(codes: NDArray[np.uint8], urn: str, packet: bytes, tail: bytes = b"") -> None:
        item = _encoded(codes, aux_quality)
        item.properties.append(box(b"auxC", urn.encode() + b"\0" + tail, version=0))
        item.reference, item.hidden = (b"auxl", 1), True
        items.append(item)
        items.append(_Item(b"mime", packet, reference=(b"cdsc", len(items)), hidden=True))

    if exif:
        block = exif if exif.startswith(b"Exif\0\0") else b"Exif\0\0" + exif
        items.append(_Item(b"Exif", struct.pack(">I", 6) + block, reference=(b"cdsc", 1), hidden=True))
    if depth_dioptres is not None:
        low, high = disparity_range or (float(np.nanmin(depth_dioptres)), float(np.nanmax(depth_dioptres)))
        packet = depth_xmp(size, low, high, f35_mm, accuracy)
        attach(to_codes((depth_dioptres - low) / max(high - low, 1e-9)), DEPTH_URN, packet, disparity_sei(low, high))
    for name, matte in mattes.items():
        if name == "portrait":
            packet = xmp(apdi_AuxiliaryImageType="depth", portraitEffectsMatte_PortraitEffectsMatteVersion=65537)
        else:
            packet = xmp(semanticSegmentationMatte_SemanticSegmentationMatteVersion=65536)
        attach(to_codes(matte), MATTE_URNS[name], packet)
    if gain is not None:
        packet = xmp(
            apdi_AuxiliaryImageType=GAIN_URN,
            HDRGainMap_HDRGainMapVersion=131072,
            HDRGainMap_HDRGainMapHeadroom=f"{headroom:.6f}",
        )
        attach(to_codes(encode_gain(gain)), GAIN_URN, packet)
    path = Path(path)
    path.write_bytes(_assembled(items))
    return path


def to_codes(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Round 0..1 to 8-bit codes."""
    return np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255).astype(np.uint8)


def encode_gain(gain: NDArray[np.floating]) -> NDArray[np.floating]:
    """Encode a linear gain 0..1 with the Rec.709 transfer curve, as gain maps are stored."""
    gain = np.clip(gain, 0, 1)
    return np.where(gain < 0.018054, 4.5 * gain, 1.099297 * np.maximum(gain, 1e-9) ** 0.45 - 0.099297)


def _assembled(items: list[_Item]) -> bytes:
    """Lay out the file; item k of the list has the number k + 1, number 1 is the primary."""
    shared: list[bytes] = []
    rows = []
    for number, item in enumerate(items, 1):
        if not item.properties:
            continue
        marks = b""
        for prop in item.properties:
            if prop not in shared:
                shared.append(prop)
            essential = 0x80 if prop[4:8] in (b"hvcC", b"irot", b"imir") else 0
            marks += bytes([essential | (shared.index(prop) + 1)])
        rows.append(struct.pack(">HB", number, len(item.properties)) + marks)
    infos = b""
    for number, item in enumerate(items, 1):
        tail = b"application/rdf+xml\0" if item.kind == b"mime" else b""
        entry = struct.pack(">HH4s", number, 0, item.kind) + b"\0" + tail
        infos += box(b"infe", entry, version=2, flags=int(item.hidden))
    references = b"".join(
        box(item.reference[0], struct.pack(">HHH", number, 1, item.reference[1]))
        for number, item in enumerate(items, 1)
        if item.reference
    )
    head = box(b"ftyp", b"heic", bytes(4), b"mif1", b"heic")

    def meta(start: int) -> bytes:
        places, at = b"", start
        for number, item in enumerate(items, 1):
            places += struct.pack(">HHHII", number, 0, 1, at, len(item.data))
            at += len(item.data)
        return box(
            b"meta",
            box(b"hdlr", bytes(4), b"pict", bytes(13), version=0),
            box(b"pitm", struct.pack(">H", 1), version=0),
            box(b"iinf", struct.pack(">H", len(items)), infos, version=0),
            box(b"iref", references, version=0),
            box(
                b"iprp",
                box(b"ipco", *shared),
                box(b"ipma", struct.pack(">I", len(rows)), *rows, version=0),
            ),
            box(b"iloc", b"\x44\x00", struct.pack(">H", len(items)), places, version=0),
            version=0,
        )

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", *(item.data for item in items))
