"""Is it a light, and how bright? What a clipped spot's surroundings, its glow and the exposure say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each_part
from ..image.regions import Regions

RAYS = 16
"""Rays that leave a spot."""

FIXED, SCALED = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 18.0), (0.0, 0.0, 0.0, 0.1, 0.3, 1.0, 2.0)
"""Where a ray is looked at, from the spot's border on: in units (what the sharpest edge takes), and in radii of it."""

UNIT_SHARE = 1.0 / 1024.0
"""A unit, as a share of the picture's shorter side: at least a pixel."""

GLOW_FROM, GLOW_TO = 3, 6
"""Samples in which a glow is told from an edge, and the first that is taken for the surroundings."""

SCATTERED = 0.015
"""Share of a light's energy that is seen as the glow around it: a lens scatters two or three per cent, some of it into
what clips, and some beyond where it can be told from the surroundings."""

FAINT_GLOW = 0.1
"""A glow, summed over its samples, that is fainter than this says little of the light's colour."""

MOST_GAIN = 128.0
"""A lamp at night is brighter still; its disc is white long before."""

SMALL_GAIN = 32.0
"""The least gain of a lamp that stands alone in the dark, and is too small or too clean to glow."""

SURE_BY_EXPOSURE, SURE_BY_PICTURE, SURE_BY_COLOUR = 0.9, 0.6, 0.4
"""How sure a spot is a lamp that stands alone in the dark, where the exposure says that it is night, or the picture
alone; and one whose glow is coloured, where the picture may be of the day."""

FAINT_RIM = 0.004
"""A rim of a coloured spot that is fainter than this says little of its colour."""

BLOOM_SLOPE, CLIFF_SLOPE = 4.5, 7.0
"""Light that a lens scatters falls with the distance from the lamp, by up to its fourth power; what falls steeper just
outside a clipped spot is the lamp's own edge."""

FADES_SLOPE, CLIPS_SLOPE = 0.9, 1.2
"""What falls slower than by the distance from its middle, at the very border of what clips, has risen to the clip as
slowly: it hardly clips, and is the middle of a lamp's face, toned down. No lens scatters that way."""

TONED_GAIN = 8.0
"""Three stops: what a phone tones into the range of a picture at most."""

LINE_RATIO, COMPACT_RATIO = 0.1, 0.2
"""Width of a line over its length, and of what is none."""

NEARLY = 0.955
"""All channels of a clipped spot are at least this (8-bit code 250): the codes of a file are not exact."""

BLACK = 0.03
"""Night is darker than this where nothing is lit; by day the sky reaches nearly everything."""

SURE_BY_BLACK = 0.7
"""How sure it is night where much is bright and much is black: it may be a dark room by day."""

LAMP_CD_M2 = 5000.0
"""Luminance of a lamp as it is looked into: a frosted bulb, a shade, a sign. Where the photo clips above it, what is
clipped is a surface in daylight."""

BRIGHTEST_LAMP_CD_M2 = 20000.0
"""None is taken to be brighter than this, averaged over the pixels that it clips."""


def ramp(values: NDArray | float, none: float, full: float) -> NDArray[np.float64]:
    """Return 0 at `none`, 1 at `full`, linear between."""
    return np.clip((np.asarray(values, np.float64) - none) / (full - none), 0.0, 1.0)


def unit_px(size: tuple[int, ...]) -> float:
    """Pixels that the sharpest edge takes in a picture of a size (height, width, ...)."""
    return max(1.0, UNIT_SHARE * min(size[:2]))


