"""What a new HEIC carries over from the one it was made from: items bit for bit, with their numbers and references."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...photo.photo import Photo
from ..metadata import apple, xmp_edit
from . import boxes
from .auxiliaries import SourceHeic
from .container import XMP_TYPE, NewItem, Property, info
from .heic import turns_of

_DEPTH_TAILS = {"auxid:2", "auxiliary:depth", "aux:depth"}


class GraftError(ValueError):
    """The source's structure does not allow to take its images over."""


@dataclass(frozen=True)
class PictureMetadata:
    """What a new HEIC says of its picture.

    Attributes
    ----------
    exif, xmp : bytes, optional
        Blocks for a file that takes nothing over; `xmp` holds the mark already.
    exif_as_stored, xmp_as_stored : callable
        Make of the source's blocks those of a file that takes it over, under its rotation.
    is_rendered : bool
        Whether the picture is blurred by now.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    exif_as_stored: Callable[[bytes], bytes | None] = bytes
    xmp_as_stored: Callable[[bytes], bytes | None] = bytes
    is_rendered: bool = False


@dataclass
class CarriedItems:
    """What a new file begins with.

    Attributes
    ----------
    primary : int
        Number of the picture's item.
    items : list of NewItem
        The items beside the picture.
    turns : list of Property
        Rotation and mirroring (irot, imir) under which all pixels are stored.
    is_from_source : bool
        Whether any of it is the source's.
    """

    primary: int
    items: list[NewItem]
    turns: list[Property]
    is_from_source: bool = False

    def free_numbers(self) -> Callable[[], int]:
        """Return a function that gives item numbers that nothing has."""
        taken = {self.primary, *(item.number for item in self.items)}
        return itertools.count(max(taken) + 1).__next__


def from_source(photo: Photo, source: SourceHeic, replaced: set[str], metadata: PictureMetadata) -> CarriedItems:
    """Carry over of the source what belongs to its picture and is still true of the new one.

    Parameters
    ----------
    photo : Photo
    source : SourceHeic
        What `photo.meta.original` holds.
    replaced : set of str
        URNs of the images that the photo has others of.
    metadata : PictureMetadata
        EXIF and XMP are written where the photo's are no longer the source's.

    Raises
    ------
    GraftError, BoxError
    """
    data = photo.meta.original or b""
    if source.size != photo.size:
        raise GraftError(
            f"the picture is {photo.size[1]}x{photo.size[0]}, its source {source.size[1]}x{source.size[0]}"
        )
    meta = boxes.read_meta(data)
    wanted = [
        number
        for urn, numbers in meta.auxiliaries().items()
        if _is_carried(urn) and not any(_same_kind(urn, other) for other in replaced)
        for number in numbers
    ]
    numbers = _with_dependencies(meta, wanted)
    blocks = _metadata_payloads(meta, photo, source, metadata)
    has_xmp = any(meta.items[number].kind == "mime" for number in blocks)
    if metadata.is_rendered:
        blocks |= _blurred_depths(meta, numbers)
    carried = CarriedItems(meta.primary, _taken_over(meta, numbers, blocks, len(data)), turns_of(meta), True)
    # What the source does not hold, or no longer holds as the photo does.
    block = None if source.exif == photo.meta.exif else metadata.exif
    carried.items += metadata_items(block, None if has_xmp else metadata.xmp, carried.free_numbers(), meta.primary)
    return carried


def _taken_over(meta: boxes.Meta, numbers: set[int], blocks: dict[int, bytes], most: int) -> list[NewItem]:
    """Take items over with their properties and references; those in `blocks` with another payload."""
    items, size = [], 0
    for number in sorted(numbers | blocks.keys()):
        item = meta.items[number]
        payload = blocks[number] if number in blocks else meta.payload(item)
        size += len(payload)
        if size > most:
            raise GraftError("its items are larger than the file")
        references = [
            (kind, tuple(to for to in targets if to in numbers or to == meta.primary))
            for kind, from_, targets in meta.references
            if from_ == number
        ]
        items.append(NewItem(number, item.info, payload, item.properties, [(k, to) for k, to in references if to]))
    return items


def _with_dependencies(meta: boxes.Meta, wanted: list[int]) -> set[int]:
    """Add the tiles that items are made of, and the XMP that describes them."""
    found, open_ends = set(), list(wanted)
    while open_ends:
        number = open_ends.pop()
        if number in found:
            continue
        if number == meta.primary or number not in meta.items:
            raise GraftError("an image is made of the picture itself, or of nothing")
        found.add(number)
        open_ends += [
            to for kind, source, targets in meta.references if source == number and kind == "dimg" for to in targets
        ]
        open_ends += [n for n in meta.referring("cdsc", number) if n in meta.items and n not in found]
    return found


def _blurred_depths(meta: boxes.Meta, numbers: set[int]) -> dict[int, bytes]:
    """Payload of the XMP of each depth map, without what would have an editor blur the picture by it."""
    found = {}
    for number in numbers:
        item = meta.items[number]
        if item.kind == "mime" and "rdf" in item.content_type:
            found[number] = xmp_edit.of_blurred_depth(meta.payload(item))
    return found


def _metadata_payloads(
    meta: boxes.Meta, photo: Photo, source: SourceHeic, metadata: PictureMetadata
) -> dict[int, bytes]:
    """Payload of each EXIF and XMP item of the picture that is still the photo's."""
    found: dict[int, bytes] = {}
    for number in meta.referring("cdsc", meta.primary):
        item = meta.items.get(number)
        if item is None:
            continue
        if item.kind == "Exif" and source.exif == photo.meta.exif:
            payload = meta.payload(item)
            start = 4 + int.from_bytes(payload[:4], "big")
            clean = metadata.exif_as_stored(payload[start:])
            if clean is not None:
                found[number] = payload[:start] + clean
        elif item.kind == "mime" and "rdf" in item.content_type and source.xmp == photo.meta.xmp:
            payload = metadata.xmp_as_stored(meta.payload(item))
            if payload is not None:
                found[number] = payload
    return found


def _is_carried(urn: str) -> bool:
    tail = urn.rpartition(":")[2]
    return _is_depth(urn) or urn == apple.MATTE_URN or tail in apple.SEMANTIC_MATTES


def _is_depth(urn: str) -> bool:
    return any(urn.endswith(":" + tail) for tail in _DEPTH_TAILS)


def _same_kind(urn: str, other: str) -> bool:
    return urn.rpartition(":")[2] == other.rpartition(":")[2] or (_is_depth(urn) and _is_depth(other))


def metadata_items(block: bytes | None, xmp: bytes | None, free: Callable[[], int], primary: int) -> Iterator[NewItem]:
    """Make the items of a picture's EXIF and XMP."""
    if block:
        number, payload = free(), struct.pack(">I", 6) + b"Exif\0\0" + block
        yield NewItem(number, info(number, "Exif", hidden=True), payload, references=[("cdsc", (primary,))])
    if xmp:
        yield describing(free(), xmp, primary)


def describing(number: int, xmp: bytes, of: int) -> NewItem:
    """Make the XMP item of an image."""
    return NewItem(number, info(number, "mime", "", XMP_TYPE, hidden=True), xmp, references=[("cdsc", (of,))])
