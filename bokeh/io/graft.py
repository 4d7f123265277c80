"""HEIC that stays an editable portrait: a new picture, with what the source held beside its own, bit for bit.

Depth, mattes, their XMP, and the picture's XMP and EXIF are copied as they are coded. The source's rotation is kept:
the new pixels are turned back before they are coded, so that all images of the file agree. What describes the old
pixels (thumbnails, gain map) stays behind.
"""

from __future__ import annotations

import itertools
import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, RebokehWarning
from ..photo import Photo
from . import apple, boxes, disparity, exif, hevc, mark
from .beside import Beside, beside, own_images
from .container import XMP_TYPE, Part, Property, assemble, info
from .heic import turns_of
from .xmp import REBOKEH_URI

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


def portrait(
    photo: Photo,
    picture: Callable[[NDArray], hevc.Coded],
    codes: NDArray,
    block: bytes | None,
    xmp: bytes | None,
    *,
    keep_gps: bool = True,
    gain: tuple[NDArray[np.uint8], bytes] | None = None,
    name: str = "output",
) -> bytes:
    """Write a HEIC with depth and mattes: the source's own where the photo still has them, else the photo's.

    Parameters
    ----------
    photo : Photo
        For its depth, mattes and metadata.
    picture : callable
        Codes the picture.
    codes : uint8 or uint16 (H, W, 3)
        Upright.
    block, xmp : bytes or None
        EXIF and XMP for a file that takes nothing over.
    keep_gps : bool
    gain : (uint8 (h, w), bytes), optional
        Gain map of this picture in Apple's coding, upright, and its XMP.
    name : str
        For warnings.

    Returns
    -------
    bytes

    Warns
    -----
    RebokehWarning
        When the source's images cannot be taken over.
    """
    frame = Frame(1, list(metadata_parts(block, xmp, itertools.count(2).__next__, 1)), [])
    added = list(own_images(photo, Beside((0, 0))))
    if photo.meta.original is not None:
        try:
            theirs = beside(photo.meta.original, name)
            mine = list(own_images(photo, theirs))
            frame, added = _from_source(photo, theirs, {image.urn for image in mine}, block, xmp, keep_gps), mine
        except (GraftError, boxes.BoxError, InputError) as err:
            said = f"{name}: the source's depth and mattes are not taken over as they are ({err})"
            warnings.warn(said, RebokehWarning, stacklevel=2)
    if gain is not None:
        added.append(disparity.Auxiliary(apple.GAIN_MAP_URN, gain[0], gain[1], quality=90))
    free = frame.numbers()
    coded = picture(stored(codes, frame.turns))
    parts = coded.parts(frame.primary, free, frame.turns) + frame.parts
    for image in added:
        parts += _auxiliary(image, frame, free)
    return assemble(coded.brands, frame.primary, parts)


def stored(codes: NDArray, turns: list[Property]) -> NDArray:
    """Turn an upright picture (H, W, ...) back to how it is stored under these ``irot`` and ``imir``."""
    for kind, body in reversed(turns):
        if kind == "irot":
            codes = np.rot90(codes, -(body[0] & 3))
        else:
            codes = codes[:, ::-1] if body[0] & 1 else codes[::-1]
    return codes


def _from_source(
    photo: Photo, theirs: Beside, replaced: set[str], block: bytes | None, xmp: bytes | None, keep_gps: bool
) -> Frame:
    """Keep of the source what belongs to its picture and is still true of the new one."""
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
    frame.parts += metadata_parts(fresh, other, free, primary)
    if other is None and photo.meta.rendered:
        # An item of a kind of its own: of two XMP packets some readers take the wrong one, and validators complain.
        number, packet = free(), mark.marked(None, photo.meta.rendered) or b""
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


def _auxiliary(image: disparity.Auxiliary, frame: Frame, free: Callable[[], int]) -> list[Part]:
    quality = hevc.LOSSLESS if image.quality is None else image.quality
    number = free()
    what = ("auxC", bytes(4) + image.urn.encode() + b"\0" + image.tail)
    coded = hevc.coded_map(stored(image.codes, frame.turns), quality)
    parts = coded.parts(number, free, [*frame.turns, what], hidden=True)
    parts[-1].references.append(("auxl", (frame.primary,)))
    return [*parts, _describing(free(), image.xmp, number)]


def metadata_parts(block: bytes | None, xmp: bytes | None, free: Callable[[], int], primary: int) -> Iterator[Part]:
    """Yield the items of a picture's EXIF and XMP."""
    if block:
        number, payload = free(), struct.pack(">I", 6) + b"Exif\0\0" + block
        yield Part(number, info(number, "Exif", hidden=True), payload, references=[("cdsc", (primary,))])
    if xmp:
        yield _describing(free(), xmp, primary)


def _describing(number: int, xmp: bytes, of: int) -> Part:
    return Part(number, info(number, "mime", "", XMP_TYPE, hidden=True), xmp, references=[("cdsc", (of,))])
