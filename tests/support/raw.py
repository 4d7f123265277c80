"""A raw file built tag by tag, small, for the tests: DNG with a Bayer mosaic, or with linear RGB as ProRAW has."""

from __future__ import annotations

import io

import numpy as np
import tifffile
from numpy.typing import NDArray

_CFA, _LINEAR_RAW = 32803, 34892
# XYZ (D50-ish white of daylight) to camera RGB. The camera sees sRGB's primaries, so that colours can be foretold.
XYZ_TO_CAMERA = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


def dng(
    rgb: NDArray[np.uint16],
    *,
    linear: bool = False,
    white: int = 4095,
    neutral: tuple[float, float, float] = (1.0, 1.0, 1.0),
    orientation: int = 1,
    f35: int = 26,
) -> bytes:
    """DNG of camera codes (H, W, 3), black at 0: every second pixel of a channel for a mosaic, or all of them."""
    height, width = rgb.shape[:2]
    row, column = np.mgrid[:height, :width] % 2
    mosaic = np.where(row + column == 1, rgb[..., 1], np.where(row == 0, rgb[..., 0], rgb[..., 2]))

    def rationals(values) -> tuple[int, ...]:
        return tuple(int(n) for v in values for n in (round(float(v) * 10000), 10000))

    tags = [
        (271, 2, 0, "Phone", True),
        (272, 2, 0, "Raw One", True),
        (274, 3, 1, orientation, True),
        (0xC612, 1, 4, (1, 4, 0, 0), True),
        (0xC613, 1, 4, (1, 1, 0, 0), True),
        (0xC614, 2, 0, "Phone Raw One", True),
        (0xC61D, 4, 1 if not linear else 3, white if not linear else (white,) * 3, True),
        (0xC621, 10, 9, rationals(XYZ_TO_CAMERA.ravel()), True),
        (0xC628, 5, 3, rationals(neutral), True),
        (0xC65A, 3, 1, 21, True),  # the matrix is for D65
    ]
    if not linear:
        tags += [(33421, 3, 2, (2, 2), True), (33422, 1, 4, (0, 1, 1, 2), True)]
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(
            rgb if linear else mosaic.astype(np.uint16),
            photometric=_LINEAR_RAW if linear else _CFA,
            planarconfig=1 if linear else None,
            extratags=tags,
            metadata=None,
            software=False,
        )
    return file.getvalue()
