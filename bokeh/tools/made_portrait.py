"""A made portrait to measure with: what a phone's file holds, at any size, the same every time."""

from __future__ import annotations

import numpy as np

from ..core.arrays import FloatArray
from ..photo.metadata import Metadata
from ..photo.photo import GainMap, Photo

FOCUS_M = 1.4
"""Distance of the one portrayed."""

_MAP_SHARE, _MATTE_SHARE = 0.2, 0.5
"""Sides of the depth map, of matte and gain map, by the picture's."""

_STRANDS, _LAMPS = 60, 12
_GRAIN = 0.02


def made_portrait(megapixels: float, seed: int = 0) -> Photo:
    """Make a photo, 3:4, of somebody with loose hair before a patterned wall that runs away to lamps.

    Parameters
    ----------
    megapixels : float
    seed : int
        Where strands and lamps are, and the grain.

    Returns
    -------
    Photo
        Depth in 8 bits at a fifth of the picture's size; matte and gain map at half of it; lamps clip, and the gain map
        holds how bright they are.
    """
    width = max(round((megapixels * 1e6 * 3 / 4) ** 0.5 / 8) * 8, 32)
    height = width * 4 // 3
    random = np.random.default_rng(seed)
    strands = _strands(random)
    coverage = _coverage(height, width, strands)
    rgb = np.empty((height, width, 3), np.float32)
    across = np.linspace(0.0, 1.0, width, dtype=np.float32)
    for row, down in enumerate(np.linspace(0.0, 4 / 3, height, dtype=np.float32)):
        tiles = np.sin(40.0 * across / (0.4 + down)) * np.sin(25.0 * down) > 0.0
        wall = np.where(tiles[:, None], (0.30, 0.26, 0.20), (0.06, 0.08, 0.11)).astype(np.float32)
        light = 0.5 + 0.5 * across + 0.1 * np.sin(90.0 * across + 70.0 * down)
        subject = light[:, None] * np.array((0.45, 0.30, 0.22) if down > 0.25 else (0.08, 0.05, 0.03), np.float32)
        own = coverage[row][:, None]
        rgb[row] = wall + (subject - wall) * own
    lamps = _lamps(random, height, width)
    for rows, columns in lamps:
        rgb[rows, columns] = 1.0
    for row in rgb:
        row *= 1.0 + _GRAIN * random.standard_normal(row.shape, np.float32)
    return Photo(
        rgb=np.clip(rgb, 0.0, 1.0, out=rgb),
        depth=_depth(round(height * _MAP_SHARE), round(width * _MAP_SHARE), strands),
        matte=_coverage(round(height * _MATTE_SHARE), round(width * _MATTE_SHARE), strands),
        gain_map=_gain(height, width, lamps),
        meta=Metadata(format="heic", hdr="gain-map"),
    )


def _strands(random: np.random.Generator) -> FloatArray:
    """Angle, length and bend of each strand of hair, in parts of the picture's width."""
    return np.stack(
        [random.uniform(-2.6, -0.5, _STRANDS), random.uniform(0.02, 0.1, _STRANDS), random.uniform(-1, 1, _STRANDS)], 1
    ).astype(np.float32)


def _coverage(height: int, width: int, strands: FloatArray) -> FloatArray:
    """Cover what the subject covers: head, shoulders, and hair of half a pixel of a picture 2000 wide."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / width
    y = ((np.arange(height, dtype=np.float32) + 0.5) / width)[:, None]
    head = 1.0 - np.hypot((x - 0.5) / 0.17, (y - 0.5) / 0.23)
    body = 1.0 - np.hypot((x - 0.5) / 0.42, (y - 1.45) / 0.75)
    covered = np.clip(np.maximum(head * 0.17, body * 0.42) * width + 0.5, 0.0, 1.0, dtype=np.float32)
    thin = min(width / 2000.0, 1.0) * 0.5
    for angle, length, bend in strands:
        along = np.linspace(0.0, 1.0, max(int(3 * length * width), 2), dtype=np.float32)
        turned = angle + 0.6 * bend * along
        places_x = 0.5 + 0.165 * np.cos(angle) + length * along * np.cos(turned)
        places_y = 0.5 + 0.225 * np.sin(angle) + length * along * np.sin(turned)
        rows, columns = (places_y * width).astype(int), (places_x * width).astype(int)
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        rows, columns = rows[inside], columns[inside]
        covered[rows, columns] = np.maximum(covered[rows, columns], thin + 0.3)
    return covered


def _depth(height: int, width: int, strands: FloatArray) -> FloatArray:
    """Dioptres in 255 steps: a wall that runs away, and the subject before it."""
    wall = np.linspace(0.02, 0.45, height, dtype=np.float32)[:, None] * np.ones(width, np.float32)
    near = 1.0 / FOCUS_M
    dioptres = np.where(_coverage(height, width, strands) > 0.5, np.float32(near), wall)
    return np.round(dioptres * (255 / near)).astype(np.float32) * np.float32(near / 255)


def _lamps(random: np.random.Generator, height: int, width: int) -> list[tuple[slice, slice]]:
    """Places of lamps on the wall, on both sides of the head."""
    side = max(width // 150, 2)
    places = []
    for number in range(_LAMPS):
        x = random.uniform(0.02, 0.25) if number % 2 else random.uniform(0.75, 0.95)
        row, column = int(random.uniform(0.03, 0.5) * height), int(x * width)
        places.append((slice(row, row + side), slice(column, column + side)))
    return places


def _gain(height: int, width: int, lamps: list[tuple[slice, slice]]) -> GainMap:
    """Make stops at half size: three where a lamp is, none elsewhere."""
    stops = np.zeros((round(height * _MATTE_SHARE), round(width * _MATTE_SHARE)), np.float32)
    for rows, columns in lamps:
        stops[rows.start // 2 : -(-rows.stop // 2), columns.start // 2 : -(-columns.stop // 2)] = 3.0
    return GainMap(stops, headroom=8.0)
