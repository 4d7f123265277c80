"""Two pictures brought to what a pair of parallel cameras would have taken: rows that correspond to rows.

A camera that is turned by small angles moves the picture of a point at (x, y), in focal lengths from its middle, by

    dx = x y pitch - (1 + x^2) yaw + y roll        dy = (1 + y^2) pitch - x y yaw - x roll

whatever its distance (Longuet-Higgins and Prazdny 1980, for an infinitesimal turn); a longer lens by a share of both. A
second camera that stands higher moves it by a share of its disparity. So the rows alone say all of these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from ..core.arrays import FloatArray

LEAST_MATCHES = 30
"""Points of both pictures, of one geometry, without which nothing is believed."""

MOST_FEATURES = 4000

RATIO = 0.75
"""A point's likeness must be so much nearer than the next one (Lowe 2004)."""

FAR_QUANTILE = 0.02
"""The farthest points that count; farther ones may be wrong."""

SURE = 3.0
"""How many times its own uncertainty a yaw must be to be believed: the rows hardly tell it."""

STEPS = 8
"""Rounds of the fit; it has settled after a few."""

MOST_DEG = 15.0
"""A camera that is turned further did not look at the same thing."""


@dataclass(frozen=True, eq=False)
class Rectification:
    """How two pictures are warped so that their rows correspond.

    Attributes
    ----------
    pitch, yaw, roll : float
        By which the right camera was turned against the left one, in degrees.
    zoom : float
        How much longer its lens was.
    tilt : float
        By which the line from camera to camera was inclined to the rows, in degrees.
    is_toed : bool
        Whether the cameras were turned towards each other, so that what is at infinity is known by what is farthest.
    left, right : float64 (3, 3)
        From a pixel of the rectified picture to one of the picture.
    """

    pitch: float
    yaw: float
    roll: float
    zoom: float
    tilt: float
    is_toed: bool
    left: NDArray[Any]
    right: NDArray[Any]

    def warped(self, cv2: Any, left: NDArray, right: NDArray) -> tuple[NDArray, NDArray]:
        """Return both pictures (H, W) rectified."""
        size = (left.shape[1], left.shape[0])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        one, other = (
            cv2.warpPerspective(picture, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            for picture, matrix in ((left, self.left), (right, self.right))
        )
        return one, other

    def unwarped(self, cv2: Any, values: FloatArray) -> FloatArray:
        """Bring values (H, W) of the rectified left picture back to the left picture; NaN where there is none."""
        if not self.tilt:
            return values
        size = (values.shape[1], values.shape[0])
        return cv2.warpPerspective(
            values, np.linalg.inv(self.left), size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT, borderValue=float("nan"),
        )  # fmt: skip

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"the right camera was turned by {self.pitch:.2f} (pitch), {self.yaw:.2f} (yaw) and {self.roll:.2f} (roll) "
            f"degrees, stood {self.tilt:.2f} degrees off the rows, and zoomed by {100 * self.zoom:.1f} %"
        )


