"""Dynamic Depth 1.0: depth map and sharp original appended to the picture (Pixel 4 and later, Android's depth photo).

Written from Google's specification and the code of Android's library; no real file was at hand.
"""

from __future__ import annotations

import itertools

from numpy.typing import NDArray

from ..found_maps import FoundMaps, UnusableMapError
from ..metadata.xmp import number
from .embedded import Jpeg, depth_map, map_codes, sharp_original, unitless_depth
from .gdepth import inverse_depth
from .google import IMAGE, placements

# Dioptres that are as good as 0: a thousand kilometres.
_INFINITY = 1e-6


def find(jpeg: Jpeg) -> FoundMaps:
    """Find the first depth map of a Dynamic Depth file, and its original image.

    Raises
    ------
    UnusableMapError
        When there is a map that cannot be used.
    """
    maps = [group for group in jpeg.xmp.groups("Camera:DepthMap") if _is_depth(group)]
    if not maps:
        return FoundMaps()
    group = maps[0]
    data = _payload(jpeg, group.get("DepthMap:DepthURI", ""))
    if data is None:
        raise UnusableMapError("lists a Dynamic Depth map that is cut off or gone")
    codes = map_codes(jpeg, data, "Dynamic Depth map")
    notes = []
    if group.get("DepthMap:MeasureType") == "OpticRay":
        notes.append("Dynamic Depth measures along the rays: taken as along the optical axis")
    if "DepthMap:ConfidenceURI" in group:
        notes.append("Dynamic Depth's confidence map is not used")
    found = FoundMaps(notes=tuple(notes))
    originals = [g for g in jpeg.xmp.groups("Camera:Image") if g.get("Image:ItemSemantic", "").lower() == "original"]
    if originals:
        data = _payload(jpeg, originals[0].get("Image:ItemURI", ""))
        found = found.filled(sharp_original(jpeg, data, "Dynamic Depth"))
    return found.filled(_in_dioptres(codes, group))


def _in_dioptres(codes: NDArray, group: dict[str, str]) -> FoundMaps:
    """Depth of codes.

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
        return FoundMaps(notes=("Dynamic Depth does not say its range",)).filled(unitless_depth(codes, "Dynamic Depth"))
    nominal = "Dynamic Depth's Near and Far have no usable unit: taken as nominal metres"
    said = FoundMaps(notes=(nominal,) if kind == "relative" else ())
    return said.filled(depth_map(dioptres, kind, "Dynamic Depth"))


def _is_depth(group: dict[str, str]) -> bool:
    return group.get("DepthMap:ItemSemantic", "Depth").lower() == "depth"


def _payload(jpeg: Jpeg, uri: str) -> bytes | None:
    """Return the item of that name: the first of its possible places where a picture begins."""
    for entries in jpeg.xmp.lists("Container:Directory"):
        for item in itertools.chain.from_iterable(placements(jpeg, entries)):
            if item.uri == uri and jpeg.data.startswith(IMAGE, item.start):
                return jpeg.data[item.start : item.start + item.size]
    return None
