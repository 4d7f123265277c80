"""The ways to blur that are timed beside each other, each as a call without arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import cycle
from typing import Any

import numpy as np
from inputs import SCENES, radius_map
from numpy.typing import NDArray
from support.peers import layered, spread_all

import rebokeh as rk
from rebokeh.bokeh.api import Scene
from rebokeh.bokeh.tools import bench
from rebokeh.bokeh.tools.gaussians import gaussians

FloatArray = NDArray[np.float32]

RENDER, AGAIN, BEST = "rebokeh", "rebokeh re-render", "rebokeh best"
REFOCUSED = "rebokeh re-render at another focus"
FLAWED, FLAWED_AGAIN = "rebokeh gauss-58", "rebokeh re-render with gauss-58"
OPENCV, SCIPY = "OpenCV Gaussian", "SciPy Gaussian"
GAUSSIAN, LAYERED, NAIVE = "rebokeh --style gaussian", "layered FFT", "naive scatter"
METHODS = (RENDER, AGAIN, REFOCUSED, BEST, FLAWED, FLAWED_AGAIN, OPENCV, SCIPY, GAUSSIAN, LAYERED, NAIVE)

FLAWS = "gauss-58"

FOCUS_FACTORS = (1.1, 0.95, 1.05, 1.15)
"""Focus distances by the subject's, one after the other: none is that of the render before."""

NAIVE_WRITES = 2e9
"""The naive scatter is run on so many writes at most."""


@dataclass(frozen=True)
class Point:
    """What is blurred, and how much.

    Parameters
    ----------
    scene : str
    megapixels : float
    radius_px : float
        The largest; a Gaussian has half of it for its sigma.
    """

    scene: str
    megapixels: float
    radius_px: float


class Bench:
    """A photo set up for every method.

    Parameters
    ----------
    point : Point
    """

    def __init__(self, point: Point) -> None:
        self.point = point
        self.photo, self.focus_m = SCENES[point.scene](point.megapixels)

    @cached_property
    def scene(self) -> Scene:
        """The photo, prepared."""
        return rk.prepare(self.photo, rk.RenderSettings())

    @cached_property
    def lens(self) -> rk.Lens:
        """The lens that blurs by the radius wanted."""
        # All that it takes is the depth, which the simplest style prepares too, and holds no longer than this.
        prepared = self.__dict__.get("scene") or rk.prepare(self.photo, rk.RenderSettings(style="gaussian"))
        return bench.lens_of(prepared.prepared, self.point.radius_px, self.focus_m)

    @cached_property
    def radius(self) -> FloatArray:
        """Signed blur radii, for those who take nothing else."""
        return radius_map(self.photo, self.focus_m, self.point.radius_px)

    def call(self, method: str) -> Callable[[], object]:
        """Set one method up.

        Raises
        ------
        KeyError
            When it is not installed.
        """
        rgb = self.photo.rgb
        if method in (AGAIN, FLAWED_AGAIN):
            scene, lens = self.scene, self.lens
            mounted = lens if method == AGAIN else with_flaws(lens, FLAWS)
            return lambda: scene.render(mounted)
        if method == REFOCUSED:
            scene, lens = self.scene, self.lens
            distances = (self.focus_m * factor for factor in cycle(FOCUS_FACTORS))
            return lambda: scene.render(lens.focused_at(next(distances)))
        settings = {
            RENDER: rk.RenderSettings(),
            BEST: rk.RenderSettings(quality="best"),
            GAUSSIAN: rk.RenderSettings(style="gaussian"),
        }.get(method)
        if settings is not None:
            lens = self.lens
            return lambda: rk.render(self.photo, lens, settings)
        if method == FLAWED:
            flawed = with_flaws(self.lens, FLAWS)
            return lambda: rk.render(self.photo, flawed)
        if method == LAYERED:
            radius = self.radius
            return lambda: layered(rgb, radius, rk.Aperture())
        blur = gaussians()[method.removesuffix(" Gaussian")]
        return lambda: blur(rgb, self.point.radius_px / 2)

    def naive(self) -> tuple[Callable[[], object], float]:
        """Set the naive scatter up on a smaller picture of the same radii, when the whole would take too long.

        Returns
        -------
        callable
        float
            How many times as long the whole picture takes: its time is proportional to the pixels it writes, which
            the radii tell exactly.
        """
        step = math.ceil(math.sqrt(writes(self.radius) / NAIVE_WRITES))
        rgb = np.ascontiguousarray(self.photo.rgb[::step, ::step])
        radius = np.ascontiguousarray(self.radius[::step, ::step])
        return (lambda: spread_all(rgb, radius, rk.Aperture())), writes(self.radius) / writes(radius)


def with_flaws(lens: rk.Lens, name: str) -> rk.Lens:
    """Give a lens the flaws of a named one, as large in the picture as they are there, whatever its f-number."""
    named: rk.Lens = rk.lens_named(name)
    glass, smaller = named.glass, named.f_number / lens.f_number
    scaled: dict[str, Any] = {
        key: tuple(smaller * v for v in value) if isinstance(value, tuple) else smaller * value
        for key, value in vars(glass.wavefront).items()
    }
    scaled["ripple_rings"] = glass.wavefront.ripple_rings
    wavefront = rk.Wavefront(**scaled)
    return replace(lens, aperture=named.aperture, glass=replace(glass, f_number=lens.f_number, wavefront=wavefront))


def writes(radius: FloatArray) -> float:
    """Count the pixels that a scatter of these radii writes, within the frame."""
    height, width = radius.shape
    reach = (np.maximum(np.abs(radius), 0.5) + 0.5).astype(np.int32)
    y, x = np.arange(height, dtype=np.int32)[:, None], np.arange(width, dtype=np.int32)
    rows = np.minimum(y + reach, height - 1) - np.maximum(y - reach, 0) + 1
    columns = np.minimum(x + reach, width - 1) - np.maximum(x - reach, 0) + 1
    return float((rows * columns).sum(dtype=np.float64))
