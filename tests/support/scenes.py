"""What the optics tests share: a lens of wanted strength, depths of wanted blur, and ways to render."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

import rebokeh as rk
from rebokeh.bokeh.optics.outlines import MOST_ROWS
from rebokeh.bokeh.optics.psf_tables import PsfTables
from rebokeh.bokeh.optics.ray_model import RayModel
from rebokeh.bokeh.render import exposure
from rebokeh.bokeh.render.exposure import TILE_PX

FOCUS_M = 2.0
FOCUS = 1.0 / FOCUS_M
FOCAL_MM = 50.0
ROUND = rk.Aperture()
HEX = rk.Aperture(6, 0.1, 12.0)

QUALITIES = ("best", "fast", "small tiles")
"""How every picture is rendered whose properties do not depend on it. "small tiles" is "fast" where a picture of 128 px
has four tiles."""

SMALL_TILE_PX = 64

both = pytest.mark.parametrize("quality", QUALITIES)


def lens_of(size: tuple[int, int], px_per_dioptre: float, aperture: rk.Aperture = ROUND, focus_m: float = FOCUS_M):
    """Return a lens whose blur radius changes by so many pixels of a picture of this size with each dioptre.

    Diffraction is left out: it adds the light of stars to the energy that is counted, and the oracle knows none.
    """
    sensor_mm = (36.0, 24.0)
    px_per_mm = max(max(size) / 36.0, min(size) / 24.0)
    pupil_mm = px_per_dioptre * 2 * 1000.0 / px_per_mm * (focus_m * 1000 - FOCAL_MM) / (FOCAL_MM * focus_m * 1000)
    return rk.Lens(
        f_number=FOCAL_MM / pupil_mm,
        focal_mm=FOCAL_MM,
        sensor_mm=sensor_mm,
        focus_m=focus_m,
        aperture=aperture,
        starburst=0.0,
    )


def optics_of(size: tuple[int, int], aperture: rk.Aperture = ROUND) -> RayModel:
    """Return a lens without flaws before a picture of this size."""
    return RayModel(rk.Lens(aperture=aperture), size, math.hypot(*size))


def outlines_of(size: tuple[int, int], aperture: rk.Aperture = ROUND) -> PsfTables:
    """Return what that lens makes of the points of the picture."""
    return PsfTables(optics_of(size, aperture), MOST_ROWS)


def depth_of(radius_px: ArrayLike, px_per_dioptre: float, focus: float = FOCUS) -> NDArray[np.float32]:
    """Dioptres at which that lens blurs with the signed radius; + behind focus."""
    dioptres = focus - np.asarray(radius_px, np.float64) / px_per_dioptre
    assert (dioptres >= 0).all(), "this radius lies beyond infinity"
    return np.asarray(dioptres, np.float32)


def texture(size: tuple[int, int], seed: int = 0, low: float = 0.05, high: float = 1.0) -> np.ndarray:
    """Return random colours in patches of 3 x 3 pixels, float32 (H, W, 3)."""
    height, width = size
    patches = np.random.default_rng(seed).uniform(low, high, (math.ceil(height / 3), math.ceil(width / 3), 3))
    return np.repeat(np.repeat(patches, 3, axis=0), 3, axis=1)[:height, :width].astype(np.float32)


def soft(image: np.ndarray, sigma_px: float) -> NDArray[np.float32]:
    """Return the image through a Gaussian."""
    return np.asarray(ndimage.gaussian_filter(image.astype(np.float64), sigma_px), np.float32)


def depth_inside(mask: np.ndarray) -> NDArray[np.float64]:
    """Return how far each pixel of a mask lies from the nearest pixel outside."""
    return np.asarray(ndimage.distance_transform_edt(mask), np.float64)


def grown(mask: np.ndarray, pixels: int) -> NDArray[np.bool_]:
    """Return a mask grown by so many pixels; shrunk by a negative number of them."""
    change = ndimage.binary_dilation if pixels > 0 else ndimage.binary_erosion
    return np.asarray(change(mask, iterations=abs(pixels)), bool)


@contextmanager
def tiles_of(side_px: int) -> Iterator[None]:
    """Cut pictures into tiles of this size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exposure, "TILE_PX", side_px)
        yield


