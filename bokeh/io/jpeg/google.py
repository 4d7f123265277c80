"""Google's container: pictures that follow the picture, listed with their lengths in its XMP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .embedded import Jpeg

IMAGE = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How the images begin that phones append."""

_IMAGE_END = (b"\xff\xd9", b"IEND\xaeB`\x82")

_MAX_ITEMS = 64


class ContainerItem(NamedTuple):
    """One entry of a container's directory, where it may lie."""

    semantic: str
    uri: str
    start: int
    size: int


def placements(jpeg: Jpeg, entries: list[dict[str, str]]) -> Iterator[list[ContainerItem]]:
    """Ways in which a directory's items may lie in the file, the likeliest first.

    Parameters
    ----------
    jpeg : Jpeg
    entries : list of dict
        `Xmp.lists` of the directory; the first is the picture itself.

    Notes
    -----
    Writers disagree on whether an item's length holds its padding, and some append what they do not list: items of
    another directory, a camera's notes. So items are counted from the picture's end and from the file's, with and
    without padding, and what lies there must be looked at: ways in which every item is an image come first, and among
    them those in which every image ends where its item does.
    """
    entries = entries[:_MAX_ITEMS]
    sizes = [_whole(entry, "Item:Length") for entry in entries]
    pads = [_whole(entry, "Item:Padding") for entry in entries]
    ways = []
    for padded in (True, False):
        spans = [size + padded * pad for size, pad in zip(sizes, pads, strict=True)]
        from_start = jpeg.segments.end + (pads[0] if pads else 0)
        for first in dict.fromkeys((from_start, len(jpeg.data) - sum(spans[1:]))):
            at, items = first, []
            for entry, size, span in list(zip(entries, sizes, spans, strict=True))[1:]:
                if size and jpeg.segments.end <= at and at + size <= len(jpeg.data):
                    items.append(ContainerItem(entry.get("Item:Semantic", ""), entry.get("Item:DataURI", ""), at, size))
                at += span
            ways.append(items)
    yield from sorted(ways, key=lambda items: _misses(jpeg, items))


def _misses(jpeg: Jpeg, items: list[ContainerItem]) -> tuple[int, int]:
    """Count the items that begin like no image, and those that end like none."""
    begun = (jpeg.data.startswith(IMAGE, item.start) for item in items)
    ended = (jpeg.data.endswith(_IMAGE_END, item.start, item.start + item.size) for item in items)
    return sum(not is_one for is_one in begun), sum(not is_one for is_one in ended)


def _whole(entry: dict[str, str], key: str) -> int:
    """Return a length; 0 when it is none. A length beyond any file stays what it is, and points outside."""
    text = entry.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
