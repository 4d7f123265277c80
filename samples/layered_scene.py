"""Draw the pictures of docs/architecture.md, the portrait taken apart and seen: `python samples/layered_scene.py`."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import rebokeh as rk
from rebokeh.bokeh.core.arrays import CodeArray, FloatArray
from rebokeh.bokeh.optics.lens import ThinLens
from rebokeh.bokeh.optics.outlines import MOST_ROWS
from rebokeh.bokeh.optics.psf_tables import PsfTables
from rebokeh.bokeh.optics.ray_model import RayModel
from rebokeh.bokeh.render.layer_stack import nothing
from rebokeh.bokeh.render.observer import Piece, RenderObserver
from rebokeh.bokeh.render.pipeline import render_scene
from rebokeh.bokeh.render.sliced_scene import SlicedScene
from rebokeh.bokeh.scene.layered import LayeredScene
from rebokeh.bokeh.scene.prepared import PreparedScene
from rebokeh.bokeh.scene.slices import BEHIND, SUBJECT, plan_slices
from rebokeh.bokeh.tools.drawing.false_colour import NEAR_TO_FAR, over_checks, ramp
from rebokeh.bokeh.tools.drawing.montage import below, beside, padded, save_montage, text_block
from rebokeh.kernels.composite import add
from rebokeh.kernels.slices import NONE

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
LENS = rk.Lens(f_number=1.2, focus_m=1.6)
SETTINGS = rk.RenderSettings(quality="best", highlights="off")
"""Everything at the photo's own size."""

PANEL_PX, GAP_PX, MARGIN_PX = 232, 8, 10
EDGE = (slice(640, 880), slice(526, 746))
"""Rows and columns beside the subject's arm, for the two sums."""