@dataclass(frozen=True, eq=False)
class SpotEvidence:
    """What is known of spots that a photo clips.

    Attributes
    ----------
    sure : float64 (L,)
        How sure it is a light: 0..1.
    gain : float64 (L,)
        How many times white its brightest channel is, on average over its pixels, if it is one.
    tint : float64 (L, 3)
        Its colour, as its rim and its glow show it; the brightest channel is 1.
    slope : float64 (L,)
        The power of the distance from its middle by which brightness falls just outside it.
    fill : float64 (L,)
        1 for an ellipse; less for what is ragged, or has holes.
    ratio : float64 (L,)
        Its width over its length.
    by : uint8 (L,)
        What speaks for it most: an index of `WORDS`.
    """

    sure: NDArray[np.float64]
    gain: NDArray[np.float64]
    tint: NDArray[np.float64]
    slope: NDArray[np.float64]
    fill: NDArray[np.float64]
    ratio: NDArray[np.float64]
    by: NDArray[np.uint8]

    @property
    def bloom(self) -> NDArray[np.float64]:
        """How much of what clips is light that the photo's own lens scattered (L,), 0..1; else the lamp's face."""
        return ramp(self.slope, CLIFF_SLOPE, BLOOM_SLOPE) * (1.0 - self.fades)

    @property
    def fades(self) -> NDArray[np.float64]:
        """How far what clips is but the middle of a larger face (L,), 0..1, which hardly clips."""
        return ramp(self.slope, CLIPS_SLOPE, FADES_SLOPE)


BY_HAND = "hand"
"""What tells of a lamp that it is one where somebody painted it."""

WORDS = ("glow", "dark surroundings", "gain map", BY_HAND)


@dataclass(frozen=True, eq=False)
class ShownSpots:
    """What a photo shows of the spots that it clips.

    Attributes
    ----------
    core : float64 (L,)
        How many pixels of each clip.
    level : float64 (L, 3)
        Mean of these pixels.
    rim : float64 (L, 3)
        Mean of the pixels beside them of which no channel clips.
    coloured : bool
        Whether a channel that does not clip tells how bright the others are.
    """

    core: NDArray[np.float64]
    level: NDArray[np.float64]
    rim: NDArray[np.float64]
    coloured: bool


@dataclass(frozen=True)
class Night:
    """How likely what a photo clips is a lamp.

    Attributes
    ----------
    sure : float
        0..1: by its exposure or, without it, because little of it is bright.
    lit : float
        0..1: much is bright, but so much is black as is by night only; then the spots themselves have to tell.
    words : str
        Why.
    """

    sure: float
    lit: float
    words: str

    @property
    def possible(self) -> bool:
        """Whether anything speaks for it."""
        return max(self.sure, self.lit) > 0.0


def night(rgb: FloatArray, clip_cd_m2: float | None) -> Night:
    """Say how likely what a photo clips is a lamp.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    clip_cd_m2 : float, optional
        Luminance at which the photo clips, by its exposure. In sunlight it is that of white paper. Without it the
        picture decides: by day much of it is bright, and little is black.
    """
    if clip_cd_m2 is not None:
        sure = float(ramp(np.log2(LAMP_CD_M2 / clip_cd_m2), 0.0, 4.0))
        return Night(sure, sure, f"the photo clips at {clip_cd_m2:.3g} cd/m2")
    step = max(1, min(rgb.shape[:2]) // 256)
    grey = rgb[step // 2 :: step, step // 2 :: step].mean(axis=2)
    bright, black, middle = float((grey > 0.5).mean()), float((grey < BLACK).mean()), float(np.median(grey))
    dark = float(ramp(middle, 0.28, 0.18))
    sure = float(ramp(bright, 0.16, 0.06)) * dark
    lit = SURE_BY_BLACK * float(ramp(bright, 0.5, 0.3) * ramp(black, 0.12, 0.25)) * dark
    return Night(sure, lit, f"{bright:.0%} of the picture is bright, {black:.0%} black")


def weigh(
    rgb: FloatArray,
    pieces: Regions,
    shown: ShownSpots,
    clip_cd_m2: float | None,
    mapped: NDArray[np.float64] | None,
) -> SpotEvidence:
    """Weigh what speaks for each clipped piece of a picture being a light.

    A lamp scatters light all around it, by an edge that no surface has; stands in the dark, whichever way one looks;
    and its exposure is that of a room or a night. Sky between leaves, a strap in the sun and a shirt have something
    bright beside them, or end within the width of an edge. The least that is certain counts.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    pieces : Regions
        With the pixels around what clips.
    shown : ShownSpots
        Of each piece.
    clip_cd_m2 : float, optional
    mapped : float64 (L,), optional
        Radiance by a gain map.

    Returns
    -------
    SpotEvidence
        Of pieces 1..L, in their order.
    """
    from ...kernels import lights as kernels

    rows = pieces.run_rows.astype(np.int32)
    at = pieces.label - 1
    total = pieces.pixels[1:].astype(np.float64)
    middle, shape = _shape(pieces, rows, total)
    by_piece = np.argsort(at, kind="stable")
    first_run = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=pieces.count))]).astype(np.int64)
    unit = unit_px(rgb.shape)
    size = np.sqrt(total / np.pi)
    seen = np.empty((pieces.count, RAYS, len(FIXED), 3), np.float32)
    fixed, scaled = np.array(FIXED), np.array(SCALED)
    runs = first_run, rows[by_piece], pieces.first[by_piece], pieces.stop[by_piece]

    def look(own: slice) -> None:
        chosen = runs[0][own.start : own.stop + 1], *runs[1:]
        kernels.rays(rgb, chosen, middle[own], size[own], unit, (fixed, scaled), seen[own])

    each_part(look, pieces.count, 16)
    away = unit * fixed + size[:, None] * scaled
    line = None if mapped is None else _in_line(rgb, middle, shape, unit, mapped)
    return _weighed(seen, away, (size, shape, line), shown, unit, night(rgb, clip_cd_m2), clip_cd_m2, mapped)


