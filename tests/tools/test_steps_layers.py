"""The steps of a render whose layers are made in tiles and at several sizes: put together again, nothing changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.scenes import depth_of, lens_of, texture
from support.steps import light, listed, share

import rebokeh as rk
from rebokeh.bokeh.image.regions import PixelBox
from rebokeh.bokeh.image.tiles import TILE_PX, Tile
from rebokeh.bokeh.optics.lens import mount
from rebokeh.bokeh.render.observer import Piece, RenderObserver
from rebokeh.bokeh.render.pipeline import render_scene
from rebokeh.bokeh.render.scatter import ScatteredLayer
from rebokeh.bokeh.scene.layers import Layer
from rebokeh.bokeh.tools.steps.drawn_layers import LayerPieces
from rebokeh.bokeh.tools.steps.frame import StepFrame

pytestmark = pytest.mark.kernels

SIZE, PX = (300, TILE_PX + 120), 60.0
LENS = lens_of(SIZE, PX)
THIN = mount(LENS, SIZE, None, 2.0)
FOCUSED = depth_of(0.0, PX)


@pytest.fixture(scope="module")
def scene():
    """Return a leaf before a subject in focus before a slanting wall, on which a lamp burns; it takes two tiles."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    matte = (np.hypot(y - 160, x - 480) < 90).astype(np.float32)
    leaf = np.hypot(y - 240, x - 60) < 50
    depth = np.where(leaf, depth_of(-12.0, PX), np.where(matte > 0.5, FOCUSED, depth_of(6.5 + x / 80.0, PX)))
    rgb = texture(SIZE, 7, 0.05, 0.6)
    rgb[60:62, 200:202] = 30.0
    return rk.prepare(rk.Photo(rgb=rgb, depth=depth, matte=np.where(leaf, 0.0, matte).astype(np.float32)))


@pytest.fixture(scope="module")
def rendered(scene):
    return scene.render(LENS).rgb


@pytest.mark.parametrize(("longest_px", "by"), [(2048, 1), (220, 3)])
def test_sheets_of_several_sizes_add_up_to_the_picture(scene, rendered, tmp_path, monkeypatch, longest_px, by):
    monkeypatch.setattr("rebokeh.bokeh.tools.steps.frame.LONGEST_PX", longest_px)
    assert np.array_equal(scene.render(LENS, tmp_path / "steps").rgb, rendered)
    listing = listed(tmp_path / "steps")
    sheets = listing["sheets"]
    assert [sheet["reduced_by"] for sheet in sheets] == [2, 1, 2, 2, 2]
    assert sum(sheet["share_of_light"] for sheet in sheets) == pytest.approx(1.0, abs=1e-3)
    for sheet in sheets:
        assert ("made at 1/2 size" in listing["sections"][sheet["section"]]["title"]) == (sheet["reduced_by"] == 2)
    seen = [light(tmp_path / "steps", "seen", sheet["sheet"]) for sheet in sheets]
    drawn = light(tmp_path / "steps", "lights_drawn")
    picture = StepFrame(SIZE, by).whole(rendered)
    dark = picture.max(axis=2) < 0.95
    assert dark.mean() > 0.8
    total = np.sum(seen, axis=0) + drawn
    assert np.abs(total - picture)[dark].max() < 0.015
    for left_out in (*seen, drawn):
        assert np.abs(total - left_out - picture)[dark].max() > 0.03
    assert share(tmp_path / "steps", "clear", 5).max() < 5e-3


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_number_of_cores_changes_no_file(scene, tmp_path, monkeypatch):
    monkeypatch.setattr("rebokeh.bokeh.tools.steps.frame.LONGEST_PX", 200)
    for count in "12":
        monkeypatch.setenv("REBOKEH_THREADS", count)
        scene.render(LENS, tmp_path / count)
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_nobody_watches_and_nothing_is_cut_out(scene, rendered, monkeypatch):
    monkeypatch.setattr(Piece, "of", lambda *_: pytest.fail("a piece was cut out"))
    assert np.array_equal(scene.render(LENS).rgb, rendered)


def a_layer(size: tuple[int, int], seed: int) -> tuple[Layer, ScatteredLayer, np.ndarray]:
    """Return a layer in a box of a picture, its spread, and the whole photo."""
    random = np.random.default_rng(seed)
    box = (slice(3, size[0] - 5), slice(0, size[1] - 9))
    shape = tuple(b.stop - b.start for b in box)
    rgb, drawn = (random.random((*shape, n), np.float32) for n in (3, 4))
    layer = Layer(
        box, rgb, random.random(shape, np.float32), random.random(shape, np.float32), np.ones(shape, np.float32)
    )
    photo = np.zeros((*size, 3), np.float32)
    photo[box] = np.where(random.random(shape)[..., None] < 0.5, rgb, 0.0)
    return layer, ScatteredLayer(box, drawn), photo


