"""Spots that a photo clips: what of each is a light's, and the radiance that it is given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray
from ..core.threads import each_part
from ..hdr.restore import Restoration, is_radiance
from ..image.regions import Regions, connected, dilate
from ..photo.photo import Photo
from .light_evidence import (
    BLOOM_SLOPE,
    BY_HAND,
    NEARLY,
    TONED_GAIN,
    WORDS,
    ShownSpots,
    SpotEvidence,
    night,
    ramp,
    unit_px,
    weigh,
)

LIGHT_RADIANCE = 2.0
"""A light is brighter than this; sunlit white is 1."""

CLIPPED_SHARES = (2e-2, 5e-3)
"""Clipped spots larger than the first share of a picture are surfaces; smaller than the second they may be lights."""

MAPPED_SHARES = (4e-3, 2e-3)
"""The same where a gain map holds the radiance of surfaces as well; what is long or full of holes is one sooner."""

FACE_PIXELS, FACE_FILL = 16.0, 0.85
"""A lamp's face is no larger than this many times its middle, which clips in all channels, and has this share of the
pixels of the ellipse around it: many glints beside each other are ragged."""

COLOURED_RADIANCE = 6.0
"""A coloured lamp clips in one channel only; by a gain map it is brighter than any pale surface: this bright."""

EDGE_UNITS = 2.0
"""A lamp's face is evenly bright but for an edge so many units wide."""

CORE_POWER = 12.0
"""Where what clips is bloom, a lamp's light comes from where it is deepest, by the distance from the border to this
power: half of a round spot's light is within a ninth of its radius."""

LEAST_SURE = 0.1
"""What is less likely a light is none."""

HIDDEN_MATTE = 0.3
"""Pixels with more of the subject than this tell nothing about the depth of a light, and are none where it is guessed
by what clips."""