@dataclass(frozen=True, eq=False)
class _Shape:
    """Ellipses that spread as far around their middles as pieces do.

    Attributes
    ----------
    axes : float64 (L, 2)
        Half axes, the shorter first.
    turn : float64 (L,)
        Angle of the longer from the right, clockwise, radians.
    """

    axes: NDArray[np.float64]
    turn: NDArray[np.float64]

    @property
    def ratio(self) -> NDArray[np.float64]:
        """Width over length (L,)."""
        return self.axes[:, 0] / self.axes[:, 1]


def _shape(pieces: Regions, rows: NDArray[np.int32], total: NDArray[np.float64]) -> tuple[NDArray[np.float64], _Shape]:
    """Find the middle (L, 2), y and x, of pieces of so many pixels (L,), and their shape."""
    at, length = pieces.label - 1, (pieces.stop - pieces.first).astype(np.float64)

    def mean(values: NDArray) -> NDArray[np.float64]:
        return np.bincount(at, length * values, pieces.count) / total

    x, y = 0.5 * (pieces.first + pieces.stop - 1.0), rows.astype(np.float64)
    middle = np.stack([mean(y), mean(x)], axis=1)
    y, x = y - middle[at, 0], x - middle[at, 1]
    across, down, both = mean(x * x + length * length / 12.0), mean(y * y) + 1.0 / 12.0, mean(x * y)
    half, apart = 0.5 * (across + down), np.hypot(0.5 * (across - down), both)
    squares = np.stack([half - apart, half + apart], axis=1)
    axes = np.asarray(2.0 * np.sqrt(np.maximum(squares, 1.0 / 12.0)), np.float64)
    return middle, _Shape(axes, 0.5 * np.arctan2(2.0 * both, across - down))


