"""An observer of the light: what a render shows of itself."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.arrays import FloatArray
from ..image.regions import common
from ..image.tiles import Tile, moved
from ..optics.lens import ThinLens
from ..scene.layers import Layer
from ..scene.prepared import PreparedScene
from .scatter import ScatteredLayer
from .settings import RenderSettings


@dataclass(frozen=True, eq=False)
class Piece:
    """What one tile made of a layer.

    Attributes
    ----------
    number : int
        Which depth slice of the scene, near to far.
    level : int
        It was made at the photo's size halved so often.
    layer : Layer
        What of it lies in the tile; the box counts rows and columns of the level.
    photo : float32 (h, w, 3)
        What the picture showed there before anything was taken off.
    drawn : ScatteredLayer or None
        The layer through the lens, its box as of the layer; None when nothing of it is seen in the tile.
    """

    number: int
    level: int
    layer: Layer
    photo: FloatArray
    drawn: ScatteredLayer | None

    @classmethod
    def of(
        cls, number: int, level: int, tile: Tile, layer: Layer, photo: FloatArray, drawn: ScatteredLayer | None
    ) -> Piece:
        """Crop a layer, and the picture (H, W, 3) around a tile, to what lies in the tile."""
        own, _ = common(layer.box, tile.within)
        within = moved(own, layer.box)
        inside = Layer(
            moved(within, tile.outer),
            layer.rgb[own],
            layer.coverage[own],
            layer.dioptres[own],
            layer.weight[own],
        )
        if drawn is not None:
            drawn = ScatteredLayer(moved(drawn.box, tile.inner), drawn.light)
        return cls(number, level, inside, photo[within], drawn)


class RenderObserver:
    """Is shown each step of a render; this one looks away.

    The arrays are the render's own: an observer only reads them, and keeps no hold of those of a piece beyond the call.
    """

    def scene(self, scene: PreparedScene, lens: ThinLens, settings: RenderSettings) -> None:
        """Be shown what is there before any lens, the lens, and how it is rendered."""

    def piece(self, piece: Piece) -> None:
        """Be shown a piece of a layer, in any order and from any thread."""

    def without_lights(self, rgb: FloatArray) -> None:
        """Be shown the radiance (H, W, 3) that is taken apart: the lights are out of it."""

    def behind_subject(self, piece: Piece) -> None:
        """Be shown a piece of what is left of the picture when the subject is off, as `piece`."""

    def all_pieces(self) -> None:
        """Be told that all pieces were shown."""

    def lights(self, rgb: FloatArray) -> None:
        """Be shown the images of the lights (H, W, 3)."""

    def picture(self, rgb: FloatArray) -> None:
        """Be shown the picture (H, W, 3)."""
