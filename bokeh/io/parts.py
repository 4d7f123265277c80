"""EXR for compositors: planes by name, and files of several parts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from ..colour import Profile
from ..photo import FloatArray

INFINITY_M = 1e10
"""What a renderer writes for "nothing there"; infinity itself breaks the arithmetic of some compositors."""

_MOST_HALF = 65504.0

Channels = Mapping[str, NDArray]


def metres(dioptres: FloatArray) -> FloatArray:
    """Metres of a depth map; `INFINITY_M` where it has infinity."""
    return np.asarray(1.0 / np.maximum(dioptres, 1.0 / INFINITY_M), np.float32)


def halves(light: FloatArray) -> NDArray[np.float16]:
    """Half floats of light, clipped to what they hold."""
    return np.clip(light, -_MOST_HALF, _MOST_HALF).astype(np.float16)


def exr(parts: Sequence[tuple[str, Channels]], profile: Profile) -> bytes:
    """EXR of one part or of several.

    Parameters
    ----------
    parts : sequence of (name, channels)
        Channels by name: float16 or float32 (H, W), or (H, W, 3 or 4) for "RGB" or "RGBA".
    profile : Profile
        Whose primaries the colours have.
    """
    header: dict[str, Any] = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    corners = profile.chromaticities()
    if corners:
        header["chromaticities"] = corners
    file = io.BytesIO()
    whole = {name: {k: np.ascontiguousarray(v) for k, v in channels.items()} for name, channels in parts}
    if len(whole) == 1:
        OpenEXR.File(header, next(iter(whole.values()))).write(file)
    else:
        OpenEXR.File([OpenEXR.Part(dict(header), channels, name) for name, channels in whole.items()]).write(file)
    return file.getvalue()
