"""The lights of a scene: what is one, how bright it is, and how far away. One list, which all that draws them uses."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .fill import fill_at
from .light_evidence import WORDS, Evidence, night, ramp, weigh
from .masks import connected, dilate
from .photo import Photo

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

LIGHT_RADIANCE = 2.0
"""A light is brighter than this; sunlit white is 1."""

LIGHT_CONTRAST = 3.0
"""... and by this factor brighter than what surrounds it."""

LIGHT_SHARE = 5e-4
"""... and, where nothing but its radiance tells it, no larger than this share of the picture: beyond it, it is a bright
surface and stays in its sheet."""

CLIPPED_SHARES = (2e-2, 5e-3)
"""Clipped spots larger than the first share of a picture are surfaces; smaller than the second they may be lights."""

NEARLY = 0.955
"""All channels of a clipped spot are at least this (8-bit code 250): the codes of a file are not exact."""

COLOURED_RADIANCE = 6.0
"""A coloured lamp clips in one channel only; by a gain map it is brighter than any pale surface: this bright."""

LEAST_SURE = 0.1
"""What is less likely a light is none."""

MOST_REACH_PX = 8
"""A gain map is no coarser than so many pixels, as far as lights go."""

HIDDEN_MATTE = 0.3
"""Pixels with more of the subject than this tell nothing about the depth of a light, and are none where it is guessed
by what clips."""

_NO_EXTRA: FloatArray = np.empty((0, 0, 3), np.float32)


@dataclass(frozen=True, eq=False)
class Lights:
    """Small bright things, apart from the picture they stood in: a list of their pixels.

    Attributes
    ----------
    size : (int, int)
        Height and width of the picture.
    rows, columns : int64 (N,)
        Where the pixels are, in raster order.
    label : int64 (N,)
        The light each belongs to, 0..M-1.
    radiance : float32 (N, 3)
        All that the scene radiates there.
    base : float32 (N, 3)
        What would be seen there without the light.
    mapped : float32 (N,)
        The share of what a gain map adds there that is the light's; the rest is a surface's.
    dioptres : float32 (N,)
        One depth for each light.
    sure : float32 (M,)
        How sure each is one, 0..1; what is unsure is dimmer.
    by : str (M,)
        What tells that it is one.
    """

    size: tuple[int, int]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    label: NDArray[np.int64]
    radiance: FloatArray
    base: FloatArray
    mapped: FloatArray
    dioptres: FloatArray
    sure: FloatArray
    by: tuple[str, ...]

    @cached_property
    def mask(self) -> BoolArray:
        """Pixels that hold light (H, W)."""
        mask = np.zeros(self.size, np.bool_)
        mask[self.rows, self.columns] = True
        return mask

    @property
    def surface_share(self) -> FloatArray:
        """Share of what a gain map adds at the pixels that is a surface's (N,)."""
        return np.float32(1.0) - self.mapped

    @property
    def summary(self) -> str:
        """How many there are, and what tells it, in words."""
        count = len(self.sure)
        kinds = ", ".join(f"{self.by.count(word)} by {word}" for word in dict.fromkeys(sorted(self.by)))
        return f"{count} light{'s' * (count != 1)}: {kinds}" if count else "no lights"


