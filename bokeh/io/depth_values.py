"""What the numbers of a depth map are: as they are said to be, else as the evidence has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.errors import DepthError, UsageError
from ..photo.metadata import DepthKind
from ..photo.nominal import spread
from ..photo.photo import Photo

# Renderers write infinity as inf, or as a distance nothing has.
FAR_M = 1e5

NETWORKS_FAR_M = 300.0
"""A map of which half is farther than this, in metres, is no photo of a person or a table."""

NORMALISED = (0.05, 0.95, 1.0)
"""A map that reaches from below the first of these to above the second, and not beyond the third, was scaled so."""

NEGATIVE_SHARE = 0.01
"""Share of a map below zero, in more than one value, that no distance explains."""

AGREEMENT = 0.25
"""How near, as a share, a map must be to a known distance to be believed to be one, where the other way it is not."""

CLEAR, CLEAR_SLOPE = 0.15, 0.3
"""Share of the map's range by which subject and surroundings, foot and top must differ to say which way it goes."""

_METRES = re.compile(r"(^|[^a-z])(metric|met(er|re)s?|raw_depth_meter|depth_m)([^a-z]|$)")
_INVERSE = re.compile(r"inv(erse)?[_-]?depth|disp(arity)?([^a-z]|$)|midas|dpt[_-]|relative")


@dataclass(frozen=True)
class UnitGuess:
    """What a map's values are held to be, and why; `is_known`: something says so, and nobody need be warned.

    `scale` as for `to_dioptres`.
    """

    unit: str
    why: str
    black_is_near: bool = False
    is_known: bool = False
    scale: float | None = None


@dataclass(frozen=True, eq=False)
class KnownDepth:
    """Dioptres of a map, how far they are known, and what was done to get there, in words."""

    dioptres: FloatArray
    kind: DepthKind
    notes: tuple[str, ...] = ()


def to_dioptres(values: NDArray, unit: str, scale: float | None, black_is_near: bool, name: str) -> KnownDepth:
    """Read values as what they are.

    Parameters
    ----------
    values : (h, w)
        Integers or floats.
    unit : {"m", "dioptre", "disparity", "relative"}
    scale : float, optional
        Value times scale = metres or dioptres.
    black_is_near : bool
        Of relative values.
    name : str
        For messages.

    Raises
    ------
    UsageError
        When scale or direction go with no unit of this kind.
    DepthError
        When no value is usable.
    """
    if unit in ("relative", "disparity"):
        if scale is not None:
            raise UsageError("a depth scale needs `depth_unit` m or dioptre; relative values have no scale")
        if black_is_near and unit == "disparity":
            raise UsageError(
                "`depth_near` black contradicts `depth_unit` disparity, which is larger where it is nearer"
            )
        return KnownDepth(spread(values, name, black_is_near=black_is_near, from_zero=unit == "disparity"), "unitless")
    if black_is_near and unit == "dioptre":
        raise UsageError("`depth_near` black contradicts `depth_unit` dioptre, which is larger where it is nearer")
    deep = values.dtype.kind in "ui" and values.dtype.itemsize > 1
    factor = scale if scale is not None else 0.001 if deep else 1.0
    with np.errstate(over="ignore"):
        scaled = values.astype(np.float64) * factor
    dioptres = metres_to_dioptres(scaled) if unit == "m" else _dioptres(scaled)
    if np.isnan(dioptres).all():
        raise DepthError(
            f"{name}: the depth map holds no usable value as {unit} (all zero, negative or NaN); "
            "check `depth_unit` or give another map"
        )
    return KnownDepth(dioptres, "absolute", (f"depth values times {factor:g} = {unit}",) if factor != 1.0 else ())


def metres_to_dioptres(z: NDArray) -> FloatArray:
    """1/z; infinity and beyond 1e5 m become 0, zero, negative and NaN become holes (NaN)."""
    z = np.asarray(z, np.float64)
    with np.errstate(all="ignore"):
        dioptres = np.where(z >= FAR_M, 0.0, np.where(z > 0, 1.0 / z, np.nan))
    # Nearer than a tenth of a millimetre is no distance of a scene; 1/z would overflow or swamp everything.
    dioptres[dioptres > 1e4] = np.nan
    return dioptres.astype(np.float32)


def _dioptres(values: NDArray) -> FloatArray:
    """Dioptres as they stand; negative, NaN and infinite are holes."""
    with np.errstate(invalid="ignore"):
        return np.where((values >= 0) & (values <= 1e4), values, np.nan).astype(np.float32)


