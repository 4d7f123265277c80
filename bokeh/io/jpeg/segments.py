"""The marker segments of a JPEG: metadata blocks, the index of further frames, and where the picture ends.

Every length is checked against the file; a walk over damaged bytes ends early and says what it found.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..metadata.iptc import JPEG_LABEL

# Extended XMP of 32 MB holds two large pictures in base64; a phone's has one or two MB.
MAX_EXTENDED = 32_000_000
# 32 MB of extended XMP are five hundred segments; millions of empty ones would only be walked for ever.
_MAX_SEGMENTS = 10_000
# Phones append up to seven frames.
_MAX_FRAMES = 32

XMP_LABEL, _EXTENDED = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_JFIF, MPF_LABEL, _ISO = b"JFIF\0", b"MPF\0", b"urn:iso:std:iso:ts:21496:-1\0"
_SOI, _EOI, SOS, _APP0, _APP1, APP2, APP13, COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xED, 0xFE
MOST_BYTES = 65_533
"""The most that a marker segment holds, its two bytes of length not counted."""
_MARKER = re.compile(rb"\xff{1,1000}([^\x00\xff])")
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_GUID = re.compile(rb"HasExtendedXMP\s*(?:=\s*[\"']|>)\s*([0-9A-Fa-f]{32})")


@dataclass(frozen=True)
class JpegSegments:
    """What the marker segments of one JPEG image hold.

    Attributes
    ----------
    xmp, extended : bytes or None
        The XMP packet, and the one that was put together from its extension's segments.
    frames : tuple of (start, size)
        Further images that the MPF index lists, as offsets into the data; not checked against it.
    iso : bytes or None
        ISO 21496-1 gain-map metadata: what follows the segment's label.
    end : int
        Where the image ends and a trailer begins; the end of the data when the image does not say.
    resources : bytes
        Photoshop's image resources, put together from their segments.
    comment : tuple of bytes
    jfif : (unit, x, y), optional
        As the JFIF header states the density; unit 1 is the inch, 2 the centimetre.
    notes : tuple of str
        What was left out.
    """

    xmp: bytes | None
    extended: bytes | None
    frames: tuple[tuple[int, int], ...]
    iso: bytes | None
    end: int
    resources: bytes = b""
    comment: tuple[bytes, ...] = ()
    jfif: tuple[int, int, int] | None = None
    notes: tuple[str, ...] = ()


def walk(data: bytes, start: int = 0) -> JpegSegments | None:
    """Walk the image that begins at `start`; None when none does."""
    if data[start : start + 2] != b"\xff\xd8":
        return None
    xmp: bytes | None = None
    iso: bytes | None = None
    frames: tuple[tuple[int, int], ...] = ()
    pieces: list[tuple[bytes, int, int, int, int]] = []
    end = len(data)
    resources: list[bytes] = []
    comment: list[bytes] = []
    jfif: tuple[int, int, int] | None = None
    for marker, at, stop in markers(data, start):
        if marker == _EOI:
            end = stop
        elif marker == _APP1 and data.startswith(XMP_LABEL, at):
            xmp = xmp or data[at + len(XMP_LABEL) : stop]
        elif marker == _APP1 and data.startswith(_EXTENDED, at) and at + len(_EXTENDED) + 40 <= stop:
            guid, whole, offset = struct.unpack_from(">32sII", data, at + len(_EXTENDED))
            pieces.append((guid.upper(), whole, offset, at + len(_EXTENDED) + 40, stop))
        elif marker == APP2 and data.startswith(MPF_LABEL, at):
            frames = frames or _frames(data, at + len(MPF_LABEL), stop)
        elif marker == APP2 and data.startswith(_ISO, at):
            iso = iso or data[at + len(_ISO) : stop]
        elif marker == APP13 and data.startswith(JPEG_LABEL, at):
            resources.append(data[at + len(JPEG_LABEL) : stop])
        elif marker == COM and stop > at:
            comment.append(data[at:stop])
        elif marker == _APP0 and data.startswith(_JFIF, at) and stop >= at + 12:
            jfif = jfif or struct.unpack_from(">BHH", data, at + 7)
    extended, notes = _joined(data, xmp, pieces)
    return JpegSegments(xmp, extended, frames, iso, end, b"".join(resources), tuple(comment), jfif, notes)


def segment(marker: int, payload: bytes) -> bytes:
    """Make a marker segment of a payload of at most `MOST_BYTES`."""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(payload)) + payload


def after_headers(jpeg: bytes) -> int:
    """Find where the application segments at the start of a JPEG of ours end."""
    at = 2
    while jpeg[at] == 0xFF and 0xE0 <= jpeg[at + 1] <= 0xEF:
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return at


def jfif_density_at(jpeg: bytes) -> int | None:
    """Find where the JFIF header states the unit and the density, five bytes; None when there is no such header."""
    headers = (at for marker, at, stop in markers(jpeg, 0) if marker == _APP0 and stop >= at + 12)
    return next((at + 7 for at in headers if jpeg.startswith(_JFIF, at)), None)


def with_segments(jpeg: bytes, segments: bytes) -> bytes:
    """Return a JPEG of ours with segments more, behind its application segments."""
    at = after_headers(jpeg)
    return jpeg[:at] + segments + jpeg[at:]


def images(data: bytes, start: int) -> Iterator[int]:
    """Offsets of the JPEG images that follow one another from `start` on, whatever lies between them."""
    for _ in range(_MAX_FRAMES):
        start = data.find(b"\xff\xd8\xff", start)
        if start < 0:
            return
        yield start
        found = walk(data, start)
        start = found.end if found else len(data)


def with_frames_found(data: bytes, segments: JpegSegments) -> JpegSegments:
    """Return the segments of a file with its frames where they stand.

    A program that puts in a comment or a profile behind the index moves the frames, and may leave the index as it was.
    """
    listed = segments.frames
    if all(data.startswith(b"\xff\xd8", start) for start, _ in listed):
        return segments
    for there in images(data, segments.end):
        by = there - listed[0][0]
        if all(data.startswith(b"\xff\xd8", start + by) for start, _ in listed):
            said = f"its further frames (depth, mattes, gain map) stand {by:+d} bytes from where their index has them"
            moved = tuple((start + by, size) for start, size in listed)
            return replace(segments, frames=moved, notes=(*segments.notes, f"{said}: another program moved them"))
    return segments


def markers(data: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """(marker, where its payload begins, where it ends) of one image, up to its end marker."""
    at = start + 2
    for _ in range(_MAX_SEGMENTS):
        found = _MARKER.match(data, at)
        if found is None:
            return
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            yield marker, at, at
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:  # these have no length
            continue
        size = int.from_bytes(data[at : at + 2], "big")
        if size < 2 or at + size > len(data) or marker == _SOI:
            return
        yield marker, at + 2, at + size
        at += size
        if marker == SOS:
            found = _END_OF_SCAN.search(data, at)
            if found is None:
                return
            at = found.start()


def _joined(
    data: bytes, xmp: bytes | None, pieces: list[tuple[bytes, int, int, int, int]]
) -> tuple[bytes | None, tuple[str, ...]]:
    """Put extended XMP together from its pieces; None, and why, when it is not whole."""
    if not pieces:
        return None, ()
    said = _GUID.search(xmp or b"")
    wanted = said[1].upper() if said else pieces[0][0]
    mine = sorted({piece[2]: piece for piece in pieces if piece[0] == wanted}.values(), key=lambda piece: piece[2])
    whole = mine[0][1] if mine else 0
    if whole > MAX_EXTENDED:
        return None, (f"extended XMP of {whole / 1e6:.0f} MB is more than is read",)
    at = 0
    for _, _, offset, first, stop in mine:
        if offset != at:
            break
        at += stop - first
    if at != whole or not mine:
        return None, ("the extended XMP is not whole, so it is not read",)
    return b"".join(data[first:stop] for _, _, _, first, stop in mine), ()


def _frames(data: bytes, base: int, stop: int) -> tuple[tuple[int, int], ...]:
    """(start, size) of the images that an MPF index lists after the first; offsets count from `base`."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[base : base + 4])
    if order is None or base + 8 > stop:
        return ()
    ifd = base + struct.unpack_from(order + "I", data, base + 4)[0]
    if ifd + 2 > stop:
        return ()
    for k in range(struct.unpack_from(order + "H", data, ifd)[0]):
        at = ifd + 2 + 12 * k
        if at + 12 > stop:
            return ()
        tag, _, size, where = struct.unpack_from(order + "HHII", data, at)
        if tag == 0xB002:
            count = min(size // 16, _MAX_FRAMES, max(stop - base - where, 0) // 16)
            rows = [struct.unpack_from(order + "IIIHH", data, base + where + 16 * k) for k in range(1, count)]
            return tuple((base + row[2], row[1]) for row in rows if row[2])
    return ()
