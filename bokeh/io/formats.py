"""The formats of pictures, a row each: what reads and writes them, their file name endings, bit depths and qualities.

A new format is a row here and a file that reads it; a format that is written has a file in writers/ too. This table
imports no reader and no writer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from ..core.errors import UsageError
from ..core.extras import how_to_install
from ..core.text import printable
from .signatures import Signature, begins_with, is_avif, is_dng, is_heic, is_tiff

Hdr = Literal["auto", "off", "gain-map", "pq"]
"""How light above white is kept; "auto": as the source keeps it, where the format can."""

HDR_WORDS: tuple[Hdr, ...] = ("auto", "off", "gain-map", "pq")
STRIPPABLE = ("gps", "location", "depth", "all")
"""What can be left out of a picture: where it was taken (both words say the same), depth and mattes, all metadata."""

PQ_BITS = 10


@dataclass(frozen=True)
class Format:
    """A format of pictures.

    Parameters
    ----------
    name : str
        As `save` and ``--format`` call it; ``writers/<name>.py`` writes it.
    suffixes : tuple of str
        File name endings; the first is the one that is given.
    is_this : callable
        Whether a file's bytes are of this format; no two formats claim the same.
    reader : str
        Module of this package whose ``read(data, name)`` gives the `Photo`.
    bit_depths : tuple of int
        That are written, the usual one first; empty: the format is read only.
    deep_from : tuple of str, optional
        Formats whose photos of more than 8 bits are written with the last of `bit_depths`; None: all.
    quality : int, optional
        1..100, when none is asked for; None: it is lossless.
    hdr : tuple of {"gain-map", "pq"}
        How it can hold light above white, beside what its own codes hold.
    pq_package : str, optional
        Package, and extra of this one, without which no PQ is written.
    holds : tuple of {"iptc", "comment", "density"}
        What it has a place of its own for; the rest is said in EXIF and XMP.
    max_side : int, optional
        Longest side in pixels that it holds.
    has_layers : bool
        Its reader takes `LoadOptions` too, which choose among layers and channels.
    """

    name: str
    suffixes: tuple[str, ...]
    is_this: Signature
    reader: str
    bit_depths: tuple[int, ...] = ()
    deep_from: tuple[str, ...] | None = None
    quality: int | None = None
    hdr: tuple[Hdr, ...] = ()
    pq_package: tuple[str, str] | None = None
    holds: tuple[str, ...] = ()
    max_side: int | None = None
    has_layers: bool = False


# The qualities are visually lossless: luma 45 dB or better of a picture with grain, all channels 44 dB
# (benchmarks/speed/encoding.py, 12 MP). HEIC 80 is 52.5 dB in 2.9 bits a pixel; 92 is 56.7 in 4.6, 65 is 47.5 in 1.4.
# Its quality costs little time: 3.4 s of CPU at 75, 4.3 at 92. JPEG 95 is 45.7 dB, 90 is 44.6. AVIF 95 is 49.1 dB, 90
# is 46.4.
_ROWS = (
    Format("heic", (".heic", ".heif", ".hif"), is_heic, "heif.heic", (8, 10), ("heic",), 80, ("gain-map", "pq"),
           max_side=16_384),
    Format("jpeg", (".jpg", ".jpeg"), begins_with(b"\xff\xd8\xff"), "jpeg.jpeg", (8,), quality=95, hdr=("gain-map",),
           holds=("iptc", "comment", "density"), max_side=65_500),
    Format("png", (".png",), begins_with(b"\x89PNG\r\n\x1a\n"), "raster.png", (8, 16),
           holds=("iptc", "comment", "density")),
    Format("tiff", (".tif", ".tiff"), is_tiff, "raster.tiff", (8, 16), holds=("iptc", "density")),
    Format("exr", (".exr",), begins_with(b"\x76\x2f\x31\x01"), "exr.exr", (16, 32), deep_from=(), has_layers=True),
    Format("avif", (".avif",), is_avif, "raster.avif", (8,), quality=95, hdr=("pq",),
           pq_package=("imagecodecs", "avif"), max_side=65_536),
    Format("dng", (".dng",), is_dng, "raster.dng"),
)  # fmt: skip

FORMATS = {row.name: row for row in _ROWS}
"""All formats, by name."""

WRITTEN = tuple(row.name for row in _ROWS if row.bit_depths)
"""Names of the formats that are written."""

READABLE = ", ".join(name.upper() for name in FORMATS)
"""The formats that are read, for messages."""


def format_of(path: str | Path) -> str | None:
    """Name the format, written, that a file name's ending stands for; None when it stands for none."""
    suffix = Path(path).suffix.lower()
    return next((name for name in WRITTEN if suffix in FORMATS[name].suffixes), None)


