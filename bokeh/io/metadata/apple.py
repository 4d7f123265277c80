"""Facts that Apple's HEIC and JPEG portraits share: XMP keys, disparity range, gain-map headroom, AF area."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...colour.icc import REC709_CURVE
from ...photo.metadata import DepthKind, UnitRect
from ...photo.photo import EMPTY_MATTE, GainMap
from ..found_maps import DepthMap, FoundMaps, IdleMapError, Matte, UnusableMapError
from .exif import Facts
from .xmp import Xmp, number, pairs, parse

GAIN_MAP_URN = "urn:com:apple:photo:2020:aux:hdrgainmap"
MATTE_URN = "urn:com:apple:photo:2018:aux:portraiteffectsmatte"
# Which of Photo.mattes an auxiliary image is, by the tail of its URN or AuxiliaryImageSubType.
SEMANTIC_MATTES = {
    "semantichairmatte": "hair",
    "semanticskinmatte": "skin",
    "semanticteethmatte": "teeth",
    "semanticglassesmatte": "glasses",
    "semanticskymatte": "sky",
}
# A crowd; a list of thousands is no camera's.
_MAX_REGIONS = 64


def xmp_values(xmp: bytes | None) -> dict[str, str]:
    """Collect the simple values of an XMP block as {"prefix:Name": text}; empty when it cannot be read.

    A list of simple values is one text, its items parted by spaces.
    """
    return Xmp(xmp).values


def depth_kind(values: Mapping[str, str]) -> DepthKind:
    """Whether the depth item calls itself absolute; silence counts as relative, and our own files say unitless."""
    if values.get("rebokeh:DepthKind") == "unitless":
        return "unitless"
    return "absolute" if values.get("depthData:Accuracy", "").strip().lower() == "absolute" else "relative"


def headroom(values: Mapping[str, str], facts: Facts) -> float | None:
    """Linear headroom of the gain map (>= 1), from its XMP or from the maker note; None when neither says.

    Version 2 of the map states it in XMP. Version 1 needs the maker note's entries 33 and 48, whose
    piecewise-linear meaning in stops Apple has published.
    """
    stated = number(values, "HDRGainMap:HDRGainMapHeadroom")
    if stated is not None:
        return max(stated, 1.0) if stated < 1e4 else None
    maker = facts.maker or {}
    if 33 not in maker or not np.isfinite(maker[33]):
        return None
    t33, t48 = maker[33], maker.get(48, 0.0)
    if not np.isfinite(t48):
        return None
    if t33 < 1.0:
        stops = -20.0 * t48 + 1.8 if t48 <= 0.01 else -0.101 * t48 + 1.601
    else:
        stops = -70.0 * t48 + 3.0 if t48 <= 0.01 else -0.303 * t48 + 2.303
    return float(2.0 ** max(stops, 0.0))


def usable_headroom(values: Mapping[str, str], facts: Facts) -> float:
    """Linear headroom of a gain map, more than 1.

    Raises
    ------
    UnusableMapError
        When it is not stated, or 1: the map then brightens nothing.
    """
    head = headroom(values, facts)
    if head is None:
        raise UnusableMapError("the gain map's headroom is not stated, so it is not used")
    if head <= 1.0:
        raise IdleMapError("the gain map's headroom is none, so it is not used")
    return head


def gain_map(codes: NDArray[np.uint8], head: float) -> GainMap:
    """Gain map of Apple's 8-bit codes (h, w): radiance = linear * (1 + (headroom - 1) * linear(code))."""
    table = np.log2(1.0 + (head - 1.0) * REC709_CURVE(np.arange(256) / 255)).astype(np.float32)
    return GainMap(log2_gain=table[codes], headroom=head)


def found_gain_map(codes: NDArray[np.uint8], head: float) -> FoundMaps:
    """Gain map of 8-bit codes (h, w) and a linear headroom, with a note."""
    note = f"gain map: Apple, {codes.shape[1]}x{codes.shape[0]}, headroom {head:.3g}"
    return FoundMaps(gain_map=gain_map(codes, head), notes=(note,))


def portrait_matte(codes: NDArray[np.uint8], container: str) -> FoundMaps:
    """Matte of 8-bit codes (h, w), with a note.

    Raises
    ------
    UnusableMapError
        When nobody is in it.
    """
    coverage = codes.astype(np.float32) / np.float32(255)
    if coverage.mean() < EMPTY_MATTE:
        raise UnusableMapError("the portrait matte is empty (nobody found), so it is not used")
    source = f"portrait matte of the {container}, {coverage.shape[1]}x{coverage.shape[0]}"
    return FoundMaps(matte=Matte(coverage, source), notes=(f"matte: {source}",))


def depth_map(
    codes: NDArray, limits: tuple[float | None, float | None], values: Mapping[str, str], container: str
) -> FoundMaps:
    """Depth of an auxiliary image, with notes.

    Parameters
    ----------
    codes : uint8 or uint16 (h, w)
    limits : (float or None, float or None)
        Dioptres of code 0 and of the highest code; None = not stated.
    values : mapping of str to str
        The image's XMP values.
    container : str
        "HEIC" or "JPEG", for words.
    """
    low, high = limits
    kind, notes = depth_kind(values), []
    if low is None or high is None or not np.isfinite([low, high]).all() or high < low or high <= 0:
        notes.append("the depth map does not say its range: taken as nominal, 0 to 2 dioptres")
        low, high, kind = 0.0, 2.0, "unitless"
    step = (high - low) / np.iinfo(codes.dtype).max
    dioptres = np.maximum(np.float32(low) + codes.astype(np.float32) * np.float32(step), np.float32(0))
    source = f"depth map of the {container}, {codes.shape[1]}x{codes.shape[0]}, {kind}"
    notes.append(f"depth: {source}, {low:.3g} to {high:.3g} dioptres")
    return FoundMaps(depth=DepthMap(dioptres, kind, source, values), notes=tuple(notes))