def _weighed(
    seen: FloatArray,
    away: NDArray[np.float64],
    shape: tuple[NDArray[np.float64], _Shape, NDArray[np.float64] | None],
    shown: ShownSpots,
    unit: float,
    when: Night,
    clip_cd_m2: float | None,
    mapped: NDArray[np.float64] | None,
) -> SpotEvidence:
    size, ellipse, line = shape
    # A coloured lamp glows in its own channel; what is beside it is dark only where every channel is.
    grey = np.sort(seen.max(axis=3) if shown.coloured else seen.mean(axis=3), axis=1)  # NaN last
    there = np.isfinite(grey).sum(axis=1)

    def ranked(share: float) -> NDArray[np.float64]:
        index = np.clip((share * there).astype(int), 0, np.maximum(there - 1, 0))
        return np.nan_to_num(np.take_along_axis(grey, index[:, None], axis=1)[:, 0], nan=1.0).astype(np.float64)

    low, middle, high = ranked(0.25), ranked(0.5), ranked(0.75)
    around = np.minimum(middle[:, -1], middle[:, -2])
    excess = np.maximum(low - around[:, None], 0.0)
    dark = ramp(around, 0.5, 0.3)
    # A glow falls off all around alike, from the border on, and no slower than by the distance from the middle.
    glow, beside = excess[:, 1 : GLOW_FROM + 1].min(axis=1), high[:, GLOW_FROM] - around
    uneven = (high[:, GLOW_FROM] - low[:, GLOW_FROM]) / np.maximum(beside, 0.05)
    falls = np.maximum(size, 0.5 * unit) / (size + away[:, GLOW_FROM])
    glows = ramp(glow, 0.03, 0.12) * ramp(uneven, 0.75, 0.45) * ramp(glow / falls, 2.0, 1.2) * dark
    # A small lamp that does not glow stands alone in the dark; a speck of a texture has its like beside it.
    alone = ramp(ranked(0.88)[:, GLOW_TO - 2 :].max(axis=1), 0.4, 0.15) * ramp(size / unit, 24.0, 8.0)

    # The glow's energy: of the dimmer rays, so that a lit wall on one side adds nothing.
    width = np.diff(away, axis=1, append=away[:, -1:])[:, 1:GLOW_TO]
    ring = 2.0 * np.pi * (size[:, None] + away[:, 1:GLOW_TO]) * width
    energy = (excess[:, 1:GLOW_TO] * ring).sum(axis=1) / SCATTERED
    gain = np.clip(energy / np.maximum(shown.core, 1.0), 1.0, MOST_GAIN)

    tint, most = _by_colour(seen, shown) if shown.coloured else (_tint(seen), MOST_GAIN)
    # A glow of another colour than white is a lamp's: the fade of a white surface has none.
    coloured = ramp(-np.log2(tint.min(axis=1)), 0.7, 1.5)
    is_night, lamp, trust = when.sure, when.sure, SURE_BY_EXPOSURE
    if clip_cd_m2 is None:
        # By day, some of all the holes that the sky shines through look like lamps, and the large ones do not.
        like = np.maximum(glows, alone)
        company = float(ramp(like.mean(), 0.04, 0.2))
        crowd = float(np.sqrt(like.mean() * np.average(like, weights=np.maximum(shown.core, 1.0))))
        is_night = max(is_night * company, when.lit * float(ramp(crowd, 0.15, 0.35)))
        lamp = 1.0 - (1.0 - is_night) * (1.0 - SURE_BY_COLOUR * company * coloured)
        trust = SURE_BY_PICTURE

    by_glow = glows * lamp
    by_dark = trust * alone * is_night
    shares = [by_glow, by_dark]
    if mapped is not None:
        # No surface is so much brighter than white, nor than all around it.
        stops = np.log2(np.maximum(mapped, 1.0))
        stands_out = ramp(mapped / np.maximum(ranked(0.88)[:, GLOW_TO - 2 :].max(axis=1), 0.05), 4.0, 8.0)
        by_map = ramp(stops, 1.0, 2.0) * np.maximum(0.5 + 0.5 * is_night, ramp(stops, 2.0, 3.0))
        shares.append(by_map * np.max([alone, glows, stands_out], axis=0))
    # What stands alone in the dark and glows besides is surer than by either.
    sure = 1.0 - np.prod(1.0 - np.array(shares), axis=0)
    if line is not None:
        # An edge that shines along its length mirrors what is around, and a map's cells cut it to pieces. A tube is
        # brighter.
        sure *= 1.0 - line
    likely = np.where(by_glow >= by_dark, gain, np.maximum(gain, SMALL_GAIN))
    if clip_cd_m2 is not None:
        likely = np.minimum(likely, max(BRIGHTEST_LAMP_CD_M2 / clip_cd_m2, 1.0))
    likely /= tint.mean(axis=1)
    if shown.coloured:
        likely = np.minimum(likely, most)
    slope = _slope(middle, around, away, size)
    toned = np.minimum(likely, TONED_GAIN)
    evidence = SpotEvidence(
        sure, likely, tint, slope, np.minimum(size**2 / ellipse.axes.prod(axis=1), 1.0), ellipse.ratio,
        np.argmax(shares, axis=0).astype(np.uint8),
    )  # fmt: skip
    return replace(evidence, gain=likely * np.power(toned / likely, evidence.fades))


