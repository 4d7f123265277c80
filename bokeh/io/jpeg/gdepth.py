"""GDepth: Google's depth map in XMP (Lens Blur, early Pixels), and the sharp original in GImage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...photo.nominal import NOMINAL_DIOPTRES
from ..found_maps import FoundMaps, UnusableMapError
from .embedded import Jpeg, depth_map, map_codes, sharp_original, unit_values, unitless_depth

_METRES = {"m": 1.0, "mm": 0.001}
# A map that names no unit may count in metres when its nearest point is where a portrait's subject stands.
_PORTRAIT_M = (0.1, 3.0)
# How far the stated focus may be from the map's depth at the focus point, as a share of the map's range.
_FOCUS_AGREES = 0.05
_FOCUS_BOX = 0.05


def find(jpeg: Jpeg) -> FoundMaps:
    """Find the depth map in GDepth's XMP values, the original in GImage's, and the focus in GFocus's.

    Raises
    ------
    UnusableMapError
        When there is a map that cannot be used.

    Notes
    -----
    Near and Far are metres only where Units says so. Lens Blur says nothing, and its numbers are of no unit: it sees
    the phone's path through the scene without a scale (a chain 0.4 m away reads 8). Such a map is relative: 1/distance
    times an unknown number, which is chosen so that the nearest point lies at 0.5 m, unless it may be metres.
    """
    xmp = jpeg.xmp
    if not xmp.has("GDepth"):
        return FoundMaps()
    data = xmp.data("GDepth:Data")
    if data is None:
        raise UnusableMapError("speaks of a GDepth depth map that is not in the file")
    codes = map_codes(jpeg, data, "GDepth depth map")
    notes = []
    if xmp.values.get("GDepth:MeasureType") == "OpticRay":
        notes.append("GDepth measures along the rays: taken as along the optical axis")
    if "GDepth:Confidence" in xmp.values:
        notes.append("GDepth's confidence map is not used")
    found = FoundMaps(notes=tuple(notes))
    if "GImage:Data" in xmp.values:
        found = found.filled(sharp_original(jpeg, xmp.data("GImage:Data"), "GImage"))
    near, far = xmp.number("GDepth:Near"), xmp.number("GDepth:Far")
    inverse = inverse_depth(codes, near, far, xmp.values.get("GDepth:Format", ""))
    if inverse is None:
        said = FoundMaps(notes=("GDepth does not say its range",))
        return found.filled(said).filled(unitless_depth(codes, "GDepth"))
    return found.filled(_in_dioptres(jpeg, inverse)).filled(_focus(jpeg, inverse))


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
    u = unit_values(codes)
    if form.lower() == "rangelinear":
        return (1.0 / (near + u * (far - near))).astype(np.float32)
    return ((1 - u) / near + u / far).astype(np.float32)


def _in_dioptres(jpeg: Jpeg, inverse: FloatArray) -> FoundMaps:
    """Depth of 1/distance (h, w), whose unit may not be known."""
    unit = jpeg.xmp.values.get("GDepth:Units")
    if unit in _METRES:
        return depth_map(inverse / np.float32(_METRES[unit]), "absolute", "GDepth")
    nearest = 1.0 / float(inverse.max())
    if unit is None and _PORTRAIT_M[0] <= nearest <= _PORTRAIT_M[1]:
        said = "GDepth names no unit: its distances are taken as nominal metres"
    else:
        what = "names no unit" if unit is None else "names an unknown unit"
        said = f"GDepth {what}: its nearest point, {nearest:.3g}, is put at {1 / NOMINAL_DIOPTRES:g} m"
        inverse = inverse * np.float32(NOMINAL_DIOPTRES * nearest)
    return FoundMaps(notes=(said,)).filled(depth_map(inverse, "relative", "GDepth"))


def _focus(jpeg: Jpeg, inverse: FloatArray) -> FoundMaps:
    """Find the point that the phone was told to focus on, where the map agrees with its distance."""
    x, y, distance = (jpeg.xmp.number(f"GFocus:{k}") for k in ("FocalPointX", "FocalPointY", "FocalDistance"))
    if x is None or y is None or distance is None or not (0 <= x <= 1 and 0 <= y <= 1 and distance > 0):
        return FoundMaps()
    height, width = inverse.shape
    if jpeg.decoded.turn != 1:  # nobody says in which frame the point lies
        return FoundMaps()
    there = inverse[min(int(y * height), height - 1), min(int(x * width), width - 1)]
    if abs(there - 1.0 / distance) > _FOCUS_AGREES * float(np.ptp(inverse)):
        said = f"GFocus: the phone's blur was focused at {distance:.3g}, which is not at its focus point"
        return FoundMaps(notes=(said,))
    half_w, half_h = _FOCUS_BOX * min(height, width) / width / 2, _FOCUS_BOX * min(height, width) / height / 2
    left, top = max(x - half_w, 0.0), max(y - half_h, 0.0)
    area = (left, top, min(x + half_w, 1.0) - left, min(y + half_h, 1.0) - top)
    return FoundMaps(af_area=area, notes=("AF area from GFocus",))
