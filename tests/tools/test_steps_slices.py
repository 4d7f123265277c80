"""The steps of a render whose slices are made in tiles and at several sizes: put together again, nothing changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.scenes import depth_of, lens_of, texture
from support.steps import light, listed, share

import rebokeh as rk
from rebokeh.bokeh.image.boxes import boxes_of
from rebokeh.bokeh.optics.lens import mount
from rebokeh.bokeh.render.observer import Piece, RenderObserver
from rebokeh.bokeh.render.pipeline import render_scene
from rebokeh.bokeh.render.sliced_scene import Window
from rebokeh.bokeh.scene.layered import LayeredScene
from rebokeh.bokeh.scene.slices import BEHIND, FRONT, SUBJECT
from rebokeh.bokeh.tools.steps.drawn_slices import SlicePieces
from rebokeh.bokeh.tools.steps.frame import StepFrame

pytestmark = pytest.mark.kernels

SIZE, PX = (300, 1032), 60.0
LENS = lens_of(SIZE, PX)
THIN = mount(LENS, SIZE, None, 2.0)
FOCUSED = depth_of(0.0, PX)


@pytest.fixture(scope="module")
def scene():
    """Return a leaf before a subject in focus before a slanting wall, on which a lamp burns; it takes ten tiles."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    matte = (np.hypot(y - 160, x - 480) < 90).astype(np.float32)
    leaf = np.hypot(y - 240, x - 60) < 50
    depth = np.where(leaf, depth_of(-12.0, PX), np.where(matte > 0.5, FOCUSED, depth_of(6.5 + x / 130.0, PX)))
    rgb = texture(SIZE, 7, 0.05, 0.6)
    rgb[60:62, 200:202] = 30.0
    return rk.prepare(rk.Photo(rgb=rgb, depth=depth, matte=np.where(leaf, 0.0, matte).astype(np.float32)))


@pytest.fixture(scope="module")
def rendered(scene):
    return scene.render(LENS).rgb


@pytest.mark.parametrize(("longest_px", "by"), [(2048, 1), (350, 3)])
def test_slices_of_several_sizes_add_up_to_the_picture(scene, rendered, tmp_path, monkeypatch, longest_px, by):
    monkeypatch.setattr("rebokeh.bokeh.tools.steps.frame.LONGEST_PX", longest_px)
    assert np.array_equal(scene.render(LENS, tmp_path / "steps").rgb, rendered)
    listing = listed(tmp_path / "steps")
    sheets = listing["sheets"]
    assert [sheet["reduced_by"] for sheet in sheets] == [2, 1, 2, 2, 4]
    assert sum(sheet["share_of_light"] for sheet in sheets) == pytest.approx(1.0, abs=1e-3)
    for sheet in sheets:
        title = listing["sections"][sheet["section"]]["title"]
        assert ("made at 1/" in title) == (sheet["reduced_by"] > 1)
        assert (f"made at 1/{sheet['reduced_by']} size" in title) == (sheet["reduced_by"] > 1)
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
    monkeypatch.setattr(Window, "piece", lambda *_: pytest.fail("a piece was cut out"))
    assert np.array_equal(scene.render(LENS).rgb, rendered)


def a_slice(size: tuple[int, int], seed: int, level: int) -> Piece:
    """Return what a whole picture shows of a slice."""
    random = np.random.default_rng(seed)
    known = random.random(size) < 0.7
    weight = np.where(known, np.where(random.random(size) < 0.3, 0.4, 1.0), 0.0).astype(np.float32)
    coverage, dioptres = (random.random(size, np.float32) * known for _ in range(2))
    rgb, drawn = (random.random((*size, n), np.float32) + np.float32(1e-3) for n in (3, 4))
    whole, mixed = (slice(0, size[0]), slice(0, size[1])), random.random(size) < 0.3
    return Piece(3, BEHIND, level, whole, rgb, coverage, weight, dioptres, mixed, whole, drawn)


def cut(piece: Piece, side: int) -> list[Piece]:
    """Cut a slice into the pieces of tiles."""
    assert piece.drawn is not None
    pieces = []
    for box in boxes_of(piece.coverage.shape, side):
        pieces.append(
            Piece(
                piece.number, piece.kind, piece.level, box, piece.rgb[box], piece.coverage[box], piece.weight[box],
                piece.dioptres[box], piece.mixed[box], box, piece.drawn[box],
            )
        )  # fmt: skip
    return pieces


@pytest.mark.parametrize("by", [1, 2, 3])
@pytest.mark.parametrize("level", [0, 1])
def test_pieces_in_any_order_are_the_slice(by, level):
    photo_size = (62, 90)
    given = a_slice((photo_size[0] >> level, photo_size[1] >> level), by, level)
    frame = StepFrame(photo_size, by)
    made = SlicePieces(frame, THIN, given.kind, level)
    made.add(given)
    expected = made.slice()
    assert expected is not None and expected.light.shape == (*frame.size, 3)
    np.testing.assert_allclose(expected.origins.sum(axis=2), expected.coverage, atol=1e-6)
    assert expected.origins.max(axis=(0, 1)).min() > 0.1
    if by == 1 and level == 0:
        np.testing.assert_array_equal(expected.coverage, given.coverage)
        assert expected.drawn is not None
        np.testing.assert_array_equal(expected.drawn, given.drawn)
    for order in range(2):
        pieces = SlicePieces(frame, THIN, given.kind, level)
        parts = cut(given, 20)
        for n in np.random.default_rng(order).permutation(len(parts)):
            pieces.add(parts[n])
        found = pieces.slice()
        assert found is not None
        assert (found.kind, found.far, found.near, found.level) == (BEHIND, expected.far, expected.near, level)
        for name in ("light", "coverage", "inside", "radius", "origins", "drawn"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=2e-5)


def test_a_slice_of_which_nothing_is_there_is_not_shown():
    size = (20, 30)
    given, nothing = a_slice(size, 1, 0), np.zeros(size, np.float32)
    pieces = SlicePieces(StepFrame(size, 1), THIN, BEHIND, 0)
    pieces.add(
        Piece(3, BEHIND, 0, given.box, given.rgb, nothing, nothing, nothing, given.mixed, None, None)
    )  # fmt: skip
    assert pieces.slice() is None


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
        def __init__(self) -> None:
            self.pieces, self.taken_apart = [], 0

        def layered(self, layered: LayeredScene) -> None:
            assert layered.sizes[0] == SIZE
            self.taken_apart += 1

        def piece(self, piece: Piece) -> None:
            assert piece.rgb.shape == (*piece.coverage.shape, 3)
            assert (piece.weight[piece.coverage > 0] > 0).all()
            assert (piece.drawn is None) == (piece.drawn_box is None)
            self.pieces.append(piece)

    seen = Counter()
    assert np.array_equal(render_scene(scene.prepared, LENS, scene.settings, seen).rgb, rendered)
    assert seen.taken_apart == 1
    # What the leaf and the subject cover, counted in all tiles.
    for kind, level, expected in ((FRONT, 1, np.pi * 50**2 / 4), (SUBJECT, 0, np.pi * 90**2)):
        own = [piece for piece in seen.pieces if piece.kind == kind and piece.level == level]
        assert sum(float(piece.coverage.sum()) for piece in own) == pytest.approx(expected, rel=0.01)
    assert {piece.kind for piece in seen.pieces} == {FRONT, SUBJECT, BEHIND}
