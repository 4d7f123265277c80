"""A lens before a picture: how far from its place, in pixels, each ray of a point's light lands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import DoubleArray
from ..core.threads import each_part
from .aperture import Aperture, chords
from .elements import Rim, Wavefront
from .lens import FULL_FRAME_DIAGONAL_MM, Lens

VIGNETTE_NODES = 64
"""Places along the longer side at which vignetting is reckoned."""

LEAST_LOSS = 1e-4
"""Vignetting that takes less from the corners is none."""


IRIS_SAMPLES = 4096
"""Chords of the iris that rays are cut by."""

GREEN = 1
"""The colour that the lens is focused by, and that coverage goes with."""

APART_PX = 0.2
"""Colours that land closer together than this are one."""

LIGHT_LINES = 96
"""Lines of the pupil for how much light gets through: four digits."""

FARTHER, CELL_FIELD = 1.02, 0.05
"""So much farther than those followed may rays land; and pixels are so far from the middle of their cell at most, in
units of the half diagonal."""


@dataclass(frozen=True, eq=False)
class RayModel:
    """A lens before a picture of one size.

    Parameters
    ----------
    lens : Lens
    size : (int, int)
        Height and width in pixels.
    diagonal_px : float
        Of the whole picture at this size.
    """

    lens: Lens
    size: tuple[int, int]
    diagonal_px: float

    @cached_property
    def aperture(self) -> Aperture:
        """The iris at the f-number in use."""
        return self.lens.aperture.at(self.lens.f_number)

    @property
    def is_even(self) -> bool:
        """Whether every point's light is the same even image of the iris, but for size and place."""
        pupil = self.lens.glass.pupil
        return not self.has_flaws and not self.varies and pupil.obstruction == 0.0 and pupil.apodisation == 0.0

    @property
    def is_thin(self) -> bool:
        """Whether what is in focus stays in its pixel, as with the thin lens."""
        return self.flaws_px == 0.0

    @property
    def has_flaws(self) -> bool:
        """Whether the image of the pupil is distorted, and so another at each blur radius."""
        wave = self.lens.glass.wavefront
        distorting = (wave.spherical_um, wave.zonal_um, wave.coma_um, wave.astigmatism_um, wave.ripple_um)
        return any(value != 0.0 for value in distorting)

    @property
    def varies(self) -> bool:
        """Whether a point's image is another in another place of the picture."""
        pupil, wave = self.lens.glass.pupil, self.lens.glass.wavefront
        shifts = any(rim is not None and rim.shift > 0.0 for rim in (pupil.front, pupil.rear))
        return shifts or wave.coma_um != 0.0 or wave.astigmatism_um != 0.0

    @cached_property
    def colours(self) -> tuple[int, ...]:
        """The colours that are traced: green stands for all where they land together."""
        wave = self.lens.glass.wavefront
        apart_px = max(
            2.0 * self.lens.stop * self.px_per_um * _spread(wave.axial_um), self.px_per_um * _spread(wave.lateral_um)
        )
        return (0, 1, 2) if apart_px > APART_PX else (GREEN,)

    @cached_property
    def iris(self) -> DoubleArray:
        """Lowest and highest v of the unit iris, at even steps of u from -1 to 1: float64 (n, 2)."""
        return chords(self.aperture, IRIS_SAMPLES)

    @property
    def px_per_um(self) -> float:
        """Pixels that a ray lands off per micron of the wavefront's slope.

        By 2 N dW/dU on a full frame; a larger format is a larger lens, and its wavefront grows with it.
        """
        f_number = self.lens.glass.f_number or self.lens.f_number
        return 2.0 * f_number * self.diagonal_px / (FULL_FRAME_DIAGONAL_MM * 1000.0)

    @cached_property
    def flaws_px(self) -> float:
        """No ray lands farther from its place than the thin lens's radius and this."""
        wave, stop = self.lens.glass.wavefront, self.lens.stop
        ripple = 4.0 * math.pi * stop * wave.ripple_rings * abs(wave.ripple_um)
        return self.px_per_um * (_farthest_um(wave, stop) + _spread(wave.lateral_um) + ripple)

    @cached_property
    def slopes_px(self) -> float:
        """What each flaw alone moves a ray by at most, summed: some take back what others do."""
        wave, stop = self.lens.glass.wavefront, self.lens.stop
        refocus = abs(_best_focus(wave, stop))
        bent = abs(wave.field_curvature_um) + abs(wave.astigmatism_um) + max(map(abs, wave.axial_um))
        slopes = (
            2.0 * stop * (refocus + bent),
            4.0 * stop**3 * abs(wave.spherical_um),
            6.0 * stop**5 * abs(wave.zonal_um),
            4.0 * stop**2 * abs(wave.coma_um),
            _spread(wave.lateral_um),
            4.0 * math.pi * stop * wave.ripple_rings * abs(wave.ripple_um),
        )
        return self.px_per_um * sum(slopes)

    @overload
    def reach_px(self, radius_px: float) -> float: ...

    @overload
    def reach_px(self, radius_px: DoubleArray) -> DoubleArray: ...

    def reach_px(self, radius_px: float | DoubleArray) -> float | DoubleArray:
        """Farthest that light of a blur radius (pixels) lands from its place."""
        return abs(radius_px) + self.flaws_px

    def field_position(self, x: DoubleArray, y: DoubleArray) -> DoubleArray:
        """Place in the picture, from its middle in units of the half diagonal: float64 (N, 2); of pixels x, y (N,)."""
        height, width = self.size
        centred = np.stack([x - 0.5 * (width - 1), y - 0.5 * (height - 1)], axis=1)
        return 2.0 / self.diagonal_px * centred

    def defocus_px(self, colour: int) -> tuple[float, float]:
        """By how much the wavefront's defocus takes from the blur radius of a colour: everywhere, and more per h^2.

        h is the distance from the middle of the picture in units of its half diagonal.
        """
        wave, per_um = self.lens.glass.wavefront, 2.0 * self.lens.stop * self.px_per_um
        everywhere = _best_focus(wave, self.lens.stop) + wave.axial_um[colour]
        return per_um * everywhere, per_um * wave.field_curvature_um

    def magnification(self, colour: int) -> float:
        """By how much lateral colour magnifies a colour's picture, less 1.

        The smallest keeps its size: none may leave a gap at the frame.
        """
        lateral_um = self.lens.glass.wavefront.lateral_um
        return 2.0 / self.diagonal_px * self.px_per_um * (max(lateral_um) - lateral_um[colour])

    def trace_jobs(self, radius_px: DoubleArray, field_position: DoubleArray) -> DoubleArray:
        """Describe what to trace, for `kernels.trace`.

        Parameters
        ----------
        radius_px : float64 (N,)
            Signed blur radii, less `defocus_px`.
        field_position : float64 (N, 2)
            See `RayModel.field_position`.

        Returns
        -------
        float64 (N, JOB)
        """
        from ...kernels import pupil as kernel

        pupil, wave, px = self.lens.glass.pupil, self.lens.glass.wavefront, self.px_per_um
        height = np.hypot(field_position[:, 0], field_position[:, 1])
        away = np.where(height[:, None] > 0.0, field_position / np.maximum(height, 1e-12)[:, None], (1.0, 0.0))
        front, rear = pupil.front or Rim(), pupil.rear or Rim()
        columns = {
            kernel.FIELD_X: away[:, 0],
            kernel.FIELD_Y: away[:, 1],
            kernel.RADIUS: radius_px,
            kernel.SPHERICAL: px * wave.spherical_um,
            kernel.ZONAL: px * wave.zonal_um,
            kernel.COMA: px * wave.coma_um * height,
            kernel.ASTIGMATISM: px * wave.astigmatism_um * height**2,
            # A point's image is drawn around where its light falls on average: coma's own shift is taken back.
            kernel.TILT: -px * wave.coma_um * self.lens.stop**2 * height,
            kernel.RIPPLE: px * wave.ripple_um,
            kernel.RINGS: wave.ripple_rings,
            kernel.STOP: self.lens.stop,
            kernel.SQUEEZE: pupil.squeeze,
            kernel.FRONT: -front.shift * height,
            kernel.FRONT_RADIUS: front.radius,
            kernel.REAR: rear.shift * height,
            kernel.REAR_RADIUS: rear.radius,
            kernel.OBSTRUCTION: pupil.obstruction,
            kernel.APODISATION: pupil.apodisation,
        }
        trace_jobs = np.zeros((len(radius_px), kernel.JOB))
        for column, values in columns.items():
            trace_jobs[:, column] = values
        return trace_jobs

    def light(self, field_position: DoubleArray) -> DoubleArray:
        """Share of the light of the middle of the picture that arrives: float64 (N,), of places (N, 2)."""
        from ...kernels import pupil as kernel

        trace_jobs = self.trace_jobs(
            np.ones(len(field_position) + 1), np.concatenate([np.zeros((1, 2)), field_position])
        )
        passed = np.array([kernel.light(job, self.iris, LIGHT_LINES) for job in trace_jobs])
        return passed[1:] / passed[0]


