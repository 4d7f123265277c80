"""IPTC-IIM: caption, keywords, by-line, copyright, and the Photoshop image resources that they travel in.

Datasets by IIM version 4.2; their names in XMP by the IPTC Core schema and the Metadata Working Group's guidelines.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

JPEG_LABEL = b"Photoshop 3.0\0"
_SIGNATURES = (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR")
_IPTC = 0x0404
# Thumbnails, layers and copies of EXIF and XMP are of the old file.
_RESOLUTION, _COPYRIGHT_FLAG, _URL = 0x03ED, 0x040A, 0x040B
_KEPT = {_RESOLUTION, _COPYRIGHT_FLAG, _URL}
_PATHS = range(0x07D0, 0x0BB8)
_MARKER = 0x1C
_ENVELOPE, _APPLICATION = 1, 2
_CHARSET, _UTF8 = 90, b"\x1b%G"
_DATE, _TIME = 55, 60
# ContentLocationCode and -Name, City, Sub-location, Province, Country code and name.
_PLACE = {26, 27, 90, 92, 95, 100, 101}
_MOST_DATASETS = 10_000

OBJECT_NAME, BYLINE, COPYRIGHT, CAPTION = 5, 80, 116, 120

WORDS_IN_XMP = {
    OBJECT_NAME: "dc:title", 10: "photoshop:Urgency", 12: "Iptc4xmpCore:SubjectCode", 15: "photoshop:Category",
    20: "photoshop:SupplementalCategories", 25: "dc:subject", 40: "photoshop:Instructions",
    BYLINE: "dc:creator", 85: "photoshop:AuthorsPosition", 90: "photoshop:City", 92: "Iptc4xmpCore:Location",
    95: "photoshop:State", 100: "Iptc4xmpCore:CountryCode", 101: "photoshop:Country",
    103: "photoshop:TransmissionReference", 105: "photoshop:Headline", 110: "photoshop:Credit",
    115: "photoshop:Source", COPYRIGHT: "dc:rights", CAPTION: "dc:description", 122: "photoshop:CaptionWriter",
}  # fmt: skip
"""Name in XMP of each dataset of the application record that has one."""


class Resource(NamedTuple):
    """One of Photoshop's image resources: signature, number, name (with its length and padding) and value."""

    signature: bytes
    number: int
    name: bytes
    value: bytes


def resources_of(block: bytes) -> Iterator[Resource]:
    """Yield the image resources of a block, as far as it is whole."""
    at = 0
    while block[at : at + 4] in _SIGNATURES and at + 12 <= len(block):
        number, name_size = struct.unpack_from(">HB", block, at + 4)
        value_at = at + 6 + (name_size + 2) // 2 * 2 + 4
        if value_at > len(block):
            return
        size = struct.unpack_from(">I", block, value_at - 4)[0]
        if value_at + size > len(block):
            return
        yield Resource(block[at : at + 4], number, block[at + 6 : value_at - 4], block[value_at : value_at + size])
        at = value_at + size + size % 2


def split(block: bytes | None) -> tuple[bytes | None, bytes | None]:
    """Part Photoshop's image resources.

    Parameters
    ----------
    block : bytes or None
        What follows `JPEG_LABEL` in a JPEG, or stands in a TIFF's tag 34377.

    Returns
    -------
    bytes or None
        The IPTC records.
    bytes or None
        The other resources that are of the photo and not of the file.
    """
    found = list(resources_of(block or b""))
    iptc = next((one.value for one in found if one.number == _IPTC), b"")
    kept = b"".join(_packed(one) for one in found if one.number in _KEPT or one.number in _PATHS)
    return iptc or None, kept or None


def joined(iptc: bytes | None, resources: bytes | None, turned: bool = False) -> bytes | None:
    """Return the block of image resources for an output; None when there is nothing in it.

    Parameters
    ----------
    iptc, resources : bytes or None
        As `split` gives them.
    turned : bool
        Whether the picture lies otherwise than when its paths were drawn.
    """
    parts = [] if not iptc else [_packed(Resource(b"8BIM", _IPTC, bytes(2), iptc))]
    kept = (one for one in resources_of(resources or b"") if not (turned and one.number in _PATHS))
    return b"".join([*parts, *map(_packed, kept)]) or None


