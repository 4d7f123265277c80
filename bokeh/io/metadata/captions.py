"""What files say of a picture beside EXIF and XMP: IPTC, comments, the density of a print; and what is left behind."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...photo.metadata import Density
from . import iptc
from .exif import RESOLUTION_UNIT, X_RESOLUTION, Y_RESOLUTION
from .ifd import Directories, IfdEntry, directories_of, values_of

IPTC_TAG, RESOURCES_TAG = 33723, 34377
_RAW_PROFILES = ("Raw profile type iptc", "Raw profile type 8bim")
# Keywords of PNG's standard, and the datasets that say the same.
_PNG_WORDS = {"Title": iptc.OBJECT_NAME, "Author": iptc.BYLINE, "Copyright": iptc.COPYRIGHT,
              "Description": iptc.CAPTION}  # fmt: skip
_INCH_M = 0.0254
_MOST_PER_INCH = 1e5


@dataclass(frozen=True)
class Captions:
    """What a file says beside EXIF and XMP, as `Metadata` has it."""

    iptc: bytes | None = None
    resources: bytes | None = None
    comment: tuple[bytes, ...] = ()
    density: Density | None = None
    unkept: tuple[str, ...] = ()


def density_of(x: float, y: float, unit: int) -> Density | None:
    """Density by the number of its unit in EXIF and TIFF (2 inch, 3 cm); None when it is none."""
    if unit not in (2, 3) or not (0 < x < _MOST_PER_INCH and 0 < y < _MOST_PER_INCH):
        return None
    return x, y, "inch" if unit == 2 else "cm"


def of_jpeg(resources: bytes | None, comment: tuple[bytes, ...], jfif: tuple[int, int, int] | None) -> Captions:
    """Captions of a JPEG, by what `JpegSegments` has of them."""
    records, others = iptc.split(resources)
    density = density_of(jfif[1], jfif[2], jfif[0] + 1) if jfif else None
    return Captions(records, others, comment, density)


def of_tiff(data: bytes) -> Captions:
    """Captions of a TIFF's main directory."""
    found = directories_of(data)
    if found is None:
        return Captions()
    records, others = iptc.split(_bytes(data, found.main.get(RESOURCES_TAG)))
    own = _bytes(data, found.main.get(IPTC_TAG))
    if own and own[0] != 0x1C and len(own) % 4 == 0:  # some write it as numbers, in their byte order
        count = len(own) // 4
        own = struct.pack(f">{count}I", *struct.unpack(f"<{count}I", own))
    return Captions(own if own and own[0] == 0x1C else records, others, density=_density(data, found))


def of_png(info: Mapping[Any, Any]) -> Captions:
    """Captions of a PNG, by what Pillow found in its chunks."""
    records, others = None, None
    for key in _RAW_PROFILES:
        text = info.get(key)
        raw = _raw_profile(text) if isinstance(text, str) else b""
        found = (raw, None) if raw[:1] == b"\x1c" else iptc.split(raw)
        records, others = records or found[0], others or found[1]
    words = {number: str(info[key]) for key, number in _PNG_WORDS.items() if isinstance(info.get(key), str)}
    comment = info.get("Comment")
    dpi = info.get("dpi")
    x, y = map(float, dpi) if isinstance(dpi, tuple) and len(dpi) == 2 else (0.0, 0.0)
    density = density_of(_whole(x), _whole(y), 2)
    return Captions(records or iptc.from_words(words), others,
                    (comment.encode(),) if isinstance(comment, str) and comment else (), density)  # fmt: skip


def raw_profile(name: str, block: bytes) -> bytes:
    """Text of a PNG's raw profile, as ImageMagick and others write and read it."""
    digits = block.hex()
    lines = "\n".join(digits[k : k + 72] for k in range(0, len(digits), 72))
    return f"\n{name}\n{len(block):8d}\n{lines}\n".encode()


def per_metre(density: Density) -> tuple[int, int]:
    """Pixels per metre, across and down."""
    of_unit = _INCH_M if density[2] == "inch" else 0.01
    return round(density[0] / of_unit), round(density[1] / of_unit)


def turned(density: Density | None, turn: int) -> Density | None:
    """Return the density of a picture that is turned by an EXIF orientation."""
    return (density[1], density[0], density[2]) if density and turn >= 5 else density


def _raw_profile(text: str) -> bytes:
    parts = text.split(maxsplit=2)
    if len(parts) < 3:
        return b""
    try:
        return bytes.fromhex(parts[2])
    except ValueError:
        return b""


def _whole(value: float) -> float:
    """Round to a whole number what is one but for the rounding of pixels per metre."""
    return float(round(value)) if abs(value - round(value)) < 0.02 else value


def _bytes(data: bytes, entry: IfdEntry | None) -> bytes:
    return data[entry.value_at : entry.value_at + entry.size] if entry else b""


def _density(data: bytes, found: Directories) -> Density | None:
    numbers = []
    for tag in (X_RESOLUTION, Y_RESOLUTION):
        entry = found.main.get(tag)
        if entry is None or entry.kind != 5:
            return None
        numbers.append(float(values_of(data, found.order, entry)[0]))
    unit = found.main.get(RESOLUTION_UNIT)
    return density_of(
        numbers[0], numbers[1], int(values_of(data, found.order, unit)[0]) if unit and unit.kind == 3 else 2
    )
