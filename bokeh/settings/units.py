"""What a photographer types, as numbers: ``2.1m``, ``7ft``, ``f/1.8``, ``85mm``, ``36x24``.

Every reader here either returns finite (or, for a focus distance, infinite) numbers or raises `UsageError` with
a sentence that shows what was expected.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.errors import UsageError

if TYPE_CHECKING:
    from ..optics.lens import FocusTarget

METRES_PER_UNIT = {
    "mm": 0.001,
    "cm": 0.01,
    "m": 1.0,
    "ft": 0.3048,
    "'": 0.3048,
    "in": 0.0254,
    '"': 0.0254,
}
"""The units of length that are understood."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*([a-z'\"]*)", re.IGNORECASE | re.ASCII)
_POINT = re.compile(rf"({_NUMBER})\s*(%?)\s*,\s*({_NUMBER})\s*(%?)", re.IGNORECASE | re.ASCII)
_PIXELS = re.compile(rf"({_NUMBER})\s*(?:px)?\s*[x×,]\s*({_NUMBER})\s*px", re.IGNORECASE | re.ASCII)
# As much of Europe writes it: "2,1m"; with no unit behind it a comma parts two numbers.
_COMMA = re.compile(r"([+-]?\d+),(\d+)(?=\s*[a-z'\"]+\s*$)", re.IGNORECASE | re.ASCII)
_SENSOR = re.compile(rf"({_NUMBER})\s*(?:mm)?\s*[x×*]\s*({_NUMBER})\s*(?:mm)?", re.IGNORECASE | re.ASCII)
_AMOUNT = re.compile(rf"({_NUMBER})\s*([a-z]*)", re.ASCII)
_INFINITY = {"inf", "infinity", "∞"}
_FOCUS_EXPECTED = (
    "expected a distance with its unit, like 2.1m, 210cm or 7ft, a point of the picture, like 0.4,0.6, 40%,60% or "
    "1200x800px, or eyes, face, subject or auto"
)


@dataclass(frozen=True)
class Focus:
    """Where to focus; with nothing said, automatically.

    `metres` is a distance (infinity allowed), `point` an (x, y) of the picture in 0..1, `pixels` one in its pixels,
    `target` what to focus on.
    """

    metres: float | None = None
    point: tuple[float, float] | None = None
    pixels: tuple[float, float] | None = None
    target: FocusTarget | None = None


def _with_points(text: str) -> str:
    """Return a word in lower case, with a point where it has a decimal comma."""
    return _COMMA.sub(r"\1.\2", text.strip().lower())


def parse_length_m(text: str, what: str = "length") -> float:
    """Read a length with its unit.

    Parameters
    ----------
    text : str
        Like ``2.1m``, ``210 cm``, ``7ft``, ``30in``; ``inf`` is infinity.
    what : str
        What is being read, for the error.

    Returns
    -------
    float
        Metres, > 0.

    Raises
    ------
    UsageError
        When it is no length, has no unit, or is not above zero.
    """
    expected = "expected a number with its unit, like 2.1m, 210cm or 7ft"
    word = _with_points(text)
    if word in _INFINITY:
        return math.inf
    match = _QUANTITY.fullmatch(word)
    if match is None or not math.isfinite(float(match[1])):
        raise UsageError(f"{what} {text!r} is no length; {expected}")
    number, unit = float(match[1]), match[2]
    if not unit:
        raise UsageError(f"{what} {text!r} has no unit; {expected}")
    if unit not in METRES_PER_UNIT:
        raise UsageError(f"{what} {text!r} has the unknown unit {unit!r}; {expected}")
    metres = number * METRES_PER_UNIT[unit]
    if not metres > 0:
        raise UsageError(f"{what} {text!r} does not lie in front of the camera; it must be above 0")
    return metres