def _spread(values: tuple[float, float, float]) -> float:
    return max(values) - min(values)


def _best_focus(wave: Wavefront, stop: float) -> float:
    """Defocus in microns at which spherical aberration spreads a point's light least (root mean square of the rays)."""
    return -4.0 / 3.0 * wave.spherical_um * stop**2 - 1.5 * wave.zonal_um * stop**4


def _farthest_um(wave: Wavefront, stop: float) -> float:
    """Reckon how far the flaws move a ray at most, in microns of the wavefront's slope; no ripple, no lateral colour.

    Rays through a grid of points of the pupil, to places from the middle of the picture to its corner. They go between
    these too, and pixels share the outline of their cell: hence `FARTHER`, and flaws of places a little beside it.
    """
    place = np.linspace(0.0, 1.0, 17)[:, None, None, None, None]
    beside = np.clip(place + np.array([-CELL_FIELD, 0.0, CELL_FIELD])[:, None, None, None], 0.0, 1.0)
    axial = np.array([min(wave.axial_um), max(wave.axial_um)])[:, None, None]
    height, angle = np.linspace(0.0, stop, 17)[1:, None], np.linspace(0.0, math.pi, 33)
    along, square, coma = height * np.cos(angle), height**2, wave.coma_um * beside
    focus = _best_focus(wave, stop) + axial + wave.field_curvature_um * place**2
    radial = 2.0 * (focus + along * coma) + square * (4.0 * wave.spherical_um + 6.0 * square * wave.zonal_um)
    sideways = (square - stop**2) * coma + 2.0 * along * wave.astigmatism_um * beside**2
    return FARTHER * float(np.hypot(radial * along + sideways, radial * height * np.sin(angle)).max())


def darkens(ray_model: RayModel) -> bool:
    """Whether the rims keep enough from a picture's corners to be seen."""
    corner = ray_model.field_position(np.array([-0.5]), np.array([-0.5]))
    return bool(ray_model.varies and ray_model.light(corner)[0] <= 1.0 - LEAST_LOSS)


def vignette(ray_model: RayModel, picture: NDArray[np.float32]) -> None:
    """Darken a picture (H, W, 3), in place, by what the rims keep from it."""
    from ...kernels.enlarge import multiply

    if not darkens(ray_model):
        return
    height, width = ray_model.size
    rows, columns = (max(2, round(VIGNETTE_NODES * n / max(height, width))) for n in (height, width))
    # The middles of cells as large as the picture is when it is cut into so many.
    x, y = np.meshgrid(
        (np.arange(columns) + 0.5) * width / columns - 0.5, (np.arange(rows) + 0.5) * height / rows - 0.5
    )
    passed = ray_model.light(ray_model.field_position(x.ravel(), y.ravel())).reshape(rows, columns).astype(np.float32)
    each_part(lambda rows: multiply(passed, (rows.start, rows.stop), picture), height)
