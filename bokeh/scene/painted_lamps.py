"""Lamps that somebody painted, among those that the evidence tells; and what is none, whatever the evidence says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.arrays import BoolArray, FloatArray
from ..depth.painted import painted_lamps
from ..hdr.restore import Restoration
from ..image.regions import connected
from ..photo.photo import Photo
from .clipped_spots import LIGHT_RADIANCE, Spots, spots_by_hand
from .light_evidence import BY_HAND

LEAST_BRIGHT = 0.2
"""What is painted and darker than this is no lamp."""

SHARE_OF_BRIGHTEST = 0.65
"""Of what is painted in one piece, what is at least so bright as this share of the brightest is a lamp."""


@dataclass(frozen=True, eq=False)
class PaintedLamps:
    """Where lamps are painted, and where none.

    Attributes
    ----------
    lamps, none : bool (H, W)
    """

    lamps: BoolArray
    none: BoolArray

    @classmethod
    def of(cls, photo: Photo) -> PaintedLamps | None:
        """Return those of a photo; None where nothing is painted."""
        found = painted_lamps(photo.edits, photo.size)
        return None if found is None else cls(*found)

    def among(self, spots: Spots | None, photo: Photo, restoration: Restoration, reach_px: int) -> Spots | None:
        """Put the lamps that are painted beside the spots that were found, and leave out what is painted as none.

        Parameters
        ----------
        spots : Spots, optional
        photo : Photo
        restoration : Restoration
            As for `restored_spots`; where it restores nothing, lamps have the radiance that the photo shows.
        reach_px : int
            As for `restored_spots`.
        """
        bright = self._bright(photo.rgb)
        own = spots_by_hand(photo, restoration, bright, reach_px) if bright.any() else None
        if spots is not None:
            spots = self._without(spots, own)
        if own is None or spots is None:
            return own if spots is None else spots
        return spots.beside(own)

    def _bright(self, rgb: FloatArray) -> BoolArray:
        """Where what is painted as a lamp is bright, bool (H, W)."""
        bright = np.zeros(rgb.shape[:2], np.bool_)
        if not self.lamps.any():
            return bright
        pieces = connected(self.lamps)
        rows, columns, labels = pieces.places(np.ones(pieces.count + 1, np.bool_))
        shown = rgb[rows, columns].max(axis=1)
        brightest = np.zeros(pieces.count + 1, np.float32)
        np.maximum.at(brightest, labels, shown)
        kept = shown >= np.maximum(np.minimum(brightest, LIGHT_RADIANCE)[labels] * SHARE_OF_BRIGHTEST, LEAST_BRIGHT)
        bright[rows[kept], columns[kept]] = True
        return bright

    def _without(self, spots: Spots, own: Spots | None) -> Spots | None:
        """Leave out spots whose brightest pixel is painted as none, or is a painted lamp's, and pixels that are."""
        gone = np.array(self.none)
        if own is not None:
            gone[own.rows, own.columns] = True
        at = gone[spots.rows, spots.columns]
        if not at.any():
            return spots
        level = spots.radiance.max(axis=1)
        brightest = np.zeros(spots.count + 1, np.float32)
        np.maximum.at(brightest, spots.labels, level)
        taken = np.zeros(spots.count + 1, np.bool_)
        taken[spots.labels[at & (level >= brightest[spots.labels])]] = True
        kept = ~(at | taken[spots.labels])
        return spots.only(kept) if kept.any() else None


def is_by_hand(spots: Spots) -> BoolArray:
    """Which spots (L + 1,) are painted."""
    return np.array([word == BY_HAND for word in spots.by])
