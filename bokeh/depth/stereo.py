"""Depth from two pictures taken side by side: distance = focal length * baseline / disparity."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colour.to_srgb import srgb_codes
from ..core.arrays import FloatArray
from ..core.errors import DepthError, UsageError
from ..core.extras import needed
from ..core.text import printable
from ..optics.lens import DEFAULT_F35_MM, FULL_FRAME_DIAGONAL_MM
from ..photo.photo import Photo
from .rectify import Rectification, find, matches

MOST_PIXELS = 2_000_000
"""The pictures are matched at this size at most: a disparity is good to a fraction of a pixel of it."""

NEAREST_M = 0.25
"""What is nearer than this is not looked for."""

WIDEST = 4
"""... nor are disparities beyond this part of the picture's width."""

BLOCK_PX = 5
"""Side of the squares that are compared."""

AGREEMENT_PX = 1.0
"""Left to right and right to left must find the same disparity within this."""

SETTLING_ROUNDS, SETTLING_PX = 3, 7
"""Steps in which a disparity is brought nearer, and the side of the squares that it is asked of."""

LEAST_POINTS, ROWS_APART = 8, 1.0
"""Points that tell whether pictures are rectified, and rows by which they may be apart."""

SAME_CODES = 0.5
"""Mean difference of 8-bit codes below which two pictures are one."""

LEAST_MATCHED = 0.05
"""Share of the picture that must be matched."""


@dataclass(frozen=True)
class Offsets:
    """How far well-marked points of one picture lie from themselves in the other, in pixels; float64 (N,) each.

    `right` is positive where the point has moved to the left, as it does for a camera on the right; `down` where it
    has moved up.
    """

    right: NDArray[np.float64]
    down: NDArray[np.float64]


def measure_depth(photo: Photo, other: Photo, baseline_m: float) -> Photo:
    """Give a photo the depth that it and a second picture show.

    Parameters
    ----------
    photo : Photo
        By the camera on the left.
    other : Photo
        By the same kind of camera on the right of it, looking much the same way: rows need not correspond to rows.
    baseline_m : float
        How far apart they stood, in metres.

    Returns
    -------
    Photo
        `photo` with depth at the size of matching; what only one of them shows is a hole.

    Raises
    ------
    UsageError
        When the baseline is not above zero, or OpenCV is missing.
    DepthError
        When the two are of different things, or the same picture; or left and right are swapped.
    """
    if not (math.isfinite(baseline_m) and baseline_m > 0):
        raise UsageError(f"baseline is {baseline_m:g} m; it must be a length above 0, like 14mm")
    name = printable(other.meta.path)
    if photo.size != other.size:
        sizes = " and ".join(f"{p.size[1]}x{p.size[0]}" for p in (photo, other))
        raise DepthError(f"{name}: the two pictures are no pair, they have other sizes ({sizes})")
    cv2 = needed("cv2", "stereo", "`stereo`")
    scale = min(1.0, math.sqrt(MOST_PIXELS / (photo.size[0] * photo.size[1])))
    size = (max(round(photo.size[0] * scale), 1), max(round(photo.size[1] * scale), 1))
    if min(size) < 64:
        raise DepthError(f"{name}: pictures of {photo.size[1]}x{photo.size[0]} are too small to be matched")
    left, right = (cv2.cvtColor(srgb_codes(p.rgb, p.profile, size), cv2.COLOR_RGB2GRAY) for p in (photo, other))
    f35_mm = photo.meta.f35_mm or DEFAULT_F35_MM
    focal_px = f35_mm / FULL_FRAME_DIAGONAL_MM * math.hypot(*size)
    refuse_the_same(left, right, name)
    most = most_disparity(focal_px * baseline_m / NEAREST_M, size[1])
    found = offsets(cv2, left, right, most)
    turned = None if are_rectified(found) else rectification(cv2, left, right, focal_px)
    if turned is not None:
        left, right = turned.warped(cv2, left, right)
        found = offsets(cv2, left, right, most)
    refuse_unless_rectified(found, name)
    disparity = settle(cv2, left, right, match(cv2, left, right, most))
    if turned is not None:
        disparity = turned.unwarped(cv2, disparity)
    dioptres = disparity / np.float32(focal_px * baseline_m)
    matched = float(np.isfinite(dioptres).mean())
    if matched < LEAST_MATCHED:
        raise DepthError(f"{name}: only {matched:.0%} of the picture is found in both; they need the same scene, sharp")
    notes = [*photo.meta.notes]
    if photo.depth is not None:
        notes.append("the file's own depth is not used: a stereo pair was given")
    kind = "absolute" if photo.meta.f35_mm and not (turned and turned.is_toed) else "relative"
    source = f"stereo pair, {baseline_m * 1000:g} mm apart, {size[1]}x{size[0]}, {kind}"
    notes.append(f"depth: {source}; {matched:.0%} matched, nothing nearer than {focal_px * baseline_m / most:.2g} m")
    if turned is not None:
        notes.append(f"rectified: {turned}")
    if turned is not None and turned.is_toed:
        notes.append("how far the cameras were turned towards each other is not sure, so distances are nominal")
    if not photo.meta.f35_mm:
        notes.append(f"the file names no focal length: {f35_mm:g} mm assumed, so distances are nominal")
    meta = replace(photo.meta, depth_source=source, notes=tuple(notes))
    return replace(photo, depth=dioptres, depth_kind=kind, meta=meta)