def guess(values: NDArray, name: str, photo: Photo | None) -> UnitGuess:
    """Tell what the values of a float map are.

    Parameters
    ----------
    values : float (h, w)
    name : str
        The file's, and of an archive the array's.
    photo : Photo, optional
        Whose map it is: it may know a distance, or where its subject is.
    """
    words = name.lower()
    if _METRES.search(words):
        return UnitGuess("m", "its name says so", is_known=True)
    if _INVERSE.search(words):
        return UnitGuess("relative", "its name says so", is_known=True)
    known = values[np.isfinite(values)].astype(np.float64)
    if not known.size:
        return UnitGuess("m", "nothing in it says otherwise")
    away, direction = which_way(values, photo)
    below = known[known < 0]
    if below.size > NEGATIVE_SHARE * known.size and below.min() < below.max():
        return UnitGuess("relative", f"it has values below zero{away}", direction < 0)
    low, middle, high = (float(v) for v in np.quantile(known, (0.0, 0.5, 1.0)))
    if 0 <= low < NORMALISED[0] and NORMALISED[1] < high <= NORMALISED[2]:
        return UnitGuess("relative", f"its values fill 0 to 1{away}", direction < 0)
    focused = _at_focus(values, photo)
    if focused is not None:
        return focused
    if NETWORKS_FAR_M < middle < FAR_M and direction < 0:
        return UnitGuess("m", f"its middle value is {middle:.3g}, which are millimetres{away}", scale=0.001)
    if NETWORKS_FAR_M < middle < FAR_M:
        return UnitGuess("relative", f"its middle value is {middle:.3g}, too far for metres{away}", direction < 0)
    if direction > 0:
        return UnitGuess("relative", away.removeprefix(": "))
    if direction < 0:
        return UnitGuess("m", away.removeprefix(": "), is_known=True)
    return UnitGuess("m", "nothing in it says otherwise")


def which_way(values: NDArray, photo: Photo | None) -> tuple[str, int]:
    """Tell whether larger values are nearer: 1, farther: -1, or nothing says so: 0; and by what, like ": its ...".

    Subjects stand before what surrounds them, mostly in the middle, and the ground at a photo's foot before what is
    farther up.
    """
    if photo is None:
        return "", 0
    finite = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    known = finite[np.isfinite(finite)]
    low, high = np.quantile(known, (0.02, 0.98)) if known.size else (0.0, 0.0)
    if not high > low:
        return "", 0

    def compared(near: NDArray, far: NDArray, clear: float, place: str) -> tuple[str, int]:
        near, far = near[np.isfinite(near)], far[np.isfinite(far)]
        if near.size < 4 or far.size < 4:
            return "", 0
        share = float((np.median(near) - np.median(far)) / (high - low))
        larger, sign = ("larger", 1) if share > 0 else ("smaller", -1)
        return (f": its values are {larger} {place}", sign) if abs(share) > clear else ("", 0)

    subject = None if photo.matte is None else _sampled(photo.matte, values.shape)
    if subject is not None:
        said = compared(finite[subject > 0.9], finite[subject < 0.1], CLEAR, "at the subject than around it")
        if said[1]:
            return said
    rows, columns = len(values) // 4, values.shape[1] // 4
    top, middle, foot = finite[:rows], finite[rows:-rows], finite[-rows:]
    corners = np.concatenate([top[:, :columns].ravel(), top[:, -columns:].ravel()])
    said = [compared(middle[:, columns:-columns], corners, CLEAR_SLOPE, "in the middle than in the upper corners")]
    # A slope all the way: where the middle lies outside, something else than the ground decides.
    between = [float(np.nanmedian(part)) if np.isfinite(part).any() else np.nan for part in (top, middle, foot)]
    if min(between[0], between[2]) <= between[1] <= max(between[0], between[2]):
        said.append(compared(foot, top, CLEAR_SLOPE, "at the foot of the picture than at its top"))
    ways = {sign for _, sign in said if sign}
    return next(one for one in said if one[1]) if len(ways) == 1 else ("", 0)


def _sampled(plane: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    rows, columns = ((np.arange(n) * m) // n for n, m in zip(shape, plane.shape, strict=True))
    return plane[np.ix_(rows, columns)]


def _at_focus(values: NDArray, photo: Photo | None) -> UnitGuess | None:
    """Compare a map with the distance that the camera focused at."""
    meta = None if photo is None else photo.meta
    known_m = None if meta is None else meta.af_distance_m or meta.subject_distance_m
    if meta is None or known_m is None or meta.af_area is None:
        return None
    x, y, width, height = meta.af_area
    rows, columns = values.shape
    inside = values[int(y * rows) : int((y + height) * rows) + 1, int(x * columns) : int((x + width) * columns) + 1]
    inside = inside[np.isfinite(inside)]
    there = float(np.median(inside)) if inside.size else 0.0
    if there <= 0:
        return None
    as_metres, as_dioptres = abs(there / known_m - 1.0), abs(there * known_m - 1.0)
    said = f"the camera focused at {known_m:.3g} m, where it has {there:.3g}"
    if as_metres < AGREEMENT < as_dioptres:
        return UnitGuess("m", said, is_known=True)
    return UnitGuess("dioptre", said) if as_dioptres < AGREEMENT < as_metres else None
