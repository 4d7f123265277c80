"""The image of one point of light, anywhere in the picture and at any defocus."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...kernels.outline import OutlineTables
from ..core.arrays import DoubleArray
from ..core.threads import cores, each
from .lens import Lens
from .outlines import even_outlines, fine, trace
from .ray_model import RayModel

if TYPE_CHECKING:
    from ...kernels.sprite import Stamps

EVEN_STRIPS, STRIPS = 8, 3
"""Strips that a row of pixels is drawn as: of an even outline, and of a traced one, whose table has few more rows."""

FIELDS, RADII_PER_OCTAVE = 40.0, 16.0
"""Lights are alike within this share of the half diagonal, and with so many blur radii to a doubling."""


def psf(
    lens: Lens, radius_px: float, field_position: tuple[float, float] = (0.0, 0.0), diagonal_px: float = 5000.0
) -> NDArray[np.float32]:
    """Return the image of a point of light, by rays: without diffraction.

    Parameters
    ----------
    lens : Lens
    radius_px : float
        Signed blur radius of the thin lens, pixels; + behind focus.
    field_position : (float, float)
        Where in the picture, x to the right and y down, from its middle in units of the half diagonal.
    diagonal_px : float
        Of the whole picture: the flaws are as large as the picture is.

    Returns
    -------
    float32 (2n + 1, 2n + 1, 3)
        Red, green and blue that fall into each pixel; the point's own place is the middle of the middle one. The sum
        is 1 in the middle of the picture, and elsewhere what the vignetting lets through.
    """
    reach = math.ceil(RayModel(lens, (1, 1), diagonal_px).reach_px(max(abs(radius_px), 0.5))) + 2
    # The lens is before a picture in which the place in the field is where the middle of what is drawn is.
    side = 2 * reach + 1
    ray_model = RayModel(lens, (side, side), diagonal_px)
    where = np.array([field_position], np.float64)
    beside = 0.5 * diagonal_px * where
    seen = images_of(ray_model, reach + beside, np.array([float(radius_px)]))
    offset = seen.place - (beside + reach)[:, None]
    stamps = stamps_of(seen, np.zeros(1, np.int64), offset, np.ones(1), np.full(1, reach))
    steps = stamps.steps.reshape(side, side + 1, -1)[:, :side, :3]
    image = np.maximum(np.cumsum(steps, axis=1), 0.0).astype(np.float32)
    return image * np.float32(ray_model.light(where)[0])


@dataclass(frozen=True, eq=False)
class Images:
    """What some lights look like, in each of C colours; in one that stands for all where these land together.

    Attributes
    ----------
    place : float64 (N, C, 2)
    radius : float64 (N, C)
        Less what the lens takes.
    which : int64 (N, C)
        Each light's outline.
    outlines : OutlineTables
    strips : int
        A row of pixels is drawn as so many.
    """

    place: DoubleArray
    radius: DoubleArray
    which: NDArray[np.int64]
    outlines: OutlineTables
    strips: int


def images_of(ray_model: RayModel, place: DoubleArray, radius_px: DoubleArray) -> Images:
    """Trace the images of lights, at x, y in the picture (N, 2), of signed blur radii (N,)."""
    field_position = ray_model.field_position(place[:, 0], place[:, 1])
    square = (field_position**2).sum(axis=1)
    taken = [ray_model.defocus_px(colour) for colour in ray_model.colours]
    radius = np.stack([radius_px - everywhere - curved * square for everywhere, curved in taken], axis=1)
    magnified = np.array([ray_model.magnification(colour) for colour in ray_model.colours])
    seen_at = place[:, None] + 0.5 * ray_model.diagonal_px * magnified[:, None] * field_position[:, None]
    if ray_model.is_even:
        outlines = OutlineTables(*even_outlines(ray_model.aperture, ray_model.lens.glass.pupil.squeeze))
        return Images(seen_at, radius, (radius < 0.0).astype(np.int64), outlines, EVEN_STRIPS)
    # Lights that are nearly alike share an outline in each colour: it still grows with the radius of each.
    size = np.rint(RADII_PER_OCTAVE * np.log2(1.0 + np.abs(radius))) * np.sign(radius)
    fields = np.repeat(np.rint(FIELDS * field_position), radius.shape[1], axis=0)
    alike = np.column_stack([np.tile(np.arange(radius.shape[1]), len(radius)), fields, size.ravel()])
    _, first, which = np.unique(alike, axis=0, return_index=True, return_inverse=True)
    traced = trace(ray_model, radius.ravel()[first], field_position[first // radius.shape[1]], fine(ray_model))
    return Images(seen_at, radius, which.reshape(radius.shape), OutlineTables(*traced), STRIPS)


def stamps_of(
    images: Images,
    which: NDArray[np.int64],
    offset: DoubleArray,
    scale: DoubleArray,
    reach: NDArray[np.int64] | None = None,
) -> Stamps:
    """Draw what some lights look like, pixel by pixel.

    Parameters
    ----------
    images : Images
    which : int64 (S,)
        The lights.
    offset : float64 (S, C, 2)
        x, y of each image's middle, from that of its middle pixel.
    scale : float64 (S,)
        Each is drawn in a picture so many times smaller.
    reach : int64 (S,), optional
        Pixels drawn around the middle one; as many as are needed when left out.

    Returns
    -------
    kernels.sprite.Stamps
    """
    from ...kernels import sprite
    from ...kernels.outline import GROWTH, OFFSET

    radius, outline = images.radius[which] / scale[:, None], images.which[which]
    if reach is None:
        headers = images.outlines.psf_headers[outline]
        unit = headers[..., OFFSET] / scale[:, None] + headers[..., GROWTH] * np.abs(radius)
        farthest: DoubleArray = (np.maximum(unit, sprite.LEAST_UNIT_PX) + np.abs(offset).max(axis=2)).max(axis=1)
        reach = np.ceil(farthest).astype(np.int64) + 2
    rows = 2 * reach + 1
    start, first_row = (np.concatenate([[0], np.cumsum(n)]) for n in (rows * (rows + 1), rows))
    steps, spans = np.empty((start[-1], sprite.LANES)), np.empty((first_row[-1], 4), np.int32)
    stamps = sprite.Stamps(outline, radius, offset, scale, reach, start, first_row, steps, spans)
    parts = np.array_split(np.arange(len(which)), min(4 * cores(), len(which)))
    each(lambda some: sprite.draw_stamps(images.outlines, images.strips, some, stamps), parts)
    return stamps