def cut(
    size: tuple[int, int], side: int, layer: Layer, drawn: ScatteredLayer, photo: np.ndarray, level: int
) -> list[Piece]:
    """Cut a layer into the pieces of tiles, each of which sees seven pixels around itself."""

    def shared(box: PixelBox, tile: PixelBox) -> tuple[PixelBox, PixelBox]:
        """Return what a box shares with a tile, counted from the beginning of each."""
        spans = [slice(max(b.start, t.start), min(b.stop, t.stop)) for b, t in zip(box, tile, strict=True)]
        of_box, of_tile = (
            [slice(s.start - o.start, s.stop - o.start) for s, o in zip(spans, origin, strict=True)]
            for origin in (box, tile)
        )
        return (of_box[0], of_box[1]), (of_tile[0], of_tile[1])

    pieces = []
    for top in range(0, size[0], side):
        for left in range(0, size[1], side):
            bottom, right = min(top + side, size[0]), min(left + side, size[1])
            inner = (slice(top, bottom), slice(left, right))
            outer = (
                slice(max(top - 7, 0), min(bottom + 7, size[0])),
                slice(max(left - 7, 0), min(right + 7, size[1])),
            )
            at, box = shared(layer.box, outer)
            own = Layer(box, layer.rgb[at], layer.coverage[at], layer.dioptres[at], layer.weight[at])
            at, box = shared(drawn.box, inner)
            through = ScatteredLayer(box, drawn.light[at])
            pieces.append(Piece.of(0, level, Tile(inner, outer, 7), own, photo[outer], through))
    return pieces


@pytest.mark.parametrize("by", [1, 2, 3])
@pytest.mark.parametrize("level", [0, 1])
def test_pieces_in_any_order_are_the_layer(by, level):
    photo_size = (62, 90)
    size = tuple(n >> level for n in photo_size)
    given, drawn, photo = a_layer(size, by)
    frame = StepFrame(photo_size, by)
    (whole,) = cut(size, 100, given, drawn, photo, level)
    made = LayerPieces(frame, THIN)
    made.add(whole)
    expected = made.layer()
    assert expected.light.shape == (*frame.size, 3)
    np.testing.assert_allclose(expected.origins.sum(axis=2), expected.coverage, atol=1e-6)
    assert expected.origins[..., 0].max() > 0.1 < expected.origins[..., 1].max()
    if by == 1 and level == 0:
        np.testing.assert_array_equal(expected.coverage[given.box], given.coverage)
        assert expected.drawn is not None
        np.testing.assert_array_equal(expected.drawn[drawn.box], drawn.light)
    for order in range(2):
        pieces = LayerPieces(frame, THIN)
        for piece in np.random.default_rng(order).permutation(
            np.array(cut(size, 20, given, drawn, photo, level), object)
        ):
            pieces.add(piece)
        layer = pieces.layer()
        assert (layer.far, layer.near, layer.level) == (expected.far, expected.near, level)
        for name in ("light", "coverage", "inside", "radius", "origins", "drawn"):
            np.testing.assert_allclose(getattr(layer, name), getattr(expected, name), atol=2e-5)


@pytest.mark.parametrize(("by", "pixel"), [(1, 1), (1, 2), (1, 8), (2, 2), (3, 2), (2, 4), (4, 4)])
def test_a_ramp_stays_a_ramp_at_any_size(by, pixel):
    frame = StepFrame((48, 96), by)

    def ramp(px: int) -> np.ndarray:
        """Return what pixels of this size show of a picture that is its own place."""
        y, x = (np.arange(n // px) * px + 0.5 * px for n in frame.photo)
        return np.stack(np.broadcast_arrays(y[:, None], x), axis=2).astype(np.float32)

    made, expected = frame.resampled(ramp(pixel), pixel), ramp(by)
    rim = -(-pixel // by)
    inner = (slice(rim, -rim), slice(rim, -rim))
    np.testing.assert_allclose(made[inner], expected[inner], rtol=1e-5)
    assert made.shape == expected.shape
    if by == pixel:
        np.testing.assert_array_equal(made, expected)


def test_a_watcher_is_shown_every_piece_and_changes_nothing(scene, rendered):
    class Counter(RenderObserver):
        pieces, behind = 0, 0

        def piece(self, piece: Piece) -> None:
            assert piece.layer.rgb.shape == piece.photo.shape == (*piece.layer.coverage.shape, 3)
            self.pieces += 1

        def behind_subject(self, piece: Piece) -> None:
            assert piece.level == 0 and piece.drawn is None
            self.behind += 1

    seen = Counter()
    assert np.array_equal(render_scene(scene.prepared, LENS, scene.settings, seen).rgb, rendered)
    # The subject lies in two tiles; all others are made at half size, in one.
    assert (seen.pieces, seen.behind) == (2 + 4, 2)
