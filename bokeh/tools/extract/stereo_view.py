"""The photo as two eyes would have seen it: a view from the left and one from the right.

A view from beside is what a pinhole at the rim of a lens would see, so the layers of a lens as wide as the baseline
are what it needs: each surface complete as far behind the nearer ones as either eye can look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...core.errors import UsageError
from ...image.regions import PixelBox
from ...image.resize import resize
from ...optics.lens import ThinLens
from ...photo.camera import Camera
from ...scene.bridging import widest_gap_px
from ...scene.extraction import extract_layers
from ...scene.layers import Layer, Residual
from ...scene.slicing import extraction_steps, plan_slices, subject_range

WIDTH_PX = 1600
"""Widest picture: eyes do not fuse dots that are finer than the screen's."""

FAR_SHARE, NEAR_SHARE = 0.085, 0.060
"""Distance between two dots of a pair that shows what is farthest and nearest, as shares of the picture's width."""


EYES_M = 0.065
"""Distance between an adult's pupils."""

COMFORT = 1 / 30
"""Share of the picture's width by which near and far may differ in disparity: the stereographer's rule of thumb."""

WIDEST = 1 / 3
"""A disparity of more than this share of the width leaves two pictures of different things."""


@dataclass(frozen=True, eq=False)
class StereoPair:
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
) -> StereoPair:
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
    slices = plan_slices(float(dioptres.min()), nearest, subject, lens, 0)
    rest = Residual.of(rgbd, cover, widest_gap_px(dioptres.shape))
    views = [np.zeros((*dioptres.shape, 4), np.float32) for _ in range(2)]
    for _, layer in extract_layers(rest, extraction_steps(slices, 0), subject, lens):
        for view, towards in zip(views, (per_dioptre, -per_dioptre), strict=True):
            _add_behind(view, layer, towards, beyond)
    for view in views:
        view[..., :3] /= np.maximum(view[..., 3:], np.float32(1e-6))
    return StereoPair(views[0][..., :3], views[1][..., :3], baseline_m, camera.focal_x_px)


def _as_wide_as(per_dioptre: float, dioptres: FloatArray) -> ThinLens:
    """Return the lens whose blur radius is the parallax against what is far, which is to keep its grain."""
    far = float(np.quantile(dioptres[::4, ::4], 0.05))
    lens = ThinLens(1.0, 1.0, 1.0 / max(far, 1e-3), 1.0)
    return replace(lens, px_per_mm=per_dioptre / lens.px_per_dioptre)


def _add_behind(view: FloatArray, layer: Layer, per_dioptre: float, beyond: int) -> None:
    """Add a layer to a view (H, W, 4) behind what is there."""
    from ....kernels import view as kernels

    rows, columns = _span(layer.box, view.shape[0])
    seen = np.zeros((rows.stop - rows.start, *view.shape[1:]), np.float32)
    nearest = np.full(seen.shape[:2], -1.0, np.float32)
    planes = (np.ascontiguousarray(plane, np.float32) for plane in (layer.rgb, layer.coverage, layer.dioptres))
    kernels.move(*planes, per_dioptre, columns.start - beyond, seen, nearest)
    kernels.behind(view[rows], seen)


def _span(box: PixelBox, height: int) -> PixelBox:
    rows, columns = box
    return slice(rows.start or 0, height if rows.stop is None else rows.stop), slice(columns.start or 0, columns.stop)


def anaglyph(left: FloatArray, right: FloatArray) -> FloatArray:
    """Put two views into one picture for glasses with red before the left eye and cyan before the right."""
    return np.ascontiguousarray(np.dstack([left[..., 0], right[..., 1:]]))


def side_by_side(left: FloatArray, right: FloatArray) -> FloatArray:
    """Put two views beside each other, the left one on the left."""
    return np.concatenate([left, right], axis=1)


@dataclass(frozen=True, eq=False)
class Autostereogram:
    """Dots, and the separations that make the depth.

    Attributes
    ----------
    codes : uint8 (h, w, 3)
    separation_px : int64 (h, w)
        Distance between the two dots, either side of a pixel, that show its depth: linear in dioptres.
    far_px, near_px : float
        Separation of the farthest and of the nearest.
    """

    codes: NDArray[np.uint8]
    separation_px: NDArray[np.int64]
    far_px: float
    near_px: float


def autostereogram(dioptres: FloatArray, width: int = WIDTH_PX, seed: int = 1) -> Autostereogram:
    """Draw a depth map in random dots (Thimbleby, Inglis and Witten, "Displaying 3D images", 1994).

    Parameters
    ----------
    dioptres : float32 (H, W)
    width : int
        Of the picture; the depth map's, where that is smaller.
    seed : int
        Of the dots: the same picture from the same depth.
    """
    width = min(width, dioptres.shape[1])
    height = max(dioptres.shape[0] * width // dioptres.shape[1], 1)
    depth = resize(dioptres, (height, width), "nearest")
    far, near = float(depth.min()), float(depth.max())
    far_px, near_px = FAR_SHARE * width, NEAR_SHARE * width
    share = (depth - far) / max(near - far, 1e-9)
    separation = np.rint(far_px + share * (near_px - far_px)).astype(np.int64)
    return Autostereogram(_dots(separation, seed), separation, far_px, near_px)


def _dots(separation: NDArray[np.int64], seed: int) -> NDArray[np.uint8]:
    """Give the two dots of each pair one colour; where a dot is in two pairs, the nearer one counts."""
    height, width = separation.shape
    rows = np.arange(height)
    partner = np.tile(np.arange(width), (height, 1))
    for x in range(width):
        left = x - separation[:, x] // 2
        right = left + separation[:, x]
        inside = (left >= 0) & (right < width)
        own, there, here = rows[inside], right[inside], left[inside]
        old = partner[own, there]
        # The nearer pair is the narrower one: its left dot lies further right.
        partner[own, there] = np.where(old == there, here, np.maximum(old, here))
    codes = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    for x in range(width):
        codes[:, x] = codes[rows, partner[:, x]]
    return codes
