"""Bulbs on one cable that a map lost: they get depths between those of what the cable hangs from.

A map shows nothing of a bulb of a few pixels, and its disc would be as large as that of the sky behind. Where the
picture shows one thin dark line from light to light, they hang from one cable, and a cable that hangs lies in a
vertical plane, whose dioptres are linear along the picture. What is known of some of its lights, and of the nearer
things that it leads to at its two ends, is known of all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray
from .edges import least_difference, range_of
from .small_lights import BrightPlaces, Light, lights_in

NEIGHBOURS, REACH_SHARE = 6, 0.2
"""A cable is sought from a light to so many that are nearest, no farther than this share of the longer side."""

LEAST_LIGHTS, LEAST_BESIDE, MOST_LIGHTS = 4, 3, 200
"""A string has so many lights at least, one that crosses such a string so many; more in a picture are a texture."""

UNLIKE = 3.0
"""Lights of one string differ no more than so many times in area."""

SAMPLES, FEW, INNER = 32, 6, (0.12, 0.88)
"""Places at which a line between two lights is looked at, and how many first: not at the lights themselves."""

ASIDE_PX, SAG = 12, 0.12
"""A cable passes so far beside its lights at most, in map pixels; and no farther than 5, and this share of their
distance."""

CABLE_PX = 4
"""A cable has something brighter on both sides within so many map pixels."""

CONTRAST, FAINT, CLEAR = 0.04, 0.03, 5.0
"""By how much it is darker, in (square root) light: half of it, and nearly all of it. And how many times darker it is
than what else is darker than its sides there: one of many lines is none."""

NEARLY_ALL = 0.95
"""A cable is seen at more than this share of its places."""

SMOOTH_PX = 0.6
"""It departs no more from a parabola, rms."""

WIDEST = 0.2
"""A string's lights lie no farther beside a parabola, rms, as a share of its length."""

NEARER = 3.0
"""What a string hangs from is nearer than what is behind its lights by so many times that."""

HIDES_SHARE = 0.5
"""What is nearer than this share of the map's range hides a cable sooner than it holds it."""

STRAIGHT = 0.85
"""A cable goes on in directions whose cosine is more than this."""

LEAST_PX = 6.0
"""Lights that are nearer to each other have no cable between them that could be seen."""

TURN = 0.005
"""A step aside along a cable is worth so much of its darkness."""

FAN = (-0.4, -0.2, 0.0, 0.2, 0.4)
"""Directions in which a cable may go on beyond its last light, radians; most of them must meet something."""

GOES_ON, WITHIN_PX = 1.5, 6
"""How far, in distances between its lights; and how far into what it meets is looked, in map pixels."""

RING_PX = 4
"""What is around a light is looked at so far from it, in map pixels."""

BESIDE_PX = 6
"""What is behind a light is seen so far beside it, in map pixels."""

UNSURE = 0.25
"""Of a string's lights no more than this share are neither as far as what is behind, nor nearer than it."""

SIDES = 0.35
"""What is known lies on both sides of a string where some lies in this share of its length, from each end."""


@dataclass(frozen=True, eq=False)
class _End:
    """Last light of a string.

    Attributes
    ----------
    place, way : float64 (2,)
        Of the light, in map pixels; and the direction in which its cable leaves it, of length 1.
    along : float
        Where it lies along the string.
    beyond : float
        1 or -1: the sign of what lies beyond it.
    """

    place: NDArray[np.float64]
    way: NDArray[np.float64]
    along: float
    beyond: float


@dataclass(frozen=True, eq=False)
class _String:
    """Lights on one cable.

    Attributes
    ----------
    lights : list of Light
    places : float64 (N, 2)
        Row and column of each, in map pixels.
    along : float64 (N,)
        Where each lies along the string.
    gap_px : float
        Usual distance of two.
    ends : list of _End
    """

    lights: list[Light]
    places: NDArray[np.float64]
    along: NDArray[np.float64]
    gap_px: float
    ends: list[_End]


