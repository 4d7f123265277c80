"""What a new HEIC carries over from the one it was made from: items bit for bit, with their numbers and references."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...photo.metadata import Rendering
from ...photo.photo import Photo
from ..metadata import apple, exif_edit, render_mark, xmp_edit
from ..metadata.xmp import REBOKEH_URI
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
    keep_gps : bool
        Whether the place may stand in what is taken over.
    rendered : Rendering, optional
        What the mark says.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    keep_gps: bool = True
    rendered: Rendering | None = None


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
    blocks = _metadata_payloads(meta, photo, source, metadata.keep_gps)
    carried = CarriedItems(meta.primary, _taken_over(meta, numbers, blocks, len(data)), turns_of(meta), True)
    # What the source does not hold, or no longer holds as the photo does.
    block = None if source.exif == photo.meta.exif else metadata.exif
    xmp = metadata.xmp if source.xmp != photo.meta.xmp else None
    free = carried.free_numbers()
    carried.items += metadata_items(block, xmp, free, meta.primary)
    if xmp is None and metadata.rendered:
        # An item of a kind of its own: of two XMP packets some readers take the wrong one, and validators complain.
        number, packet = free(), render_mark.marked(None, metadata.rendered) or b""
        what = info(number, "uri ", "", REBOKEH_URI, hidden=True)
        carried.items.append(NewItem(number, what, packet, references=[("cdsc", (meta.primary,))]))
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


def _metadata_payloads(meta: boxes.Meta, photo: Photo, source: SourceHeic, keep_gps: bool) -> dict[int, bytes]:
    """Payload of each EXIF and XMP item of the picture that is still true: bit for bit, but for place and mark."""
    found: dict[int, bytes] = {}
    for number in meta.referring("cdsc", meta.primary):
        item = meta.items.get(number)
        if item is None:
            continue
        if item.kind == "Exif" and source.exif == photo.meta.exif:
            payload = meta.payload(item)
            clean = payload[4:] if keep_gps else exif_edit.without_gps(payload[4:])
            if clean is not None:
                found[number] = payload[:4] + clean
        elif item.kind == "mime" and "rdf" in item.content_type and source.xmp == photo.meta.xmp:
            payload = render_mark.removed(meta.payload(item))
            if payload is not None:
                found[number] = payload if keep_gps else xmp_edit.without_gps(payload)
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
