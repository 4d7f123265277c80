"""Dither: noise of one code where 8 bits are written, so that nothing smooth bands."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..core.threads import each
from .profile import Profile

DITHER_PX = 256
"""Side of the square of noise that is laid over a picture again and again."""

_VALUES = 3 << 15
"""Values done at once: what they need meanwhile fits a core's cache, which takes half the CPU of step after step."""


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.int32]:
    """Noise of one code in 257ths, a half added, for a square of the picture; the same everywhere (Wellons' hash)."""
    value = np.arange(1, DITHER_PX**2 * 3 + 1, dtype=np.uint32) * np.uint32(0x9E3779B1)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        value ^= value >> np.uint32(shift)
        value *= np.uint32(factor)
    # Less than half a code to each side, by what the tables of curves are off.
    noise = (value % np.uint32(247)).astype(np.int32) - 123
    return noise.reshape(DITHER_PX, DITHER_PX, 3) + 128


def to_dithered_codes(profile: Profile, linear: NDArray) -> NDArray[np.uint8]:
    """Code scene-linear light in 8 bits, with noise of one code.

    Parameters
    ----------
    profile : Profile
        Whose curves and primaries the codes are in.
    linear : float32 (H, W, 3)

    Returns
    -------
    uint8 (H, W, 3)
        What is a code exactly stays that code; the same light gives the same codes.
    """
    height, width, _ = linear.shape
    out = np.empty(linear.shape, np.uint8)
    noise = np.tile(_noise(), (1, -(-width // DITHER_PX), 1))[:, :width]

    most_rows = max(_VALUES // (3 * width), 1)

    def band(top: int) -> None:
        end = min(top + DITHER_PX, height)
        for row in range(top, end, most_rows):
            rows = slice(row, min(row + most_rows, end))
            fine = profile.to_codes(linear[rows], 16)
            added = noise[row % DITHER_PX :][: len(fine)]
            out[rows] = (fine + added) // 257

    each(band, range(0, height, DITHER_PX))
    return out
