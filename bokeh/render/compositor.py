"""One lens before one scene: its depth slices, each made at its own pyramid level, composed from coarse to fine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..core.arrays import BoolArray, FloatArray
from ..core.progress import Progress
from ..core.threads import each
from ..image.regions import PixelBox, box_around, dilate
from ..image.tiles import GUIDE_LEVELS, Tile, cells_of, moved, tiles
from ..optics.lens import ThinLens
from ..optics.psf_tables import PsfTables
from ..scene.extraction import extract_layers, take_all
from ..scene.pyramid import ImagePyramid, lens_at_level
from ..scene.slicing import DepthSlice, ExtractionStep, extraction_steps
from .layer_stack import LayerStack, enlarged, nothing
from .light_sprites import Occluder
from .observer import Piece, RenderObserver
from .scatter import HIDDEN, scatter_layer


@dataclass(frozen=True, eq=False)
class Guide:
    """What a level's steps leave, seen at a size at which the whole picture is one tile.

    Attributes
    ----------
    behind : list of float32 (h, w, 4)
        For each step, what is left behind it, a cell a pixel.
    drawn : bool (h', w')
        Where one of the drawn steps has something that may be seen, at the guide's size.
    reach_px : int
        How far that is spread at the level itself.
    """

    behind: list[FloatArray]
    drawn: BoolArray
    reach_px: int

    def behind_in(self, tile: Tile) -> list[FloatArray]:
        """Return what is left behind each step, where a tile looks."""
        return [values[tile.cells] for values in self.behind]


@dataclass(frozen=True, eq=False)
class LevelPlan:
    """What is made at a level.

    Attributes
    ----------
    level : int
        Halvings of the photo's size.
    steps : list of ExtractionStep
        What to take off there, near to far.
    guide : Guide or None
        None where the whole picture is one tile.
    """

    level: int
    steps: list[ExtractionStep]
    guide: Guide | None


@dataclass(frozen=True, eq=False)
class Compositor:
    """A scene as one lens sees it, composed from the coarsest level to the finest.

    What stands in front of the finer levels' layers and what lies behind them are two pictures, as large as the level;
    the next finer level enlarges both and puts its own layers between.

    Attributes
    ----------
    pyramid : ImagePyramid
    slices : list of DepthSlice
        Near to far.
    lens : ThinLens
        For the photo's own pixels.
    psf_tables : PsfTables
        What the lens makes of a point of light.
    observer : RenderObserver or None
        Is shown every piece; None where nobody looks on.
    """

    pyramid: ImagePyramid
    slices: list[DepthSlice]
    lens: ThinLens
    psf_tables: PsfTables
    observer: RenderObserver | None = None

    def compose(self, progress: Progress) -> tuple[FloatArray, list[Occluder]]:
        """Compose the scene without its lights.

        Returns
        -------
        float32 (H, W, 3)
            The picture.
        list of Occluder
            What may stand before a light, in an order that does not depend on the threads; empty without lights.
        """
        front: FloatArray | None = None
        back: FloatArray | None = None
        occluders: list[Occluder] = []
        finest = min(one.level for one in self.slices)
        coarsest = max(one.level for one in self.slices)
        progress("halve", 0.0)
        if coarsest > 0:
            self.pyramid.make()
        progress("blur", 0.0)
        for level in range(coarsest, finest, -1):
            front, back, found = self._around(level, front, back)
            occluders += found
            progress("blur", 4.0**-level)
        for level in range(finest, -1, -1):
            # Nothing is seen through what is complete, and the photo's own size needs no share of light.
            front, found = self._between(level, front, back, 4 if level else 3)
            back = None
            occluders += found
            progress("blur", 4.0**-level)
        assert front is not None
        if self.observer is not None:
            self._show_rest(self.observer)
            self.observer.all_pieces()
        return front, sorted(occluders, key=lambda o: (o.number, o.tile.inner[0].start, o.tile.inner[1].start))

    def _around(
        self, level: int, front: FloatArray | None, back: FloatArray | None
    ) -> tuple[FloatArray, FloatArray, list[Occluder]]:
        """Add a level's layers to what stands before the finer ones, and to what lies behind them."""
        size = self.pyramid.sizes[level]
        first_finer = min(number for number, one in enumerate(self.slices) if one.level < level)
        before_all, behind_all = (np.empty((*size, 4), np.float32) for _ in range(2))

        def make(tile: Tile, plan: LevelPlan) -> list[Occluder]:
            before, behind = LayerStack(enlarged(front, tile.inner)), LayerStack(nothing(tile.size))
            found = self._lay(plan, tile, (before, behind), lambda step: int(step.number > first_finer))
            behind.close(enlarged(back, tile.inner))
            before_all[tile.inner], behind_all[tile.inner] = before.light, behind.light
            return found

        found = self._each_tile(level, make)
        return before_all, behind_all, found

    def _between(
        self, level: int, front: FloatArray | None, back: FloatArray | None, channels: int
    ) -> tuple[FloatArray, list[Occluder]]:
        """Put the finest layers between what stands before them and what lies behind."""
        out = np.empty((*self.pyramid.sizes[level], channels), np.float32)

        def make(tile: Tile, plan: LevelPlan) -> list[Occluder]:
            stack = LayerStack(enlarged(front, tile.inner))
            found = self._lay(plan, tile, (stack,), lambda step: 0)
            if stack.transmittance.any():
                stack.close(enlarged(back, tile.inner))
            out[tile.inner] = stack.light[..., :channels]
            return found

        found = self._each_tile(level, make)
        return out, found

    def _each_tile(self, level: int, make: Callable[[Tile, LevelPlan], list[Occluder]]) -> list[Occluder]:
        """Make every tile of a level, on all cores; return what all of them found."""
        drawn = [one.most_px for one in self.slices if one.level == level]
        steps = extraction_steps(self.slices, level) if drawn else []
        reach = self.psf_tables.ray_model.reach_px(max(drawn)) / 2**level if drawn else 0.0
        all_tiles = list(tiles(self.pyramid.sizes[level], 3.0 * reach + 10.0))
        guide = self._guide(level, steps, reach) if steps and len(all_tiles) > 1 else None
        plan = LevelPlan(level, steps, guide)
        return [occluder for found in each(lambda tile: make(tile, plan), all_tiles) for occluder in found]

    def _guide(self, level: int, steps: list[ExtractionStep], reach: float) -> Guide:
        """Take the steps at a cell a pixel."""
        coarse = level + GUIDE_LEVELS
        lens = lens_at_level(self.lens, coarse)
        size = self.pyramid.sizes[coarse]
        rest = self.pyramid.crop(coarse, (slice(0, size[0]), slice(0, size[1])))
        rest.is_guide = True
        behind: list[FloatArray] = []
        drawn = np.zeros(size, bool)
        for step in steps:
            for _, layer in extract_layers(rest, [step], self.pyramid.subject, lens):
                drawn[layer.box] |= layer.coverage > 0.0
            behind.append(cells_of(rest.rgbd))
        reach_px = int(reach) + 4
        return Guide(behind, dilate(drawn, 1 + (reach_px >> GUIDE_LEVELS)), reach_px)

    def _lay(
        self, plan: LevelPlan, tile: Tile, stacks: tuple[LayerStack, ...], which: Callable[[ExtractionStep], int]
    ) -> list[Occluder]:
        """Lay a tile's own layers behind each other, each on one of the stacks that show the tile."""
        level, seen, behind = plan.level, tile, None
        if plan.guide is not None:
            seen = self._crop_to_seen(plan, plan.guide, tile)
            if seen is None:
                return []
            behind = plan.guide.behind_in(seen)
        inside = seen.inside(tile)
        crops = [LayerStack(np.ascontiguousarray(stack.light[inside])) for stack in stacks]
        lens = lens_at_level(self.lens, level)
        rest = self.pyramid.crop(level, seen.outer)
        whole = None if self.observer is None else np.array(rest.rgbd[..., :3])
        occluders: list[Occluder] = []
        for step, layer in extract_layers(rest, plan.steps, self.pyramid.subject, lens, behind):
            stack = crops[which(step)]
            if self.pyramid.light.lights is not None:
                occluder = Occluder.of(layer, level, step.number, seen, self.lens)
                occluders += [] if occluder is None else [occluder]
            drawn = scatter_layer(layer, lens, self.psf_tables, level, seen, stack.transmittance)
            if drawn is not None:
                stack.add(drawn)
            if self.observer is not None and whole is not None:
                self.observer.piece(Piece.of(step.number, level, seen, layer, whole, drawn))
            if stack.transmittance.max() <= HIDDEN:
                break
        for stack, done in zip(stacks, crops, strict=True):
            stack.light[inside] = done.light
        return occluders

    def _show_rest(self, observer: RenderObserver) -> None:
        """Show what is taken apart, and what is left behind the subject at the finest level that took it off."""
        height, width = self.pyramid.sizes[0]
        whole_photo = (slice(0, height), slice(0, width))
        observer.without_lights(self.pyramid.crop(0, whole_photo).rgbd[..., :3])
        number = next((n for n, one in enumerate(self.slices) if one.is_subject), None)
        if number is None:
            return
        level = min(one.level for one in self.slices[number:])

        def show(tile: Tile, plan: LevelPlan) -> list[Occluder]:
            behind = None if plan.guide is None else plan.guide.behind_in(tile)
            rest = self.pyramid.crop(level, tile.outer)
            whole = np.array(rest.rgbd[..., :3])
            taken = [step for step in plan.steps if step.number <= number]
            for _ in extract_layers(rest, taken, self.pyramid.subject, lens_at_level(self.lens, level), behind):
                pass
            observer.behind_subject(Piece.of(number, level, tile, take_all(rest).layer(), whole, None))
            return []

        self._each_tile(level, show)

    def _crop_to_seen(self, plan: LevelPlan, guide: Guide, tile: Tile) -> Tile | None:
        """Crop a tile to where something of the drawn steps may be seen; what is too thin for the guide is, too."""
        dioptres, matte = self.pyramid.depth_and_matte(plan.level, tile.outer)
        there = np.zeros(dioptres.shape, bool)
        above = np.float32(np.inf)
        for step in plan.steps:
            threshold = step.depth_slice.threshold
            if step.depth_slice.is_subject:
                if step.drawn and matte is not None:
                    there |= matte > 0.0
                continue
            if step.drawn:
                there |= (dioptres >= (0.0 if step.is_last else threshold)) & (dioptres < above)
            above = np.float32(threshold)
        boxes: list[PixelBox] = []
        if there.any():
            boxes.append(moved(box_around(there, guide.reach_px), tile.outer))
        coarse = guide.drawn[tile.guide]
        if coarse.any():
            rows, columns = (slice(b.start << GUIDE_LEVELS, b.stop << GUIDE_LEVELS) for b in box_around(coarse))
            boxes.append(moved((rows, columns), tile.outer))
        return tile.cut(boxes, self.pyramid.sizes[plan.level])
