"""Ultra HDR JPEG: an SDR JPEG, and its gain map as a second one behind it.

Three kinds of readers find the second: by MPF, by GContainer XMP with ``hdrgm`` values, and by ISO 21496-1's segments.
"""

from __future__ import annotations

import struct

from ..metadata import gain_map, xmp_edit
from ..metadata.gain_map import GainMetadata
from .segments import MOST_BYTES, XMP_LABEL, after_headers, segment, with_segments

_HDRGM = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"'
_BASELINE_PRIMARY = 0x030000


def joined(primary: bytes, gain: bytes, metadata: GainMetadata, xmp: bytes | None) -> bytes:
    """Put the file together.

    Parameters
    ----------
    primary, gain : bytes
        JPEGs, without XMP.
    metadata : GainMetadata
    xmp : bytes or None
        The picture's, without what it said of another container; this one's is merged into it.
    """
    words = _hdrgm(metadata)
    iso = gain_map.ISO_LABEL + gain_map.to_iso(metadata)
    gain = with_segments(gain, segment(0xE1, XMP_LABEL + words) + segment(0xE2, iso))
    head = _with_directory(xmp, len(gain))
    more = segment(0xE1, XMP_LABEL + head) + segment(0xE2, gain_map.ISO_LABEL + bytes(4))
    at = after_headers(primary)
    index_at = at + len(more) + 8
    total = len(primary) + len(more) + len(_index(0, 0, 0))
    index = _index(total, len(gain), total - index_at)
    return primary[:at] + more + index + primary[at:] + gain


def _hdrgm(metadata: GainMetadata) -> bytes:
    values = gain_map.to_xmp_values(metadata)
    single = "".join(f' hdrgm:{name}="{v[0]:.9g}"' for name, v in values.items() if len(v) == 1)
    lists = "".join(
        f"<hdrgm:{name}><rdf:Seq>{''.join(f'<rdf:li>{x:.9g}</rdf:li>' for x in v)}</rdf:Seq></hdrgm:{name}>"
        for name, v in values.items()
        if len(v) > 1
    )
    attributes = f'{_HDRGM} hdrgm:Version="1.0"{single} hdrgm:BaseRenditionIsHDR="False"'
    return xmp_edit.with_description(None, attributes, lists)


def _with_directory(xmp: bytes | None, gain_length: int) -> bytes:
    """Say in the picture's XMP which images there are; alone, where that takes none or grows too long for a segment."""
    item = '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{}" Item:Mime="image/jpeg"{}/></rdf:li>'
    attributes = (
        f'{_HDRGM} xmlns:Container="http://ns.google.com/photos/1.0/container/" '
        'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" hdrgm:Version="1.0"'
    )
    items = item.format("Primary", "") + item.format("GainMap", f' Item:Length="{gain_length}"')
    body = f"<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory>"
    made = xmp_edit.with_description(xmp, attributes, body)
    fits = made != xmp and len(made) + len(XMP_LABEL) <= MOST_BYTES
    return made if fits else xmp_edit.with_description(None, attributes, body)


def _index(size: int, gain_size: int, gain_at: int) -> bytes:
    """MPF segment of two images; offsets count from its byte-order mark."""
    entries = struct.pack(">IIIHH", _BASELINE_PRIMARY, size, 0, 0, 0) + struct.pack(
        ">IIIHH", 0, gain_size, gain_at, 0, 0
    )
    body = b"MM\0*" + struct.pack(">IH", 8, 3)
    body += struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHII", 0xB001, 4, 1, 2)
    body += struct.pack(">HHII", 0xB002, 7, len(entries), 8 + 2 + 36 + 4) + bytes(4) + entries
    return segment(0xE2, b"MPF\0" + body)
