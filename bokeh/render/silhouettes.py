"""What of a scene's slices may stand before its lights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.scratch import Scratch
from ..core.threads import each
from ..image.boxes import boxes_of, common_part, grown, within
from ..image.regions import PixelBox
from ..image.tiles import Tile
from ..optics.ray_model import RayModel
from .light_cells import LightCells, PointLights
from .occluders import AROUND_PX, Occluder
from .sliced_scene import SlicedScene, Window

PIECE_PX = 256
"""Side of the squares of a level that silhouettes are cut into."""


def occluders_of(sliced: SlicedScene, lights: PointLights, ray_model: RayModel) -> list[Occluder]:
    """Find what of the slices may stand before lights, near to far.

    Parameters
    ----------
    sliced : SlicedScene
    lights : PointLights
    ray_model : RayModel

    Returns
    -------
    list of Occluder
        Only where some light's ray may come through.
    """
    cells = LightCells.of_lights(lights, sliced.lens, ray_model)
    crossed = [_crossed(sliced, number, cells) for number in range(len(sliced.slices))]
    jobs = []
    for level in sliced.levels:
        for box in boxes_of(sliced.scene.sizes[level], PIECE_PX):
            square = box[0].start // PIECE_PX, box[1].start // PIECE_PX
            numbers = [number for number in sliced.numbers_at(level) if crossed[number][square]]
            if numbers and sliced.may_hold(level, box, numbers):
                jobs.append((level, box, numbers))
    scratch = Scratch()
    found = [one for some in each(lambda job: _pieces(sliced, scratch, *job), jobs) for one in some]
    return sorted(found, key=lambda o: (o.number, o.tile.inner[0].start, o.tile.inner[1].start))


def _crossed(sliced: SlicedScene, number: int, cells: LightCells) -> NDArray[np.bool_]:
    """Squares of a slice's level in which rays of some lights may cross it."""
    one, kinds = sliced.slices[number], [other.kind for other in sliced.slices]
    # What is beyond the first and last slices of a class is part of them.
    is_first = kinds.index(one.kind) == number
    is_last = number + 1 == len(kinds) or kinds[number + 1] != one.kind
    far, near = sliced.scene.depth_range
    depths = max(near, one.near) if is_first else one.near, min(far, one.far) if is_last else one.far
    height, width = sliced.scene.sizes[one.level]
    scale = 2**one.level
    return cells.crossed(*depths, sliced.lens, (height * scale, width * scale), PIECE_PX * scale)


def _pieces(sliced: SlicedScene, scratch: Scratch, level: int, box: PixelBox, numbers: list[int]) -> list[Occluder]:
    """Find the silhouettes of some of a level's slices in a box."""
    with scratch.room() as room:
        window = sliced.window(level, grown(box, AROUND_PX, sliced.scene.sizes[level]), room.empty)
        found = (_silhouette(sliced, window, number, box) for number in numbers if window.holds(number))
        return [piece for piece in found if piece is not None]


def _silhouette(sliced: SlicedScene, window: Window, number: int, box: PixelBox) -> Occluder | None:
    """Crop a slice to its silhouette in a box of its level; None where it covers nothing of it."""
    from ...kernels.slice_values import silhouette

    top, bottom, left, right = (int(v) for v in window.support[number])
    size = window.numbers[0].shape
    around = grown((slice(top, bottom), slice(left, right)), AROUND_PX, (size[0], size[1]))
    crop = common_part(around, within(window.view, window.box))
    if crop is None:
        return None
    outer = (
        slice(window.box[0].start + crop[0].start, window.box[0].start + crop[0].stop),
        slice(window.box[1].start + crop[1].start, window.box[1].start + crop[1].stop),
    )
    inner = common_part(box, outer)
    fragments = tuple(np.ascontiguousarray(values[crop]) for values in window.fragments)
    numbers = np.ascontiguousarray(window.numbers[0][crop]), np.ascontiguousarray(window.numbers[1][crop])
    coverage, whole, dioptres, back = (np.empty(numbers[0].shape, np.float32) for _ in range(4))
    one = sliced.slices[number]
    depths = np.float32(one.far), np.float32(one.near)
    if not silhouette(fragments, numbers, number, depths, coverage, whole, dioptres, back) or inner is None:
        return None
    piece = Occluder(sliced.lens, one.level, number, Tile(inner, outer, AROUND_PX), coverage, whole, dioptres, back)
    return piece if piece.nearest > -np.inf else None