@dataclass(frozen=True, eq=False)
class Spots:
    """Candidates for lights: their pixels with some around, and what is known of each.

    Attributes
    ----------
    rows, columns : int64 (N,)
        Where the pixels are, in raster order.
    labels : int64 (N,)
        The spot each belongs to, from 1.
    count : int
        L, how many there are.
    radiance : float32 (N, 3)
    mapped : float32 (N,)
        The share of what a gain map adds at a pixel that is a light's.
    sure : float64 (L + 1,)
        How sure each is a light, 0..1.
    by : tuple of str (L + 1,)
        What tells it. Of either the first is of none.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    labels: NDArray[np.int64]
    count: int
    radiance: FloatArray
    mapped: FloatArray
    sure: NDArray[np.float64]
    by: tuple[str, ...]

    def beside(self, others: Spots) -> Spots:
        """Join spots and others, which share no pixel."""
        rows, columns = np.concatenate([self.rows, others.rows]), np.concatenate([self.columns, others.columns])
        labels = np.concatenate([self.labels, others.labels + self.count])
        radiance = np.concatenate([self.radiance, others.radiance])
        mapped = np.concatenate([self.mapped, others.mapped])
        sure = np.concatenate([self.sure, others.sure[1:]])
        every, order = self.count + others.count, np.lexsort((columns, rows))
        joined = Spots(rows, columns, labels, every, radiance, mapped, sure, (*self.by, *others.by[1:]))
        return joined.only(order)

    def only(self, which: BoolArray | NDArray[np.intp]) -> Spots:
        """Keep some of the pixels, by a mask or in an order."""
        return replace(
            self, rows=self.rows[which], columns=self.columns[which], labels=self.labels[which],
            radiance=self.radiance[which], mapped=self.mapped[which],
        )  # fmt: skip


def restored_spots(
    photo: Photo, restoration: Restoration, covers: Sequence[FloatArray], reach_px: int
) -> tuple[Spots | None, str]:
    """Find what a photo clips in all channels, and restore what of it is a light.

    Parameters
    ----------
    photo : Photo
    restoration : Restoration
        With a gain map, or one that estimates.
    covers : sequence of float32 (h, w)
        Mattes, of any size, of what holds no lights.
    reach_px : int
        So far around what clips belongs to it.

    Returns
    -------
    Spots or None
        None when nothing clips.
    str
        What was looked at, in words.
    """
    from ...kernels import highlights, lights
    from ...kernels.gained import Gains

    rgb, extra = photo.rgb, restoration.extra
    clips = np.empty(rgb.shape[:2], np.bool_)
    levels = np.array([NEARLY, LIGHT_RADIANCE, COLOURED_RADIANCE], np.float32)
    found = None
    none = np.zeros(3, np.float32)
    gains = Gains(np.empty((0, 0, 1), np.float32), none, none) if extra is None else extra.gains
    if any(each_part(lambda own: lights.clipped(rgb, gains, levels, (own.start, own.stop), clips), len(rgb))):
        found = _judged(photo, restoration, covers, clips, reach_px)
    when = None if found is None else night(rgb, photo.meta.clip_cd_m2)
    # A lamp that clips in some channels only, apart from those that clip in all: their bloom is coloured too.
    if extra is None and (when is None or when.possible) and highlights.brighter(rgb, np.float32(NEARLY), clips):
        when = night(rgb, photo.meta.clip_cd_m2) if when is None else when
        if when.possible:
            found = _with_coloured(photo, restoration, covers, clips, found)
    return None if found is None else found.spots, "nothing clips" if when is None else when.words


@dataclass(frozen=True, eq=False)
class _Judged:
    """Spots that are lights, of the pieces of a mask that were looked at, and the evidence of each piece."""

    spots: Spots
    evidence: SpotEvidence


@dataclass(frozen=True, eq=False)
class _Places:
    """Pixels of the pieces of a mask, in raster order.

    Attributes
    ----------
    rows, columns, labels : int64 (N,)
    core : bool (N,)
        Which clip.
    size : (int, int)
        Height and width of the picture.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    labels: NDArray[np.int64]
    core: BoolArray
    size: tuple[int, int]

    @classmethod
    def of(cls, clips: BoolArray, reach_px: int) -> tuple[Regions, _Places]:
        """List what clips (H, W), and what is around it; what is larger than any light is left out."""
        pieces = connected(dilate(clips, reach_px))
        rows, columns, labels = pieces.places(pieces.pixels < CLIPPED_SHARES[0] * clips.size)
        return pieces, cls(rows, columns, labels, clips[rows, columns], (clips.shape[0], clips.shape[1]))


def _judged(
    photo: Photo, restoration: Restoration, covers: Sequence[FloatArray], clips: BoolArray, reach_px: int
) -> _Judged:
    """Judge the spots of what clips in all channels, a mask (H, W): those that are lights, and their radiance."""
    rgb, extra = photo.rgb, restoration.extra
    pieces, places = _Places.of(clips, reach_px)
    before = rgb[places.rows, places.columns]
    added = None if extra is None else extra.at(places.rows, places.columns)
    shown = _shown(before, places, pieces, coloured=False)
    brightest = None if added is None else _brightest(places.labels, before + added, pieces.count)
    evidence = weigh(rgb, pieces, shown, photo.meta.clip_cd_m2, brightest)
    sure = _sure(evidence, pieces, places, rgb.shape[:2], covers, mapped=added is not None)
    if added is None:
        spots = _estimated(before, places, (evidence, shown), sure, restoration.strength, unit_px(rgb.shape))
        return _Judged(spots, evidence)
    share = sure[places.labels].astype(np.float32)
    radiance = np.asarray(before + np.float32(restoration.strength) * share[:, None] * added, np.float32)
    return _Judged(_listed(places, radiance, share, evidence, sure), evidence)


