"""Small lights that a map shows as a soft spot: they get the spot's depth.

A bulb of a few pixels has no side that is flat enough to be told from what is behind it, and the map's spot lies a
little beside it: at the photo's size it would take the depth of the sky, and its disc would be too large. Where the
picture shows a light that stands alone, and the map rises to a spot that is no larger than the light as such a map
draws it, the spot is the light. What passes before lights, leaves or a fence, is larger: there nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray
from ..image.filters import highest, opened
from ..image.regions import connected
from .edges import least_difference

LIGHT_PX = 9
"""A small light is narrower than this, in map pixels."""

CONTRAST = 0.15
"""By how much it is brighter than what is around, in (square root) light at the map's size."""

LEAST, SURROUND = 0.95, 0.58
"""At the photo's size it is nearly white at least, in (square root) light, and what is around no more than this share:
a third of its light."""

DUSK = 0.71
"""Where a cable is evidence too, what is around has no more than this share: half of its light, as a sky at dusk."""

ASIDE_PX = 2
"""The map's spot lies no farther beside it, in map pixels."""

RING_PX = 6
"""What surrounds a spot is looked at so far from it, in map pixels."""

CABLE_PX = 6
"""What is as near as a spot crosses what surrounds it as a cable does, no wider than this: surfaces and leaves are."""

ALONE_PX, MOST_BESIDE = 6.0, 1
"""Of 16 places so far from a light, in map pixels, no more may be brighter than what is around one that stands alone:
letters and leaves have more of their kind beside them."""

LARGER, BLUR_PX2 = 2.0, 10.0
"""The spot's area is no more than so many times the light's, and what the map's blur adds, in map pixels."""

_TURN = np.arange(round(2.0 * np.pi * RING_PX)) / RING_PX
_RING = np.rint(RING_PX * np.stack([np.sin(_TURN), np.cos(_TURN)], axis=1)).astype(np.intp)
_CIRCLE = np.stack([np.sin(np.arange(16) * np.pi / 8.0), np.cos(np.arange(16) * np.pi / 8.0)], axis=1)
_Y, _X = np.mgrid[-RING_PX : RING_PX + 1, -RING_PX : RING_PX + 1]
_WITHIN = np.hypot(_Y, _X) < RING_PX + 0.5


@dataclass(frozen=True, eq=False)
class BrightPlaces:
    """Where a photo at the map's size stands out most among its neighbours.

    Attributes
    ----------
    places : intp (N, 2)
        Rows and columns.
    around : float32 (N,)
        How bright it is around them.
    size : (int, int)
        Of the map.
    """

    places: NDArray[np.intp]
    around: FloatArray
    size: tuple[int, int]

    @classmethod
    def of(cls, small: FloatArray) -> BrightPlaces:
        """Find them in a photo at the map's size, perceptual, float32 (3, h, w)."""
        bright = small.max(axis=0)
        around = opened(bright, LIGHT_PX)
        places = _peaks_of(bright - around)
        return cls(places, around[places[:, 0], places[:, 1]], (bright.shape[0], bright.shape[1]))

    def only(self, kept: BoolArray) -> BrightPlaces:
        """Return those of a mask, bool (N,)."""
        return BrightPlaces(self.places[kept], self.around[kept], self.size)


