"""Where in space a pixel lies: the pinhole camera of a photo, there and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.errors import UsageError
from ..optics.lens import DEFAULT_F35_MM, FULL_FRAME_DIAGONAL_MM
from .metadata import Metadata

MOST_ANISOTROPY = 0.05
"""Intrinsics whose focal lengths differ by more are wrong in one of them: phones' pixels are square."""

AGREEMENT = 0.1
"""Intrinsics that differ by more from the 35 mm equivalent belong to another crop than the picture."""

SAME_ASPECT = 0.02
"""So far may the intrinsics' frame be from the picture's aspect for its principal point to be the picture's."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera before a picture, in pixels of the picture.

    The middle of the pixel in column x and row y lies at (x + 0.5, y + 0.5).

    Parameters
    ----------
    focal_x_px, focal_y_px : float
        Focal lengths, > 0.
    centre_x_px, centre_y_px : float
        Principal point.
    source : str
        Where the numbers come from, in words.

    Raises
    ------
    UsageError
        When a number is not finite, or a focal length not above 0.
    """

    focal_x_px: float
    focal_y_px: float
    centre_x_px: float
    centre_y_px: float
    source: str = "as given"

    def __post_init__(self) -> None:
        """Check the numbers."""
        numbers = (self.focal_x_px, self.focal_y_px, self.centre_x_px, self.centre_y_px)
        if not all(map(math.isfinite, numbers)) or min(numbers[:2]) <= 0:
            raise UsageError(f"camera {', '.join(f'{n:g}' for n in numbers)} makes no sense; focal lengths are above 0")

    def unproject(self, x_px: ArrayLike, y_px: ArrayLike, metres: ArrayLike) -> NDArray[np.float64]:
        """Return the points in space that are seen at places of the picture.

        Parameters
        ----------
        x_px, y_px : float (...)
            Places in the picture, to the right and down from its top left corner.
        metres : float (...)
            Distance from the camera along its axis.

        Returns
        -------
        float64 (..., 3)
            Metres to the right, down, and away from the camera.
        """
        x, y, z = (np.asarray(v, np.float64) for v in (x_px, y_px, metres))
        right, down = (x - self.centre_x_px) / self.focal_x_px, (y - self.centre_y_px) / self.focal_y_px
        return np.stack(np.broadcast_arrays(right * z, down * z, z), axis=-1)

    def project(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return where points in space are seen; the inverse of `unproject`.

        Parameters
        ----------
        points : float (..., 3)
            Metres to the right, down, and away from the camera, > 0.

        Returns
        -------
        x_px, y_px, metres : float64 (...)
        """
        right, down, z = np.moveaxis(np.asarray(points, np.float64), -1, 0)
        return self.centre_x_px + self.focal_x_px * right / z, self.centre_y_px + self.focal_y_px * down / z, z


def camera_of(meta: Metadata, size: tuple[int, int]) -> Camera:
    """Return the camera that took a picture of (H, W).

    The intrinsics, where they stand with the depth map and can be the picture's; else the 35 mm equivalent, by the
    diagonal, around the middle of the picture; else a phone's usual one, and `source` says that it is assumed.
    """
    height, width = size
    stated = meta.intrinsics
    if stated is not None and stated.anisotropy <= MOST_ANISOTROPY:
        same_frame = abs(math.log((stated.width / stated.height) / (width / height))) <= SAME_ASPECT
        agrees = meta.f35_mm is None or abs(stated.f35_mm / meta.f35_mm - 1.0) <= AGREEMENT
        if same_frame and agrees:
            across, down = width / stated.width, height / stated.height
            return Camera(
                stated.focal_x_px * across, stated.focal_y_px * down,
                stated.centre_x_px * across, stated.centre_y_px * down,
                "the depth map's intrinsics",
            )  # fmt: skip
    f35_mm = meta.f35_mm or DEFAULT_F35_MM
    focal_px = f35_mm / FULL_FRAME_DIAGONAL_MM * math.hypot(height, width)
    how = "the photo's 35 mm equivalent" if meta.f35_mm else "assumed"
    return Camera(focal_px, focal_px, width / 2, height / 2, f"{f35_mm:.3g} mm, {how}")
