"""The camera's calibration as a depth map's XMP states it, held against EXIF's 35 mm equivalent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...photo.metadata import DepthFacts, Intrinsics
from . import apple

# Calibrations, and focal lengths that EXIF rounds to whole millimetres, differ by a few percent: 2 % in real files.
AGREEMENT = 0.1
# A matrix whose focal lengths differ more is wrong in one of them: phones' pixels are square.
ANISOTROPY = 0.05
# Focal length over the frame's longer side: beyond any phone's lens, and beyond what a matrix could mean.
_PLAUSIBLE = (0.1, 100.0)


def read(values: Mapping[str, str]) -> Intrinsics | None:
    """Intrinsics of a depth item's XMP values; None when they are missing or make no sense.

    Notes
    -----
    The matrix is column-major: [fx, 0, 0, 0, fy, 0, cx, cy, 1].
    """
    try:
        matrix = [float(word) for word in values.get("depthData:IntrinsicMatrix", "").split()]
    except ValueError:
        return None
    width, height = (apple.number(values, f"depthData:IntrinsicMatrixReference{side}") for side in ("Width", "Height"))
    if len(matrix) != 9 or not np.isfinite(matrix).all() or not width or not height or min(width, height) <= 0:
        return None
    longer = max(width, height)
    if not all(_PLAUSIBLE[0] < focal / longer < _PLAUSIBLE[1] for focal in (matrix[0], matrix[4])):
        return None
    pitch = apple.number(values, "depthData:PixelSize")
    pixel_mm = pitch if pitch and 0 < pitch < 1 else None
    return Intrinsics(matrix[0], matrix[4], matrix[6], matrix[7], width, height, pixel_mm)


def depth_facts(values: Mapping[str, str]) -> DepthFacts:
    """Quality, filtering and the simulated aperture of a depth item's XMP values."""
    aperture = apple.number(values, "depthBlurEffect:SimulatedAperture")
    said = values.get("depthData:Filtered", "").strip().lower()
    return DepthFacts(
        quality=values.get("depthData:Quality", "").strip().lower()[:16],
        filtered={"true": True, "1": True, "false": False, "0": False}.get(said),
        simulated_f_number=aperture if aperture and 0 < aperture < 1000 else None,
    )


def turned(camera: Intrinsics, size: tuple[int, int], orientation: int) -> Intrinsics:
    """Turn intrinsics with the picture by an EXIF orientation, unless their frame is upright already.

    Parameters
    ----------
    camera : Intrinsics
    size : (height, width)
        The upright picture's.
    orientation : int
        That was applied to make it upright.
    """
    fx, fy, cx, cy, width, height = (
        camera.focal_x_px, camera.focal_y_px, camera.centre_x_px, camera.centre_y_px, camera.width, camera.height
    )  # fmt: skip
    if orientation >= 5 and (width > height) == (size[1] > size[0]) and width != height:
        return camera
    if orientation >= 5:  # these exchange rows and columns
        fx, fy, cx, cy, width, height = fy, fx, cy, cx, height, width
    if orientation in (2, 3, 6, 7):
        cx = width - cx
    if orientation in (3, 4, 7, 8):
        cy = height - cy
    return Intrinsics(fx, fy, cx, cy, width, height, camera.pixel_mm)


def equivalent(camera: Intrinsics | None, exif_f35_mm: float | None, zoom: float | None) -> tuple[float | None, str]:
    """35 mm equivalent focal length to use, and what to say of it; "" = nothing.

    EXIF's is preferred: it includes the digital zoom, and phones write it right where calibrations were wrong.

    Parameters
    ----------
    camera : Intrinsics or None
    exif_f35_mm : float or None
    zoom : float or None
        EXIF's digital zoom ratio.
    """
    if camera is None:
        return exif_f35_mm, ""
    stated = camera.f35_mm
    doubt = ""
    if camera.anisotropy > ANISOTROPY:
        doubt = f"the depth map's intrinsics have fx and fy {camera.anisotropy:.0%} apart"
    if exif_f35_mm is None:
        return stated, f"focal length: {stated:.3g} mm equivalent, from the intrinsics" + (doubt and f"; {doubt}")
    if not doubt and abs(stated / exif_f35_mm - 1.0) > AGREEMENT:
        doubt = f"the intrinsics' focal length is {stated:.3g} mm equivalent"
        if zoom and abs(exif_f35_mm / stated / zoom - 1.0) <= AGREEMENT:
            doubt += f" before a digital zoom of {zoom:.3g}"
    if doubt:
        return exif_f35_mm, f"{doubt}: EXIF's {exif_f35_mm:.3g} mm is used"
    return exif_f35_mm, f"focal length: EXIF's {exif_f35_mm:.3g} mm and the intrinsics' {stated:.3g} mm agree"
