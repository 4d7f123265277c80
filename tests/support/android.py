"""Files built as Android phones build them, small, for the tests.

GDepth after a real file; Dynamic Depth, Huawei and Samsung byte for byte from the documented layout, for no real file
was at hand; Ultra HDR after a real file.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "GDepth": "http://ns.google.com/photos/1.0/depthmap/",
    "GImage": "http://ns.google.com/photos/1.0/image/",
    "GFocus": "http://ns.google.com/photos/1.0/focus/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
}
GOOGLE = {
    **NAMESPACES,
    "Container": "http://ns.google.com/photos/1.0/container/",
    "Item": "http://ns.google.com/photos/1.0/container/item/",
}
DYNAMIC = {
    name: f"http://ns.google.com/photos/dd/1.0/{name.lower()}/"
    for name in ("Device", "Container", "Item", "Camera", "Image", "DepthMap")
}
_XMP, _EXTENDED = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"


def coded(codes: NDArray, form: str = "JPEG", **more) -> bytes:
    """JPEG or PNG of codes (h, w) or (h, w, n)."""
    file = io.BytesIO()
    lossy = {"quality": 98, "subsampling": 0} if form == "JPEG" else {}
    Image.fromarray(codes).save(file, form, **lossy, **more)
    return file.getvalue()


def packet(body: str = "", attributes: str = "", spaces: dict[str, str] | None = None) -> bytes:
    """XMP packet with attributes and elements of one description."""
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in (NAMESPACES if spaces is None else spaces).items())
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" {names} '
        f"{attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def attributes(values: dict[str, str]) -> str:
    return " ".join(f'{key}="{value}"' for key, value in values.items())


def segment(marker: int, payload: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """JPEG with further segments right after its beginning."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def xmp_segment(words: bytes) -> bytes:
    return segment(0xE1, _XMP + words)


def extended_segments(words: bytes, piece: int = 60_000) -> list[bytes]:
    """Spread extended XMP over as many segments as it takes."""
    guid = hashlib.md5(words).hexdigest().upper().encode()
    return [
        segment(0xE1, _EXTENDED + guid + struct.pack(">II", len(words), at) + words[at : at + piece])
        for at in range(0, len(words), piece)
    ]


def gdepth(
    primary: bytes,
    depth: bytes | None,
    values: dict[str, str],
    original: bytes | None = None,
    piece: int = 60_000,
) -> bytes:
    """JPEG with GDepth: the numbers in its XMP, the pictures as base64 in the extended XMP."""
    pictures = {"GDepth:Data": depth, "GImage:Data": original}
    data = {key: base64.b64encode(value).decode() for key, value in pictures.items() if value is not None}
    extended = packet(attributes=attributes(data))
    guid = hashlib.md5(extended).hexdigest().upper()
    main = packet(attributes=attributes({**values, "xmpNote:HasExtendedXMP": guid}))
    return with_segments(primary, xmp_segment(main), *extended_segments(extended, piece))


def dynamic_depth(
    primary: bytes,
    depth: bytes,
    values: dict[str, str],
    original: bytes | None = None,
    padding: int = 0,
    nested: bool = False,
    before: bytes = b"",
    after: bytes = b"",
    unlisted: int = 0,
    gain: bytes | None = None,
) -> bytes:
    """JPEG with a Dynamic Depth directory, its items behind the picture.

    Parameters
    ----------
    primary, depth, original : bytes
        Files; the depth map's is a JPEG or PNG.
    values : dict
        Of `DepthMap`, without the prefix.
    padding : int
        Zeros behind the primary, as its item says.
    nested : bool
        Write as XMP libraries do, each value an element and each item in an ``rdf:value``.
    before, after : bytes
        What lies unlisted between the picture and the first item, and at the file's end.
    unlisted : int
        Added to the depth item's length: a directory that is wrong.
    gain : bytes, optional
        Gain image that a directory of its own lists, before the others.
    """
    items = [("image/jpeg", "primary_image", b"", padding), ("image/jpeg", "android/depthmap", depth, 0)]
    if original is not None:
        items.append(("image/jpeg", "android/original_image", original, 0))
    cameras = {**values, "DepthURI": "android/depthmap"}
    images = {"ItemSemantic": "Original", "ItemURI": "android/original_image"} if original else {}
    entries, depth_map, image = "", "", ""
    for mime, uri, payload, pad in items:
        length = len(payload) + (unlisted if uri == "android/depthmap" else 0)
        row = {"Mime": mime, "Length": str(length), "Padding": str(pad), "DataURI": uri}
        if nested:
            body = "".join(f"<Item:{k}>{v}</Item:{k}>" for k, v in row.items())
            entry = f'<rdf:value rdf:parseType="Resource">{body}</rdf:value>'
        else:
            entry = "<Container:Item " + attributes({f"Item:{k}": v for k, v in row.items()}) + "/>"
        entries += f'<rdf:li rdf:parseType="Resource">{entry}</rdf:li>'
    if nested:
        body = "".join(f"<DepthMap:{k}>{v}</DepthMap:{k}>" for k, v in cameras.items())
        depth_map = f'<Camera:DepthMap rdf:parseType="Resource">{body}</Camera:DepthMap>'
        body = "".join(f"<Image:{k}>{v}</Image:{k}>" for k, v in images.items())
        image = f'<Camera:Image rdf:parseType="Resource">{body}</Camera:Image>' if images else ""
    else:
        depth_map = f"<Camera:DepthMap {attributes({f'DepthMap:{k}': v for k, v in cameras.items()})}/>"
        image = f"<Camera:Image {attributes({f'Image:{k}': v for k, v in images.items()})}/>" if images else ""
    body = (
        f'<Device:Container rdf:parseType="Resource"><Container:Directory><rdf:Seq>{entries}</rdf:Seq>'
        '</Container:Directory></Device:Container><Device:Cameras><rdf:Seq><rdf:li rdf:parseType="Resource">'
        '<Device:Camera rdf:parseType="Resource">'
        f"{depth_map}{image}</Device:Camera></rdf:li></rdf:Seq></Device:Cameras>"
    )
    extended = packet(body, spaces=DYNAMIC)
    guid = hashlib.md5(extended).hexdigest().upper()
    main = packet(container(len(gain)) if gain else "", attributes({"xmpNote:HasExtendedXMP": guid}), GOOGLE)
    first = with_segments(primary, xmp_segment(main), *extended_segments(extended))
    return b"".join([first, bytes(padding), before, gain or b"", *(payload for _, _, payload, _ in items), after])


