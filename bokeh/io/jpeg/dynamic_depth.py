"""Dynamic Depth 1.0: depth map and sharp original appended to the picture (Pixel 4 and later, Android's depth photo).

Written from Google's specification and the code of Android's library; no real file was at hand.
"""

from __future__ import annotations

import itertools

from numpy.typing import NDArray

from ..metadata.xmp import number
from .embedded import Jpeg, depth_fields, map_codes, unitless_fields, use_original
from .gdepth import inverse_depth
from .google import IMAGE, placements

# Dioptres that are as good as 0: a thousand kilometres.
_INFINITY = 1e-6


def fields(jpeg: Jpeg) -> dict:
    """Depth of the first depth map of a Dynamic Depth file, with its original image as the picture."""
    maps = [group for group in jpeg.xmp.groups("Camera:DepthMap") if _is_depth(group)]
    if not maps:
        return {}
    group = maps[0]
    data = _payload(jpeg, group.get("DepthMap:DepthURI", ""))
    if data is None:
        jpeg.note("lists a Dynamic Depth map that is cut off or gone")
        return {}
    codes = map_codes(jpeg, data, "Dynamic Depth map")
    if codes is None:
        return {}
    if group.get("DepthMap:MeasureType") == "OpticRay":
        jpeg.note("Dynamic Depth measures along the rays: taken as along the optical axis")
    if "DepthMap:ConfidenceURI" in group:
        jpeg.note("Dynamic Depth's confidence map is not used")
    originals = [g for g in jpeg.xmp.groups("Camera:Image") if g.get("Image:ItemSemantic", "").lower() == "original"]
    if originals:
        use_original(jpeg, _payload(jpeg, originals[0].get("Image:ItemURI", "")), "Dynamic Depth")
    return _with_unit(jpeg, codes, group)


def _with_unit(jpeg: Jpeg, codes: NDArray, group: dict[str, str]) -> dict:
    """Depth fields of codes.

    Notes
    -----
    Units is the unit of Near and Far; Format says in what the codes are linear, distance or 1/distance. Code 0 is
    Near. Dioptres grow towards the camera, so where Near is the smaller number of the two it can only be a distance,
    whatever Units says.
    """
    near, far = number(group, "DepthMap:Near"), number(group, "DepthMap:Far")
    units, kind = group.get("DepthMap:Units", "").lower(), "relative"
    if units.startswith("met"):
        kind = "absolute"
    elif units.startswith("diopt") and near is not None and far is not None and near > far >= 0:
        near, far, kind = 1 / near, 1 / max(far, _INFINITY), "absolute"
    dioptres = inverse_depth(codes, near, far, group.get("DepthMap:Format", ""))
    if dioptres is None:
        jpeg.note("Dynamic Depth does not say its range")
        return unitless_fields(jpeg, codes, "Dynamic Depth")
    if kind == "relative":
        jpeg.note("Dynamic Depth's Near and Far have no usable unit: taken as nominal metres")
    return depth_fields(jpeg, dioptres, kind, "Dynamic Depth")


def _is_depth(group: dict[str, str]) -> bool:
    return group.get("DepthMap:ItemSemantic", "Depth").lower() == "depth"


def _payload(jpeg: Jpeg, uri: str) -> bytes | None:
    """Return the item of that name: the first of its possible places where a picture begins."""
    for entries in jpeg.xmp.lists("Container:Directory"):
        for item in itertools.chain.from_iterable(placements(jpeg, entries)):
            if item.uri == uri and jpeg.data.startswith(IMAGE, item.start):
                return jpeg.data[item.start : item.start + item.size]
    return None