@dataclass(frozen=True, eq=False)
class LightStrings:
    """The strings of lights that a picture shows.

    Attributes
    ----------
    strings : list of _String
    size, map_size : (int, int)
        Height and width of the picture in whose pixels lights are described, and of the map.
    jump, farthest, nearest : float
        Dioptres by which two surfaces differ at least, and the range of the map.
    """

    strings: list[_String]
    size: tuple[int, int]
    map_size: tuple[int, int]
    jump: float
    farthest: float
    nearest: float

    @classmethod
    def of(
        cls, coarse: FloatArray, bright: BrightPlaces, small: FloatArray, colour: FloatArray, step: float
    ) -> LightStrings:
        """Find them.

        Parameters
        ----------
        coarse : float32 (h, w)
            The map, laid onto the photo.
        bright : BrightPlaces
            Of the photo at the map's size.
        small : float32 (3, h, w)
            That photo, perceptual.
        colour : float32 (H', W', 3)
            The photo, perceptual, and perhaps reduced.
        step : float
            Size of one code in dioptres.
        """
        size, map_size = (colour.shape[0], colour.shape[1]), (coarse.shape[0], coarse.shape[1])
        low, high = range_of(coarse)
        strings = cls([], size, map_size, least_difference(coarse, step), float(low), float(high))
        lights = lights_in(bright.only(_farthest_near(coarse, bright.places) < strings.hides), colour)
        if not LEAST_LIGHTS <= len(lights) <= MOST_LIGHTS:
            return strings
        scale = np.array(size) / np.array(map_size)
        places = (np.stack([light.middle for light in lights]) + 0.5) / scale - 0.5
        pairs = _pairs_of(places, np.array([light.mask.sum() for light in lights]), REACH_SHARE * max(map_size))
        if len(pairs):
            pairs = pairs[_have_cables(small[1], places[pairs[:, 0]], places[pairs[:, 1]])]
        rows = [(row, len(np.unique(pairs[row]))) for row in _rows_of(places, pairs)]
        for group in _joined(pairs):
            own = [(row, count) for row, count in rows if row[0] in group]
            if any(count >= LEAST_LIGHTS for _, count in own):
                parts = [row for row, count in own if count >= LEAST_BESIDE]
                found = [_string_of(lights, places, pairs[part]) for part in (*parts, group)]
                strings.strings.extend(string for string in found if string is not None)
        return strings

    def draw(self, depth: FloatArray) -> None:
        """Give lights what is known of their strings: in place, dioptres at the photo's size, float32 (H, W)."""
        for string in self.strings:
            for light, value in zip(string.lights, self._known(string, depth), strict=True):
                if np.isfinite(value):
                    light.raise_to(depth, self.size, np.float32(value))

    def _known(self, string: _String, depth: FloatArray) -> NDArray[np.float64]:
        """Say what is known of each light of a string, dioptres; NaN = nothing."""
        nothing = np.full(len(string.lights), np.nan)
        own = np.array([float(np.median(_seen(depth, self.size, light.pixels()))) for light in string.lights])
        spots = own > self._around(string, depth) + self.jump
        if spots.all():
            return nothing
        behind = float(own[~spots].min())
        nearer = behind + NEARER * self.jump
        lost, held = ~spots & (own < behind + self.jump), spots | (own > nearer)
        if nearer > self.hides or np.count_nonzero(~lost & ~held) > UNSURE * len(own):
            return nothing
        held &= own < self.hides
        met = [self._met(string, depth, end, nearer) for end in string.ends]
        known = [*zip(string.along[held], own[held], strict=True), *(found for found in met if found is not None)]
        if not known:
            return nothing
        at, dioptres = np.array(known).T
        first, last = string.along.min(), string.along.max()
        side = SIDES * (last - first)
        if at.min() < first + side and at.max() > last - side:
            slope, middle = np.polyfit(at, dioptres, 1)
            found = np.minimum(middle + slope * string.along, dioptres.max())
        elif held.any() and np.count_nonzero(lost) >= LEAST_LIGHTS:
            found = np.full(len(own), np.median(dioptres))
        else:
            return nothing
        return np.where(lost & (found > own + self.jump), found, np.nan)

    @property
    def hides(self) -> float:
        """Dioptres from which a thing hides a cable."""
        return self.farthest + HIDES_SHARE * (self.nearest - self.farthest)

    def _around(self, string: _String, depth: FloatArray) -> FloatArray:
        """Return what a depth says around each light of a string."""
        scale = np.array(self.size) / np.array(self.map_size)
        radius = np.array([0.5 * (light.mask.shape / scale).max() + RING_PX for light in string.lights])
        turn = np.arange(16) * (np.pi / 8.0)
        circle = np.stack([np.sin(turn), np.cos(turn)], axis=1)
        points = string.places[:, None] + radius[:, None, None] * circle
        return np.median(_seen(depth, self.map_size, points.reshape(-1, 2)).reshape(len(radius), -1), axis=1)

    def _met(self, string: _String, depth: FloatArray, end: _End, nearer: float) -> tuple[float, float] | None:
        """Find what a string leads to beyond an end: where, along the string, and its dioptres; None = nothing."""
        far = np.arange(3.0, GOES_ON * string.gap_px + 4.0 + WITHIN_PX)
        found = []
        for turn in FAN:
            cos, sin = np.cos(turn), np.sin(turn)
            points = end.place + far[:, None] * ((cos, sin) @ np.stack([end.way, (end.way[1], -end.way[0])]))
            inside = ((points >= 0.0) & (points < np.array(self.map_size))).all(axis=1)
            seen = np.where(inside, _seen(depth, self.map_size, points), 0.0)
            begins = np.flatnonzero(seen[:-WITHIN_PX] > nearer)
            if len(begins):
                found.append((far[begins[0]], np.median(seen[begins[0] + 1 : begins[0] + WITHIN_PX])))
        found = [meeting for meeting in found if meeting[1] > nearer]
        if 2 * len(found) < len(FAN):
            return None
        away, dioptres = np.median(np.array(found), axis=0)
        return None if dioptres >= self.hides else (end.along + end.beyond * float(away), float(dioptres))