def with_mattes_noted(found: FoundMaps) -> FoundMaps:
    """Add the note that lists the further mattes, if there are any."""
    return found.noted("further mattes: " + ", ".join(sorted(found.mattes))) if found.mattes else found


def af_distance(facts: Facts) -> float | None:
    """AF distance in metres from the maker note (entry 0x38, centimetres), or None."""
    value = (facts.maker or {}).get(0x38)
    return value / 100.0 if value and 1.0 <= value < 5000.0 else None


def af_area(facts: Facts, xmp: bytes | None, size: tuple[int, int], turn: int) -> tuple[UnitRect | None, str]:
    """Autofocus area of the upright picture as (x, y, w, h) in 0..1, and where it was found.

    Parameters
    ----------
    facts : Facts
    xmp : bytes or None
        The picture's XMP; a region of type Focus is more exact than EXIF's SubjectArea.
    size : (height, width)
        The upright picture's.
    turn : int
        EXIF orientation (or irot as one) that was applied to make the picture upright.
    """
    boxes, frame = _regions(xmp, "Focus")
    area, area_frame = _subject_area(facts, size, turn)
    for source, box, of in [("XMP", box, frame) for box in boxes[:1]] + [("EXIF", area, area_frame)]:
        clipped = None if box is None else _upright(box, of, size, turn)
        if clipped:
            return clipped, source
    return None, ""


def faces(xmp: bytes | None, size: tuple[int, int], turn: int) -> tuple[UnitRect, ...]:
    """Faces of the upright picture, each (x, y, w, h) in 0..1: the XMP's regions of type Face; `af_area` has more."""
    boxes, frame = _regions(xmp, "Face")
    upright = (_upright(box, frame, size, turn) for box in boxes)
    return tuple(box for box in upright if box)


def _upright(box: UnitRect, frame: tuple[float, float] | None, size: tuple[int, int], turn: int) -> UnitRect | None:
    """Turn a box of a frame (width, height) with the picture, and clip it; None when it lies outside."""
    return _clip(turned(box, turn_of_frame(frame, size, turn)))


def turn_of_frame(frame: tuple[float, float] | None, size: tuple[int, int], turn: int) -> int:
    """EXIF orientation by which what stands in a frame (width, height) lies in the upright picture, (height, width).

    `turn` made the picture upright; the frame may be upright already, or the sensor's beside a picture that is stored
    upright.
    """
    h, w = size
    lying = frame is not None and w != h and (frame[0] > frame[1]) != (w > h)
    if turn == 1:
        return 6 if lying else 1  # a phone held upright
    return turn if lying or turn in (2, 3, 4) or frame is None or w == h else 1


def turned(box: UnitRect, orientation: int) -> UnitRect:
    """Turn a box (x, y, w, h), in 0..1 of the stored picture, with the picture, by an EXIF orientation."""
    x, y, w, h = box
    if orientation >= 5:  # these exchange rows and columns
        x, y, w, h = y, x, h, w
    if orientation in (2, 3, 6, 7):
        x = 1.0 - x - w
    if orientation in (3, 4, 7, 8):
        y = 1.0 - y - h
    return x, y, w, h


def _subject_area(facts: Facts, size: tuple[int, int], turn: int):
    area = facts.subject_area
    if not area or len(area) not in (2, 3, 4):
        return None, None
    stored = (size[0], size[1]) if turn >= 5 else (size[1], size[0])
    fw, fh = facts.pixel_size or stored
    cx, cy = area[0] / fw, area[1] / fh
    aw, ah = (0.05 * min(fw, fh) / fw, 0.05 * min(fw, fh) / fh) if len(area) == 2 else (area[2] / fw, area[-1] / fh)
    return (cx - aw / 2, cy - ah / 2, aw, ah), (fw, fh)


def _regions(xmp: bytes | None, kind: str) -> tuple[list[UnitRect], tuple[float, float] | None]:
    """Boxes of the mwg-rs regions of a type, and the (width, height) that they apply to."""
    root = parse(xmp)
    if root is None:
        return [], None
    values = xmp_values(xmp)
    fw, fh = number(values, "stDim:w"), number(values, "stDim:h")
    boxes = []
    for node in root.iter():
        if not node.tag.endswith("}li"):
            continue
        here = dict(pairs(node))
        if here.get("mwg-rs:Type") != kind:
            continue
        x, y, w, h = (number(here, f"stArea:{k}") for k in "xywh")
        if x is not None and y is not None and w is not None and h is not None:
            boxes.append((x - w / 2, y - h / 2, w, h))
    return boxes[:_MAX_REGIONS], (fw, fh) if fw and fh else None


def _clip(box: UnitRect) -> UnitRect | None:
    x0, y0 = max(box[0], 0.0), max(box[1], 0.0)
    x1, y1 = min(box[0] + box[2], 1.0), min(box[1] + box[3], 1.0)
    return (x0, y0, x1 - x0, y1 - y0) if x1 > x0 and y1 > y0 else None