def spots_by_hand(photo: Photo, restoration: Restoration, bright: BoolArray, reach_px: int) -> Spots:
    """List spots that somebody said are lamps, with the radiance that evidence gives them, and no less than toned.

    Parameters
    ----------
    photo : Photo
    restoration : Restoration
        Where it restores nothing, they have the radiance that the photo shows.
    bright : bool (H, W)
        Their pixels.
    reach_px : int
        As for `restored_spots`.
    """
    rgb, extra = photo.rgb, restoration.extra
    pieces, places = _Places.of(bright, reach_px)
    before = rgb[places.rows, places.columns]
    shown = _shown(before, places, pieces, coloured=False)
    evidence = weigh(rgb, pieces, shown, photo.meta.clip_cd_m2, None)
    # What does not clip shows its colour itself.
    own = shown.level / np.maximum(shown.level.max(axis=1, keepdims=True), 1e-3)
    evidence = replace(
        evidence,
        gain=np.maximum(evidence.gain, TONED_GAIN),
        tint=np.where((shown.level.min(axis=1) < NEARLY)[:, None], own, evidence.tint),
        by=np.full(pieces.count, WORDS.index(BY_HAND), np.uint8),
    )
    sure = np.ones(pieces.count + 1)
    sure[0] = 0.0
    radiance = before
    if restoration.estimates or (restoration.strength > 0.0 and not is_radiance(photo)):
        more = _restored(places, (evidence, shown), sure, EDGE_UNITS * unit_px(rgb.shape))
        if extra is not None:
            more = np.maximum(more, extra.at(places.rows, places.columns))
        radiance = np.asarray(before + np.float32(restoration.strength) * more, np.float32)
    share = np.full(len(before), 0.0 if extra is None else 1.0, np.float32)
    return _listed(places, radiance, share, evidence, sure)


def _with_coloured(
    photo: Photo, restoration: Restoration, covers: Sequence[FloatArray], clips: BoolArray, found: _Judged | None
) -> _Judged:
    """Judge the spots of what clips in some channel, a mask (H, W), beside those found to clip in all.

    What a lamp found already blooms is none; a face whose middle only was found is the lamp.
    """
    rgb = photo.rgb
    pieces, places = _Places.of(clips, 1)
    before = rgb[places.rows, places.columns]
    shown = _shown(before, places, pieces, coloured=True)
    evidence = weigh(rgb, pieces, shown, photo.meta.clip_cd_m2, None)
    sure = _sure(evidence, pieces, places, rgb.shape[:2], covers, mapped=False)
    if found is not None:
        number = np.zeros(rgb.shape[:2], np.int32)
        number[found.spots.rows, found.spots.columns] = found.spots.labels
        within = number[places.rows, places.columns]
        inside = np.flatnonzero(within)
        evidence, taken = _faces(evidence, pieces, (places.labels[inside], within[inside]), found, sure)
        found = _Judged(found.spots.only(~taken[found.spots.labels]), found.evidence)
    spots = _estimated(before, places, (evidence, shown), sure, restoration.strength, unit_px(rgb.shape))
    return _Judged(spots if found is None else found.spots.beside(spots), evidence)


def _faces(
    evidence: SpotEvidence,
    pieces: Regions,
    pairs: tuple[NDArray[np.int64], NDArray[np.int32]],
    found: _Judged,
    sure: NDArray[np.float64],
) -> tuple[SpotEvidence, BoolArray]:
    """Let pieces that hold but the middles of faces be these lamps: the brightest of each tells what it is.

    Parameters
    ----------
    evidence : SpotEvidence
    pieces : Regions
    pairs : (int64 (K,), int32 (K,))
        Pieces and spots that share a pixel.
    found : _Judged
        These spots.
    sure : float64 (L + 1,), changed

    Returns
    -------
    SpotEvidence
    bool (M + 1,)
        The spots that are faces now, and no longer what they were.
    """
    each = np.unique(np.stack(pairs), axis=1)
    area = np.bincount(pairs[1], minlength=found.spots.count + 1)
    least = np.bincount(each[0], area[each[1]], pieces.count + 1)
    hard = np.bincount(each[0], found.evidence.fades[each[1] - 1] < 1.0, pieces.count + 1) > 0
    sure[each[0]] = 0.0
    face = ~hard & (least > 0) & (pieces.pixels <= FACE_PIXELS * least)
    face[1:] &= evidence.fill >= FACE_FILL
    taken = np.zeros(found.spots.count + 1, np.bool_)
    gain, tint, slope, by = (np.array(v) for v in (evidence.gain, evidence.tint, evidence.slope, evidence.by))
    for piece, spot in each[:, face[each[0]]].T:
        taken[spot] = True
        if found.spots.sure[spot] > sure[piece]:
            sure[piece] = found.spots.sure[spot]
            gain[piece - 1], tint[piece - 1] = found.evidence.gain[spot - 1], found.evidence.tint[spot - 1]
            slope[piece - 1], by[piece - 1] = found.evidence.slope[spot - 1], found.evidence.by[spot - 1]
    return replace(evidence, gain=gain, tint=tint, slope=slope, by=by), taken