def _seen(depth: FloatArray, size: tuple[int, int], points: NDArray[np.floating] | NDArray[np.intp]) -> FloatArray:
    """Return a depth at places (N, 2) of a picture of a size, or at its border beyond it."""
    scale = np.array(depth.shape) / np.array(size)
    pixels = np.clip(np.floor((points + 0.5) * scale).astype(np.intp), 0, np.array(depth.shape) - 1)
    return depth[pixels[:, 0], pixels[:, 1]]


def _farthest_near(coarse: FloatArray, places: NDArray[np.intp]) -> FloatArray:
    """Return the least dioptres of a map (h, w) at and around places (N, 2) of it: a wire may pass before a light."""
    around = places[:, None] + np.array([(0, 0), (BESIDE_PX, 0), (-BESIDE_PX, 0), (0, BESIDE_PX), (0, -BESIDE_PX)])
    rows, columns = np.moveaxis(np.clip(around, 0, np.array(coarse.shape) - 1), 2, 0)
    return coarse[rows, columns].min(axis=1)


def _pairs_of(places: NDArray[np.float64], area: NDArray[np.intp], reach_px: float) -> NDArray[np.intp]:
    """Pairs of lights that are alike and near each other, (P, 2)."""
    away = np.hypot(*np.moveaxis(places[None] - places[:, None], 2, 0))
    np.fill_diagonal(away, np.inf)
    near = np.argsort(away, axis=1, kind="stable")[:, :NEIGHBOURS]
    one = np.broadcast_to(np.arange(len(places))[:, None], near.shape)
    pairs = np.unique(np.sort(np.stack([one.ravel(), near.ravel()], axis=1), axis=1), axis=0)
    far, areas = away[pairs[:, 0], pairs[:, 1]], area[pairs]
    alike = areas.max(axis=1) <= UNLIKE * areas.min(axis=1)
    return pairs[alike & (far > LEAST_PX) & (far < reach_px)]


def _have_cables(light: FloatArray, begin: NDArray[np.float64], end: NDArray[np.float64]) -> BoolArray:
    """Say between which places (P, 2) of a picture (h, w) one thin dark line is seen: bool (P,)."""
    found = (_darker_between(light, begin, end, FEW).max(axis=2) > FAINT).all(axis=1)
    darker = _darker_between(light, begin[found], end[found], SAMPLES)
    path = _darkest_path(np.minimum(darker, 3.0 * CONTRAST))
    on = np.take_along_axis(darker, path[..., None], axis=2)[..., 0]
    beside = (np.abs(np.arange(darker.shape[2]) - path[..., None]) > 2) & (darker >= 0.0)
    others = np.where(beside, darker, 0.0).sum(axis=(1, 2)) / np.maximum(beside.sum(axis=(1, 2)), 1)
    parabola = np.vander(np.linspace(-1.0, 1.0, SAMPLES), 3)
    rest = path - path @ (parabola @ np.linalg.pinv(parabola)).T
    found[found] = (
        (np.mean(on > FAINT, axis=1) > NEARLY_ALL)
        & (np.median(on, axis=1) > np.maximum(CONTRAST, CLEAR * others))
        & (np.sqrt(np.mean(rest * rest, axis=1)) < SMOOTH_PX)
    )
    return found


def _darker_between(
    light: FloatArray, begin: NDArray[np.float64], end: NDArray[np.float64], samples: int
) -> FloatArray:
    """Say by how much strips of a picture (h, w) between places (P, 2) are darker than both their sides.

    Returns
    -------
    float32 (P, samples, offsets)
        In (square root) light; -1 where no cable would pass.
    """
    along = end - begin
    length = np.hypot(along[:, 0], along[:, 1])
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    offsets = np.arange(-ASIDE_PX - CABLE_PX, ASIDE_PX + CABLE_PX + 1)
    t = INNER[0] + (np.arange(samples) + 0.5) / samples * (INNER[1] - INNER[0])
    points = (begin[:, None] + t[:, None] * along[:, None])[:, :, None] + offsets[:, None] * across[:, None, None]
    pixels = np.clip(np.rint(points).astype(np.intp), 0, np.array(light.shape) - 1)
    strips = np.minimum(light[pixels[..., 0], pixels[..., 1]], 1.0)
    size = 2 * ASIDE_PX + 1
    one, other = (
        np.max([strips[..., first + k : first + k + size] for k in range(CABLE_PX)], axis=0)
        for first in (0, CABLE_PX + 1)
    )
    darker = np.maximum(np.minimum(one, other) - strips[..., CABLE_PX:-CABLE_PX], 0.0)
    outside = np.abs(offsets[CABLE_PX:-CABLE_PX]) > np.minimum(5.0 + SAG * length, ASIDE_PX)[:, None]
    return np.where(outside[:, None], np.float32(-1.0), darker)


