"""Quantities as colours: what a map of blur, depth or coverage looks like, and the scale that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray

Colour = tuple[int, int, int]

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
HOLE = (255, 0, 255)
"""Where a map says nothing."""

IN_FRONT = (BLACK, (170, 60, 0), (255, 140, 30), (255, 240, 190))
BEHIND = (BLACK, (0, 60, 170), (40, 150, 255), (200, 240, 255))
"""From sharp to most blurred."""

NEAR_TO_FAR = ((255, 60, 40), (255, 170, 30), (230, 230, 60), (70, 210, 110), (60, 150, 255), (130, 90, 255))

CHECKS = (0.30, 0.38)
"""Codes of the two greys that stand for "nothing is here"."""

CHECK_PX = 12

_SHADES = 1024


@dataclass(frozen=True)
class Scale:
    """What the colours of a picture stand for.

    Attributes
    ----------
    unit : str
    stops : tuple of (Colour, float or str)
        Colours and their values, from one end to the other.
    smooth : bool
        Whether the colours between two stops stand for the values between; else each stop stands for itself.
    """

    unit: str
    stops: tuple[tuple[Colour, float | str], ...]
    smooth: bool = True


def grey(values: FloatArray, black: float, white: float) -> NDArray[np.uint16]:
    """Map values (H, W) linearly to 16-bit greys (H, W)."""
    share = (values - black) * np.float32(1.0 / (white - black)) if white != black else np.zeros_like(values)
    return np.rint(np.clip(share, 0.0, 1.0) * np.float32(65535.0)).astype(np.uint16)


def grey_scale(unit: str, black: float, white: float) -> Scale:
    """Scale of `grey`."""
    return Scale(unit, ((BLACK, black), (WHITE, white)))


def ramp(share: NDArray[np.floating], colours: tuple[Colour, ...]) -> FloatArray:
    """Colours of shares 0..1 (...) along a ramp, as codes 0..1 (..., 3)."""
    at = np.linspace(0.0, 1.0, len(colours))
    codes = np.asarray(colours) / 255.0
    return np.stack([np.interp(share, at, codes[:, k]) for k in range(3)], axis=-1).astype(np.float32)


def blur(radius_px: FloatArray, most_px: float) -> FloatArray:
    """Signed blur radii (H, W) as codes 0..1 (H, W, 3): orange in front of focus, blue behind, dark where sharp."""
    shades = np.linspace(0.0, 1.0, _SHADES)
    table = np.concatenate([ramp(shades[:0:-1], IN_FRONT), ramp(shades, BEHIND)])
    share = np.clip(radius_px * np.float32(1.0 / max(most_px, 1e-6)), -1.0, 1.0)
    return table[np.rint((share + 1.0) * np.float32(_SHADES - 1)).astype(np.intp)]


def blur_scale(most_px: float) -> Scale:
    """Scale of `blur`."""
    ends = np.linspace(0.0, most_px, len(BEHIND))
    front = [(colour, -float(r)) for colour, r in zip(IN_FRONT[:0:-1], ends[:0:-1], strict=True)]
    return Scale("px", (*front, *((colour, float(r)) for colour, r in zip(BEHIND, ends, strict=True))))


def checks(size: tuple[int, int]) -> FloatArray:
    """Checkerboard (H, W, 1) of codes, for where nothing is."""
    y, x = np.ogrid[: size[0], : size[1]]
    dark = ((y // CHECK_PX + x // CHECK_PX) % 2).astype(bool)
    return np.where(dark, np.float32(CHECKS[0]), np.float32(CHECKS[1]))[..., None]


def over_checks(codes: NDArray[np.floating], alpha: NDArray[np.floating]) -> FloatArray:
    """Lay codes (H, W, 3) over a checkerboard, by alpha (H, W) in 0..1."""
    below = checks(alpha.shape[:2])
    return (below + alpha[..., None] * (codes - below)).astype(np.float32)
