"""The lights of a scene: what is one, how bright it is, and how far away. One list, which all that draws them uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray
from ..core.threads import LEAST_PIXELS, each_part
from ..hdr.restore import Restoration
from ..image.inpaint import inpaint_at
from ..image.regions import connected, dilate
from ..photo.photo import Photo
from .clipped_spots import HIDDEN_MATTE, LIGHT_RADIANCE, Spots, mean_of_each, restored_spots
from .painted_lamps import PaintedLamps, is_by_hand

LIGHT_CONTRAST = 3.0
"""A light is by this factor brighter than what surrounds it."""

LIGHT_SHARE = 5e-4
"""... and, where nothing but its radiance tells it, no larger than this share of the picture: beyond it, it is a bright
surface and stays in its layer."""

MOST_REACH_PX = 8
"""A gain map is no coarser than so many pixels, as far as lights go."""

AROUND_PX = 128
"""What surrounds a light is looked for no farther away, or twice as far."""

LEAST_SEEN = 0.1
"""A light of which less is seen cannot be told apart from a wrong coverage."""


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
    by : tuple of str (M,)
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

    @property
    def pixels(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns, to index a picture with."""
        return self.rows, self.columns

    @cached_property
    def mask(self) -> BoolArray:
        """Pixels that hold light (H, W)."""
        mask = np.zeros(self.size, np.bool_)
        mask[self.pixels] = True
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


def lights_of(
    photo: Photo,
    dioptres: FloatArray,
    matte: FloatArray | None,
    restoration: Restoration,
    found: tuple[Spots | None, str] | None = None,
) -> tuple[Lights | None, str]:
    """Find the lights of a photo.

    Parameters
    ----------
    photo : Photo
    dioptres : float32 (H, W)
    matte : float32 (H, W), optional
        The subject's: what clips on it is no light.
    restoration : Restoration
        What tells the radiance of what the photo clips.
    found : (Spots or None, str), optional
        As of `spots_of`, where it is at hand.

    Returns
    -------
    Lights or None
    str
        What was looked at, in words.
    """
    spots, words = spots_of(photo, matte, restoration) if found is None else found
    return None if spots is None else _settled(spots, photo.rgb, dioptres, matte), words


def spots_of(photo: Photo, matte: FloatArray | None, restoration: Restoration) -> tuple[Spots | None, str]:
    """Find what of a photo may be lights, by its picture alone; as of `lights_of`."""
    rgb, extra = photo.rgb, restoration.extra
    painted = PaintedLamps.of(photo)
    if extra is None and not restoration.estimates:
        spots = _held_spots(rgb)
        if painted is not None:
            spots = painted.among(spots, photo, restoration, 1)
        return spots, "as the photo holds them"
    covers = [cover for cover in (matte, photo.mattes.get("skin")) if cover is not None]
    # A gain map is coarse: what it adds to a light reaches a pixel of its own beyond it.
    reach = 1 if photo.gain_map is None else -(-photo.size[0] // photo.gain_map.planes.shape[0])
    reach = min(reach, MOST_REACH_PX)
    spots, words = restored_spots(photo, restoration, covers, reach)
    if painted is not None:
        spots = painted.among(spots, photo, restoration, reach)
    return spots, words


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
    spots = _held_spots(rgb)
    return None if spots is None else _settled(spots, rgb, dioptres, matte)


def _held_spots(rgb: FloatArray) -> Spots | None:
    """List what is brighter than a surface; None where nothing is."""
    from ...kernels import highlights as kernels

    bright = np.empty(rgb.shape[:2], np.bool_)
    least = np.float32(LIGHT_RADIANCE)
    if not any(each_part(lambda own: kernels.brighter(rgb[own], least, bright[own]), len(rgb))):
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
    return Spots(rows, columns, labels, pieces.count, rgb[rows, columns], none, sure, by)


def _settled(spots: Spots, rgb: FloatArray, dioptres: FloatArray, matte: FloatArray | None) -> Lights | None:
    """Keep the spots that stand out from what surrounds them, and find what lies below and how far away they are."""
    from ...kernels import highlights as kernels

    if not len(spots.rows):
        return None
    hole = np.zeros(rgb.shape[:2], np.bool_)
    hole[spots.rows, spots.columns] = True
    hole = dilate(hole, 1)
    around = _without(rgb, hole, spots)
    surround = mean_of_each(spots.labels, around.max(axis=1), spots.count)
    brightest = np.zeros(spots.count + 1, np.float32)
    np.maximum.at(brightest, spots.labels, spots.radiance.max(axis=1))
    bright = (brightest > LIGHT_RADIANCE) & (brightest > LIGHT_CONTRAST * np.maximum(surround, 1e-3))
    bright |= is_by_hand(spots)
    kept = bright[spots.labels]
    if not kept.any():
        return None
    spots, around = spots.only(kept), around[kept]
    ys, xs = spots.rows, spots.columns
    base = np.minimum(np.minimum(spots.radiance, rgb[ys, xs]), np.minimum(around, np.float32(1.0)))
    hidden = matte[ys, xs] if matte is not None else np.zeros(len(base), np.float32)
    farthest = np.empty(len(base), np.float32)
    each_part(lambda own: kernels.least_around(dioptres, ys[own], xs[own], 3, farthest[own]), len(ys), LEAST_PIXELS)
    energy = (spots.radiance - base).sum(axis=1)
    depth = _depth_of_each(spots.labels, energy, dioptres[ys, xs], hidden, farthest)
    present, label = np.unique(spots.labels, return_inverse=True)
    return Lights(
        (rgb.shape[0], rgb.shape[1]), ys, xs, label.ravel().astype(np.int64), spots.radiance, base, spots.mapped, depth,
        spots.sure[present].astype(np.float32), tuple(spots.by[n] for n in present),
    )  # fmt: skip


def _without(rgb: FloatArray, hole: BoolArray, spots: Spots) -> FloatArray:
    """Continue the picture into its holes, as `inpaint` does, at the pixels of the spots: float32 (N, 3).

    What is far from all of them is not looked at.
    """
    (top, bottom), (left, right) = (
        (max(int(v.min()) // AROUND_PX - 1, 0) * AROUND_PX, (int(v.max()) // AROUND_PX + 2) * AROUND_PX)
        for v in (spots.rows, spots.columns)
    )
    rgb, hole = rgb[top:bottom, left:right], hole[top:bottom, left:right]

    def band(rows: slice) -> tuple[FloatArray, BoolArray]:
        return np.ascontiguousarray(rgb[rows]), ~hole[rows]

    filled = inpaint_at(band, (rgb.shape[0], rgb.shape[1]), 3, (spots.rows - top, spots.columns - left))
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


def seen_by_pinhole(matte: FloatArray) -> FloatArray:
    """Share of each light that the photo shows: hair before it dimmed it, and will again, ray by ray.

    Parameters
    ----------
    matte : float32 (N,)
        Coverage of the subject at each light's pixels, 0 for a light in front of it.

    Returns
    -------
    float32 (N,)
        A light that shines where the subject covers the whole pixel tells that the matte is wrong: it counts as seen
        whole.
    """
    return np.where(matte > 1.0 - LEAST_SEEN, np.float32(1.0), np.float32(1.0) - matte)