def _in_line(
    rgb: FloatArray, middle: NDArray[np.float64], shape: _Shape, unit: float, mapped: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far each piece (L,) with its radiance is a line, or a piece of one, 0..1, and no brighter than a surface.

    Its brightness goes on beyond both of its ends; where the line ends, beyond one, and the piece is longish.
    """
    along = np.stack([np.sin(shape.turn), np.cos(shape.turn)], axis=1)
    beyond = np.empty((2, GLOW_FROM, len(along)))
    for side, sign in enumerate((-1.0, 1.0)):
        for j, units in enumerate(FIXED[:GLOW_FROM]):
            at = middle + sign * (shape.axes[:, 1:] + unit * units) * along
            y, x = (np.clip(np.rint(at[:, k]).astype(int), 0, rgb.shape[k] - 1) for k in range(2))
            beyond[side, j] = rgb[y, x].mean(axis=1)
    ends = beyond.min(axis=1)
    both, one = (ramp(end, 0.4, 0.7) for end in (ends.min(axis=0), ends.max(axis=0)))
    ratio = shape.ratio
    line = np.max([ramp(ratio, COMPACT_RATIO, LINE_RATIO), both, one * ramp(ratio, 0.5, 0.3)], axis=0)
    return line * ramp(np.log2(np.maximum(mapped, 1.0)), 3.0, 2.0)


def _tint(seen: FloatArray) -> NDArray[np.float64]:
    """Colour (L, 3) of each spot's glow; the brightest channel is 1."""
    quarter = np.nan_to_num(np.sort(seen, axis=1)[:, RAYS // 4], nan=0.0).astype(np.float64)
    glow = np.maximum(quarter[:, 1:GLOW_TO] - quarter[:, -1:], 0.0).sum(axis=1) + FAINT_GLOW
    return glow / glow.max(axis=1, keepdims=True)


def _by_colour(seen: FloatArray, shown: ShownSpots) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tell colour and radiance of spots by their rims, of which no channel clips.

    Returns
    -------
    float64 (L, 3)
        Colour; the brightest channel is 1. What is uneven around a rim leaves it unsure how much of its other channels
        is the lamp's: as much as may be.
    float64 (L,)
        Radiance of the brightest channel that explains what the others show; those that clip show no more than that.
    """
    ordered = np.nan_to_num(np.sort(seen, axis=1), nan=0.0).astype(np.float64)
    ground = ordered[:, RAYS // 4, -1]
    rim = np.maximum(shown.rim - ground, 0.0) + FAINT_RIM
    uneven = 0.5 * (ordered[:, -RAYS // 4, 1:].max(axis=1) - ordered[:, RAYS // 4, 1:].min(axis=1))
    tint = np.minimum((rim + np.maximum(uneven, 0.0)) / rim.max(axis=1, keepdims=True), 1.0)
    return tint, np.maximum(((shown.level - ground) / tint).max(axis=1), 1.0)


def _slope(
    middle: NDArray[np.float64], around: NDArray[np.float64], away: NDArray[np.float64], size: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Find by which power of the distance brightness falls from 1, just outside each spot (L,), to what is around."""
    left = (middle[:, GLOW_FROM - 1] - around) / np.maximum(1.0 - around, 1e-3)
    return -np.log(np.clip(left, 1e-3, 1.0)) / np.log1p(away[:, GLOW_FROM - 1] / np.maximum(size, 0.5))
