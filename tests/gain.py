"""Gain-map metadata built value by value, for the tests."""

from __future__ import annotations

import struct
from fractions import Fraction

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
HDRGM = "http://ns.adobe.com/hdr-gain-map/1.0/"


def hdrgm(sequences: bool = False, **values: object) -> bytes:
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
