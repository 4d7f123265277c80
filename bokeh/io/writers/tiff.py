"""TIFF of 8 or 16 bits, deflated: plain, and coded by all cores."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from types import MappingProxyType

from numpy.typing import NDArray

from ...core.threads import each
from ...photo.metadata import Density
from ..encode_job import EncodeJob
from ..metadata import captions, iptc
from ..metadata.exif import RESOLUTION_UNIT, X_RESOLUTION, Y_RESOLUTION
from ..metadata.exif_edit import main_entries

_EFFORT, _STRATEGY = 1, zlib.Z_RLE  # as for PNG
# Packed at once, by one core: small enough that the temporaries stay in its cache.
_STRIP_BYTES = 1 << 18
# Tags of a TIFF's main directory that describe its pixels, and so are written anew.
_PIXEL_TAGS = {254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 330, 338,
               339, 347, 513, 514, 529, 530, 531, 700, 34675}  # fmt: skip


def write(job: EncodeJob) -> bytes:
    """Write a TIFF."""
    further: dict[int, bytes] = {}
    if job.iptc:
        further[captions.IPTC_TAG] = job.iptc
    if resources := iptc.joined(None, job.photo.meta.resources, job.is_turned):
        further[captions.RESOURCES_TAG] = resources
    return tiff(job.codes(), job.profile.icc, job.exif(), job.xmp, further, job.density)


def tiff(
    codes: NDArray,
    icc: bytes | None,
    exif: bytes | None,
    xmp: bytes | None,
    further: Mapping[int, bytes] = MappingProxyType({}),
    density: Density | None = None,
) -> bytes:
    """TIFF (deflate, horizontal differences) of codes (H, W, 3), uint8 or uint16.

    An EXIF block is itself a TIFF without pixels: the file begins with it as it stands, so that nothing in it
    moves, and a new main directory takes over its entries.

    Parameters
    ----------
    codes : uint8 or uint16 (H, W, 3)
    icc, exif, xmp : bytes or None
        `exif` begins with the TIFF header.
    further : mapping of int to bytes
        Further entries by their tags.
    density : (x, y, unit), optional
    """
    start = exif or b"II*\0" + bytes(4)
    order = "<" if start[:2] == b"II" else ">"
    h, w = codes.shape[:2]
    rows = max(1, _STRIP_BYTES // max(codes.strides[0], 1))
    of_camera = main_entries(exif, _PIXEL_TAGS) if exif else {}
    out = [start, bytes(len(start) % 2)]
    at = sum(map(len, out))
    offsets, counts = [], []

    def strip(top: int) -> bytes:
        differences = codes[top : top + rows].copy()
        differences[:, 1:] -= codes[top : top + rows, :-1]  # wraps round, as the predictor wants
        squeeze = zlib.compressobj(_EFFORT, strategy=_STRATEGY)
        body = squeeze.compress(differences.astype(codes.dtype.newbyteorder(order)).tobytes()) + squeeze.flush()
        return body + bytes(len(body) % 2)

    for packed in each(strip, range(0, h, rows)):
        out.append(packed)
        offsets.append(at)
        counts.append(len(packed))
        at += len(packed)
    entries: dict[int, bytes] = dict(of_camera)

    def add(tag: int, letter: str, values) -> None:
        nonlocal at
        kind = {"H": 3, "I": 4, "B": 7, "b": 1, "R": 5}[letter]
        if letter == "R":
            body = b"".join(struct.pack(order + "II", round(value * 10_000), 10_000) for value in values)
        else:
            body = bytes(values) if letter in "Bb" else struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(body) > 4:
            out.append(body + bytes(len(body) % 2))
            field, at = struct.pack(order + "I", at), at + len(out[-1])
        else:
            field = body.ljust(4, b"\0")
        entries[tag] = struct.pack(order + "HHI", tag, kind, len(values)) + field

    bits = 8 * codes.dtype.itemsize
    for tag, letter, values in (
        (256, "I", [w]), (257, "I", [h]), (258, "H", [bits] * 3), (259, "H", [8]), (262, "H", [2]),
        (273, "I", offsets), (277, "H", [3]), (278, "I", [rows]), (279, "I", counts), (284, "H", [1]),
        (317, "H", [2]), (339, "H", [1] * 3),
    ):  # fmt: skip
        add(tag, letter, values)
    if density is not None and not entries.keys() & {X_RESOLUTION, Y_RESOLUTION}:
        add(X_RESOLUTION, "R", [density[0]])
        add(Y_RESOLUTION, "R", [density[1]])
        add(RESOLUTION_UNIT, "H", [2 if density[2] == "inch" else 3])
    for tag, body in further.items():
        add(tag, "b" if tag == captions.RESOURCES_TAG else "B", body)
    if xmp:
        add(700, "b", xmp)
    if icc:
        add(34675, "B", icc)
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries[t] for t in sorted(entries)) + bytes(4)
    out[0] = start[:4] + struct.pack(order + "I", at) + start[8:]
    return b"".join([*out, directory])
