"""The photo as two eyes would have seen it: a view from the left and one from the right.

A view from beside is what a pinhole at the rim of a lens would see, so the sheets of a lens as wide as the baseline
are what it needs: each surface complete as far behind the nearer ones as either eye can look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError
from .fill import widest_gap_px
from .geometry import Camera
from .lens import ThinLens
from .masks import Box
from .plan import plan, steps_at, subject_range
from .sheets import Remaining, Sheet, peel

FloatArray = NDArray[np.float32]

EYES_M = 0.065
"""Distance between an adult's pupils."""

COMFORT = 1 / 30
"""Share of the picture's width by which near and far may differ in disparity: the stereographer's rule of thumb."""

WIDEST = 1 / 3
"""A disparity of more than this share of the width leaves two pictures of different things."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two views, by parallel cameras half a baseline to the left and to the right of the photo's.

    Attributes
    ----------
    left, right : float32 (H, W, 3)
        Scene-linear. A point at distance Z lies `focal_px * baseline_m / Z` pixels further right in `left`.
    baseline_m, focal_px : float
    """

    left: FloatArray
    right: FloatArray
    baseline_m: float
    focal_px: float

    def disparity_px(self, metres: float) -> float:
        """Pixels by which a point at this distance lies further right in the left view."""
        return self.focal_px * self.baseline_m / metres

    def converged(self, metres: float) -> tuple[FloatArray, FloatArray]:
        """Crop both views so that what is at this distance lies in the plane of the screen."""
        crop = round(self.disparity_px(metres))
        return self.left[:, crop:], self.right[:, : self.right.shape[1] - crop]


def comfortable_baseline_m(dioptres: FloatArray, camera: Camera) -> float:
    """Return a baseline in metres: the eyes', or so much less that near and far can be fused on a screen."""
    far, near = (float(v) for v in np.quantile(dioptres[::4, ::4], (0.005, 0.995)))
    depth = camera.focal_x_px * max(near - far, 1e-6)
    return min(EYES_M, COMFORT * dioptres.shape[1] / depth)


def stereo_pair(
    rgb: FloatArray, dioptres: FloatArray, matte: FloatArray | None, camera: Camera, baseline_m: float
) -> Pair:
    """See a photo from the left and from the right.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    dioptres : float32 (H, W)
    matte : float32 (H, W), or None
    camera : Camera
    baseline_m : float
        Between the two views.

    Raises
    ------
    UsageError
        When the baseline is not above 0, or so wide that the two show different things.
    """
    if not (math.isfinite(baseline_m) and baseline_m > 0):
        raise UsageError(f"baseline is {baseline_m:g} m; it must be a length above 0, like 65mm")
    nearest, width = float(dioptres.max()), dioptres.shape[1]
    per_dioptre = camera.focal_x_px * baseline_m / 2
    most = per_dioptre * nearest
    if 2 * most > WIDEST * width:
        limit_mm = 1000 * baseline_m * WIDEST * width / (2 * most)
        raise UsageError(
            f"with a baseline of {1000 * baseline_m:.3g} mm what is nearest lies {2 * most:.0f} px apart in pictures "
            f"of {width}; choose one below {limit_mm:.2g} mm"
        )
    # Beyond the frame the scene goes on.
    beyond = min(math.ceil(most) + 2, width - 1)
    wide = ((0, 0), (beyond, beyond))
    rgbd = np.dstack([rgb, dioptres]).astype(np.float32)
    rgbd = np.pad(rgbd, (*wide, (0, 0)), "reflect")
    cover = None if matte is None else np.pad(matte, wide, "reflect")
    lens = _as_wide_as(per_dioptre, rgbd[..., 3])
    subject = subject_range(rgbd[..., 3], cover)
    cuts = plan(float(dioptres.min()), nearest, subject, lens, 0)
    rest = Remaining.of(rgbd, cover, widest_gap_px(dioptres.shape))
    views = [np.zeros((*dioptres.shape, 4), np.float32) for _ in range(2)]
    for _, sheet in peel(rest, steps_at(cuts, 0), subject, lens):
        for view, towards in zip(views, (per_dioptre, -per_dioptre), strict=True):
            _add_behind(view, sheet, towards, beyond)
    for view in views:
        view[..., :3] /= np.maximum(view[..., 3:], np.float32(1e-6))
    return Pair(views[0][..., :3], views[1][..., :3], baseline_m, camera.focal_x_px)


def _as_wide_as(per_dioptre: float, dioptres: FloatArray) -> ThinLens:
    """Return the lens whose blur radius is the parallax against what is far, which is to keep its grain."""
    far = float(np.quantile(dioptres[::4, ::4], 0.05))
    lens = ThinLens(1.0, 1.0, 1.0 / max(far, 1e-3), 1.0)
    return replace(lens, px_per_mm=per_dioptre / lens.px_per_dioptre)


def _add_behind(view: FloatArray, sheet: Sheet, per_dioptre: float, beyond: int) -> None:
    """Add a sheet to a view (H, W, 4) behind what is there."""
    from ..kernels import view as kernels

    rows, columns = _span(sheet.box, view.shape[0])
    seen = np.zeros((rows.stop - rows.start, *view.shape[1:]), np.float32)
    nearest = np.full(seen.shape[:2], -1.0, np.float32)
    planes = (np.ascontiguousarray(plane, np.float32) for plane in (sheet.rgb, sheet.coverage, sheet.dioptres))
    kernels.move(*planes, per_dioptre, columns.start - beyond, seen, nearest)
    kernels.behind(view[rows], seen)


def _span(box: Box, height: int) -> Box:
    rows, columns = box
    return slice(rows.start or 0, height if rows.stop is None else rows.stop), slice(columns.start or 0, columns.stop)


def anaglyph(left: FloatArray, right: FloatArray) -> FloatArray:
    """Put two views into one picture for glasses with red before the left eye and cyan before the right."""
    return np.ascontiguousarray(np.dstack([left[..., 0], right[..., 1:]]))


def side_by_side(left: FloatArray, right: FloatArray) -> FloatArray:
    """Put two views beside each other, the left one on the left."""
    return np.concatenate([left, right], axis=1)