class Seen(RenderObserver):
    """Keeps what a render shows of itself.

    Attributes
    ----------
    photo : Photo
    whole : (slice, slice)
        All of it.
    drawn : list of float32 (H, W, 4)
        The slices through the lens, near to far: premultiplied colour, and coverage.
    """

    layers: LayeredScene
    sliced: SlicedScene

    def __init__(self, photo: rk.Photo) -> None:
        """Render it."""
        self.photo, self.whole = photo, (slice(0, photo.rgb.shape[0]), slice(0, photo.rgb.shape[1]))
        self.pieces: list[Piece] = []
        render_scene(rk.prepare(photo, SETTINGS).prepared, LENS, SETTINGS, self)
        self.drawn: list[FloatArray] = [np.zeros((*photo.rgb.shape[:2], 4), np.float32) for _ in self.sliced.slices]
        for piece in self.pieces:
            if piece.drawn is not None and piece.drawn_box is not None:
                self.drawn[piece.number][piece.drawn_box] = piece.drawn

    def scene(self, scene: PreparedScene, lens: ThinLens, settings: rk.RenderSettings) -> None:
        """Keep the lens."""
        self.lens = lens

    def layered(self, layered: LayeredScene) -> None:
        """Keep the scene taken apart, and cut it as the render does."""
        self.layers = layered
        slices = plan_slices(*layered.depth_range, layered.subject, self.lens, 0)
        self.sliced = SlicedScene(layered, slices, self.lens)

    def piece(self, piece: Piece) -> None:
        """Keep a piece."""
        self.pieces.append(piece)

    def codes(self, rgb: NDArray[np.floating]) -> FloatArray:
        """Colours as a screen shows them: codes 0..1."""
        return (self.photo.profile.to_codes(np.ascontiguousarray(rgb, np.float32), 8) / 255.0).astype(np.float32)

    def fragments(self) -> CodeArray:
        """Draw front, back and coverage."""
        found = self.layers.window(0, self.whole)
        known = np.clip(found.weight / found.weight[found.alpha == 1.0].max(), 0.0, 1.0)
        back = over_checks(self.codes(found.back[..., :3]), np.sqrt(known))
        return row(
            ("The photo", self.codes(self.photo.rgb)),
            ("Front (A): un-mixed at its edges", self.codes(found.front[..., :3])),
            ("Back (B): as sure as it is opaque", back),
            ("Coverage of the front", grey(found.alpha)),
        )

    def slices(self) -> CodeArray:
        """Draw which slice each front lies in, and what three of them show through the lens."""
        numbers = self.sliced.window(0, self.whole).numbers[0]
        colours = ramp(np.linspace(0.0, 1.0, len(self.drawn)), NEAR_TO_FAR)
        last = len(self.drawn) - 1
        subject = [n for n, one in enumerate(self.sliced.slices) if one.kind == SUBJECT]
        return row(
            (
                "Slices, red near to violet far",
                colours[numbers].astype(np.float32)
                * (np.float32(0.45) + np.float32(0.55) * self.codes(self.photo.rgb)),
            ),
            ("Arrived: the subject's", self.over(subject)),
            ("... and all slices before the last", self.over(list(range(last)))),
            ("... and the last: the picture", self.over(list(range(last + 1)))),
        )

    def over(self, numbers: list[int]) -> FloatArray:
        """Lay some slices over each other, near to far, on a checkerboard."""
        light = nothing(self.photo.rgb.shape[:2])
        for number in numbers:
            add(light, self.drawn[number], 0, 0)
        covered = np.float32(1.0) - light[..., 3]
        return over_checks(self.codes(light[..., :3] / np.maximum(covered, 1e-3)[..., None]), covered)

    def sums(self) -> CodeArray:
        """Draw the two sums of a slice between the subject and the farthest one, and what becomes of them."""
        window = self.sliced.window(0, self.whole)
        front, back = window.numbers
        alpha, weight = window.fragments[1], window.fragments[3]
        behind = [n for n, one in enumerate(self.sliced.slices[:-1]) if one.kind == BEHIND]
        number = max(behind, key=lambda n: int((front[EDGE] == n).sum()))
        hidden = (front < number) & (back == number)
        share = np.where(front == number, np.where(back == number, 1.0, alpha), np.where(hidden, weight, 0.0))
        farther = np.where((front < number) & (back > number) & (back != NONE), 1.0 - alpha, 0.0)
        whole = np.where(front >= number, 1.0, np.where(hidden, weight, farther))
        depth = np.where(hidden[..., None], window.fragments[2], window.fragments[0])[..., 3]
        # Over the same footprints, and per footprint: both sums are shown as shares of all pixels that reach a place.
        radius = np.where(share > 0.0, self.lens.radius_px(depth), self.lens.radius_px(np.median(depth[share > 0.0])))
        ones = np.ones_like(alpha)
        values = np.stack([share, whole, whole, ones, ones], axis=-1).astype(np.float32)
        size = self.photo.rgb.shape[:2]
        tables = PsfTables(RayModel(LENS, size, math.hypot(*size)), MOST_ROWS)
        spread = tables.scatter(values, radius.astype(np.float32), ones > 0.0, (0, 0), self.whole)
        return row(
            ("Shown of a slice", grey(values[EDGE][..., 0])),
            ("... and of all behind it", grey(values[EDGE][..., 1])),
            ("First sum", grey(spread[EDGE][..., 0])),
            ("Second sum", grey(spread[EDGE][..., 1])),
            ("Coverage: the quotient", grey(self.drawn[number][EDGE][..., 3])),
            ("All slices up to it", self.over(list(range(number + 1)))[EDGE]),
            width=152,
        )


def grey(values: FloatArray) -> FloatArray:
    """Show shares 0..1 (H, W) as greys."""
    return np.repeat(np.clip(values, 0.0, 1.0)[..., None], 3, axis=-1).astype(np.float32)


def row(*panels: tuple[str, NDArray[np.floating]], width: int = PANEL_PX) -> CodeArray:
    """Set codes 0..1 (H, W, 3) beside each other, each under its words."""
    drawn = []
    for words, codes in panels:
        image = Image.fromarray(np.rint(np.clip(codes, 0.0, 1.0) * 255.0).astype(np.uint8))
        small = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
        drawn.append(below([text_block(words, width, 13), np.asarray(small)], 2))
    return padded(beside(drawn, GAP_PX), MARGIN_PX)


def main() -> None:
    """Render the sample and write its pictures."""
    seen = Seen(rk.load(HERE / "portrait.heic"))
    for name, draw in (("fragments", seen.fragments), ("slices", seen.slices), ("sums", seen.sums)):
        save_montage(draw, DOCS / f"layered_{name}.jpg", overwrite=True)


if __name__ == "__main__":
    main()
