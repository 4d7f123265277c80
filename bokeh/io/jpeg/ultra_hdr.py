"""Ultra HDR and ISO 21496-1 JPEG: where the gain image lies, and what says how it is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..found_maps import FoundMaps, UnusableMapError, of_gain_map
from ..heif.tone_map import one_channel
from ..metadata import gain_map
from ..metadata.xmp import Xmp
from .embedded import Jpeg, map_codes
from .google import placements
from .segments import images, walk


class GainFrame(NamedTuple):
    """The gain image of a JPEG.

    Attributes
    ----------
    image : bytes
        A JPEG.
    xmp : bytes or None
        Its XMP packet, where Adobe's ``hdrgm`` values stand.
    iso : bytes or None
        ISO 21496-1's block of metadata.
    """

    image: bytes
    xmp: bytes | None
    iso: bytes | None


def gain_frame(jpeg: Jpeg) -> GainFrame | None:
    """Find the gain image; None when the file has none.

    Notes
    -----
    Google's directory and the MPF index may both be wrong after an edit, so what they point at must be an image with
    gain metadata of its own; else the images behind the picture are looked through. A gain image without metadata is
    returned only where the directory names it.
    """
    bare: GainFrame | None = None
    listed = list(_listed(jpeg))
    if not listed and not jpeg.segments.frames and jpeg.segments.iso is None and not jpeg.xmp.has("hdrgm"):
        return None
    behind = ((at, None) for at in images(jpeg.data, jpeg.segments.end))
    for named, places in ((True, listed), (False, jpeg.segments.frames), (False, behind)):
        for at, size in places:
            found = walk(jpeg.data, at)
            if found is None or at < jpeg.segments.end:
                continue
            stop = at + size if size else found.end
            frame = GainFrame(jpeg.data[at : max(stop, found.end)], found.xmp, found.iso)
            if found.iso is not None or Xmp(found.xmp).has("hdrgm"):
                return frame
            bare = bare or (frame if named else None)
    return bare


def _listed(jpeg: Jpeg) -> Iterator[tuple[int, int]]:
    """(start, size) of what Google's directory calls the gain map, counted from the picture's end and the file's."""
    for entries in jpeg.xmp.lists("GContainer:Directory"):
        for items in placements(jpeg, entries):
            yield from ((item.start, item.size) for item in items if item.semantic == "GainMap")


def find(jpeg: Jpeg) -> FoundMaps:
    """Find the gain map that the gain image and its metadata make.

    Raises
    ------
    UnusableMapError
        When there is one that cannot be used, or the file speaks of one that is not there.
    """
    frame = gain_frame(jpeg)
    if frame is None and not _is_promised(jpeg):
        return FoundMaps()
    with of_gain_map():
        return _in_frame(jpeg, frame)


def _is_promised(jpeg: Jpeg) -> bool:
    """Whether the file says that it has a gain map."""
    entries = (entry for found in jpeg.xmp.lists("GContainer:Directory") for entry in found)
    listed = any(entry.get("Item:Semantic") == "GainMap" for entry in entries)
    return listed or jpeg.segments.iso is not None or jpeg.xmp.has("hdrgm")


def _in_frame(jpeg: Jpeg, frame: GainFrame | None) -> FoundMaps:
    if frame is None:
        raise UnusableMapError("speaks of a gain map that is not in the file")
    kind = "Ultra HDR" if frame.iso is None else "ISO 21496-1"
    try:
        stated = gain_map.from_xmp(frame.xmp) if frame.iso is None else gain_map.from_iso(frame.iso)
    except gain_map.GainMapError as err:
        raise UnusableMapError(f"the {kind} gain map's {err}, so it is not used") from err
    metadata = gain_map.usable(stated, kind)
    return gain_map.found_gain_map(one_channel(map_codes(jpeg, frame.image, "gain map")), metadata, kind)