def _estimated(
    before: FloatArray,
    places: _Places,
    known: tuple[SpotEvidence, ShownSpots],
    sure: NDArray[np.float64],
    strength: float,
    unit: float,
) -> Spots:
    """List the spots that are lights, with the radiance that evidence gives them; `before` is what is shown (N, 3)."""
    evidence, _ = known
    # What is hardly brighter than it is shown is a surface, however its light is spread over its pixels.
    sure[1:][np.power(evidence.gain, sure[1:]) < LIGHT_RADIANCE] = 0.0
    more = _restored(places, known, sure, EDGE_UNITS * unit)
    radiance = np.asarray(before + np.float32(strength) * more, np.float32)
    return _listed(places, radiance, np.zeros(len(before), np.float32), evidence, sure)


def _listed(
    places: _Places, radiance: FloatArray, share: FloatArray, evidence: SpotEvidence, sure: NDArray[np.float64]
) -> Spots:
    by = ("", *(WORDS[n] for n in evidence.by))
    spots = Spots(places.rows, places.columns, places.labels, len(sure) - 1, radiance, share, sure, by)
    return spots.only(sure[places.labels] > 0.0)


def _shown(before: FloatArray, places: _Places, pieces: Regions, *, coloured: bool) -> ShownSpots:
    """Average what a photo shows, `before` (N, 3), of the pixels of spots: those that clip, and the rim beside them."""
    core, labels, count = places.core, places.labels, pieces.count
    rim = ~core & (before.max(axis=1) < NEARLY)

    def mean(which: BoolArray) -> NDArray[np.float64]:
        means = [mean_of_each(labels[which], before[which, c], count)[1:] for c in range(3)]
        return np.stack(means, axis=1)

    listed = np.bincount(labels, minlength=count + 1) > 0
    clipped = np.where(listed, np.bincount(labels, core, count + 1), pieces.pixels)[1:].astype(np.float64)
    return ShownSpots(clipped, mean(core), mean(rim), coloured)


def _brightest(labels: NDArray, radiance: FloatArray, count: int) -> NDArray[np.float64]:
    """Radiance of the brightest channel of each spot 1..count."""
    brightest = np.zeros(count + 1)
    np.maximum.at(brightest, labels, radiance.max(axis=1))
    return brightest[1:]


def _sure(
    evidence: SpotEvidence,
    pieces: Regions,
    places: _Places,
    size: tuple[int, ...],
    covers: Sequence[FloatArray],
    *,
    mapped: bool,
) -> NDArray[np.float64]:
    """How sure each spot (L + 1,) is a light: by the evidence, its size and shape, and what covers its pixels."""
    sure = np.concatenate([[0.0], evidence.sure])
    share = pieces.pixels / (size[0] * size[1])
    if mapped:
        share[1:] *= 4.0 / (1.0 + 3.0 * evidence.fill * evidence.ratio)
        sure *= ramp(share, *MAPPED_SHARES)
    else:
        sure *= ramp(share, *CLIPPED_SHARES)
    for cover in covers:
        hidden = _at(cover, places.rows, places.columns, size)
        sure *= mean_of_each(places.labels, hidden, pieces.count) < HIDDEN_MATTE
    sure[sure < LEAST_SURE] = 0.0
    return sure


