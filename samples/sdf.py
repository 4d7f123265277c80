"""Signed distance shapes for sculpting with NumPy: negative inside, in metres, smoothly joined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Field = Callable[[np.ndarray], np.ndarray]


def ellipsoid(p: np.ndarray, centre, radii) -> np.ndarray:
    """Return the approximate distance (exact on the surface) of points (..., 3) to an ellipsoid."""
    q = (p - np.asarray(centre, p.dtype)) / np.asarray(radii, p.dtype)
    k0 = np.sqrt((q * q).sum(-1))
    q = q / np.asarray(radii, p.dtype)
    return k0 * (k0 - 1) / np.maximum(np.sqrt((q * q).sum(-1)), 1e-6)


def sphere(p: np.ndarray, centre, radius: float) -> np.ndarray:
    """Return the distance to a sphere."""
    return np.sqrt(((p - np.asarray(centre, p.dtype)) ** 2).sum(-1)) - radius


def capsule(p: np.ndarray, a, b, ra: float, rb: float) -> np.ndarray:
    """Return the distance to a rod from a to b whose radius goes from ra to rb."""
    a, b = np.asarray(a, p.dtype), np.asarray(b, p.dtype)
    h = (((p - a) @ (b - a)) / ((b - a) @ (b - a))).clip(0, 1)
    return np.sqrt(((p - a - h[..., None] * (b - a)) ** 2).sum(-1)) - (ra + (rb - ra) * h)


def torus(p: np.ndarray, centre, radii, thickness: float, tilt: float = 0.0) -> np.ndarray:
    """Return the distance to an oval ring around z; `radii` are (x, y), `tilt` lifts its back (radians)."""
    q = p - np.asarray(centre, p.dtype)
    y = q[..., 1] * np.cos(tilt) + q[..., 2] * np.sin(tilt)
    z = q[..., 2] * np.cos(tilt) - q[..., 1] * np.sin(tilt)
    reach = np.sqrt((q[..., 0] / radii[0]) ** 2 + (y / radii[1]) ** 2)
    return np.sqrt(((reach - 1) * (radii[0] + radii[1]) / 2) ** 2 + z * z) - thickness


def join(a: np.ndarray, b: np.ndarray, k: float) -> np.ndarray:
    """Return the union, rounded over a width of k metres."""
    h = np.maximum(k - np.abs(a - b), 0) / k
    return np.minimum(a, b) - h * h * k / 4


def carve(a: np.ndarray, b: np.ndarray, k: float) -> np.ndarray:
    """Return a without b, rounded over a width of k metres."""
    return -join(-a, b, k)


def gradient(field: Field, p: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Return the unit outward normals of `field` at points (..., 3)."""
    g = np.stack([field(p + e) - field(p - e) for e in np.eye(3, dtype=p.dtype) * p.dtype.type(step)], -1)
    return g / np.maximum(np.linalg.norm(g, axis=-1, keepdims=True), 1e-9)


def surface(field: Field, low, high, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Triangulate the zero of `field` inside a box with voxels of `step`: points (n, 3), faces (m, 3)."""
    from skimage.measure import marching_cubes

    low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
    axes = [np.arange(lo, hi + step, step, dtype=np.float32) for lo, hi in zip(low, high, strict=True)]
    # Slab by slab: the whole grid of points would not fit in the caches, nor kindly in memory.
    slabs = [field(np.stack(np.meshgrid(x, *axes[1:], indexing="ij"), -1)) for x in np.array_split(axes[0], 32)]
    points, faces, _, _ = marching_cubes(np.concatenate(slabs), 0.0, spacing=(step,) * 3)
    return points + low, faces[:, ::-1]
