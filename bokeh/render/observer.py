"""An observer of the light: what a render shows of itself."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.arrays import BoolArray, FloatArray
from ..image.regions import PixelBox
from ..optics.lens import ThinLens
from ..scene.layered import LayeredScene
from ..scene.prepared import PreparedScene
from .settings import RenderSettings


@dataclass(frozen=True, eq=False)
class Piece:
    """What one tile shows of a depth slice.

    Attributes
    ----------
    number : int
        Which slice of the scene, near to far.
    kind : int
        Its class: FRONT, SUBJECT or BEHIND of `scene.slices`.
    level : int
        It is made at the photo's size halved so often.
    box : (slice, slice)
        Rows and columns of the level that the arrays stand for: the tile.
    rgb : float32 (h, w, 3)
        Colour of its fragments, not premultiplied.
    coverage : float32 (h, w)
        How much of a pixel they cover, past what is nearer.
    weight : float32 (h, w)
        How well a pixel's fragment is known: 1 where it is seen, less where it is hidden, 0 where the slice has none.
    dioptres : float32 (h, w)
        Depth of the fragments.
    mixed : bool (h, w)
        Whether the pixel shows another surface too, and its colours were un-mixed.
    drawn_box : (slice, slice), or None
        Rows and columns of the level in which it was drawn; None when nothing of it is seen in the tile.
    drawn : float32 (h', w', 4), or None
        The slice through the lens: premultiplied colour, and coverage.
    """

    number: int
    kind: int
    level: int
    box: PixelBox
    rgb: FloatArray
    coverage: FloatArray
    weight: FloatArray
    dioptres: FloatArray
    mixed: BoolArray
    drawn_box: PixelBox | None
    drawn: FloatArray | None


class RenderObserver:
    """Is shown each step of a render; this one looks away.

    The arrays are the render's own: an observer only reads them, and keeps no hold of those of a piece beyond the call.
    """

    def scene(self, scene: PreparedScene, lens: ThinLens, settings: RenderSettings) -> None:
        """Be shown what is there before any lens, the lens, and how it is rendered."""

    def layered(self, layered: LayeredScene) -> None:
        """Be shown the scene taken apart: its lights are out of it."""

    def piece(self, piece: Piece) -> None:
        """Be shown a piece of a slice, in any order and from any thread."""

    def all_pieces(self) -> None:
        """Be told that all pieces were shown."""

    def lights(self, rgb: FloatArray) -> None:
        """Be shown the images of the lights (H, W, 3)."""

    def picture(self, rgb: FloatArray) -> None:
        """Be shown the picture (H, W, 3)."""
