"""Depth of one flat surface: what a phone measures of a screen, a print or a wall, whatever is to be seen on it.

A point of a plane n . X = c that a pinhole camera sees along the ray (x/f, y/f, 1) lies at Z with n . (x/f, y/f, 1) Z =
c, so that

    1/Z = (n_x x/f + n_y y/f + n_z) / c:

its dioptres are linear in the picture, exactly, however the plane is turned. What is not a plane is not linear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.arrays import FloatArray
from ..photo.photo import Photo
from .deband import find_code_step

SAMPLES = 4096
"""About so many pixels of the map are looked at."""

ON_SHARE = 0.98
"""Share of them that lie on the surface: a map's borders, and a finger, may not."""

TOLERANCE = 0.03
"""How far from it they may lie, as a share of the usual dioptres. In eight real photos, none of a plane, it is 0.24
and more."""

ROUNDING = 1e-6
"""Of a map in single precision, as a share of its values."""

STEPS = 12
"""Rounds of the fit; it has settled after a few."""


@dataclass(frozen=True)
class Plane:
    """Dioptres `across` * x + `down` * y + `corner`, x and y in 0..1 of the picture from its top left.

    `residual` is how far from it `ON_SHARE` of the map lies at most, in dioptres.
    """

    across: float
    down: float
    corner: float
    residual: float

    @property
    def range_dioptres(self) -> tuple[float, float]:
        """Least and most in the picture, >= 0."""
        ends = [self.corner + x * self.across + y * self.down for x in (0, 1) for y in (0, 1)]
        return max(min(ends), 0.0), max(*ends, 0.0)


def fit_plane(dioptres: FloatArray) -> Plane | None:
    """Fit one flat surface to the whole of a depth map.

    Parameters
    ----------
    dioptres : float32 (h, w)
        NaN = hole.

    Returns
    -------
    Plane or None
        None when fewer than three pixels are no holes.

    Notes
    -----
    Least trimmed squares (Rousseeuw 1984): the plane that leaves the least squares in the `ON_SHARE` of the map that
    lie nearest to it, found by fitting anew to these.
    """
    height, width = dioptres.shape
    every = max(1, round((dioptres.size / SAMPLES) ** 0.5))
    values = dioptres[every // 2 :: every, every // 2 :: every].astype(np.float64)
    y, x = np.mgrid[every // 2 : height : every, every // 2 : width : every]
    known = np.isfinite(values)
    values = values[known]
    terms = np.stack([(x[known] + 0.5) / width, (y[known] + 0.5) / height, np.ones_like(values)], axis=1)
    if len(values) < 3:
        return None
    kept, solution, residual = np.ones(len(values), bool), np.zeros(3), np.inf
    for _ in range(STEPS):
        near = terms[kept]
        solution = np.linalg.lstsq(near.T @ near, near.T @ values[kept], rcond=None)[0]
        away = np.abs(terms @ solution - values)
        residual = float(np.quantile(away, ON_SHARE))
        before, kept = kept, away <= residual
        if (kept == before).all():
            break
    across, down, corner = (float(v) for v in solution)
    return Plane(across, down, corner, residual)


def flat_surface(photo: Photo) -> Plane | None:
    """Find the one surface that a photo's depth map shows; None when it shows more, or there is no map.

    Notes
    -----
    A plane is believed when its residual is at most `TOLERANCE` of the map's median (of its range, where the map knows
    no metres), and half a code of a quantised map.
    """
    plane = None if photo.depth is None else fit_plane(photo.depth)
    if plane is None or photo.depth is None:
        return None
    known = photo.depth[np.isfinite(photo.depth)]
    low, middle, high = (float(v) for v in np.quantile(known[:: max(1, known.size // SAMPLES)], (0.01, 0.5, 0.99)))
    usual = high - low if photo.depth_kind == "unitless" else middle
    tolerance = TOLERANCE * usual + ROUNDING * high
    # A quantised map has 8 codes or more, so that half a code is at most this.
    if plane.residual > tolerance + (high - low) / 14.0:
        return None
    step = find_code_step(np.nan_to_num(photo.depth))
    return plane if plane.residual <= tolerance + 0.5 * step else None


def flat_map_warnings(photo: Photo) -> tuple[str, ...]:
    """Warn of a depth map in which nothing stands before anything else, as that of a picture of a picture."""
    plane = flat_surface(photo)
    if plane is None:
        return ()
    far, near = plane.range_dioptres
    where = "" if photo.depth_kind == "unitless" else f", {_metres(near)} to {_metres(far)} away"
    if near - far < TOLERANCE * near:
        where = f", {_metres(0.5 * (near + far))} away" if where else ""
        return (
            f"the depth map is one flat surface{where}: a wall, or a picture of a picture; what is shown on it is "
            "blurred all alike",
        )
    return (
        f"the depth map is one flat surface, seen at a slant{where}: a table, or a picture of a picture; blur grows "
        "along it, and what stands on it is blurred as the surface is",
    )


def _metres(dioptres: float) -> str:
    return f"{1.0 / dioptres:.2g} m" if dioptres > 1e-4 else "infinity"
