"""Gain-map metadata built value by value, and HEIF files that hold it, for the tests."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from . import iphone

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
HDRGM = "http://ns.adobe.com/hdr-gain-map/1.0/"


def hdrgm(values: dict[str, object], sequences: bool = False) -> bytes:
    """XMP of Adobe's gain-map values; a tuple becomes an rdf:Seq, the rest attributes or (`sequences`) a Seq of one."""
    attributes, nodes = "", ""
    for name, value in {"Version": "1.0", **values}.items():
        if isinstance(value, tuple) or (sequences and name != "Version"):
            several = value if isinstance(value, tuple) else (value,)
            items = "".join(f"<rdf:li>{v}</rdf:li>" for v in several)
            nodes += f"<hdrgm:{name}><rdf:Seq>{items}</rdf:Seq></hdrgm:{name}>"
        else:
            attributes += f' hdrgm:{name}="{value}"'
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" '
        f'xmlns:hdrgm="{HDRGM}"{attributes}>{nodes}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def iso(
    channels: list[tuple[float, float, float, float, float]],
    headrooms: tuple[float, float],
    *,
    base_colour: bool = True,
    common: int = 0,
    version: int = 0,
) -> bytes:
    """ISO 21496-1's block; each channel is (min, max, gamma, base offset, alternate offset)."""
    flags = (0x80 if len(channels) == 3 else 0) | (0x40 if base_colour else 0) | (0x08 if common else 0)
    out = struct.pack(">HHB", version, version, flags) + (struct.pack(">I", common) if common else b"")
    for letter, value in zip("II" + "iiIii" * len(channels), [*headrooms, *sum(channels, ())], strict=True):
        exact = Fraction(value).limit_denominator(1 << 20)
        if common:
            out += struct.pack(f">{letter}", round(value * common))
        else:
            out += struct.pack(f">{letter}I", exact.numerator, exact.denominator)
    return out


def tone_mapped(rgb: NDArray[np.uint8], codes: NDArray[np.uint8], block: bytes, tiles: int = 1, irot: int = 0) -> bytes:
    """HEIC of a picture (H, W, 3) whose `tmap` item has a gain image (h, w) of so many tiles, side by side.

    `block` is the metadata, from its version byte on; all arrays as stored, before `irot`.
    """
    box, full = iphone._box, iphone._full
    items: list[tuple[bytes, list[bytes], bytes, list[int]]] = []  # kind, properties, payload, made of

    def ispe(array: NDArray) -> bytes:
        return full(b"ispe", struct.pack(">II", array.shape[1], array.shape[0]))

    def picture(array: NDArray, *more: bytes) -> int:
        config, payload = iphone._coded(array)
        channels = 3 if array.ndim == 3 else 1
        pixi = full(b"pixi", bytes([channels]) + bytes([8] * channels))
        items.append((b"hvc1", [box(b"hvcC", config), ispe(array), pixi, *more], payload, []))
        return len(items)

    turn = box(b"irot", bytes([irot]))
    primary = picture(rgb, box(b"colr", b"nclx" + struct.pack(">HHHB", 1, 13, 0, 0x80)), turn)
    if tiles == 1:
        gain = picture(codes, turn)
    else:
        parts = [picture(part) for part in np.split(codes, tiles, axis=1)]
        grid = struct.pack(">BBBBHH", 0, 0, 0, tiles - 1, codes.shape[1], codes.shape[0])
        items.append((b"grid", [ispe(codes), turn], grid, parts))
        gain = len(items)
    items.append((b"tmap", [ispe(rgb), turn], block, [primary, gain]))

    infos = b"".join(full(b"infe", struct.pack(">HH", n, 0) + kind + b"\0", 2) for n, (kind, *_) in enumerate(items, 1))
    shelf: list[bytes] = []
    rows, links = b"", b""
    for n, (_, properties, _, made_of) in enumerate(items, 1):
        rows += struct.pack(">HB", n, len(properties))
        for prop in properties:
            shelf.append(prop)
            rows += bytes([len(shelf) | (0x80 if prop[4:8] in (b"hvcC", b"irot") else 0)])
        if made_of:
            links += box(b"dimg", struct.pack(f">HH{len(made_of)}H", n, len(made_of), *made_of))
    body = full(b"hdlr", bytes(4) + b"pict" + bytes(13)) + full(b"pitm", struct.pack(">H", primary))
    body += full(b"iinf", struct.pack(">H", len(items)) + infos) + full(b"iref", links)
    body += box(b"iprp", box(b"ipco", b"".join(shelf)) + full(b"ipma", struct.pack(">I", len(items)) + rows))
    body += box(b"grpl", full(b"altr", struct.pack(">IIII", 100, 2, len(items), primary)))
    head = box(b"ftyp", b"heic" + bytes(4) + b"mif1heictmap")
    at = len(head) + 12 + len(body) + 16 + 14 * len(items) + 8
    places = b""
    for n, (_, _, payload, _) in enumerate(items, 1):
        places += struct.pack(">HHHII", n, 0, 1, at, len(payload))
        at += len(payload)
    located = full(b"iloc", struct.pack(">HH", 0x4400, len(items)) + places)
    return head + full(b"meta", body + located) + box(b"mdat", b"".join(payload for _, _, payload, _ in items))