def _restored(
    places: _Places, known: tuple[SpotEvidence, ShownSpots], sure: NDArray[np.float64], edge_px: float
) -> FloatArray:
    """Radiance (N, 3) that pixels of spots have beyond what the photo shows: the unsurer, the less.

    Parameters
    ----------
    places : _Places
    known : (SpotEvidence, ShownSpots)
    sure : float64 (L + 1,)
    edge_px : float
        Width of a lamp's edge.
    """
    evidence, shown = known
    level = shown.level if shown.coloured else 1.0
    bright = np.power(evidence.gain, sure[1:])[:, None] * evidence.tint
    missing = np.vstack([np.zeros((1, 3)), np.maximum(bright - level, 0.0)])
    which = places.core & (missing.max(axis=1) > 0.0)[places.labels]
    own = places.labels[which]
    inward = _inward(places.rows[which], places.columns[which], own, places.size)
    deep = _profile(inward, own, evidence, missing.max(axis=1), edge_px)
    more = np.zeros((len(places.rows), 3), np.float32)
    more[which] = deep[:, None] * missing[own]
    return more


def _profile(
    inward: NDArray[np.float64],
    own: NDArray[np.int64],
    evidence: SpotEvidence,
    missing: NDArray[np.float64],
    edge_px: float,
) -> NDArray[np.float64]:
    """How each pixel's share of its spot's light compares with an even one (K,).

    What is bloom goes on to rise towards the lamp by the power of the distance that it falls by outside; all that is
    missing beyond that is the lamp itself. So a large blur makes the same disc of a spot however it is spread, and a
    small one a disc no larger than it makes of lamp and bloom.

    Parameters
    ----------
    inward : float64 (K,)
        Distance from the border, pixels.
    own : int64 (K,)
        The spot, from 1.
    evidence : SpotEvidence
    missing : float64 (L + 1,)
        Radiance to be spread over each spot, on average, of its brightest channel.
    edge_px : float
    """
    count = len(missing) - 1

    def even(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        return weight / np.maximum(mean_of_each(own, weight, count), 1e-30)[own]

    deepest = np.ones(count + 1)
    np.maximum.at(deepest, own, inward)
    deepest, bloom, slope = deepest[own], evidence.bloom[own - 1], np.clip(evidence.slope[own - 1], 0.0, BLOOM_SLOPE)
    edge = np.minimum(inward, edge_px) ** 2
    tail = np.power(deepest / (deepest - inward + 1.0), slope) - 1.0
    tail = np.maximum(tail, 0.0) / missing[own]
    tail /= np.maximum(mean_of_each(own, tail, count), 1.0)[own]
    rest = 1.0 - mean_of_each(own, tail, count)[own]
    return (1.0 - bloom) * even(edge) + bloom * (tail + rest * even(edge * (inward / deepest) ** CORE_POWER))


def _inward(rows: NDArray, columns: NDArray, labels: NDArray, size: tuple[int, int]) -> NDArray[np.float64]:
    """Distance of each pixel from the border of its spot, pixels; where the frame cuts a spot, it goes on beyond."""
    from ...kernels import lights as kernels

    inward, by_spot = np.empty((2, len(rows)))
    order = np.argsort(labels, kind="stable")
    starts = np.append(np.flatnonzero(np.diff(labels[order], prepend=-1)), len(rows))
    kernels.inward(rows[order], columns[order], starts, size, by_spot)
    inward[order] = by_spot
    return inward


def _at(cover: FloatArray, rows: NDArray, columns: NDArray, size: tuple[int, ...]) -> FloatArray:
    """Look up a matte of any resolution at pixels of the picture."""
    return cover[rows * cover.shape[0] // size[0], columns * cover.shape[1] // size[1]]


def mean_of_each(labels: NDArray, values: NDArray, count: int) -> NDArray[np.float64]:
    """Mean of the values under each label 0..count; 0 where a label has no pixel."""
    pixels = np.bincount(labels, minlength=count + 1)
    total = np.bincount(labels, values, minlength=count + 1)
    return np.where(pixels > 0, total / np.maximum(pixels, 1), 0.0)
