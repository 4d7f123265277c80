"""Google's container: pictures that follow the picture, listed with their lengths in its XMP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .embedded import Jpeg

_MAX_ITEMS = 64


class Item(NamedTuple):
    """One entry of a container's directory, at one of the places where it may lie."""

    semantic: str
    uri: str
    start: int
    size: int


def items_of(jpeg: Jpeg, entries: list[dict[str, str]]) -> Iterator[Item]:
    """Places of a directory's items: each item first by the picture's end, then by the file's end.

    Parameters
    ----------
    jpeg : Jpeg
    entries : list of dict
        `Xmp.lists` of the directory; the first is the picture itself.

    Notes
    -----
    Writers disagree on whether an item's length holds its padding, and some append what they do not list: other
    listed items, a camera's notes. So what lies at a place must be looked at, and there is more than one place.
    """
    entries = entries[:_MAX_ITEMS]
    sizes = [_whole(entry, "Item:Length") for entry in entries]
    pads = [_whole(entry, "Item:Padding") for entry in entries]
    for padded in (True, False):
        spans = [size + padded * pad for size, pad in zip(sizes, pads, strict=True)]
        from_start = jpeg.segments.end + (pads[0] if pads else 0)
        from_end = len(jpeg.data) - sum(spans[1:])
        for first in dict.fromkeys((from_start, from_end)):
            at = first
            for entry, size, span in list(zip(entries, sizes, spans, strict=True))[1:]:
                if size and jpeg.segments.end <= at and at + size <= len(jpeg.data):
                    yield Item(entry.get("Item:Semantic", ""), entry.get("Item:DataURI", ""), at, size)
                at += span


def _whole(entry: dict[str, str], key: str) -> int:
    """Return a length; 0 when it is none. A length beyond any file stays what it is, and points outside."""
    text = entry.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