def parse_focus(text: str) -> Focus:
    """Read ``--focus``: a distance, a point (``0.4,0.6``, ``40%,60%``, ``1200x800px``), a target (``eyes``), ``auto``.

    Raises
    ------
    UsageError
        When it is none of these, or the point lies outside the picture.
    """
    word = text.strip().lower()
    word = word if "px" in word else _with_points(word)
    if word == "auto":
        return Focus()
    if word in ("eyes", "face", "subject"):
        return Focus(target=word)
    point = parse_point(text, "focus point")
    if point is not None:
        return Focus(point=point)
    pixels = _PIXELS.fullmatch(word)
    if pixels is not None:
        return Focus(pixels=(float(pixels[1]), float(pixels[2])))
    if word not in _INFINITY and _QUANTITY.fullmatch(word) is None:
        raise UsageError(f"focus {text!r} is not understood; {_FOCUS_EXPECTED}")
    return Focus(metres=parse_length_m(text, "focus"))


def parse_point(text: str, what: str) -> tuple[float, float] | None:
    """Read a point of the picture in shares of it, ``0.4,0.6`` or ``40%,60%``; None when it is no point.

    Raises
    ------
    UsageError
        When it lies outside the picture.
    """
    match = _POINT.fullmatch(text.strip())
    if match is None:
        return None
    x, y = (float(match[k]) / (100.0 if match[k + 1] else 1.0) for k in (1, 3))
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        raise UsageError(f"{what} {text!r} lies outside the picture; x and y go from 0 to 1, or to 100%")
    return x, y


def point_of_pixels(text: str, size: tuple[int, int]) -> str:
    """Return ``--focus`` with a point in pixels as one in shares of a picture of this (height, width); else as it is.

    Raises
    ------
    UsageError
        When the point lies outside the picture.
    """
    pixels = parse_focus(text).pixels
    if pixels is None:
        return text
    (x, y), (height, width) = pixels, size
    if not (0 <= x <= width and 0 <= y <= height):
        raise UsageError(f"focus point {text!r} lies outside the picture, which is {width}x{height} px")
    return f"{x / width:.6f},{y / height:.6f}"


def parse_anchor(text: str) -> tuple[float, float, float]:
    """Read ``--anchor``: a point of the picture and its distance, ``x,y=2.1m``.

    Returns
    -------
    (float, float, float)
        x and y in 0..1, metres (infinity allowed).

    Raises
    ------
    UsageError
        When it is not understood, or the point lies outside the picture.
    """
    place, equals, distance = text.partition("=")
    point = parse_point(place, "anchor") if equals else None
    if point is None:
        raise UsageError(f"anchor {text!r} is not understood; expected a point and its distance, like 0.4,0.6=2.1m")
    x, y = point
    return x, y, parse_length_m(distance, "distance of the anchor")


def parse_f_number(text: str) -> float:
    """Read an f-number: ``1.8``, ``f1.8`` or ``f/1.8``.

    Raises
    ------
    UsageError
        When it is not a finite number above zero.
    """
    word = re.sub(r"^f\s*/?\s*", "", text.strip().lower())
    word = re.sub(r"^(\d+),(\d+)$", r"\1.\2", word)
    number = float(word) if re.fullmatch(_NUMBER, word, re.ASCII) else math.nan
    if not (math.isfinite(number) and number > 0):
        raise UsageError(f"f-number {text!r} is not usable; expected a number above 0, like 1.8 or f/1.8")
    return number


def parse_f_range(text: str) -> tuple[float, float]:
    """Read one f-number, or those of two ends: ``1.8`` or ``1.4..8``.

    Raises
    ------
    UsageError
        When either is not a finite number above zero.
    """
    begin, two, end = text.partition("..")
    return parse_f_number(begin), parse_f_number(end if two else begin)


def parse_starburst(text: str) -> float:
    """Read how strong diffraction is drawn: a number, 1 as it is, or ``off``, which is 0.

    Raises
    ------
    UsageError
        When it is neither.
    """
    word = text.strip().lower()
    gain = 0.0 if word == "off" else float(word) if re.fullmatch(_NUMBER, word, re.ASCII) else math.nan
    if not (math.isfinite(gain) and gain >= 0):
        raise UsageError(
            f"starburst {text!r} is not understood; expected a number from 0, 1 as strong as it is, or off"
        )
    return gain


