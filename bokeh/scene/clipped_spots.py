"""Spots that a photo clips: what of each is a light's, and the radiance that it is given back."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import BoolArray, FloatArray
from ..hdr.restore import Restoration
from ..image.regions import Regions, connected, dilate
from ..photo.photo import Photo
from .light_evidence import WORDS, SpotEvidence, night, ramp, weigh

LIGHT_RADIANCE = 2.0
"""A light is brighter than this; sunlit white is 1."""

CLIPPED_SHARES = (2e-2, 5e-3)
"""Clipped spots larger than the first share of a picture are surfaces; smaller than the second they may be lights."""

NEARLY = 0.955
"""All channels of a clipped spot are at least this (8-bit code 250): the codes of a file are not exact."""

COLOURED_RADIANCE = 6.0
"""A coloured lamp clips in one channel only; by a gain map it is brighter than any pale surface: this bright."""

LEAST_SURE = 0.1
"""What is less likely a light is none."""

HIDDEN_MATTE = 0.3
"""Pixels with more of the subject than this tell nothing about the depth of a light, and are none where it is guessed
by what clips."""

_NO_EXTRA: FloatArray = np.empty((0, 0, 3), np.float32)


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

    def only(self, which: BoolArray) -> Spots:
        """Keep some of the pixels."""
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
    from ...kernels import lights as kernels

    rgb, extra, clip_cd_m2 = photo.rgb, restoration.extra, photo.meta.clip_cd_m2
    clips = np.empty(rgb.shape[:2], np.bool_)
    levels = np.array([NEARLY, LIGHT_RADIANCE, COLOURED_RADIANCE], np.float32)
    if not kernels.clipped(rgb, _NO_EXTRA if extra is None else extra, levels, clips):
        return None, "nothing clips"
    why = night(rgb, clip_cd_m2)[1]
    mask = dilate(clips, reach_px)
    pieces = connected(mask)
    rows, columns = np.nonzero(mask)
    labels, core = pieces.labels.astype(np.int64), clips[rows, columns]
    before = rgb[rows, columns]
    added = None if extra is None else extra[rows, columns]
    clipped = np.bincount(labels, core.astype(np.float64), pieces.count + 1).astype(np.float64)
    brightest = None if added is None else _brightest(labels, before + added, pieces.count)
    evidence = weigh(rgb, pieces, clipped[1:], clip_cd_m2, brightest)
    sure = _sure(evidence, pieces, rgb.shape[:2], [_at(cover, rows, columns, rgb.shape) for cover in covers])
    if added is None:
        radiance = _restored(before, core, (rows, columns, labels), evidence, sure, restoration.strength)
        share = np.zeros(len(rows), np.float32)
    else:
        share = sure[labels].astype(np.float32)
        radiance = np.asarray(before + np.float32(restoration.strength) * share[:, None] * added, np.float32)
    by = ("", *(WORDS[n] for n in evidence.by))
    spots = Spots(rows, columns, labels, pieces.count, radiance, share, sure, by)
    return spots.only(sure[labels] > 0.0), why


def _brightest(labels: NDArray, radiance: FloatArray, count: int) -> NDArray[np.float64]:
    """Radiance of the brightest channel of each spot 1..count."""
    brightest = np.zeros(count + 1)
    np.maximum.at(brightest, labels, radiance.max(axis=1))
    return brightest[1:]


def _sure(
    evidence: SpotEvidence, pieces: Regions, size: tuple[int, ...], covers: Sequence[FloatArray]
) -> NDArray[np.float64]:
    """How sure each spot (L + 1,) is a light: by the evidence, its size and what covers its pixels."""
    sure = np.concatenate([[0.0], evidence.sure])
    sure *= ramp(pieces.pixels / (size[0] * size[1]), *CLIPPED_SHARES)
    for cover in covers:
        sure *= mean_of_each(pieces.labels, cover, pieces.count) < HIDDEN_MATTE
    sure[sure < LEAST_SURE] = 0.0
    return sure


def _restored(
    before: FloatArray,
    core: BoolArray,
    places: tuple[NDArray, NDArray, NDArray],
    evidence: SpotEvidence,
    sure: NDArray[np.float64],
    strength: float,
) -> FloatArray:
    """Radiance (N, 3) of clipped pixels: the unsurer, the nearer to what the photo shows.

    Parameters
    ----------
    before : float32 (N, 3)
        What the photo shows.
    core : bool (N,)
        Where it clips.
    places : (rows, columns, labels), int64 (N,)
    evidence : SpotEvidence
    sure : float64 (L + 1,)
    strength : float
    """
    rows, columns, labels = places
    gain = np.concatenate([[1.0], np.power(evidence.gain, sure[1:])])
    tint = np.concatenate([np.ones((1, 3)), evidence.tint])
    # What clips is mostly bloom, brighter towards the lamp itself: from the border in, by the square of the way.
    deep = np.zeros(len(rows))
    which = core & (gain > 1.0)[labels]
    deep[which] = _inward(rows[which], columns[which], labels[which]) ** 2
    deep /= np.maximum(mean_of_each(labels[which], deep[which], len(gain) - 1), 1e-9)[labels]
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


def _at(cover: FloatArray, rows: NDArray, columns: NDArray, size: tuple[int, ...]) -> FloatArray:
    """Look up a matte of any resolution at pixels of the picture."""
    return cover[rows * cover.shape[0] // size[0], columns * cover.shape[1] // size[1]]


def mean_of_each(labels: NDArray, values: NDArray, count: int) -> NDArray[np.float64]:
    """Mean of the values under each label 0..count; 0 where a label has no pixel."""
    pixels = np.bincount(labels, minlength=count + 1)
    total = np.bincount(labels, values, minlength=count + 1)
    return np.where(pixels > 0, total / np.maximum(pixels, 1), 0.0)
