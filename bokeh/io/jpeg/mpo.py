"""Multi-picture files (CIPA DC-007) of stereo cameras: two JPEGs in one, from the left and from the right."""

from __future__ import annotations

import struct

from ..metadata.ifd import entries_of, header_of, values_of
from .segments import APP2, MPF_LABEL, SOS, JpegSegments, markers, walk, with_frames_found

_ENTRIES, _NUMBER, _BASELINE_M = 0xB002, 0xB101, 0xB206
_DISPARITY = 0x020002
"""Type of a picture that is one of several viewpoints."""


def find(data: bytes, segments: JpegSegments | None = None) -> tuple[bytes, bytes, float | None] | None:
    """Return left and right JPEG of a stereo pair, and their baseline in metres where the file says it.

    None when the file is no multi-picture file of the disparity type, or is damaged.

    Parameters
    ----------
    data : bytes
    segments : JpegSegments, optional
        Of the first picture, where they are known already.
    """
    if segments is None:
        segments = (walked := walk(data)) and with_frames_found(data, walked)
    first = _index_of(data) if segments is not None and segments.frames else None
    if first is None or segments is None:
        return None
    kinds = [
        struct.unpack_from(first.order + "I", first.entries, at)[0] & 0xFFFFFF
        for at in range(0, len(first.entries) - 15, 16)
    ]
    if kinds[:2].count(_DISPARITY) == 0:
        return None
    start, size = segments.frames[0]
    second = data[start : start + size]
    if second[:2] != b"\xff\xd8" or len(second) < size:
        return None
    other = _index_of(second)
    numbers = [first.number, None if other is None else other.number]
    pair = (second, data) if None not in numbers and numbers[0] > numbers[1] else (data, second)  # type: ignore[operator]
    baselines = [one.baseline_m for one in (first, other) if one is not None and one.baseline_m]
    return (*pair, baselines[0] if baselines else None)


class _Index:
    """What the MPF segment of one picture says: the list of pictures, its own number from the left, the baseline."""

    def __init__(self, block: bytes, order: str, first: int) -> None:
        self.order, self.entries = order, b""
        self.number: int | None = None
        self.baseline_m: float | None = None
        for _ in range(2):  # the index, which the first picture has alone, and the picture's own directory
            if not 0 < first <= len(block) - 2:
                return
            found = list(entries_of(block, order, first, 0))
            for entry in found:
                if entry.tag == _ENTRIES:
                    self.entries = block[entry.value_at : entry.value_at + entry.size]
                elif entry.tag == _NUMBER and entry.kind in (3, 4):
                    self.number = int(values_of(block, order, entry)[0])
                elif entry.tag == _BASELINE_M and entry.kind in (5, 10):
                    value = float(values_of(block, order, entry)[0])
                    self.baseline_m = value if 0 < value < 10 else None
            end = first + 2 + 12 * struct.unpack_from(order + "H", block, first)[0]
            if end + 4 > len(block):
                return
            first = struct.unpack_from(order + "I", block, end)[0]


def _index_of(data: bytes) -> _Index | None:
    """Read the MPF segment of the picture that begins here."""
    for marker, at, stop in markers(data, 0):
        if marker == SOS:
            return None
        if marker == APP2 and data.startswith(MPF_LABEL, at):
            block = data[at + len(MPF_LABEL) : stop]
            header = header_of(block)
            return header and _Index(block, header[1], struct.unpack_from(header[1] + "I", block, 4)[0])
    return None