@dataclass(frozen=True, eq=False)
class _Spots:
    """Candidates: their pixels with some around, and what is known of each.

    `radiance` and `mapped` are of the pixels, `sure` (L + 1,) and `by` of the labels, whose 0 is none.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    labels: NDArray[np.int64]
    count: int
    radiance: FloatArray
    mapped: FloatArray
    sure: NDArray[np.float64]
    by: tuple[str, ...]

    def only(self, which: BoolArray) -> _Spots:
        """Keep some of the pixels."""
        return replace(
            self, rows=self.rows[which], columns=self.columns[which], labels=self.labels[which],
            radiance=self.radiance[which], mapped=self.mapped[which],
        )  # fmt: skip


def lights_of(
    photo: Photo,
    dioptres: FloatArray,
    matte: FloatArray | None,
    extra: FloatArray | None,
    *,
    restores: bool,
    strength: float = 1.0,
) -> tuple[Lights | None, str]:
    """Find the lights of a photo.

    Parameters
    ----------
    photo : Photo
    dioptres : float32 (H, W)
    matte : float32 (H, W), optional
        The subject's: what clips on it is no light.
    extra : float32 (H, W, 3), optional
        What the photo's gain map adds.
    restores : bool
        Whether the radiance of what the photo clips is to be told by evidence where no gain map tells it.
    strength : float
        Scales what is restored.

    Returns
    -------
    Lights or None
    str
        What was looked at, in words.
    """
    rgb = photo.rgb
    if extra is None and not restores:
        return find_lights(rgb, dioptres, matte), "as the photo holds them"
    skin = photo.mattes.get("skin")
    # A gain map is coarse: what it adds to a light reaches a pixel of its own beyond it.
    reach = 1 if photo.gain_map is None else -(-photo.size[0] // photo.gain_map.planes.shape[0])
    spots, words = _clipped_spots(rgb, extra, photo.meta.clip_cd_m2, matte, skin, strength, min(reach, MOST_REACH_PX))
    return None if spots is None else _settled(spots, rgb, extra, dioptres, matte), words


def find_lights(rgb: FloatArray, dioptres: FloatArray, matte: FloatArray | None) -> Lights | None:
    """Find the lights of a picture whose values are radiance, above 1 too; None when there are none.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    dioptres : float32 (H, W)
    matte : float32 (H, W), optional

    Returns
    -------
    Lights or None

    Notes
    -----
    A light's rim often has its neighbour's depth, and hair before it the subject's. So a light has one depth, the
    median over its radiance where the subject does not cover it; where nothing else is seen of it, it lies behind:
    it takes the farthest depth around.
    """
    from ..kernels import highlights as kernels

    bright = np.empty(rgb.shape[:2], np.bool_)
    if not kernels.brighter(rgb, _NO_EXTRA, np.float32(LIGHT_RADIANCE), bright):
        return None
    mask = dilate(bright, 1)
    pieces = connected(mask)
    small = pieces.pixels <= max(LIGHT_SHARE * mask.size, 64)
    rows, columns = np.nonzero(mask)
    labels = pieces.labels
    at = small[labels]
    rows, columns, labels = rows[at], columns[at], labels[at].astype(np.int64)
    none, sure = np.zeros(len(rows), np.float32), np.ones(pieces.count + 1)
    by = ("radiance",) * (pieces.count + 1)
    spots = _Spots(rows, columns, labels, pieces.count, rgb[rows, columns], none, sure, by)
    return _settled(spots, rgb, None, dioptres, matte)


def _clipped_spots(
    rgb: FloatArray,
    extra: FloatArray | None,
    clip_cd_m2: float | None,
    matte: FloatArray | None,
    skin: FloatArray | None,
    strength: float,
    reach: int,
) -> tuple[_Spots | None, str]:
    """Find what a photo clips in all channels, and restore what of it is a light."""
    from ..kernels import lights as kernels

    clips = np.empty(rgb.shape[:2], np.bool_)
    more = _NO_EXTRA if extra is None else extra
    levels = np.array([NEARLY, LIGHT_RADIANCE, COLOURED_RADIANCE], np.float32)
    if not kernels.clipped(rgb, more, levels, clips):
        return None, "nothing clips"
    why = night(rgb, clip_cd_m2)[1]
    mask = dilate(clips, reach)
    pieces = connected(mask)
    labels = pieces.labels.astype(np.int64)
    rows, columns = np.nonzero(mask)
    core = clips[rows, columns]
    before = rgb[rows, columns]
    added = None if extra is None else extra[rows, columns]
    mapped = None
    if added is not None:
        brightest = np.zeros(pieces.count + 1)
        np.maximum.at(brightest, labels, (before + added).max(axis=1))
        mapped = brightest[1:]
    clipped = np.bincount(labels, core.astype(np.float64), pieces.count + 1).astype(np.float64)
    evidence = weigh(rgb, pieces, clipped[1:], clip_cd_m2, mapped)
    sure = np.concatenate([[0.0], evidence.sure])
    sure *= ramp(pieces.pixels / clips.size, *CLIPPED_SHARES)
    for cover in (matte, skin):
        if cover is not None:
            sure *= _mean_of_each(labels, _at(cover, rows, columns, rgb.shape), pieces.count) < HIDDEN_MATTE
    sure[sure < LEAST_SURE] = 0.0
    by = ("", *(WORDS[n] for n in evidence.by))
    if added is None:
        radiance = _restored(before, core, rows, columns, labels, evidence, sure, strength)
        share = np.zeros(len(rows), np.float32)
    else:
        share = sure[labels].astype(np.float32)
        radiance = np.asarray(before + np.float32(strength) * share[:, None] * added, np.float32)
    spots = _Spots(rows, columns, labels, pieces.count, radiance, share, sure, by)
    return spots.only(sure[labels] > 0.0), why


def _restored(
    before: FloatArray,
    core: BoolArray,
    rows: NDArray,
    columns: NDArray,
    labels: NDArray,
    evidence: Evidence,
    sure: NDArray[np.float64],
    strength: float,
) -> FloatArray:
    """Radiance (N, 3) of clipped pixels: the unsurer, the nearer to what the photo shows."""
    gain = np.concatenate([[1.0], np.power(evidence.gain, sure[1:])])
    tint = np.concatenate([np.ones((1, 3)), evidence.tint])
    # What clips is mostly bloom, brighter towards the lamp itself: from the border in, by the square of the way.
    deep = np.zeros(len(rows))
    which = core & (gain > 1.0)[labels]
    deep[which] = _inward(rows[which], columns[which], labels[which]) ** 2
    deep /= np.maximum(_mean_of_each(labels[which], deep[which], len(gain) - 1), 1e-9)[labels]
    more = (gain[labels] - 1.0)[:, None] * deep[:, None] * tint[labels]
    return before + (strength * more).astype(np.float32)


def _inward(rows: NDArray, columns: NDArray, labels: NDArray) -> NDArray[np.float64]:
    """Distance of each pixel from the border of its spot, pixels."""
    inward = np.empty(len(rows))
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    for start, stop in itertools.pairwise([*starts, len(rows)]):
        own = order[start:stop]
        y, x = rows[own] - rows[own].min() + 1, columns[own] - columns[own].min() + 1
        spot = np.zeros((int(y.max()) + 2, int(x.max()) + 2), np.bool_)
        spot[y, x] = True
        inward[own] = np.asarray(ndimage.distance_transform_edt(spot))[y, x]
    return inward


def _settled(
    spots: _Spots, rgb: FloatArray, extra: FloatArray | None, dioptres: FloatArray, matte: FloatArray | None
) -> Lights | None:
    """Keep the spots that stand out from what surrounds them, and find what lies below and how far away they are."""
    from ..kernels import highlights as kernels

    if not len(spots.rows):
        return None
    hole = np.zeros(rgb.shape[:2], np.bool_)
    hole[spots.rows, spots.columns] = True
    hole = dilate(hole, 1)
    around = _without(rgb, hole, spots)
    surround = _mean_of_each(spots.labels, around.max(axis=1), spots.count)
    brightest = np.zeros(spots.count + 1, np.float32)
    np.maximum.at(brightest, spots.labels, spots.radiance.max(axis=1))
    bright = (brightest > LIGHT_RADIANCE) & (brightest > LIGHT_CONTRAST * np.maximum(surround, 1e-3))
    kept = bright[spots.labels]
    if not kept.any():
        return None
    spots, around = spots.only(kept), around[kept]
    ys, xs = spots.rows, spots.columns
    base = np.minimum(np.minimum(spots.radiance, rgb[ys, xs]), np.minimum(around, np.float32(1.0)))
    hidden = matte[ys, xs] if matte is not None else np.zeros(len(base), np.float32)
    farthest = np.empty(len(base), np.float32)
    kernels.least_around(dioptres, ys, xs, 3, farthest)
    energy = (spots.radiance - base).sum(axis=1)
    depth = _depth_of_each(spots.labels, energy, dioptres[ys, xs], hidden, farthest)
    present, label = np.unique(spots.labels, return_inverse=True)
    return Lights(
        (rgb.shape[0], rgb.shape[1]), ys, xs, label.ravel().astype(np.int64), spots.radiance, base, spots.mapped, depth,
        spots.sure[present].astype(np.float32), tuple(spots.by[n] for n in present),
    )  # fmt: skip


def _without(rgb: FloatArray, hole: BoolArray, spots: _Spots) -> FloatArray:
    """Continue the picture into its holes, as `fill` does, at the pixels of the spots: float32 (N, 3)."""

    def part(rows: slice) -> tuple[FloatArray, BoolArray]:
        return rgb[rows], ~hole[rows]

    filled = fill_at(part, (rgb.shape[0], rgb.shape[1]), 3, (spots.rows, spots.columns))
    return spots.radiance if filled is None else filled


def _depth_of_each(
    label: NDArray, energy: FloatArray, dioptres: FloatArray, hidden: FloatArray, farthest: FloatArray
) -> FloatArray:
    """Give every pixel its light's depth: the energy-weighted median of what the subject leaves open."""
    depth = np.empty_like(dioptres)
    order = np.lexsort((dioptres, label))
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    for first, last in zip(starts, np.append(starts[1:], len(order)), strict=True):
        own = order[first:last]
        weight = np.cumsum(energy[own] * (hidden[own] < HIDDEN_MATTE))
        if weight[-1] > 0.0:
            depth[own] = dioptres[own[np.searchsorted(weight, 0.5 * weight[-1])]]
        else:
            depth[own] = farthest[own].min()
    return depth


def _at(cover: FloatArray, rows: NDArray, columns: NDArray, size: tuple[int, ...]) -> FloatArray:
    """Look up a matte of any resolution at pixels of the picture."""
    return cover[rows * cover.shape[0] // size[0], columns * cover.shape[1] // size[1]]


def _mean_of_each(labels: NDArray, values: NDArray, count: int) -> NDArray[np.float64]:
    """Mean of the values under each label 0..count; 0 where a label has no pixel."""
    pixels = np.bincount(labels, minlength=count + 1)
    total = np.bincount(labels, values, minlength=count + 1)
    return np.where(pixels > 0, total / np.maximum(pixels, 1), 0.0)