def holding(hdr: str) -> tuple[str, ...]:
    """Name the formats that hold light above white in this way."""
    return tuple(name for name in WRITTEN if hdr in FORMATS[name].hdr)


def output_format(path: str | Path, format: str | None = None) -> str:
    """Name the format that a file name's ending, or `format`, asks for.

    Raises
    ------
    UsageError
        When it is none that is written.
    """
    if format is not None:
        return written_format(format)
    found = format_of(path)
    if found is None:
        suffix = Path(path).suffix.lower()
        what = repr(suffix) if suffix else "no suffix"
        raise UsageError(f"{printable(path)}: cannot tell the format from {what}; one of {_listed()}, or say `format`")
    return found


def written_format(format: str) -> str:
    """Name the format that is meant by its name, or by an ending of its files.

    Raises
    ------
    UsageError
        When it is none that is written.
    """
    found = format if format in WRITTEN else format_of(f"x.{format.lower().lstrip('.')}")
    if found is None:
        raise UsageError(f"format {format!r} is not written; one of {_listed()}")
    return found


def settled_format(format: str | None, source_format: str) -> str:
    """Name the format of a picture: the one that is asked for, else its photo's own.

    Raises
    ------
    UsageError
        When it is none that is written.
    """
    if format is not None:
        return written_format(format)
    if source_format not in WRITTEN:
        raise UsageError(
            f"no picture is written in the photo's own format ({source_format}); choose one with `format`: {_listed()}"
        )
    return source_format


def check_saving(
    kind: str, *, strip: Iterable[str] = (), quality: int | None = None, bit_depth: int | None = None, hdr: str = "auto"
) -> None:
    """Refuse options of `save` that make no sense, or that no file of this format can follow.

    Raises
    ------
    UsageError
    """
    row = FORMATS[kind]
    for word in strip:
        if word not in STRIPPABLE:
            raise UsageError(f"cannot strip {word!r}; one of {', '.join(STRIPPABLE)}")
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(f"quality {quality} must be 1 to 100")
    if hdr not in HDR_WORDS:
        raise UsageError(f"hdr is {hdr!r}; it is one of {', '.join(HDR_WORDS)}")
    if hdr in ("gain-map", "pq") and hdr not in row.hdr:
        raise UsageError(f"{kind} holds no HDR as {hdr}; write {' or '.join(holding(hdr))}")
    if hdr == "pq":
        if bit_depth not in (None, PQ_BITS):
            raise UsageError(f"PQ is written with {PQ_BITS} bits, not {bit_depth}")
        if not can_hold_pq(row):
            package, extra = row.pq_package or ("", "")
            raise UsageError(
                f"{kind.upper()} of {PQ_BITS} bits needs {package}; {how_to_install(extra)}; or write HEIC"
            )


def can_hold_pq(row: Format) -> bool:
    """Whether PQ is written in this format, with what is installed."""
    return "pq" in row.hdr and (row.pq_package is None or find_spec(row.pq_package[0]) is not None)


def saved_as(
    kind: str, *, strip: Iterable[str] = (), quality: int | None = None, bit_depth: int | None = None, hdr: str = "auto"
) -> dict[str, Any]:
    """Say how a picture is coded, for the digest of its recipe: what is left to its default and what states it alike.

    Parameters
    ----------
    kind : str
        Format.
    strip, quality, bit_depth, hdr
        As for `save`.
    """
    usual = FORMATS[kind].quality
    level = None if usual is None else usual if quality is None else quality
    return {
        "format": kind,
        "strip": sorted({"gps" if word == "location" else word for word in strip}),
        "quality": level,
        "bit_depth": bit_depth,
        "hdr": hdr,
    }


def _listed() -> str:
    return ", ".join(WRITTEN)