def rights_in_xmp(resources: bytes | None) -> dict[str, tuple[str, ...]]:
    """Say in XMP's names what image resources say of rights: whether any are claimed, and where to read of them."""
    said: dict[str, tuple[str, ...]] = {}
    for one in resources_of(resources or b""):
        if one.number == _COPYRIGHT_FLAG and one.value:
            said["xmpRights:Marked"] = ("True" if one.value[0] else "False",)
        elif one.number == _URL and (url := text_of(one.value)):
            said["xmpRights:WebStatement"] = (url,)
    return said


def has_paths(resources: bytes | None) -> bool:
    """Whether image resources hold paths that were drawn on the picture."""
    return any(one.number in _PATHS for one in resources_of(resources or b""))


def _packed(one: Resource) -> bytes:
    head = one.signature + struct.pack(">H", one.number) + one.name + struct.pack(">I", len(one.value))
    return head + one.value + bytes(len(one.value) % 2)


def datasets(iptc: bytes | None) -> Iterator[tuple[int, int, bytes]]:
    """Yield (record, dataset, value) of IPTC records, as far as they are whole."""
    data, at = iptc or b"", 0
    for _ in range(_MOST_DATASETS):
        if at + 5 > len(data) or data[at] != _MARKER:
            return
        record, number, size = struct.unpack_from(">BBH", data, at + 1)
        at += 5
        if size & 0x8000:  # an extended dataset: so many bytes of length follow
            wide = size & 0x7FFF
            size, at = int.from_bytes(data[at : at + wide], "big"), at + wide
        if at + size > len(data):
            return
        yield record, number, data[at : at + size]
        at += size


def records(found: Iterable[tuple[int, int, bytes]]) -> bytes | None:
    """Put datasets together again; None when there are none."""
    out = []
    for record, number, value in found:
        size = struct.pack(">H", len(value)) if len(value) < 0x8000 else struct.pack(">HI", 0x8004, len(value))
        out.append(bytes([_MARKER, record, number]) + size + value)
    return b"".join(out) or None


def from_words(words: Mapping[int, str]) -> bytes | None:
    """Make records of texts by the number of their dataset; None when there are none."""
    said = [(_APPLICATION, number, text.encode()) for number, text in sorted(words.items()) if text.strip()]
    return records([(_ENVELOPE, _CHARSET, _UTF8), (_APPLICATION, 0, b"\0\4"), *said]) if said else None


def without_place(iptc: bytes | None) -> bytes | None:
    """Return records without the names of places; bit for bit where they hold none."""
    found = list(datasets(iptc))
    kept = [one for one in found if not (one[0] == _APPLICATION and one[1] in _PLACE)]
    return iptc if len(kept) == len(found) else records(kept)


def to_xmp_words(iptc: bytes | None) -> dict[str, tuple[str, ...]]:
    """Say in XMP's names, as `WORDS_IN_XMP` has them, what IPTC records say."""
    found = list(datasets(iptc))
    is_utf8 = any(one == (_ENVELOPE, _CHARSET, _UTF8) for one in found)
    words: dict[str, list[str]] = {}
    when = {number: text_of(value, is_utf8) for record, number, value in found if record == _APPLICATION}
    for record, number, value in found:
        text = text_of(value, is_utf8)
        if record == _APPLICATION and number in WORDS_IN_XMP and text:
            words.setdefault(WORDS_IN_XMP[number], []).append(text)
    if date := _date(when.get(_DATE, ""), when.get(_TIME, "")):
        words["photoshop:DateCreated"] = [date]
    return {name: tuple(texts) for name, texts in words.items()}


def text_of(value: bytes, is_utf8: bool = False) -> str:
    """Text of bytes: UTF-8 where they are, else Latin-1; what cannot be printed is left out."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("utf-8" if is_utf8 else "latin-1", "replace")
    return "".join(c for c in text if c.isprintable() or c in "\n\t").strip()


def _date(date: str, time: str) -> str:
    """ISO 8601 of "20240131" and "142055+0100"; '' when there is no such date."""
    if len(date) != 8 or not date.isdigit() or date == "00000000":
        return ""
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    if len(time) < 6 or not time[:6].isdigit():
        return day
    zone = f"{time[6:9]}:{time[9:11]}" if len(time) == 11 and time[6] in "+-" else ""
    return f"{day}T{time[:2]}:{time[2:4]}:{time[4:6]}{zone}"
