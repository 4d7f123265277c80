"""GDepth: Google's depth map in XMP (Lens Blur, early Pixels), and the sharp original beside it in GImage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...photo.nominal import NOMINAL_DIOPTRES
from .embedded import Jpeg, depth_fields, map_codes, share, unitless_fields, use_original

_METRES = {"m": 1.0, "mm": 0.001}
# A map that names no unit may count in metres when its nearest point is where a portrait's subject stands.
_PORTRAIT_M = (0.1, 3.0)
# How far the stated focus may be from the map's depth at the focus point, as a share of the map's range.
_FOCUS_AGREES = 0.05
_FOCUS_BOX = 0.05


def fields(jpeg: Jpeg) -> dict:
    """Depth of GDepth's XMP values, with the original of GImage as the picture; empty when the file has none.

    Notes
    -----
    Near and Far are metres only where Units says so. Lens Blur says nothing, and its numbers are of no unit: it sees
    the phone's path through the scene without a scale (a chain 0.4 m away reads 8). Such a map is relative: 1/distance
    times an unknown number, which is chosen so that the nearest point lies at 0.5 m, unless it may be metres.
    """
    xmp = jpeg.xmp
    if not xmp.has("GDepth"):
        return {}
    data = xmp.data("GDepth:Data")
    if data is None:
        jpeg.note("speaks of a GDepth depth map that is not in the file")
        return {}
    codes = map_codes(jpeg, data, "GDepth depth map")
    if codes is None:
        return {}
    if xmp.values.get("GDepth:MeasureType") == "OpticRay":
        jpeg.note("GDepth measures along the rays: taken as along the optical axis")
    if "GDepth:Confidence" in xmp.values:
        jpeg.note("GDepth's confidence map is not used")
    if "GImage:Data" in xmp.values:
        use_original(jpeg, xmp.data("GImage:Data"), "GImage")
    dioptres = inverse_depth(
        codes, xmp.number("GDepth:Near"), xmp.number("GDepth:Far"), xmp.values.get("GDepth:Format", "")
    )
    if dioptres is None:
        jpeg.note("GDepth does not say its range")
        return unitless_fields(jpeg, codes, "GDepth")
    return {**_with_unit(jpeg, dioptres), **_focus(jpeg, dioptres)}


def inverse_depth(codes: NDArray, near: float | None, far: float | None, form: str) -> FloatArray | None:
    """1/distance of codes; None when the range makes no sense.

    Parameters
    ----------
    codes : uint8 or uint16 (h, w) or (h, w, 3)
        0 is `near`, the highest code is `far`.
    near, far : float or None
        Distances, in any unit.
    form : str
        "RangeLinear": codes are linear in distance; else (RangeInverse) in 1/distance.

    Returns
    -------
    float32 (h, w), in 1/unit
    """
    if near is None or far is None or not 0 < near <= far:
        return None
    u = share(codes)
    if form.lower() == "rangelinear":
        return (1.0 / (near + u * (far - near))).astype(np.float32)
    return ((1 - u) / near + u / far).astype(np.float32)


def _with_unit(jpeg: Jpeg, inverse: FloatArray) -> dict:
    unit = jpeg.xmp.values.get("GDepth:Units")
    if unit in _METRES:
        return depth_fields(jpeg, inverse / np.float32(_METRES[unit]), "absolute", "GDepth")
    nearest = 1.0 / float(inverse.max())
    if unit is None and _PORTRAIT_M[0] <= nearest <= _PORTRAIT_M[1]:
        jpeg.note("GDepth names no unit: its distances are taken as nominal metres")
        return depth_fields(jpeg, inverse, "relative", "GDepth")
    what = "names no unit" if unit is None else "names an unknown unit"
    jpeg.note(f"GDepth {what}: its nearest point, {nearest:.3g}, is put at {1 / NOMINAL_DIOPTRES:g} m")
    return depth_fields(jpeg, inverse * np.float32(NOMINAL_DIOPTRES * nearest), "relative", "GDepth")


def _focus(jpeg: Jpeg, inverse: FloatArray) -> dict:
    """{"af_area": ...} of the point that the phone was told to focus on, where the map agrees with the distance."""
    x, y, distance = (jpeg.xmp.number(f"GFocus:{k}") for k in ("FocalPointX", "FocalPointY", "FocalDistance"))
    if x is None or y is None or distance is None or not (0 <= x <= 1 and 0 <= y <= 1 and distance > 0):
        return {}
    height, width = inverse.shape
    if jpeg.decoded.turn != 1:  # nobody says in which frame the point lies
        return {}
    there = inverse[min(int(y * height), height - 1), min(int(x * width), width - 1)]
    if abs(there - 1.0 / distance) > _FOCUS_AGREES * float(np.ptp(inverse)):
        jpeg.note(f"GFocus: the phone's blur was focused at {distance:.3g}, which is not at its focus point")
        return {}
    jpeg.note("AF area from GFocus")
    half_w, half_h = _FOCUS_BOX * min(height, width) / width / 2, _FOCUS_BOX * min(height, width) / height / 2
    left, top = max(x - half_w, 0.0), max(y - half_h, 0.0)
    return {"af_area": (left, top, min(x + half_w, 1.0) - left, min(y + half_h, 1.0) - top)}
