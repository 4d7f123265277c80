"""Gain-map metadata: Adobe's XMP (``hdrgm``, Ultra HDR) and ISO 21496-1's binary block -> `GainMap`, and back."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...colour.icc import REC709_CURVE
from ...hdr.gain_map import MOST_STOPS, over_sdr, without_offsets
from ...photo.photo import GainMap, Photo
from ..found_maps import FoundMaps, IdleMapError, UnusableMapError
from .xmp import sequences

PerChannel = tuple[float, float, float]

# Before the block in a JPEG's APP2 segment. In HEIF's ``tmap`` item one byte of version stands there instead.
ISO_LABEL = b"urn:iso:std:iso:ts:21496:-1\0"
_MULTICHANNEL, _BASE_COLOUR, _COMMON_DENOMINATOR = 0x80, 0x40, 0x08
# Adobe writes offsets of 6 and 10: what is bounded is only what would overflow.
_MOST_OFFSET = 1e4
_DENOMINATOR = 1_000_000


class GainMapError(ValueError):
    """The metadata is damaged, or asks for what is not done."""


@dataclass(frozen=True)
class GainMetadata:
    """What the codes of a gain map mean; one number for each of red, green, blue.

    Attributes
    ----------
    low, high : three float
        Stops of gain of code 0 and of the highest code.
    gamma : three float
        Of the codes: the share of the way from `low` to `high` is code ** (1 / gamma).
    offset_base, offset_alternate : three float
        Radiance = (rgb + offset_base) * 2**stops - offset_alternate.
    base_headroom, alternate_headroom : float
        Stops above white of the display that the picture as stored, and fully gained, is for.
    in_base_colour : bool
        Whether the gain is of light in the stored picture's primaries, not the alternate's.
    """

    low: PerChannel
    high: PerChannel
    gamma: PerChannel = (1.0, 1.0, 1.0)
    offset_base: PerChannel = (1 / 64, 1 / 64, 1 / 64)
    offset_alternate: PerChannel = (1 / 64, 1 / 64, 1 / 64)
    base_headroom: float = 0.0
    alternate_headroom: float = 0.0
    in_base_colour: bool = True

    def __post_init__(self) -> None:
        """Refuse numbers that no picture has."""
        numbers = [*self.low, *self.high, self.base_headroom, self.alternate_headroom]
        if not np.isfinite([*numbers, *self.gamma, *self.offset_base, *self.offset_alternate]).all():
            raise GainMapError("metadata is not of numbers")
        if (
            max(map(abs, numbers)) > MOST_STOPS
            or max(map(abs, self.offset_base + self.offset_alternate)) > _MOST_OFFSET
        ):
            raise GainMapError("metadata is out of all range")
        if min(self.gamma) <= 1e-3 or max(self.gamma) > 1e3 or any(np.subtract(self.high, self.low) < 0):
            raise GainMapError("metadata contradicts itself")

    @property
    def base_is_hdr(self) -> bool:
        """Whether the stored picture is the bright one, and the map leads down to SDR."""
        return self.base_headroom > self.alternate_headroom

    def gain_map(self, codes: NDArray) -> GainMap:
        """Gain map of 8- or 16-bit codes (h, w) or (h, w, 3)."""
        most = np.iinfo(codes.dtype).max
        steps = np.arange(most + 1) / most
        same = all(len(set(row)) == 1 for row in (self.low, self.high, self.gamma))
        tables = [
            (self.low[c] + (self.high[c] - self.low[c]) * steps ** (1 / self.gamma[c])).astype(np.float32)
            for c in range(1 if same else 3)
        ]
        if same:
            log2_gain = tables[0][codes]
        else:
            codes = codes if codes.ndim == 3 else codes[..., None].repeat(3, axis=2)
            log2_gain = np.stack([table[codes[..., c]] for c, table in enumerate(tables)], axis=-1)
        headroom = 2.0 ** max(self.alternate_headroom, 0.0)
        return GainMap(log2_gain, headroom, self.offset_base, self.offset_alternate)


def from_xmp(xmp: bytes | None) -> GainMetadata | None:
    """Read Adobe's ``hdrgm`` values; None when the XMP has none that lead to gains.

    The primary's own XMP may have `hdrgm:Version` alone: the rest then stands in the gain image's.

    Raises
    ------
    GainMapError
        When a value is no number, or none that a picture has.
    """
    values = sequences(xmp)
    if "hdrgm:GainMapMax" not in values:
        return None

    def channels(key: str, otherwise: float) -> PerChannel:
        texts = values.get(f"hdrgm:{key}")
        if texts is None:
            return otherwise, otherwise, otherwise
        try:
            found = [float(text) for text in texts]
        except ValueError as err:
            raise GainMapError(f"metadata {key} is not a number") from err
        if len(found) not in (1, 3):
            raise GainMapError(f"metadata {key} has {len(found)} values, not 1 or 3")
        return found[0], found[len(found) // 2], found[-1]

    high = channels("GainMapMax", 0.0)
    base, alternate = channels("HDRCapacityMin", 0.0)[0], channels("HDRCapacityMax", max(high))[0]
    if values.get("hdrgm:BaseRenditionIsHDR", ("False",))[0].lower() == "true":
        base, alternate = max(base, alternate), min(base, alternate)
    return GainMetadata(
        channels("GainMapMin", 0.0), high, channels("Gamma", 1.0),
        channels("OffsetSDR", 1 / 64), channels("OffsetHDR", 1 / 64), base, alternate,
    )  # fmt: skip


def from_iso(block: bytes) -> GainMetadata:
    """Read ISO 21496-1's block, which begins with two versions of two bytes each.

    Parameters
    ----------
    block : bytes
        What follows `ISO_LABEL` in a JPEG segment, or the version byte of a ``tmap`` item.

    Raises
    ------
    GainMapError
        When it is cut off, of a newer version, or holds numbers that no picture has.
    """
    try:
        least_version, _, flags = struct.unpack_from(">HHB", block)
        if least_version != 0:
            raise GainMapError(f"metadata is of version {least_version}, newer than is read")
        return _from_iso(block, flags)
    except (struct.error, ZeroDivisionError) as err:
        raise GainMapError("metadata is cut off or damaged") from err


def _from_iso(block: bytes, flags: int) -> GainMetadata:
    count = 3 if flags & _MULTICHANNEL else 1
    at, common = 5, 0
    if flags & _COMMON_DENOMINATOR:  # early writers of Ultra HDR: one denominator for all
        common = struct.unpack_from(">I", block, at)[0]
        at += 4

    def fraction(letter: str) -> float:
        nonlocal at
        over = struct.unpack_from(">" + letter, block, at)[0]
        under = common or struct.unpack_from(">I", block, at + 4)[0]
        at += 4 if common else 8
        return over / under

    headrooms = fraction("I"), fraction("I")
    rows = [[fraction(letter) for letter in "iiIii"] for _ in range(count)]
    low, high, gamma, base, alternate = ((row[0], row[count // 2], row[-1]) for row in zip(*rows, strict=True))
    return GainMetadata(low, high, gamma, base, alternate, *headrooms, bool(flags & _BASE_COLOUR))


def to_iso(metadata: GainMetadata) -> bytes:
    """Make the block that `from_iso` reads."""
    rows = list(zip(metadata.low, metadata.high, metadata.gamma, metadata.offset_base, metadata.offset_alternate,
                    strict=True))  # fmt: skip
    count = 1 if rows[0] == rows[1] == rows[2] else 3
    flags = (_MULTICHANNEL if count == 3 else 0) | (_BASE_COLOUR if metadata.in_base_colour else 0)
    numbers = [metadata.base_headroom, metadata.alternate_headroom, *(v for row in rows[:count] for v in row)]
    letters = "II" + "iiIii" * count
    body = b""
    for value, letter in zip(numbers, letters, strict=True):
        exact = Fraction(value).limit_denominator(_DENOMINATOR)
        body += struct.pack(f">{letter}I", exact.numerator, exact.denominator)
    return struct.pack(">HHB", 0, 0, flags) + body


def to_xmp_values(metadata: GainMetadata) -> dict[str, tuple[float, ...]]:
    """Numbers by their ``hdrgm`` names: one where all channels agree, else three."""
    rows = {
        "GainMapMin": metadata.low, "GainMapMax": metadata.high, "Gamma": metadata.gamma,
        "OffsetSDR": metadata.offset_base, "OffsetHDR": metadata.offset_alternate,
    }  # fmt: skip
    numbers: dict[str, tuple[float, ...]] = {k: v if len(set(v)) > 1 else v[:1] for k, v in rows.items()}
    return {**numbers, "HDRCapacityMin": (metadata.base_headroom,), "HDRCapacityMax": (metadata.alternate_headroom,)}


def usable(metadata: GainMetadata | None, kind: str) -> GainMetadata:
    """Return the metadata of a map that brightens an SDR picture.

    Parameters
    ----------
    metadata : GainMetadata or None
        None = the file has none.
    kind : str
        Whose kind of map, for the note: "Ultra HDR", "ISO 21496-1".

    Raises
    ------
    UnusableMapError
        When it is of any other map.
    """
    if metadata is None:
        raise UnusableMapError(f"the {kind} gain map has no metadata, so it is not used")
    if metadata.base_is_hdr:
        raise UnusableMapError(f"the {kind} gain map leads from HDR down to SDR, so it is not used")
    if max(metadata.high) <= 0.0:
        raise IdleMapError(f"the {kind} gain map brightens nothing, so it is not used")
    return metadata


def found_gain_map(codes: NDArray, metadata: GainMetadata, kind: str) -> FoundMaps:
    """Gain map of codes, uint8 or uint16 (h, w) or (h, w, 3), upright, with notes."""
    found = metadata.gain_map(codes)
    notes = [f"gain map: {kind}, {codes.shape[1]}x{codes.shape[0]}, headroom {found.headroom:.3g}"]
    if found.log2_gain.ndim == 3 and not metadata.in_base_colour:
        notes.insert(0, "the gain map is of other primaries than the picture's: applied in the picture's")
    return FoundMaps(gain_map=found, notes=tuple(notes))


def coded(gain_map: GainMap) -> tuple[NDArray[np.uint8], GainMetadata]:
    """8-bit codes (h, w) or (h, w, 3) of a gain map, and what they mean."""
    planes = gain_map.planes
    low = np.minimum(planes.min(axis=(0, 1)), 0.0)
    high = np.maximum(planes.max(axis=(0, 1)), low + 1e-3)
    codes = np.rint((planes - low) / (high - low) * 255).astype(np.uint8)
    lows, highs = ((float(row[0]), float(row[len(row) // 2]), float(row[-1])) for row in (low, high))
    metadata = GainMetadata(
        lows,
        highs,
        offset_base=gain_map.offset_base,
        offset_alternate=gain_map.offset_alternate,
        alternate_headroom=min(float(np.log2(gain_map.headroom)), MOST_STOPS),
    )
    return (codes[..., 0] if codes.shape[2] == 1 else codes), metadata


def apple_gain(photo: Photo) -> tuple[NDArray[np.uint8], float, bytes] | None:
    """Gain map as Apple codes it, of this picture: 8-bit codes, linear headroom, XMP; None when there is none.

    Radiance = linear * (1 + (headroom - 1) * linear(code)), one channel. The headroom is the source's where that is
    enough, so that the maker note that is carried along (entries 33 and 48) says the same; readers of version 131072
    take it from the XMP.

    Returns
    -------
    codes : uint8 (h, w)
    headroom : float
    xmp : bytes
    """
    found = over_sdr(photo, colour=False)
    if found is None:
        return None
    found = without_offsets(found, photo.rgb)
    head = found.headroom
    share = np.clip((np.exp2(found.planes[..., 0]) - 1.0) / (head - 1.0), 0.0, 1.0)
    steps = REC709_CURVE(np.arange(256) / 255)
    codes = np.searchsorted((steps[1:] + steps[:-1]) / 2, share).astype(np.uint8)
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/">'
        "<HDRGainMap:HDRGainMapVersion>131072</HDRGainMap:HDRGainMapVersion>"
        f"<HDRGainMap:HDRGainMapHeadroom>{head:.6f}</HDRGainMap:HDRGainMapHeadroom>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    return codes, head, xmp.encode()
