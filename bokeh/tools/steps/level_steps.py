"""The steps that show the scene taken apart: at each size what is seen, what lies behind, how well it is known."""

from __future__ import annotations

import numpy as np

from ...core.arrays import FloatArray
from ...image.regions import PixelBox
from ...scene.layered import LayeredScene
from .pictures import SHARE, StepPictures

BAND_ROWS = 256
"""Rows that are looked at together."""

LEAST_LENGTH_PX = 32
"""Sizes whose longer side is shorter are not shown, but for the photo's own."""


def show_levels(pictures: StepPictures, layered: LayeredScene) -> None:
    """Show all sizes of a scene taken apart."""
    height, width = layered.sizes[0]
    shows = "what is taken apart: the radiance with the lights taken out"
    pictures.photo_light("without_lights", layered.light.rgbd((slice(0, height), slice(0, width)))[..., :3], shows)
    for level, size in enumerate(layered.sizes):
        if level == 0 or max(size) >= LEAST_LENGTH_PX:
            _show_level(pictures, layered, level)


def _show_level(pictures: StepPictures, layered: LayeredScene, level: int) -> None:
    name = f"at 1/{2**level} of its size" if level else "at its own size"
    pictures.section(f"The photo taken apart, {name}: what each pixel shows first, and what lies behind that")
    values = _level_values(pictures, layered, level)
    front, alpha, behind, known, weight = (
        values[..., :3],
        values[..., 3],
        values[..., 4:7],
        values[..., 7],
        values[..., 8],
    )
    colour = front / np.maximum(alpha, 1e-6)[..., None]
    pictures.colour(f"level_{level}_front", colour, alpha, "the front: what is seen first, over checks where mixed")
    colour = behind / np.maximum(known, 1e-6)[..., None]
    shows = "the back: what lies behind, over checks where that is not known or not wanted"
    pictures.colour(f"level_{level}_back", colour, known, shows)
    pictures.grey(f"level_{level}_coverage", alpha, "how much of each pixel its front covers", SHARE)
    shows = "doubt of the back: less the more is seen of it, more the farther from that, 1 where it is not known"
    pictures.grey(f"level_{level}_doubt", 1.0 - weight, shows, SHARE)


def _level_values(pictures: StepPictures, layered: LayeredScene, level: int) -> FloatArray:
    """Premultiplied front, its coverage, premultiplied back, where it is known, its weight: (h, w, 9) in the frame."""
    height, width = layered.sizes[level]
    own = pictures.frame.at_level(level)
    parts: list[tuple[PixelBox, FloatArray]] = []
    step = -(-BAND_ROWS // own.by) * own.by
    for top in range(0, height, step):
        box = slice(top, min(top + step, height)), slice(0, width)
        found = layered.window(level, box)
        known = found.weight > 0.0
        values = np.zeros((*known.shape, 9), np.float32)
        values[..., :3] = found.front[..., :3] * found.alpha[..., None]
        values[..., 3], values[..., 7], values[..., 8] = found.alpha, known, found.weight
        np.copyto(values[..., 4:7], found.back[..., :3], where=known[..., None])
        parts.append(own.reduce(values, box))
    return pictures.frame.assembled(level, parts, 9)