def _darkest_path(darker: FloatArray) -> NDArray[np.intp]:
    """Find the darkest way along strips (P, SAMPLES, offsets), one aside per sample at most: (P, SAMPLES)."""
    best, came = darker[:, 0], np.zeros(darker.shape, np.int8)
    for k in range(1, darker.shape[1]):
        wide = np.pad(best, ((0, 0), (1, 1)), constant_values=-np.inf)
        from_there = np.stack([best, wide[:, :-2] - TURN, wide[:, 2:] - TURN])
        choice = from_there.argmax(axis=0)
        came[:, k] = np.array([0, -1, 1], np.int8)[choice]
        best = from_there.max(axis=0) + darker[:, k]
    path = np.empty(darker.shape[:2], np.intp)
    path[:, -1] = best.argmax(axis=1)
    for k in range(darker.shape[1] - 1, 0, -1):
        path[:, k - 1] = path[:, k] + came[np.arange(len(path)), k, path[:, k]]
    return path


def _rows_of(places: NDArray[np.float64], pairs: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Sort pairs (P, 2) of places (N, 2) into rows: numbers of the pairs that go on in each other."""
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    ways = places[ends[:, 1]] - places[ends[:, 0]]
    length = np.hypot(ways[:, 0], ways[:, 1])
    ways /= length[:, None]
    cos = ways @ ways.T
    same_place = ends[:, :1] == ends[:, 0]
    # Of what leaves a light in one direction, the nearest is its neighbour.
    hidden = (same_place & (cos > STRAIGHT) & (length < length[:, None])).any(axis=1)
    hidden = hidden[: len(pairs)] | hidden[len(pairs) :]
    goes_on = same_place & (cos < -STRAIGHT)
    goes_on = goes_on.reshape(2, len(pairs), 2, len(pairs)).any(axis=(0, 2)) & ~hidden & ~hidden[:, None]
    rows = [row[~hidden[row]] for row in _classes(goes_on)]
    return [row for row in rows if len(row)]


def _joined(pairs: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Sort pairs (P, 2) by what is joined by them: numbers of pairs."""
    return _classes((pairs[:, None, :, None] == pairs[None, :, None, :]).any(axis=(2, 3)))


def _classes(joined: BoolArray) -> list[NDArray[np.intp]]:
    """Numbers of what is joined, directly or by others: bool (P, P), symmetric."""
    names = np.arange(len(joined))
    while True:
        least = np.minimum(names, np.where(joined, names, len(names)).min(axis=1, initial=len(names)))
        if np.array_equal(least, names):
            return [np.flatnonzero(names == name) for name in np.unique(names)]
        names = least


def _string_of(lights: list[Light], places: NDArray[np.float64], pairs: NDArray[np.intp]) -> _String | None:
    """Make a string of the pairs (P, 2) of lights that have cables between them; None where they are no row."""
    own = np.unique(pairs)
    middle = places[own].mean(axis=0)
    axis = np.linalg.svd(places[own] - middle, full_matrices=False)[2][0]
    at = (places - middle) @ axis
    aside = (places[own] - middle) @ np.array([-axis[1], axis[0]])
    first, last = own[np.argmin(at[own])], own[np.argmax(at[own])]
    rest = aside - np.polyval(np.polyfit(at[own], aside, min(2, len(own) - 2)), at[own])
    if np.sqrt(np.mean(rest * rest)) > WIDEST * (at[last] - at[first]):
        return None
    ends = []
    for light, sign in ((first, -1.0), (last, 1.0)):
        others = np.concatenate([pairs[pairs[:, 0] == light, 1], pairs[pairs[:, 1] == light, 0]])
        ways = places[light] - places[others]
        far = np.hypot(ways[:, 0], ways[:, 1])
        ends.append(_End(places[light], ways[far.argmax()] / far.max(), float(at[light]), sign))
    along = places[pairs[:, 0]] - places[pairs[:, 1]]
    return _String(
        [lights[n] for n in own], places[own], at[own], float(np.median(np.hypot(along[:, 0], along[:, 1]))), ends
    )