@dataclass(frozen=True, eq=False)
class Light:
    """A small light that stands alone in a picture.

    Attributes
    ----------
    mask : bool (r, c)
    corner : (int, int)
        Where the mask lies.
    """

    mask: BoolArray
    corner: tuple[int, int]

    def pixels(self) -> NDArray[np.intp]:
        """Rows and columns of its pixels, (N, 2)."""
        return np.argwhere(self.mask) + self.corner

    @property
    def middle(self) -> NDArray[np.float64]:
        """Mean row and column."""
        return self.pixels().mean(axis=0)

    def raise_to(self, depth: FloatArray, size: tuple[int, int], value: np.float32) -> None:
        """Bring its pixels of a picture of a size no farther than a value, in a depth of any size: in place."""
        spans, own = [], []
        for full, side, start, length in zip(depth.shape, size, self.corner, self.mask.shape, strict=True):
            pixels = np.arange(-(-start * full // side), -(-(start + length) * full // side))
            spans.append(slice(int(pixels[0]), int(pixels[-1]) + 1))
            own.append(np.minimum(pixels * side // full - start, length - 1))
        part = depth[spans[0], spans[1]]
        np.maximum(part, value, out=part, where=self.mask[np.ix_(own[0], own[1])])


@dataclass(frozen=True, eq=False)
class SmallLights:
    """The small lights of which a map shows spots.

    Attributes
    ----------
    spots : list of (Light, float32)
        Each, and the dioptres of the map's spot.
    size : (int, int)
        Height and width of the picture of whose pixels this is said.
    """

    spots: list[tuple[Light, np.float32]]
    size: tuple[int, int]

    @classmethod
    def of(cls, coarse: FloatArray, bright: BrightPlaces, colour: FloatArray, step: float) -> SmallLights:
        """Find them.

        Parameters
        ----------
        coarse : float32 (h, w)
            The map, laid onto the photo.
        bright : BrightPlaces
            Of the photo at the map's size.
        colour : float32 (H', W', 3)
            The photo, perceptual, and perhaps reduced.
        step : float
            Size of one code in dioptres.
        """
        lights = cls([], (colour.shape[0], colour.shape[1]))
        places, around = bright.places, bright.around
        if not len(places):
            return lights
        jump = least_difference(coarse, step)
        spots = highest(coarse, 2 * ASIDE_PX + 1)[places[:, 0], places[:, 1]]
        rows, columns = np.moveaxis(places[:, None] + _RING, 2, 0)
        ring = coarse[np.clip(rows, 0, coarse.shape[0] - 1), np.clip(columns, 0, coarse.shape[1] - 1)]
        behind = np.median(ring, axis=1)
        middle = 0.5 * (spots + behind)
        alone = (spots - behind > jump) & (_longest_run(ring > middle[:, None]) <= CABLE_PX)
        scale = np.array(lights.size) / np.array(coarse.shape)
        raised = np.pad(coarse, RING_PX, mode="edge")
        for k in np.flatnonzero(alone):
            y, x = (int(v) for v in places[k])
            found = _light_at(colour, (places[k] + 0.5) * scale - 0.5, scale, float(around[k]), SURROUND)
            if found is None:
                continue
            window = raised[y : y + 2 * RING_PX + 1, x : x + 2 * RING_PX + 1]
            area = float((_WITHIN & (window > middle[k])).sum())
            if area <= LARGER * found.mask.sum() / scale.prod() + BLUR_PX2:
                lights.spots.append((found, np.float32(spots[k])))
        return lights

    def draw(self, depth: FloatArray) -> None:
        """Give them their spots' depths: in place, dioptres at the photo's size, float32 (H, W)."""
        for light, value in self.spots:
            light.raise_to(depth, self.size, value)


def lights_in(bright: BrightPlaces, colour: FloatArray) -> list[Light]:
    """Find the small lights that stand alone, whatever a map says of them.

    Parameters
    ----------
    bright : BrightPlaces
        Of the photo at the map's size.
    colour : float32 (H', W', 3)
        The photo, perceptual, and perhaps reduced.
    """
    size = np.array(colour.shape[:2])
    scale = size / np.array(bright.size)
    places, around = (bright.places + 0.5) * scale - 0.5, bright.around
    first = np.maximum(np.rint(places - scale).astype(np.intp), 0)
    peak = np.zeros(len(places), np.float32)
    for dy, dx in np.ndindex(*(int(n) for n in np.rint(2.0 * scale) + 1)):
        np.maximum(peak, _brightest(colour, np.minimum(first + (dy, dx), size - 1)), out=peak)
    lit = np.flatnonzero((peak >= LEAST) & (around <= DUSK * peak))
    ring = np.rint(places[lit, None] + ALONE_PX * scale * _CIRCLE).astype(np.intp)
    beside = _brightest(colour, np.clip(ring, 0, size - 1)) > DUSK * peak[lit, None]
    found: dict[tuple[int, ...], Light] = {}
    for k in lit[beside.sum(axis=1) <= MOST_BESIDE]:
        light = _light_at(colour, places[k], scale, float(around[k]), DUSK)
        if light is not None:
            found.setdefault(tuple(np.rint(light.middle).astype(int)), light)
    return list(found.values())


def _brightest(colour: FloatArray, pixels: NDArray[np.intp]) -> FloatArray:
    """Return the brightest channel of a picture (H', W', 3) at pixels (..., 2)."""
    red, green, blue = np.moveaxis(colour[pixels[..., 0], pixels[..., 1]], -1, 0)
    return np.maximum(np.maximum(red, green), blue)


def _peaks_of(contrast: FloatArray) -> NDArray[np.intp]:
    """Where a picture (h, w) stands out most among its neighbours, and enough: (N, 2)."""
    peak = highest(contrast, 2 * ASIDE_PX + 1)
    return np.argwhere((contrast > CONTRAST) & (contrast == peak))


def _longest_run(marks: BoolArray) -> NDArray[np.intp]:
    """Most neighbours that are marked around each circle, bool (N, K): (N,)."""
    run, longest = np.zeros(len(marks), np.intp), np.zeros(len(marks), np.intp)
    for around in np.concatenate([marks, marks], axis=1).T:
        run = np.where(around, run + 1, 0)
        longest = np.maximum(longest, run)
    return longest


def _light_at(
    colour: FloatArray, place: NDArray[np.float64], scale: NDArray[np.float64], around: float, share: float
) -> Light | None:
    """Find the light at a place of a picture (H', W', 3); None where what is around has a larger share of its light."""
    size = np.array(colour.shape[:2])
    first = np.maximum(np.floor(place - (0.5 * LIGHT_PX + ASIDE_PX) * scale), 0).astype(int)
    last = np.minimum(np.ceil(place + (0.5 * LIGHT_PX + ASIDE_PX) * scale) + 1, size).astype(int)
    bright = colour[first[0] : last[0], first[1] : last[1]].max(axis=2)
    near = np.maximum(np.rint(place - scale).astype(int) - first, 0)
    stop = np.rint(place + scale).astype(int) - first + 1
    centre = bright[near[0] : stop[0], near[1] : stop[1]]
    peak = float(centre.max())
    if peak < LEAST or around > share * peak:
        return None
    mask = bright > 0.5 * (peak + around)
    labels = np.zeros(mask.shape, np.int64)
    labels[mask] = connected(mask).labels
    at = np.unravel_index(np.argmax(centre), centre.shape)
    own = labels == labels[near[0] + at[0], near[1] + at[1]]
    sides = (
        (own[0], first[0] > 0),
        (own[-1], last[0] < size[0]),
        (own[:, 0], first[1] > 0),
        (own[:, -1], last[1] < size[1]),
    )
    goes_on = any(inner and bool(side.any()) for side, inner in sides)
    return None if goes_on else Light(own, (int(first[0]), int(first[1])))
