"""The photo as two eyes would have seen it: a view from the left and one from the right.

Each fragment of the photo taken apart moves by its own parallax: what one eye sees past what is nearer comes from what
lies behind that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...core.errors import UsageError
from ...core.threads import each
from ...image.inpaint import inpaint
from ...image.resize import resize
from ...photo.camera import Camera
from ...scene.fragments import Fragments
from ...scene.layered import LayeredScene, depth_jump
from ...scene.light_energy import SceneLight

WIDTH_PX = 1600
"""Widest picture: eyes do not fuse dots that are finer than the screen's."""

FAR_SHARE, NEAR_SHARE = 0.085, 0.060
"""Distance between two dots of a pair that shows what is farthest and nearest, as shares of the picture's width."""


EYES_M = 0.065
"""Distance between an adult's pupils."""

COMFORT = 1 / 30
"""Share of the picture's width by which near and far may differ in disparity: the stereographer's rule of thumb."""

BAND_ROWS = 64
"""Rows of a view that are drawn together."""

LEAST_COVERAGE = 0.02
"""A pixel of a view of which less is covered shows nothing that is known."""

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
    cover = None if matte is None else np.pad(matte, wide, "reflect")
    light = SceneLight(
        np.pad(rgb, (*wide, (0, 0)), "reflect"), np.pad(dioptres, wide, "reflect"), cover, None, None, False
    )
    scene = LayeredScene.of(light, dense=True)
    left, right = (_view(scene, per_eye, beyond) for per_eye in (per_dioptre, -per_dioptre))
    return StereoPair(left, right, baseline_m, camera.focal_x_px)


def _view(scene: LayeredScene, per_dioptre: float, beyond: int) -> FloatArray:
    """See a scene from beside: float32 (H, W, 3), without the columns beyond the frame."""
    height, width = scene.sizes[0]
    view = np.empty((height, width - 2 * beyond, 4), np.float32)
    jump = depth_jump(scene.depth_range, scene.sizes[0])

    def draw(top: int) -> None:
        rows = slice(top, min(top + BAND_ROWS, height))
        _draw_rows(scene.window(0, (rows, slice(0, width))), jump, per_dioptre, beyond, view[rows])

    each(draw, range(0, height, BAND_ROWS))
    coverage = view[..., 3]
    seen = np.asarray(view[..., :3] / np.maximum(coverage[..., None], np.float32(1e-6)), np.float32)
    # Where nothing is known to lie behind, what is beside goes on.
    return inpaint(seen, coverage > LEAST_COVERAGE)


def _draw_rows(found: Fragments, jump: np.float32, per_dioptre: float, beyond: int, view: FloatArray) -> None:
    """Draw some rows of a view (h, W, 4): the nearest, then what is seen past that."""
    from ....kernels import view as kernels

    view[:] = 0.0
    nearest = np.full(view.shape[:2], -1.0, np.float32)
    kernels.move(found.arrays, jump, per_dioptre, -beyond, np.full_like(nearest, np.inf), view, nearest)
    limit = np.where((view[..., 3] < 1.0) & (nearest >= 0.0), nearest - jump, np.float32(-1.0))
    past, nearest = np.zeros_like(view), np.full_like(nearest, -1.0)
    kernels.move(found.arrays, jump, per_dioptre, -beyond, limit, past, nearest)
    kernels.behind(view, past)


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
