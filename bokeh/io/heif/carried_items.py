"""What a new HEIC keeps of the one it was made from: items bit for bit, with their numbers and their references."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...photo.metadata import Rendering
from ...photo.photo import Photo
from ..metadata import apple, exif
from ..metadata import render_mark as mark
from ..metadata.xmp import REBOKEH_URI
from . import boxes
from .auxiliaries import Beside
from .container import XMP_TYPE, Part, Property, info
from .heic import turns_of

_DEPTH_TAILS = {"auxid:2", "auxiliary:depth", "aux:depth"}


class GraftError(ValueError):
    """The source's structure does not allow to take its images over."""


@dataclass
class Frame:
    """What the new file begins with: the picture's number, the parts that are kept, how its pixels are turned."""

    primary: int
    parts: list[Part]
    turns: list[Property]

    def numbers(self) -> Callable[[], int]:
        """Give item numbers that nothing has."""
        taken = {self.primary, *(part.number for part in self.parts)}
        return itertools.count(max(taken) + 1).__next__


def from_source(
    photo: Photo,
    theirs: Beside,
    replaced: set[str],
    block: bytes | None,
    xmp: bytes | None,
    keep_gps: bool,
    rendered: Rendering | None,
) -> Frame:
    """Keep of the source what belongs to its picture and is still true of the new one.

    Parameters
    ----------
    photo : Photo
    theirs : Beside
        What its source holds.
    replaced : set of str
        URNs of the images that the photo has others of.
    block, xmp : bytes or None
        EXIF and XMP where the photo's are no longer the source's.
    keep_gps : bool
    rendered : Rendering or None
        What the mark says.

    Raises
    ------
    GraftError, BoxError
    """
    data = photo.meta.original or b""
    if theirs.size != photo.size:
        raise GraftError(
            f"the picture is {photo.size[1]}x{photo.size[0]}, its source {theirs.size[1]}x{theirs.size[0]}"
        )
    meta = boxes.read_meta(data)
    primary = meta.primary
    wanted = [
        number
        for urn, numbers in meta.auxiliaries().items()
        if _is_carried(urn) and not any(_same_kind(urn, other) for other in replaced)
        for number in numbers
    ]
    kept = _with_what_they_need(meta, wanted)
    words = _words(meta, photo, theirs, keep_gps)
    parts, size = [], 0
    for number in sorted(kept | words.keys()):
        payload = words[number] if number in words else meta.payload(meta.items[number])
        size += len(payload)
        if size > len(data):
            raise GraftError("its items are larger than the file")
        references = [
            (kind, tuple(to for to in targets if to in kept or to == primary))
            for kind, source, targets in meta.references
            if source == number
        ]
        item = meta.items[number]
        parts.append(Part(number, item.info, payload, item.properties, [(k, to) for k, to in references if to]))
    frame = Frame(primary, parts, turns_of(meta))
    # What the source does not hold, or no longer holds as the photo does.
    fresh = None if theirs.exif == photo.meta.exif else block
    other = xmp if theirs.xmp != photo.meta.xmp else None
    free = frame.numbers()
    frame.parts += metadata(fresh, other, free, primary)
    if other is None and rendered:
        # An item of a kind of its own: of two XMP packets some readers take the wrong one, and validators complain.
        number, packet = free(), mark.marked(None, rendered) or b""
        what = info(number, "uri ", "", REBOKEH_URI, hidden=True)
        frame.parts.append(Part(number, what, packet, references=[("cdsc", (primary,))]))
    return frame


def _with_what_they_need(meta: boxes.Meta, wanted: list[int]) -> set[int]:
    """Add the tiles that items are made of, and the XMP that describes them."""
    kept, open_ends = set(), list(wanted)
    while open_ends:
        number = open_ends.pop()
        if number in kept:
            continue
        if number == meta.primary or number not in meta.items:
            raise GraftError("an image is made of the picture itself, or of nothing")
        kept.add(number)
        open_ends += [
            to for kind, source, targets in meta.references if source == number and kind == "dimg" for to in targets
        ]
        open_ends += [n for n in meta.referring("cdsc", number) if n in meta.items and n not in kept]
    return kept


def _words(meta: boxes.Meta, photo: Photo, theirs: Beside, keep_gps: bool) -> dict[int, bytes]:
    """Payload of each EXIF and XMP item of the picture that is kept: bit for bit, but for the place if that must go."""
    found: dict[int, bytes] = {}
    for number in meta.referring("cdsc", meta.primary):
        item = meta.items.get(number)
        if item is None:
            continue
        if item.kind == "Exif" and theirs.exif == photo.meta.exif:
            payload = meta.payload(item)
            clean = payload[4:] if keep_gps else exif.without_gps(payload[4:])
            if clean is not None:
                found[number] = payload[:4] + clean
        elif item.kind == "mime" and "rdf" in item.content_type and theirs.xmp == photo.meta.xmp:
            payload = mark.removed(meta.payload(item))
            if payload is not None:
                found[number] = payload if keep_gps else exif.without_gps_xmp(payload)
    return found


def _is_carried(urn: str) -> bool:
    tail = urn.rpartition(":")[2]
    return _is_depth(urn) or urn == apple.MATTE_URN or tail in apple.SEMANTIC_MATTES


def _is_depth(urn: str) -> bool:
    return any(urn.endswith(":" + tail) for tail in _DEPTH_TAILS)


def _same_kind(urn: str, other: str) -> bool:
    return urn.rpartition(":")[2] == other.rpartition(":")[2] or (_is_depth(urn) and _is_depth(other))


def metadata(block: bytes | None, xmp: bytes | None, free: Callable[[], int], primary: int) -> Iterator[Part]:
    """Make the items of a picture's EXIF and XMP."""
    if block:
        number, payload = free(), struct.pack(">I", 6) + b"Exif\0\0" + block
        yield Part(number, info(number, "Exif", hidden=True), payload, references=[("cdsc", (primary,))])
    if xmp:
        yield describing(free(), xmp, primary)


def describing(number: int, xmp: bytes, of: int) -> Part:
    """Make the XMP item of an image."""
    return Part(number, info(number, "mime", "", XMP_TYPE, hidden=True), xmp, references=[("cdsc", (of,))])
