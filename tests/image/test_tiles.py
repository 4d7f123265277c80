"""A picture in parts: every pixel once, seen with what lies around it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebokeh.bokeh.image.tiles import CELL_PX, GUIDE_LEVELS, TILE_PX, cells_of, tiles

sizes = st.tuples(st.integers(1, 1400), st.integers(1, 1400))


@given(sizes, st.floats(0.0, 300.0))
def test_tiles_part_the_picture(size, reach):
    times = np.zeros(size, np.uint8)
    for tile in tiles(size, reach):
        times[tile.inner] += 1
        assert times[tile.inner].shape == tile.size
    assert (times == 1).all()


@given(sizes, st.floats(0.0, 300.0))
def test_a_tile_sees_what_reaches_it(size, reach):
    rows, columns = np.mgrid[: size[0], : size[1]]
    for tile in tiles(size, reach):
        for inner, outer, within, length in zip(tile.inner, tile.outer, tile.within, size, strict=True):
            assert outer.start <= max(inner.start - reach, 0)
            assert outer.stop >= min(inner.stop + reach, length)
            assert 0 <= outer.start and outer.stop <= length
            assert outer.start % CELL_PX == 0 and (outer.stop % CELL_PX == 0 or outer.stop == length)
            assert inner.start % TILE_PX == 0 and inner.stop - inner.start <= TILE_PX
            assert (within.start, within.stop) == (inner.start - outer.start, inner.stop - outer.start)
        for whole in (rows, columns):
            np.testing.assert_array_equal(whole[tile.outer][tile.within], whole[tile.inner])


def halved(size: tuple[int, int], times: int) -> tuple[int, int]:
    for _ in range(times):
        size = ((size[0] + 1) // 2, (size[1] + 1) // 2)
    return size


@given(sizes, st.floats(0.0, 100.0))
def test_a_tile_s_cells_and_guide_lie_within_those_of_the_picture(size, reach):
    guide = np.zeros((*halved(size, GUIDE_LEVELS), 1), np.float32)
    cells = cells_of(guide)
    assert cells.shape[:2] == halved(size, CELL_PX.bit_length() - 1)
    for tile in tiles(size, reach):
        height, width = (o.stop - o.start for o in tile.outer)
        assert guide[tile.guide].shape[:2] == halved((height, width), GUIDE_LEVELS)
        assert cells[tile.cells].shape[:2] == halved((height, width), CELL_PX.bit_length() - 1)


@pytest.mark.parametrize("shape", [(16, 24), (17, 9), (1, 1), (8, 31)])
def test_cells_are_means(shape):
    side = CELL_PX >> GUIDE_LEVELS
    guide = np.random.default_rng(1).random((*shape, 4)).astype(np.float32)
    cells = cells_of(guide)
    assert cells.shape == (-(-shape[0] // side), -(-shape[1] // side), 4)
    for i, j in np.ndindex(cells.shape[:2]):
        own = guide[i * side : (i + 1) * side, j * side : (j + 1) * side]
        np.testing.assert_allclose(cells[i, j], own.mean(axis=(0, 1)), rtol=1e-5)