def most_disparity(wanted_px: float, width: int) -> int:
    """Choose the largest disparity that is looked for: a multiple of 16 pixels, within a part of the width."""
    return max(16, min(16 * math.ceil(wanted_px / 16), width // WIDEST // 16 * 16))


def match(cv2: Any, left: NDArray[np.uint8], right: NDArray[np.uint8], most: int) -> FloatArray:
    """Find the disparity of each pixel of the left picture by semi-global matching (Hirschmueller 2008).

    Parameters
    ----------
    cv2 : module
    left, right : uint8 (H, W)
    most : int
        Largest disparity in pixels, a multiple of 16.

    Returns
    -------
    float32 (H, W)
        Pixels, >= 0; NaN where the two directions do not agree.
    """
    matcher = cv2.StereoSGBM_create(
        numDisparities=most,
        blockSize=BLOCK_PX,
        P1=8 * BLOCK_PX**2,
        P2=32 * BLOCK_PX**2,
        preFilterCap=31,
        uniquenessRatio=5,
        speckleWindowSize=100,
        speckleRange=1,
        mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY,
    )

    def one_way(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> FloatArray:
        # The matcher gives up on the first `most` columns, where a far point still has its match.
        wide = [cv2.copyMakeBorder(p, 0, 0, most, 0, cv2.BORDER_REPLICATE) for p in (first, second)]
        found = matcher.compute(*wide)[:, most:].astype(np.float32) / np.float32(cv2.StereoMatcher_DISP_SCALE)
        return np.where(found >= 0, found, np.nan)

    seen_left = one_way(left, right)
    seen_right = one_way(*(np.ascontiguousarray(p[:, ::-1]) for p in (right, left)))[:, ::-1]
    rows, columns = np.indices(left.shape)
    there = columns - np.rint(np.nan_to_num(seen_left)).astype(np.int64)
    back = seen_right[rows, np.clip(there, 0, None)]
    with np.errstate(invalid="ignore"):
        agree = (there >= 0) & (np.abs(back - seen_left) <= AGREEMENT_PX)
    return np.where(agree, seen_left, np.nan).astype(np.float32)


def settle(cv2: Any, left: NDArray[np.uint8], right: NDArray[np.uint8], disparity: FloatArray) -> FloatArray:
    """Bring disparities from a quarter of a pixel to a few hundredths where the picture has texture.

    Notes
    -----
    The matcher's own parabola leans towards whole and half pixels. What the right picture, moved by the disparity,
    still differs by from the left one is its slope times what is missing (Lucas and Kanade 1981).
    """
    y, x = np.indices(left.shape, np.float32)
    first, second = (cv2.GaussianBlur(p.astype(np.float32), (0, 0), 1.0) for p in (left, right))
    slope = cv2.sepFilter2D(second, -1, np.array([-0.5, 0.0, 0.5]), np.array([1.0]))
    start = np.nan_to_num(disparity)
    found = start
    for _ in range(SETTLING_ROUNDS):
        moved, leaning = (cv2.remap(p, x - found, y, cv2.INTER_CUBIC) for p in (second, slope))
        missing, square = (
            cv2.boxFilter(p, -1, (SETTLING_PX, SETTLING_PX)) for p in ((moved - first) * leaning, leaning * leaning)
        )
        found = np.clip(found + missing / (square + 1.0), start - 0.5, start + 0.5)
    return np.where(np.isfinite(disparity), np.maximum(found, 0.0), np.nan).astype(np.float32)


def offsets(cv2: Any, left: NDArray[np.uint8], right: NDArray[np.uint8], most: int) -> Offsets:
    """Find well-marked points of the left picture again in the right one, to either side and up and down.

    Parameters
    ----------
    cv2 : module
    left, right : uint8 (H, W)
    most : int
        How far to the left and right, in pixels; a fiftieth of the height up and down.
    """
    half, tall = 7, max(left.shape[0] // 50, 6)
    points = cv2.goodFeaturesToTrack(left, 300, 0.01, 12)
    right_px, down_px = [], []
    for x, y in [] if points is None else points.reshape(-1, 2).astype(int):
        top, start = y - half - tall, x - half - most
        if top < 0 or y + half + tall >= left.shape[0] or start < 0 or x + half + most >= left.shape[1]:
            continue
        patch = left[y - half : y + half + 1, x - half : x + half + 1]
        window = right[top : y + half + tall + 1, start : x + half + most + 1]
        likeness = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
        _, best, _, (column, row) = cv2.minMaxLoc(likeness)
        if best > 0.85:
            right_px.append(most - column)
            down_px.append(tall - row)
    return Offsets(np.asarray(right_px, np.float64), np.asarray(down_px, np.float64))


def refuse_the_same(left: NDArray[np.uint8], right: NDArray[np.uint8], name: str) -> None:
    """Raise when two pictures are one: not a code apart, on average.

    Raises
    ------
    DepthError
    """
    if float(np.abs(left.astype(np.int16) - right).mean()) < SAME_CODES:
        raise DepthError(f"{name}: the two pictures are the same, and show no depth; give one taken from further right")


def are_rectified(found: Offsets) -> bool:
    """Whether rows correspond to rows, as far as points are found to tell."""
    return len(found.down) >= LEAST_POINTS and float(np.quantile(np.abs(found.down), 0.75)) <= ROWS_APART


def rectification(cv2: Any, left: NDArray[np.uint8], right: NDArray[np.uint8], focal_px: float) -> Rectification | None:
    """Find how the two pictures become a rectified pair; None where nothing tells."""
    points = matches(cv2, left, right)
    return find(*points, (left.shape[0], left.shape[1]), focal_px)


def refuse_unless_rectified(found: Offsets, name: str) -> None:
    """Raise when rows do not correspond to rows, or points have moved the wrong way.

    Raises
    ------
    DepthError
    """
    if len(found.down) < LEAST_POINTS:
        raise DepthError(f"{name}: the two pictures have hardly a point in common; give two of the same scene")
    apart = float(np.quantile(np.abs(found.down), 0.75))
    if apart > ROWS_APART:
        raise DepthError(
            f"{name}: the two pictures are not a rectified pair, and turning them does not make them one: the same "
            f"points lie up to {apart:.0f} rows apart; give two that were taken from beside each other"
        )
    if np.median(found.right) < 0:
        raise DepthError(
            f"{name}: left and right are swapped; `stereo` names the picture that was taken from further right"
        )
