"""XMP: values by "prefix:Name", groups of values that belong together, and data too long to be parsed as text.

Phones put whole pictures into XMP, as base64. Those are lifted out of the text before it is parsed, so that what the
parser sees stays small.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

# Without embedded pictures a packet is 5-10 kB; a larger one is somebody's edit history or an attack.
MAX_BYTES = 1_000_000
# With them: a sharp original of 12 megapixels has about 10 MB.
MAX_BYTES_WITH_DATA = 48_000_000
# It has a few hundred elements. Parsers take seconds over hundreds of thousands.
_MAX_TAGS = 20_000

# The mark that a render carries.
REBOKEH_URI = "urn:rebokeh:1.0/"

_PREFIXES = {
    REBOKEH_URI: "rebokeh",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/audio/": "GAudio",
    "http://ns.apple.com/depthData/1.0/": "depthData",
    "http://ns.apple.com/pixeldatainfo/1.0/": "apdi",
    "http://ns.apple.com/HDRGainMap/1.0/": "HDRGainMap",
    "http://ns.apple.com/portraitEffectsMatte/1.0/": "portraitEffectsMatte",
    "http://ns.apple.com/depthBlurEffect/1.0/": "depthBlurEffect",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://ns.adobe.com/xmp/sType/Area#": "stArea",
    "http://ns.adobe.com/xap/1.0/sType/Dimensions#": "stDim",
    "http://ns.adobe.com/hdr-gain-map/1.0/": "hdrgm",
    "http://ns.google.com/photos/1.0/depthmap/": "GDepth",
    "http://ns.google.com/photos/1.0/image/": "GImage",
    "http://ns.google.com/photos/1.0/focus/": "GFocus",
    "http://ns.google.com/photos/1.0/container/": "GContainer",
    "http://ns.google.com/photos/1.0/container/item/": "Item",
    "http://ns.google.com/photos/dd/1.0/device/": "Device",
    "http://ns.google.com/photos/dd/1.0/container/": "Container",
    "http://ns.google.com/photos/dd/1.0/item/": "Item",
    "http://ns.google.com/photos/dd/1.0/camera/": "Camera",
    "http://ns.google.com/photos/dd/1.0/image/": "Image",
    "http://ns.google.com/photos/dd/1.0/depthmap/": "DepthMap",
}

# Base64, with the line breaks that some writers put in, as text or as character references; or padding.
_LONG = re.compile(rb"([\"'>])([A-Za-z0-9+/=\s&#;]{4096,})(?=[\"'<])")
_REFERENCE = re.compile(rb"&#x?[0-9A-Fa-f]+;")
_LIFTED = re.compile(r"@(\d{1,6})")


def key_of(name: str) -> str:
    """Return "prefix:Name" of a name as the parser gives it; the prefix is ours, whatever the file's own is."""
    uri, _, local = name.rpartition("}")
    return f"{_PREFIXES.get(uri[1:], '?')}:{local}"


@lru_cache(maxsize=2)  # what asks for a packet's values asks for its regions next
def parse(packet: bytes | None) -> Element | None:
    """Parse a packet; None when there is none, or it is too large, broken or an attack."""
    if not packet or len(packet) > MAX_BYTES or packet.count(b"<") > _MAX_TAGS:
        return None
    try:
        return fromstring(packet.strip(b"\0 \r\n\t"))
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None


def number(values: Mapping[str, str], key: str) -> float | None:
    """Return the value as a finite number, or None."""
    try:
        value = float(values[key])
    except (KeyError, ValueError):
        return None
    return value if np.isfinite(value) else None


def pairs(root: Element) -> Iterator[tuple[str, str]]:
    """Attributes and texts of an element and all below it; a list of texts is one, its items parted by spaces."""
    for node in root.iter():
        for name, value in node.attrib.items():
            yield key_of(name), value.strip()
        if node.text and node.text.strip() and len(node) == 0:
            yield key_of(node.tag), node.text.strip()
        elif len(node) == 1 and node[0].tag.endswith("}Seq"):
            items = [(item.text or "").strip() for item in node[0]]
            if items and all(items):
                yield key_of(node.tag), " ".join(items)


def sequences(packet: bytes | None) -> dict[str, tuple[str, ...]]:
    """Collect the values of a packet as {"prefix:Name": texts}: one text, or those of an rdf:Seq, Bag or Alt."""
    root = parse(packet)
    found: dict[str, tuple[str, ...]] = {}
    for node in () if root is None else root.iter():
        items = [li.text or "" for li in node.iterfind("./{*}*/{*}li") if len(li) == 0]
        if items:
            found.setdefault(key_of(node.tag), tuple(item.strip() for item in items))
    return {**{key: (text,) for key, text in Xmp(packet).values.items()}, **found}


def unread(packet: bytes | None) -> str:
    """Say why a packet cannot be read; '' when it can, or there is none."""
    if packet and len(packet) > MAX_BYTES_WITH_DATA:
        return f"has {len(packet) / 1e6:.0f} MB, which is not read"
    if not packet or not packet.strip(b"\0 \r\n\t"):
        return ""
    return "" if Xmp(packet).is_read else "is damaged or too large, so it is not read"


class Xmp:
    """One picture's XMP, in one packet or several; what cannot be read of it is left out.

    Parameters
    ----------
    *packets : bytes or None
        As they stand in the file. Where two say the same thing, the first counts.

    Attributes
    ----------
    values : dict of str to str
        Simple values by "prefix:Name".
    """

    def __init__(self, *packets: bytes | None) -> None:
        self._long: list[bytes] = []
        roots = [
            parse(_LONG.sub(self._lift, packet)) if packet and len(packet) <= MAX_BYTES_WITH_DATA else None
            for packet in packets
        ]
        self._roots = [root for root in roots if root is not None]
        self.values: dict[str, str] = {}
        for root in self._roots:
            for key, value in pairs(root):
                self.values.setdefault(key, value)

    def _lift(self, match: re.Match[bytes]) -> bytes:
        if match[2].isspace():
            return match[1] + b"\n"
        self._long.append(match[2])
        return match[1] + b"@%d" % (len(self._long) - 1)

    @property
    def is_read(self) -> bool:
        """Whether any of the packets could be read."""
        return bool(self._roots)

    def has(self, prefix: str) -> bool:
        """Whether any value has this prefix."""
        return any(key.startswith(f"{prefix}:") for key in self.values)

    def number(self, key: str) -> float | None:
        """Return the value as a finite number, or None."""
        return number(self.values, key)

    def data(self, key: str) -> bytes | None:
        """Return what a base64 value stands for; None when there is none, or it is no base64."""
        text = self.values.get(key)
        if text is None:
            return None
        lifted = _LIFTED.fullmatch(text)
        if lifted and int(lifted[1]) >= len(self._long):
            return None
        coded = _REFERENCE.sub(b"", self._long[int(lifted[1])]) if lifted else text.encode("ascii", "ignore")
        try:
            return base64.b64decode(coded + b"=" * (-len(coded) % 4)) or None
        except (binascii.Error, ValueError):
            return None

    def groups(self, key: str) -> list[dict[str, str]]:
        """Values of each structure of that name, everything below it included."""
        return [
            dict(pairs(node))
            for root in self._roots
            for node in root.iter()
            if key_of(node.tag) == key and (len(node) or node.attrib)
        ]

    def lists(self, key: str) -> list[list[dict[str, str]]]:
        """Values of each entry of each list of that name."""
        return [
            [dict(pairs(entry)) for sequence in node for entry in sequence]
            for root in self._roots
            for node in root.iter()
            if key_of(node.tag) == key
        ]
