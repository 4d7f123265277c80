"""Whose primaries an EXR's colours have, and colours that are no red, green and blue: luminance and chroma, CIE XYZ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...colour.icc import D65, LINEAR_CURVE, BrokenProfileError
from ...colour.profile import PRIMARIES, Profile, linear_profile, rgb_from_xyz
from ...core.arrays import FloatArray
from ...core.text import one_line

Corners = tuple[float, ...]
"""x and y of red, green, blue and white."""

_REC709: Corners = (*sum(PRIMARIES["sRGB"], ()), *D65)
_ACES_WHITE = (0.32168, 0.33767)
# Of the attribute `colorInteropID`, and of what other programs call these spaces.
_BY_NAME: dict[str, Corners] = {
    "lin_rec709_scene": _REC709,
    "lin_rec709": _REC709,
    "lin_srgb": _REC709,
    "lin_p3d65_scene": (*sum(PRIMARIES["Display P3"], ()), *D65),
    "lin_rec2020_scene": (*sum(PRIMARIES["Rec.2020"], ()), *D65),
    "lin_adobergb_scene": (*sum(PRIMARIES["Adobe RGB"], ()), *D65),
    "lin_ap1_scene": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, *_ACES_WHITE),
    "lin_ap0_scene": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, *_ACES_WHITE),
    "lin_ciexyzd65_scene": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
}
_ALIASES = {"acescg": "lin_ap1_scene", "aces2065-1": "lin_ap0_scene", "lin_ap1": "lin_ap1_scene"}
_NAMES = {
    _BY_NAME["lin_ap1_scene"]: "ACEScg",
    _BY_NAME["lin_ap0_scene"]: "ACES2065-1",
    _BY_NAME["lin_p3d65_scene"]: "linear Display P3",
    _BY_NAME["lin_rec2020_scene"]: "linear Rec.2020",
}
_XYZ = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])

# Weights of the four nearest chroma samples half way between two: a cubic through them.
_HALF_WAY = np.array([-1.0, 9.0, 9.0, -1.0]) / 16


def stated_primaries(header: Mapping[str, Any]) -> tuple[Corners, str | None]:
    """Return the primaries that a header states, Rec.709's where it is silent; and what is wrong with them."""
    corners = header.get("chromaticities")
    if corners is not None:
        try:
            flat = tuple(float(v) for v in np.asarray(corners, float).reshape(-1))
        except (TypeError, ValueError):
            flat = ()
        if len(flat) == 8 and np.isfinite(flat).all():
            return flat, None
        return _REC709, "the EXR's chromaticities make no sense: its colours are taken as linear Rec.709"
    for attribute in ("colorInteropID", "oiio:ColorSpace"):
        word = header.get(attribute)
        if isinstance(word, str) and word:
            key = word.lower()
            if key in ("linear", "scene_linear", "data", "unknown"):
                break
            key = _ALIASES.get(key, key)
            if key in _BY_NAME:
                return _BY_NAME[key], None
            said = one_line(word[:40])
            return _REC709, f"the EXR's colour space {said!r} is not known here: taken as linear Rec.709"
    return _REC709, None


def is_xyz(corners: Corners) -> bool:
    """Whether colours are CIE X, Y and Z themselves."""
    return bool(np.allclose(corners[:6], _XYZ, atol=1e-4))


def profile_of(corners: Corners) -> tuple[Profile, str | None]:
    """Return the profile of linear light in these primaries, and what is wrong with them."""
    if np.allclose(corners, _REC709, atol=2e-3):
        return linear_profile(), None
    r, g, b, w = ((corners[k], corners[k + 1]) for k in (0, 2, 4, 6))
    name = next((known for one, known in _NAMES.items() if np.allclose(one, corners, atol=2e-4)), "EXR chromaticities")
    try:
        return Profile.from_primaries(name, r, g, b, w, LINEAR_CURVE), None
    except BrokenProfileError:
        return linear_profile(), "the EXR's chromaticities span no triangle: its colours are taken as linear Rec.709"


def rgb_of_xyz(xyz: FloatArray, corners: Corners) -> tuple[FloatArray, Profile]:
    """Turn CIE X, Y, Z (H, W, 3) into linear Rec.2020, and return that profile.

    Notes
    -----
    The stated white scales the axes (1, 1, 1 is that white); what the values are is CIE XYZ, whose white is that of
    the picture, D65 by custom.
    """
    x, y = corners[6:8]
    white = np.array([x / y, 1.0, (1 - x - y) / y]) if y > 0 else np.ones(3)
    profile = Profile.from_primaries(_NAMES[_BY_NAME["lin_rec2020_scene"]], *PRIMARIES["Rec.2020"], curve=LINEAR_CURVE)
    matrix = (rgb_from_xyz("Rec.2020") * white).astype(np.float32)
    return xyz @ matrix.T, profile


def luminance_weights(corners: Corners) -> NDArray[np.float64]:
    """Weights (3,) of red, green and blue in luminance, as OpenEXR reckons them.

    Raises
    ------
    BrokenProfileError
        When the chromaticities span no triangle.
    """
    xy = np.asarray(corners, np.float64).reshape(4, 2)
    columns = np.stack([xy[:, 0], xy[:, 1], 1.0 - xy.sum(axis=1)])
    try:
        scale = np.linalg.solve(columns[:, :3], columns[:, 3] / columns[1, 3])
    except (np.linalg.LinAlgError, ZeroDivisionError, FloatingPointError) as err:
        raise BrokenProfileError("the chromaticities span no triangle") from err
    weights = columns[1, :3] * scale
    if not np.isfinite(weights).all() or abs(weights[1]) < 1e-3:
        raise BrokenProfileError("the chromaticities span no triangle")
    return weights / weights.sum()


def rgb_of_luminance(luma: FloatArray, chroma_r: NDArray, chroma_b: NDArray, corners: Corners) -> FloatArray:
    """Turn luminance and chroma into linear RGB (h, w, 3): RY = (R - Y) / Y, BY = (B - Y) / Y.

    Parameters
    ----------
    luma : float32 (h, w)
        Finite.
    chroma_r, chroma_b : (h, w), or half as many rows, columns or both
        Where they are not finite, they are taken for 0, which is grey.
    corners : Corners
    """
    shape = (luma.shape[0], luma.shape[1])
    weights = luminance_weights(corners)
    sound = (np.nan_to_num(c.astype(np.float32), posinf=0.0, neginf=0.0) for c in (chroma_r, chroma_b))
    red, blue = ((1.0 + enlarged(chroma, shape)) * luma for chroma in sound)
    green = (luma - np.float32(weights[0]) * red - np.float32(weights[2]) * blue) / np.float32(weights[1])
    return np.stack([red, green, blue], axis=-1).astype(np.float32)


def enlarged(chroma: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Fill in samples that stand at every other row and column, from the first on."""
    for axis in (0, 1):
        if chroma.shape[axis] == shape[axis]:
            continue
        between = ndimage.correlate1d(chroma, _HALF_WAY, axis=axis, mode="nearest", origin=-1)
        both = np.stack([chroma, between], axis=axis + 1)
        wide = both.reshape([2 * n if k == axis else n for k, n in enumerate(chroma.shape)])
        chroma = np.take(wide, np.arange(shape[axis]), axis=axis).astype(np.float32)
    return np.ascontiguousarray(chroma, np.float32)