def matches(cv2: Any, left: NDArray[np.uint8], right: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Find points of the left picture in the right one, float64 (N, 2) each: x and y in pixels, of one geometry."""
    detector = cv2.SIFT_create(nfeatures=MOST_FEATURES)
    (here, what), (there, same) = (detector.detectAndCompute(picture, None) for picture in (left, right))
    none = np.zeros((0, 2))
    if what is None or same is None or len(here) < LEAST_MATCHES or len(there) < LEAST_MATCHES:
        return none, none
    found = [
        pair[0]
        for pair in cv2.BFMatcher(cv2.NORM_L2).knnMatch(what, same, k=2)
        if len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance
    ]
    if len(found) < LEAST_MATCHES:
        return none, none
    points = np.array([here[one.queryIdx].pt for one in found]), np.array([there[one.trainIdx].pt for one in found])
    cv2.setRNGSeed(1)
    _, fits = cv2.findFundamentalMat(*points, cv2.FM_RANSAC, 1.5, 0.999, 5000)
    if fits is None:
        return none, none
    kept = fits.ravel().astype(bool)
    return points[0][kept], points[1][kept]


def find(left: NDArray[Any], right: NDArray[Any], size: tuple[int, int], focal_px: float) -> Rectification | None:
    """Find the warps from matched points.

    Parameters
    ----------
    left, right : float64 (N, 2)
        As `matches` gives them.
    size : (height, width)
    focal_px : float

    Returns
    -------
    Rectification or None
        None where too few points are of one geometry, or the cameras looked at different things.
    """
    if len(left) < LEAST_MATCHES:
        return None
    middle = np.array([size[1] - 1, size[0] - 1]) / 2
    here, there = left - middle, right - middle
    fit = _fit(here, there, focal_px, np.ones(5, bool))
    if fit is not None and abs(fit.camera[1]) < SURE * fit.uncertainty[1]:
        fit = _fit(here, there, focal_px, np.array([True, False, True, True, True]))
    if fit is None or max(*np.abs(fit.camera[:3]), abs(fit.tilt)) > math.radians(MOST_DEG) or abs(fit.camera[3]) > 0.2:
        return None
    pitch, yaw, roll, zoom = (float(v) for v in fit.camera)
    turned = _turned(fit.camera, focal_px)
    level = np.array(
        [[math.cos(fit.tilt), math.sin(fit.tilt), 0], [-math.sin(fit.tilt), math.cos(fit.tilt), 0], [0, 0, 1.0]]
    )
    one, other = _moved(np.linalg.inv(level), here[fit.kept]), _moved(np.linalg.inv(turned @ level), there[fit.kept])
    apart = one[:, 0] - other[:, 0]
    # What is farthest is at infinity at the most: a yaw that puts it beyond is too large by that.
    far, shift = float(np.quantile(apart, FAR_QUANTILE)), np.eye(3)
    is_toed = bool(yaw)
    if far < -0.5 and np.median(apart) > 0:
        shift[0, 2], is_toed = -far, True
    centre = np.array([[1.0, 0, middle[0]], [0, 1.0, middle[1]], [0, 0, 1.0]])
    off = np.linalg.inv(centre)
    return Rectification(
        pitch=math.degrees(pitch),
        yaw=math.degrees(yaw),
        roll=math.degrees(roll),
        zoom=zoom,
        tilt=math.degrees(fit.tilt),
        is_toed=is_toed,
        left=centre @ level @ off,
        right=centre @ turned @ level @ shift @ off,
    )


@dataclass(frozen=True, eq=False)
class _Fit:
    """Pitch, yaw, roll and zoom of the right camera, how sure each is, the tilt, and the points that agree."""

    camera: NDArray[Any]
    uncertainty: NDArray[Any]
    tilt: float
    kept: NDArray[np.bool_]


def _fit(here: NDArray[Any], there: NDArray[Any], focal_px: float, free: NDArray[np.bool_]) -> _Fit | None:
    """Fit by least squares what is `free` of pitch, yaw, roll, zoom and tilt; what is far off does not count."""
    camera, kept = np.zeros(4), np.ones(len(here), bool)
    tilt, uncertainty = 0.0, np.full(5, np.inf)
    for _ in range(STEPS):
        seen = _moved(np.linalg.inv(_turned(camera, focal_px)), there)
        x, y = (seen / focal_px).T
        rows = seen[:, 1] - here[:, 1]
        apart = here[:, 0] - seen[:, 0]
        terms = np.stack([1 + y * y, -x * y, -x, y, apart / focal_px], axis=1)[:, free] * focal_px
        square = terms[kept].T @ terms[kept]
        square += 1e-9 * np.trace(square) * np.eye(len(square))
        step = np.zeros(5)
        step[free] = np.linalg.solve(square, terms[kept].T @ rows[kept])
        left_over = np.abs(rows - terms @ step[free])
        uncertainty[free] = np.sqrt(np.mean(left_over[kept] ** 2) * np.diag(np.linalg.inv(square)))
        camera, tilt = camera + step[:4], math.atan(step[4])
        kept = left_over <= max(3.0 * float(np.median(left_over)), 0.5)
        if kept.sum() < LEAST_MATCHES:
            return None
    return _Fit(camera, uncertainty, tilt, kept)


def _turned(camera: NDArray[Any], focal_px: float) -> NDArray[Any]:
    """From a place in an unturned picture to the one in a turned and zoomed picture, in pixels from their middles."""
    pitch, yaw, roll, zoom = camera
    turn = linalg.expm(np.array([[0, roll, -yaw], [-roll, 0, pitch], [yaw, -pitch, 0]]))
    longer = focal_px * (1 + zoom)
    return np.diag([longer, longer, 1.0]) @ turn @ np.diag([1 / focal_px, 1 / focal_px, 1.0])


def _moved(matrix: NDArray[Any], points: NDArray[Any]) -> NDArray[Any]:
    flat = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return flat[:, :2] / flat[:, 2:]