@contextmanager
def rendering(quality: str, settings: rk.RenderSettings | None = None) -> Iterator[rk.RenderSettings]:
    """Return the settings for one of QUALITIES; the tiles are as small as it says."""
    with tiles_of(SMALL_TILE_PX if quality == "small tiles" else TILE_PX):
        yield replace(settings or rk.RenderSettings(), quality="best" if quality == "best" else "fast")


def rendered(photo: rk.Photo, lens: rk.Lens, quality: str, settings: rk.RenderSettings | None = None) -> np.ndarray:
    """Return the picture of a photo, float64 (H, W, 3), in one of QUALITIES."""
    with rendering(quality, settings) as chosen:
        return rk.render(photo, lens, chosen).rgb.astype(np.float64)


def shoot(
    rgb: np.ndarray,
    depth: np.ndarray,
    px_per_dioptre: float,
    aperture: rk.Aperture = ROUND,
    matte: np.ndarray | None = None,
    quality: str = "best",
) -> np.ndarray:
    """Render a scene at its own resolution; focus lies at 2 m."""
    photo = rk.Photo(rgb=rgb, depth=depth, matte=matte)
    return rendered(photo, lens_of(rgb.shape[:2], px_per_dioptre, aperture), quality)


def full(size: tuple[int, int], colour) -> np.ndarray:
    """Return a picture of one colour, float32 (H, W, 3)."""
    return np.broadcast_to(np.asarray(colour, np.float32), (*size, 3)).copy()


def edge_of_disc(distance: np.ndarray, radius_px: float) -> np.ndarray:
    """Share of a disc that lies on the near side of a straight edge at this signed distance from its centre."""
    t = np.clip(distance / radius_px, -1, 1)
    return 0.5 + (t * np.sqrt(1 - t * t) + np.arcsin(t)) / math.pi


def blobs(
    size: tuple[int, int], seed: int, radii_px: tuple[float, ...], px_per_dioptre: float, slope_px: float = 0.05
) -> np.ndarray:
    """Depth of a few discs and slopes before each other."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    depth = np.full(size, depth_of(max(radii_px), px_per_dioptre), np.float32)
    for radius_px in sorted(radii_px, reverse=True)[1:]:
        cy, cx, r = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(0.15, 0.4) * min(size)
        inside = np.hypot(y - cy, x - cx) < r
        slope = slope_px * ((x - cx) * rng.normal() + (y - cy) * rng.normal())
        depth[inside] = depth_of(radius_px + slope, px_per_dioptre)[inside]
    return depth


def busy_scene() -> tuple[rk.Photo, rk.Lens]:
    """Return a portrait with lights, things before and behind each other, and a matte; and a lens for it."""
    size, px = (90, 110), 50.0
    rgb = texture(size, 12)
    rgb[20, 30], rgb[60:62, 80] = 500.0, 90.0
    depth = blobs(size, 13, (12.0, 5.0, 0.2, -4.0, -9.0), px)
    matte = soft(np.abs(0.5 - depth) * px < 1.5, 1)
    return rk.Photo(rgb=rgb, depth=depth, matte=matte), lens_of(size, px, HEX)


def depths(size: tuple[int, int], seed: int, kind: str) -> np.ndarray:
    """Return a random depth field in dioptres, 0..1.5, focus at 0.5; kind: slopes, steps, blobs, noise, all."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]] / min(size)
    depth = np.full(size, rng.uniform(0, 0.3))
    if kind in ("slopes", "all"):
        depth = depth + rng.uniform(-0.6, 0.6) * x + rng.uniform(-0.6, 0.6) * y
    if kind in ("steps", "all"):
        for _ in range(4):
            depth = np.where(x * rng.normal() + y * rng.normal() > rng.normal(0, 0.5), rng.uniform(0, 1.5), depth)
    if kind in ("blobs", "all"):
        for _ in range(6):
            inside = np.hypot(x - rng.uniform(0, 1.3), y - rng.uniform(0, 1)) < rng.uniform(0.02, 0.3)
            depth = np.where(inside, rng.uniform(0, 1.5) + rng.uniform(-0.5, 0.5) * x, depth)
    if kind == "noise":
        depth = soft(rng.normal(size=size), rng.uniform(0.3, 4))
        depth = 0.5 + 0.5 * depth / np.abs(depth).max()
    depth = np.clip(depth, 0, 1.5).astype(np.float32)
    if kind == "all":
        depth[rng.random(size) < 0.02] = np.nan
        depth[:5, 7:20] = np.nan
    return depth