def parse_highlights(text: str) -> str | float:
    """Read where the light above the clip comes from: a word, or a number that scales what lights are given back.

    Raises
    ------
    UsageError
        When it is neither.
    """
    return _word_or_number("highlights", text, ("auto", "gain-map", "estimate", "off"))


def parse_grain(text: str) -> str | float:
    """Read how strong grain is put back: ``match``, ``off`` or a number, 1 as strong as the photo's.

    Raises
    ------
    UsageError
        When it is none of these.
    """
    return _word_or_number("grain", text, ("match", "off"))


def _word_or_number(name: str, text: str, words: tuple[str, ...]) -> str | float:
    word = text.strip().lower()
    if word in words:
        return word
    number = float(word) if re.fullmatch(_NUMBER, word, re.ASCII) else math.nan
    if not (math.isfinite(number) and number >= 0):
        raise UsageError(f"{name} {text!r} is not understood; expected {', '.join(words)}, or a number from 0")
    return number


def parse_focal_mm(text: str) -> float:
    """Read a focal length; a bare number is millimetres.

    Raises
    ------
    UsageError
        When it is no length above zero.
    """
    match = _QUANTITY.fullmatch(_with_points(text))
    unit = (match[2] or "mm") if match else ""
    if match is None or unit not in METRES_PER_UNIT:
        raise UsageError(f"focal length {text!r} is not understood; expected millimetres, like 85mm")
    # Millimetres are not taken through metres and back: 85mm must be 85.0 and nothing beside it.
    focal_mm = float(match[1]) * (1.0 if unit == "mm" else METRES_PER_UNIT[unit] * 1000.0)
    if not (math.isfinite(focal_mm) and focal_mm > 0):
        raise UsageError(f"focal length {text!r} is not usable; it must be above 0, like 85mm")
    return focal_mm


def parse_sensor_mm(text: str) -> tuple[float, float]:
    """Read a sensor's width and height in millimetres, like ``36x24``.

    Raises
    ------
    UsageError
        When it is not two finite numbers above zero.
    """
    match = _SENSOR.fullmatch(text.strip())
    width, height = (float(match[1]), float(match[2])) if match else (math.nan, math.nan)
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise UsageError(f"sensor {text!r} is not understood; expected width x height in mm, like 36x24")
    return width, height


def parse_amount(text: str, what: str, units: Mapping[str, float], example: str) -> float:
    """Read an amount with its unit, upper and lower case alike.

    Parameters
    ----------
    text : str
    what : str
        What is being read, for the error.
    units : mapping of str to float
        How many of the smallest each unit is, by its name in lower case; "" is a number alone.
    example : str
        For the error.

    Raises
    ------
    UsageError
        When it is no finite amount above zero.
    """
    match = _AMOUNT.fullmatch(text.strip().lower())
    amount = float(match[1]) * units[match[2]] if match and match[2] in units else math.nan
    if not 0 < amount < math.inf:
        raise UsageError(f"{what} {text!r} is not understood; expected an amount above 0, like {example}")
    return amount


def parse_count(text: str, what: str) -> int:
    """Read a number of pixels: ``50M``, ``48MP`` or ``1000000``.

    Raises
    ------
    UsageError
    """
    return max(round(parse_amount(text, what, {"": 1, "k": 1e3, "m": 1e6, "mp": 1e6}, "50M")), 1)


def parse_seconds(text: str, what: str) -> float:
    """Read a time: ``90s``, ``5min``, ``1h``; a number alone is seconds.

    Raises
    ------
    UsageError
    """
    return parse_amount(text, what, {"": 1, "s": 1, "min": 60, "m": 60, "h": 3600}, "90s or 5min")


def parse_bytes(text: str, what: str) -> int:
    """Read an amount of memory: ``4GB``, ``512MiB``.

    Raises
    ------
    UsageError
    """
    thousands = {f"{letter}b": 1000.0**power for power, letter in enumerate("kmgt", 1)}
    binary = {f"{letter}ib": 1024.0**power for power, letter in enumerate("kmgt", 1)}
    return round(parse_amount(text, what, {**thousands, **binary}, "4GB or 512MiB"))