def huawei(primary: bytes, depth: NDArray[np.uint8], original: bytes, orientation: int = 0x10) -> bytes:
    """JPEG with the ``edof`` block; `depth` (h, w) as it is stored."""
    head = bytearray(64)
    head[3] = orientation
    struct.pack_into("<HH", head, 12, depth.shape[1], depth.shape[0])
    block = bytes(head) + depth.tobytes()
    size = struct.pack("<I", len(original))
    return primary + original + size + b"edof\0\0\0\0" + block + struct.pack("<I", len(block)) + b"DepthEn\0"


def samsung(
    primary: bytes,
    depth: NDArray[np.uint8],
    original: bytes | None,
    single: bool = False,
    extra: dict[int, int] | None = None,
) -> bytes:
    """JPEG with the SEF trailer; `extra` has further numbers of the info block by their place."""
    name = "SingeShot_DepthMap_1" if single else "DualShot_DepthMap_1"
    info = [5, *[0] * 24]
    info[19], info[20] = depth.shape
    for place, value in (extra or {}).items():
        info[place] = value
    blocks = [(0x0A01, "Image_UTC_Data", b"1600000000000")]
    if original is not None:
        blocks.append((0x0001, "DualShot_1", original))
    blocks.append((0x0B41 if single else 0x0AB1, name, depth.tobytes()))
    label = "SingleShot_Meta_Info" if single else "DualShot_Extra_Info"
    blocks.append((0x0B40 if single else 0x0AB3, label, struct.pack(f"<{len(info)}I", *info)))
    packed = [struct.pack("<HHI", 0, k, len(n)) + n.encode() + data for k, n, data in blocks]
    rows = b""
    for k, (kind, _, _) in enumerate(blocks):
        rows += struct.pack("<HHII", 0, kind, sum(map(len, packed[k:])), len(packed[k]))
    directory = b"SEFH" + struct.pack("<II", 107, len(blocks)) + rows
    return primary + b"".join(packed) + directory + struct.pack("<I", len(directory)) + b"SEFT"


def gain_image(gain: bytes, values: dict[str, str] | None = None, iso: bytes | None = None) -> bytes:
    """JPEG of a gain map with its metadata."""
    own = [xmp_segment(packet(attributes=attributes({f"hdrgm:{k}": v for k, v in values.items()})))] if values else []
    if iso is not None:
        own.append(segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + iso))
    return with_segments(gain, *own)


def container(length: int) -> str:
    """Return Google's directory of a picture and its gain map."""
    return (
        "<Container:Directory><rdf:Seq>"
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"/></rdf:li>'
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic="GainMap" '
        f'Item:Length="{length}"/></rdf:li></rdf:Seq></Container:Directory>'
    )


def ultra_hdr(
    primary: bytes,
    gain: bytes,
    values: dict[str, str] | None = None,
    iso: bytes | None = None,
    directory: bool = True,
    index: int | None = None,
    before: bytes = b"",
) -> bytes:
    """JPEG with a gain image behind it.

    Parameters
    ----------
    primary, gain : bytes
        JPEGs.
    values : dict, optional
        ``hdrgm`` values of the gain image's XMP, without the prefix.
    iso : bytes, optional
        ISO 21496-1 block of the gain image.
    directory : bool
        Whether Google's directory lists it.
    index : int, optional
        Where the MPF index says that it lies, in bytes off the right place; None = no index.
    before : bytes
        What lies between the two.
    """
    gain = gain_image(gain, values, iso)
    body = container(len(gain)) if directory else ""
    segments = [xmp_segment(packet(body, 'hdrgm:Version="1.0"', GOOGLE))] if directory else []
    if iso is not None:
        segments.append(segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"))
    if index is None:
        return with_segments(primary, *segments) + before + gain
    base = 2 + sum(map(len, segments)) + 8
    mpf = 4 + 4 + 8 + 2 + 36 + 4 + 32
    total = len(primary) + sum(map(len, segments)) + mpf
    entries = struct.pack(">IIIHH", 0x030000, total, 0, 0, 0)
    entries += struct.pack(">IIIHH", 0, len(gain), (total + len(before) - base + index) % 2**32, 0, 0)
    table = b"MM\0*" + struct.pack(">IH", 8, 3)
    table += struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHII", 0xB001, 4, 1, 2)
    table += struct.pack(">HHII", 0xB002, 7, 32, 8 + 2 + 36 + 4) + bytes(4) + entries
    return with_segments(primary, *segments, segment(0xE2, b"MPF\0" + table)) + before + gain
