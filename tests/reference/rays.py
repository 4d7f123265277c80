"""Rays through a lens, from its wavefront by differences: what the image of a point must agree with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import rebokeh as rk
from rebokeh.bokeh.optics.aperture import boundary
from rebokeh.bokeh.optics.elements import Glass, Pupil, Rim, Wavefront
from rebokeh.bokeh.optics.lens import FULL_FRAME_DIAGONAL_MM
from rebokeh.bokeh.optics.lens_file import lens_named, lens_names

Array = NDArray[np.float64]
Field = tuple[float, float]

RAYS = 100_000
DIAGONAL_PX = 5000.0
"""Of a picture of 12 MP."""

PACKAGED = tuple(lens_names())


def made(f_number: float = 1.4, pupil: Pupil | None = None, **wavefront) -> rk.Lens:
    """Return a lens, wide open, with a round iris, this pupil and this wavefront."""
    return rk.Lens(f_number, glass=Glass(f_number, pupil or Pupil(), Wavefront(**wavefront)))


MADE = {
    "spherical": made(spherical_um=3.0),
    "zonal": made(spherical_um=-2.0, zonal_um=2.5),
    "coma": made(coma_um=6.0),
    "swirl": made(
        pupil=Pupil(front=Rim(1.05, 0.5), rear=Rim(1.05, 0.5)),
        spherical_um=1.0,
        coma_um=2.0,
        astigmatism_um=8.0,
        field_curvature_um=4.0,
    ),
    "colour": made(spherical_um=1.5, axial_um=(1.5, 0.0, -1.0), lateral_um=(2.0, 0.0, -2.0)),
    "mirror": made(8.0, Pupil(obstruction=0.4, front=Rim(1.0, 0.3))),
    "apodised": made(2.8, Pupil(apodisation=3.0)),
    "anamorphic": made(2.0, Pupil(squeeze=2.0, front=Rim(1.1, 0.5)), spherical_um=1.0),
}


def lens_called(name: str) -> rk.Lens:
    """Return a packaged lens, or one that is made here, wide open."""
    return MADE[name] if name in MADE else lens_named(name)


@dataclass(frozen=True)
class Bundle:
    """Rays of one point: where they land beside its place, pixels, and what they carry; float64 (N,)."""

    x: Array
    y: Array
    weight: Array

    @property
    def centroid(self) -> Array:
        """Mean x and y."""
        return np.array([np.average(self.x, weights=self.weight), np.average(self.y, weights=self.weight)])

    @property
    def variance(self) -> float:
        """Mean squared distance from the centroid."""
        x, y = self.centroid
        return float(np.average((self.x - x) ** 2 + (self.y - y) ** 2, weights=self.weight))


def bundle(lens: rk.Lens, radius_px: float, field: Field, colour: int, diagonal_px: float = DIAGONAL_PX) -> Bundle:
    """Send rays through the pupil, spread evenly over it."""
    glass = lens.glass
    assert glass.f_number is not None
    pupil, wave, stop = glass.pupil, glass.wavefront, glass.f_number / lens.f_number
    height = math.hypot(*field)
    ex, ey = (field[0] / height, field[1] / height) if height > 0.0 else (1.0, 0.0)

    def wavefront(u: Array, v: Array) -> Array:
        # As it is written down; then focused where spherical aberration spreads a point least, and centred.
        squared, along = u**2 + v**2, u * ex + v * ey
        best_focus = -4.0 / 3.0 * wave.spherical_um * stop**2 - 1.5 * wave.zonal_um * stop**4
        return (
            wave.spherical_um * squared**2
            + wave.zonal_um * squared**3
            + wave.coma_um * height * squared * along
            + wave.astigmatism_um * height**2 * along**2
            + wave.field_curvature_um * height**2 * squared
            + wave.axial_um[colour] * squared
            + wave.ripple_um * np.cos(2.0 * math.pi * wave.ripple_rings * squared)
            + best_focus * squared
            - wave.coma_um * height * stop**2 * along
        )

    k = np.arange(RAYS) + 0.5
    turn, distance = k * math.pi * (3.0 - math.sqrt(5.0)), stop * np.sqrt(k / RAYS)
    u, v = distance * np.cos(turn), distance * np.sin(turn)
    passes = np.hypot(u, v) <= stop * boundary(lens.aperture.at(lens.f_number), np.arctan2(-v, u))
    passes &= np.hypot(u, v) >= pupil.obstruction
    for rim, side in ((pupil.front, -1.0), (pupil.rear, 1.0)):
        if rim is not None:
            shift = side * rim.shift * height
            passes &= np.hypot(u - shift * ex, v - shift * ey) <= rim.radius
    u, v = u[passes], v[passes]
    px = 2.0 * glass.f_number * diagonal_px / (1000.0 * FULL_FRAME_DIAGONAL_MM)
    step = 1e-5
    slope_x = (wavefront(u + step, v) - wavefront(u - step, v)) / (2.0 * step)
    slope_y = (wavefront(u, v + step) - wavefront(u, v - step)) / (2.0 * step)
    # Lateral colour is the picture's magnification: the squeeze leaves it.
    aside = px * (max(wave.lateral_um) - wave.lateral_um[colour])
    x = (radius_px * u / stop - px * slope_x) / pupil.squeeze + aside * field[0]
    y = radius_px * v / stop - px * slope_y + aside * field[1]
    return Bundle(x, y, np.exp(-pupil.apodisation * (u**2 + v**2)))


def places(image: np.ndarray) -> tuple[Array, Array]:
    """Return x and y of an image's pixels from the middle of its middle one."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float64)
    return x - (image.shape[1] - 1) / 2, y - (image.shape[0] - 1) / 2


def centroid(image: np.ndarray) -> Array:
    """Return the mean x and y of the light of an image (H, W)."""
    x, y = places(image)
    return np.array([(image * x).sum(), (image * y).sum()], np.float64) / image.sum(dtype=np.float64)


def variances(image: np.ndarray) -> Array:
    """Return the variance of x and of y of the light of an image (H, W), less that of a pixel's own width."""
    (x, y), (mean_x, mean_y), total = places(image), centroid(image), image.sum(dtype=np.float64)
    return np.array([(image * (x - mean_x) ** 2).sum(), (image * (y - mean_y) ** 2).sum()]) / total - 1.0 / 12.0
