"""One layer through the lens: a tile of it is the crop of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.naive import Iris, scatter
from support.scenes import HEX, depth_of, lens_of, outlines_of, soft, texture

from rebokeh.bokeh.image.regions import PixelBox
from rebokeh.bokeh.image.tiles import Tile
from rebokeh.bokeh.optics.lens import ThinLens, mount
from rebokeh.bokeh.render.scatter import HIDDEN, scatter_layer
from rebokeh.bokeh.scene.layers import Layer

pytestmark = pytest.mark.kernels

SIZE, PX = (50, 70), 60.0
WHOLE = np.s_[0:50, 0:70]
EVERYWHERE = Tile(WHOLE, WHOLE, 0)
PSF_TABLES = outlines_of(SIZE, HEX)


def thin() -> ThinLens:
    return mount(lens_of(SIZE, PX), SIZE, None, 2.0)


def layer(seed: int, box: PixelBox = WHOLE) -> Layer:
    """Return a layer with holes, of changing depth."""
    rng = np.random.default_rng(seed)
    size = (box[0].stop - box[0].start, box[1].stop - box[1].start)
    coverage = np.clip(4.0 * soft(rng.normal(size=size), 2.0), 0, 1).astype(np.float32)
    radius = 3.0 + 4.0 * soft(rng.normal(size=size), 6.0)
    return Layer(box, texture(size, seed), coverage, depth_of(radius, PX), np.ones(size, np.float32))


def placed(values: np.ndarray, box: PixelBox, size: tuple[int, int]) -> np.ndarray:
    whole = np.zeros((*size, *values.shape[2:]), np.float32)
    whole[box] = values
    return whole


@given(st.integers(0, 999), st.integers(0, 49), st.integers(0, 69), st.integers(1, 50), st.integers(1, 70))
@settings(max_examples=30)
def test_a_tile_is_the_crop_of_the_whole(seed, top, left, height, width):
    one = layer(seed, np.s_[8:44, 5:61])
    inner = np.s_[top : min(top + height, SIZE[0]), left : min(left + width, SIZE[1])]
    transmittance = np.ones(SIZE, np.float32)
    whole = scatter_layer(one, thin(), PSF_TABLES, 0, EVERYWHERE, transmittance)
    tile = scatter_layer(one, thin(), PSF_TABLES, 0, Tile(inner, WHOLE, 0), transmittance[inner])
    assert whole is not None
    size = transmittance[inner].shape
    expected = placed(whole.light, whole.box, SIZE)[inner]
    found = np.zeros_like(expected) if tile is None else placed(tile.light, tile.box, size)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_it_is_what_its_pixels_scatter():
    one = layer(3)
    radius = thin().radius_px(one.dioptres).astype(np.float64)
    values = np.dstack([one.rgb * one.coverage[..., None], one.coverage, np.ones(SIZE)]).astype(np.float64)
    there = one.coverage > 0
    largest = np.abs(radius[there]).max()
    sums = scatter(values, np.clip(radius, -largest, largest), np.ones(SIZE, bool), Iris(**vars(HEX)))
    drawn = scatter_layer(one, thin(), PSF_TABLES, 0, EVERYWHERE, np.ones(SIZE, np.float32))
    assert drawn is not None
    np.testing.assert_allclose(drawn.light[..., :3], (sums[..., :3] / sums[..., 4:])[drawn.box], atol=2e-4)
    np.testing.assert_allclose(drawn.light[..., 3], (sums[..., 3] / sums[..., 4])[drawn.box], atol=2e-4)


def test_nothing_is_drawn_where_nothing_gets_through():
    one = layer(4)
    transmittance = np.full(SIZE, 0.5 * HIDDEN, np.float32)
    assert scatter_layer(one, thin(), PSF_TABLES, 0, EVERYWHERE, transmittance) is None
    transmittance[20:30, 30:35] = 1.0
    drawn = scatter_layer(one, thin(), PSF_TABLES, 0, EVERYWHERE, transmittance)
    whole = scatter_layer(one, thin(), PSF_TABLES, 0, EVERYWHERE, np.ones(SIZE, np.float32))
    assert drawn is not None and whole is not None
    assert drawn.box[0].start >= 20 and drawn.box[1].stop <= 35
    inside = np.s_[20:30, 30:35]
    np.testing.assert_allclose(
        placed(drawn.light, drawn.box, SIZE)[inside], placed(whole.light, whole.box, SIZE)[inside], atol=2e-6
    )


def test_an_empty_layer_is_not_drawn():
    one = layer(5)
    one.coverage[:] = 0.0
    assert scatter_layer(one, thin(), PSF_TABLES, 0, EVERYWHERE, np.ones(SIZE, np.float32)) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_layer_covers_wholly_however_its_depth_changes(seed):
    one = layer(seed)
    one.coverage[:] = 1.0
    drawn = scatter_layer(one, thin(), PSF_TABLES, 0, EVERYWHERE, np.ones(SIZE, np.float32))
    assert drawn is not None
    np.testing.assert_allclose(drawn.light[..., 3], 1.0, atol=1e-6)
