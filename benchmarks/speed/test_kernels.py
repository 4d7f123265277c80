"""One kernel at a time: `pytest benchmarks/speed/test_kernels.py`.

Where the whole render has become slower, this says which kernel has. `--benchmark-autosave` and `--benchmark-compare`
set a run beside an earlier one. REBOKEH_KERNELS_MP names another size.
"""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from numpy.typing import NDArray

from rebokeh.bokeh.image.tiles import Tile
from rebokeh.bokeh.optics.lens import Lens, ThinLens, mount
from rebokeh.bokeh.optics.outlines import even_outlines
from rebokeh.bokeh.optics.psf_tables import TOGETHER
from rebokeh.bokeh.optics.ray_model import RayModel
from rebokeh.bokeh.render.light_cells import Bundles, PointLights
from rebokeh.bokeh.render.light_sprites import Sprites
from rebokeh.bokeh.render.occluders import Occluder
from rebokeh.bokeh.scene.fragments import Fragments
from rebokeh.bokeh.tools.table_top import FOCUS_M, shape_of, table_top
from rebokeh.kernels import bridge, composite, doubling, halving, lines, pyramid, scatter
from rebokeh.kernels.outline import OutlineTables

FloatArray = NDArray[np.float32]

MEGAPIXELS = float(os.environ.get("REBOKEH_KERNELS_MP", "0.3"))
SIZE = shape_of(MEGAPIXELS)
HALF = ((SIZE[0] + 1) // 2, (SIZE[1] + 1) // 2)
OPTICS = RayModel(Lens(), SIZE, math.hypot(*SIZE))
GAP_PX = 12


@pytest.fixture(scope="module")
def rgbd() -> FloatArray:
    """Colour and dioptres of the synthetic scene."""
    photo = table_top(MEGAPIXELS)
    assert photo.depth is not None
    return np.dstack([photo.rgb, photo.depth])


@pytest.fixture(scope="module")
def values(rgbd: FloatArray) -> FloatArray:
    """Return what is scattered: colour, coverage, weight."""
    return np.dstack([rgbd[..., :3], np.ones(SIZE, np.float32), np.ones(SIZE, np.float32)])


@pytest.fixture(scope="module")
def holes() -> NDArray[np.bool_]:
    """Return what is known: all but stripes ten pixels wide."""
    known = np.ones(SIZE, bool)
    known[:, (np.arange(SIZE[1]) // 10) % 8 == 3] = False
    return known


def lens_of(rgbd: FloatArray, radius_px: float) -> ThinLens:
    """Mount a lens that blurs no pixel by more."""
    thin = mount(Lens(f_number=1.0, focus_m=FOCUS_M), SIZE, None, FOCUS_M)
    largest = float(np.abs(thin.radius_px(rgbd[..., 3])).max())
    return ThinLens(thin.focal_mm, largest / radius_px, FOCUS_M, thin.px_per_mm)


def timed(benchmark, call, *arguments) -> None:
    """Compile, then time a kernel that overwrites its outputs."""
    call(*arguments)
    benchmark.pedantic(call, arguments, rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("radius_px", [4, 16])
def test_scatter(benchmark, values, rgbd, radius_px):
    """Spread every pixel."""
    radius = lens_of(rgbd, radius_px).radius_px(rgbd[..., 3])
    which, magnified = (radius < 0.0).astype(np.int32), (0.0, 0.0, 0.0)
    timed(
        benchmark, scatter.scatter, values, radius, which, OutlineTables(*even_outlines(OPTICS.aperture)), 1.0,
        magnified, (0, 0), TOGETHER, (0.0,) * len(TOGETHER), np.empty((*SIZE, 4), np.float32),
    )  # fmt: skip


def test_halve(benchmark, rgbd):
    """Average 2 x 2 pixels, half of which show two surfaces."""
    whole, half = Fragments.empty(SIZE), Fragments.empty(HALF)
    whole.front[:], whole.back[:] = rgbd, 0.5 * rgbd
    whole.alpha[:], whole.weight[:], whole.kinds[:] = np.where(np.arange(SIZE[1]) % 2, 0.5, 1.0), 1.0, 2 | 2 << 2
    timed(benchmark, halving.halve, whole.arrays, np.float32(0.02), half.arrays)


def test_double(benchmark, rgbd):
    """Enlarge by two."""
    half = np.ascontiguousarray(rgbd[: HALF[0], : HALF[1]])
    timed(benchmark, doubling.enlarge, half, 0, 0, np.empty((*SIZE, 4), np.float32))


def test_add(benchmark, values):
    """Lay a layer behind another; every round before the same light."""
    layer = np.ascontiguousarray(values[..., :4])

    def start():
        return (np.full((*SIZE, 4), 0.5, np.float32), layer, 0, 0), {}

    benchmark.pedantic(composite.add, setup=start, rounds=5, warmup_rounds=1)


def test_push(benchmark, rgbd, holes):
    """Average what is known."""
    out = np.empty((*HALF, 4), np.float32), np.empty(HALF, np.float32)
    timed(benchmark, pyramid.push, rgbd, holes.astype(np.float32), *out)


def test_pull(benchmark, rgbd, holes):
    """Fill what is not."""
    coarse = np.ascontiguousarray(rgbd[: HALF[0], : HALF[1]])
    timed(benchmark, pyramid.pull, coarse, 0, rgbd.copy(), holes.astype(np.float32))


@pytest.fixture(scope="module")
def sprites(rgbd: FloatArray) -> Sprites:
    """Fifty lights of 16 px behind a thin veil."""
    lens, count = lens_of(rgbd, 16.0), 50
    place = np.floor(np.random.default_rng(0).uniform(0.0, 1.0, (count, 2)) * SIZE[::-1])
    depth = np.full(count, lens.focus_dioptres - 16.0 / lens.px_per_dioptre, np.float32)
    lights = PointLights(place, np.ones((count, 3), np.float32), depth)
    everywhere = slice(0, SIZE[0]), slice(0, SIZE[1])
    ones, dioptres = np.ones(SIZE, np.float32), np.ascontiguousarray(rgbd[..., 3])
    veil = Occluder(
        lens, 0, 0, Tile(everywhere, everywhere, 0), np.float32(0.01) * ones, ones, dioptres, -np.inf * ones
    )
    return Sprites(Bundles.of_lights(lights, [veil], lens, OPTICS), lights, OPTICS, lens, [veil])


def test_lights(benchmark, sprites):
    """Draw lights, cut by what stands before them."""
    timed(benchmark, sprites.draw, np.zeros((*SIZE, 3), np.float32))


@pytest.fixture(scope="module")
def known(holes: NDArray[np.bool_]) -> lines.KnownPixels:
    """Return where lines may end: wherever something is known."""
    order = np.where(holes, np.float32(0.0), np.float32(-np.inf))
    most = np.empty([-(-side // lines.STRIDE) for side in SIZE], np.float32)
    lines.most_around(order, most)
    return lines.KnownPixels(order, most)


def unknown(known: lines.KnownPixels, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Return every so many-th pixel that is to be closed, and the least that ends its lines."""
    ys, xs = (np.ascontiguousarray(places[::step]) for places in np.nonzero(known.order < 0.0))
    return ys, xs, np.zeros(len(ys), np.float32)


def test_compare_ends(benchmark, rgbd, known):
    """Compare the ends of the lines across gaps."""
    places = unknown(known, 16)
    grain = np.zeros((3, *(-(-side // 4) for side in SIZE)), np.float32)
    cost = np.empty((len(places[0]), lines.DIRECTIONS), np.float32)
    timed(benchmark, bridge.compare_ends, rgbd, known, places, lines.line_steps(GAP_PX), 1.0, 0.01, grain, 4, cost)
    assert np.isfinite(cost).any()


def test_bridge(benchmark, rgbd, known):
    """Close gaps along lines."""
    ys, xs, least = unknown(known, 1)
    number = np.zeros((SIZE[0] // 4 + 1, SIZE[1] // 4 + 1), np.int32)
    best = np.empty((1, bridge.BEST), np.int64), np.empty((1, bridge.BEST))
    bridge.best_of(np.ones((1, lines.DIRECTIONS), np.float32), 0.02, *best)
    guess = np.zeros((len(ys), 4), np.float32)
    steps, jump = lines.line_steps(2 * GAP_PX), np.float32(np.inf)
    timed(benchmark, bridge.bridge, rgbd, known, (ys, xs, least), steps, number, 4, best, GAP_PX, jump, guess)
    assert guess.any()
