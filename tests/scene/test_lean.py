"""What prepares a photo works on bands, runs and halves; here it is held against the plain statement of the same."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import rebokeh as rk
from rebokeh.bokeh.depth.deband import LINKED_CODES
from rebokeh.bokeh.depth.upsample import resize_matte, settle_fringe, upsample
from rebokeh.bokeh.hdr.restore import above_clip
from rebokeh.bokeh.image.inpaint import inpaint
from rebokeh.bokeh.image.regions import connected, dilate
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.scene.clipped_spots import LIGHT_RADIANCE
from rebokeh.bokeh.scene.lights import find_lights, lights_of
from rebokeh.kernels import depth as codes
from rebokeh.kernels import edges, lights, matting, unexplained

pytestmark = pytest.mark.kernels

SIZE = (61, 83)


def lit(seed: int, lamps: int = 12) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rgb = rng.uniform(0.0, 0.4, (*SIZE, 3)).astype(np.float32)
    for y, x in zip(rng.integers(0, SIZE[0] - 3, lamps), rng.integers(0, SIZE[1] - 3, lamps), strict=True):
        rgb[y : y + 3, x : x + 2] = rng.uniform(3.0, 50.0, 3)
    return rgb


@pytest.mark.parametrize("shape", [(20, 31), (31, 42, 3), (7, 5), (1, 1), SIZE])
def test_the_gain_map_is_enlarged_and_applied(shape):
    rng = np.random.default_rng(1)
    rgb, stops = lit(2), rng.uniform(-1.0, 3.0, shape).astype(np.float32)
    planes = stops.reshape(*shape[:2], -1)
    zoom = (SIZE[0] / shape[0], SIZE[1] / shape[1])
    large = np.asarray(ndimage.zoom(planes, (*zoom, 1.0), order=1, mode="nearest", grid_mode=True), np.float32)
    expected = np.maximum(rgb * (np.exp2(large) - 1.0), 0.0)
    extra = above_clip(rk.Photo(rgb=rgb, gain_map=GainMap(stops, 8.0)), "auto").extra
    if extra is None:
        assert not expected.any()
        return
    np.testing.assert_allclose(extra.whole(), expected, rtol=2e-5, atol=1e-5)
    assert extra.brightest == (rgb + extra.whole()).max()
    np.testing.assert_array_equal(extra.box((slice(5, 40), slice(7, 60))), extra.whole()[5:40, 7:60])
    rows, columns = np.array([0, 3, 60]), np.array([82, 41, 0])
    np.testing.assert_array_equal(extra.at(rows, columns), extra.whole()[rows, columns])


def test_a_light_s_place_is_filled_as_the_whole_picture_would_be():
    rgb = lit(3)
    mask = dilate(rgb.max(axis=2) > LIGHT_RADIANCE, 1)
    around = inpaint(rgb, ~dilate(mask, 1))
    found = find_lights(rgb, np.full(SIZE, 0.3, np.float32), None)
    assert found is not None
    np.testing.assert_allclose(found.base, np.minimum(rgb, np.minimum(around, 1.0))[found.mask], rtol=1e-6, atol=1e-7)


def test_rays_leave_a_spot_where_it_ends():
    rng = np.random.default_rng(4)
    rgb = rng.random((*SIZE, 3)).astype(np.float32)
    mask = np.zeros(SIZE, bool)
    mask[20:27, 30:52], mask[40:44, 10:14] = True, True
    pieces = connected(mask)
    found = np.empty((2, 16, 2, 3), np.float32)
    first_run, rows = np.array([0, 7, 11]), np.concatenate([np.arange(20, 27), np.arange(40, 44)]).astype(np.int32)
    middle, size = np.array([[23.0, 40.5], [41.5, 11.5]]), np.array([7.0, 2.3])
    fixed, scaled = np.array([1.0, 4.0]), np.array([0.0, 2.0])
    lights.rays(rgb, (first_run, rows, pieces.first, pieces.stop), middle, size, 1.0, (fixed, scaled), found)
    labels, _ = ndimage.label(mask)  # pyright: ignore[reportGeneralTypeIssues]
    for piece in range(2):
        y, x = (v - m for v, m in zip(np.nonzero(labels == piece + 1), middle[piece], strict=True))
        side = ((np.arctan2(y, x) % (2 * np.pi)) / (2 * np.pi) * 16).astype(int) % 16
        for k in range(16):
            begin = np.hypot(y, x)[side == k].max(initial=0.5)
            for j in range(2):
                away = begin + 0.5 + fixed[j] + scaled[j] * size[piece]
                turn = (k + 0.5) * np.pi / 8
                row, column = (
                    round(m + t * away) for m, t in zip(middle[piece], (np.sin(turn), np.cos(turn)), strict=True)
                )
                inside = 0 <= row < SIZE[0] and 0 <= column < SIZE[1]
                np.testing.assert_allclose(found[piece, k, j], rgb[row, column] if inside else np.nan)


def test_the_fringe_is_filled_as_the_whole_map_would_be():
    rng = np.random.default_rng(6)
    matte = np.clip(ndimage.gaussian_filter(rng.normal(size=SIZE), 5) * 12 + 0.5, 0, 1).astype(np.float32)
    depth = rng.uniform(0.1, 2.0, SIZE).astype(np.float32)
    mixed = dilate((matte > 0.1) & (matte < 0.9), 2)
    expected = np.array(depth)
    for own, sure in ((matte >= 0.5, matte >= 0.9), (matte < 0.5, matte <= 0.1)):
        side = mixed & own
        expected[side] = inpaint(depth[..., None], sure & ~mixed)[..., 0][side]
    assert (expected != depth).any()
    np.testing.assert_allclose(settle_fringe(depth, matte, 2), expected, rtol=1e-6)


@pytest.mark.parametrize("small", [(30, 41), (61, 40), (1, 1), (2, 83)])
def test_a_matte_is_enlarged_between_pixel_centres(small):
    matte = np.random.default_rng(7).random(small).astype(np.float32)
    expected = np.asarray(Image.fromarray(matte).resize((SIZE[1], SIZE[0]), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(resize_matte(matte, SIZE), expected, atol=1e-6)


def test_distances_to_the_next_code_are_those_of_four_sweeps():
    rng = np.random.default_rng(8)
    code = np.round(ndimage.gaussian_filter(rng.normal(size=(24, 31)), 3) * 25).astype(np.int32)
    expected = np.full((2, *code.shape), np.inf, np.float32)
    for step in (1, -1, 1, -1):
        for y in range(code.shape[0])[::step]:
            for x in range(code.shape[1])[::step]:
                for v in range(max(y - 1, 0), min(y + 2, code.shape[0])):
                    for u in range(max(x - 1, 0), min(x + 2, code.shape[1])):
                        away = np.float32(1.4142135) if v != y and u != x else np.float32(1.0)
                        rise = code[v, u] - code[y, x]
                        if rise == 0:
                            expected[:, y, x] = np.minimum(expected[:, y, x], expected[:, v, u] + away)
                        elif abs(rise) <= LINKED_CODES:
                            side = int(rise > 0)
                            expected[side, y, x] = min(expected[side, y, x], away / 2)
    found = np.empty_like(expected)
    codes.next_codes(code, LINKED_CODES, found)
    np.testing.assert_array_equal(found, expected)


def test_two_surfaces_are_means_over_the_window():
    rng = np.random.default_rng(9)
    h, w, radius = 14, 17, 3
    depth = rng.uniform(0.2, 2.0, (h, w)).astype(np.float32)
    slope = rng.uniform(0.0, 0.1, (h, w)).astype(np.float32)
    filters = (ndimage.minimum_filter, ndimage.maximum_filter)
    low, high = (np.asarray(f(depth, 2 * radius + 1, mode="nearest"), np.float32) for f in filters)
    high[5:8, 5:8] = low[5:8, 5:8]
    colour = rng.random((3, h, w)).astype(np.float32)
    guide = np.ascontiguousarray(np.moveaxis(colour, 0, 2))
    near, far, odds = (np.empty((h, w), np.float32) for _ in range(3))
    odd = np.zeros((h, w), np.int8)
    nothing = np.empty((0, 0), np.float32)
    rows, columns = np.arange(h + 1), np.arange(w + 1)
    coarse = edges.CoarseMap(depth, slope, low, high, colour, nothing)
    edges.two_surfaces(
        coarse,
        edges.FineGuide(guide, nothing),
        radius,
        0.25 * radius,
        (rows, columns),
        (0, h),
        edges.Surfaces(near, far, odds),
        odd,
    )
    np.testing.assert_array_equal(near[5:8, 5:8], depth[5:8, 5:8])
    for y, x in ((0, 0), (3, 9), (13, 16)):
        window = np.s_[max(y - radius, 0) : min(y + radius + 1, h), max(x - radius, 0) : min(x + radius + 1, w)]
        v, u = np.mgrid[window]
        away = (v - y) ** 2 + (u - x) ** 2
        jump = high[y, x] - low[y, x]
        height = (depth[window] - low[y, x]) / jump
        calm = np.exp(-0.5 * away / (0.6 * radius) ** 2) / (1 + (slope[window] / (0.025 * jump)) ** 2) ** 3
        alike = ((colour[(slice(None), *window)] - colour[:, y, x, None, None]) ** 2).sum(axis=0)
        like = calm / (1 + alike * edges.COLOUR_SHARPNESS / 4) ** 4
        is_near = height > 0.5
        extreme = np.where(is_near, height, 1 - height) ** 4
        weight = calm * extreme + 1e-3 * extreme**4
        n, f = (float((weight * height)[side].sum() / weight[side].sum()) for side in (is_near, ~is_near))
        prior = np.exp(-0.5 * away / (0.25 * radius) ** 2)
        mean = np.clip(((prior * height).sum() / prior.sum() - f) / (n - f), 0.02, 0.98)
        sides = ((is_near, edges.ODD_NEAR), (~is_near, edges.ODD_FAR))
        trust = [np.log((like[s].sum() + any_ * calm[s].sum() + 1e-6) / (calm[s].sum() + 1e-4)) for s, any_ in sides]
        assert near[y, x] == pytest.approx(low[y, x] + jump * n, rel=1e-4)
        assert far[y, x] == pytest.approx(low[y, x] + jump * f, rel=1e-4)
        assert odds[y, x] == pytest.approx(np.log(mean / (1 - mean)) + 0.8 * (trust[0] - trust[1]), rel=1e-3, abs=1e-4)
        assert odd[y, x] == all(like[s].sum() < edges.ODD * calm[s].sum() for s, _ in sides)


def plain_fit(picture: np.ndarray, matte: np.ndarray, y: int, x: int, reach: int, ridge: float):
    """Regress by the normal equations of the window."""
    window = np.s_[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    colours, values = picture[window].reshape(-1, 3).astype(np.float64), matte[window].ravel().astype(np.float64)
    off, rise = colours - colours.mean(axis=0), values - values.mean()
    a = np.linalg.solve(off.T @ off / len(off) + ridge * np.eye(3), off.T @ rise / len(off))
    left = np.mean(rise**2) - a @ (off.T @ rise) / len(off)
    return np.append(a, values.mean() - a @ colours.mean(axis=0)), max(float(left), 0.0)


def test_the_matte_is_regressed_on_the_colours_around_each_pixel():
    from rebokeh.bokeh.image.regions import list_runs

    rng = np.random.default_rng(10)
    picture, matte = rng.random((*SIZE, 3)).astype(np.float32), rng.random(SIZE).astype(np.float32)
    band = ndimage.gaussian_filter(rng.normal(size=SIZE), 2) > 0.1
    band[0, :5] = band[-1, -1] = True
    runs = list_runs(band)
    begins = np.concatenate([[0], np.cumsum(runs[2] - runs[1], dtype=np.int64)])
    fits = np.empty((begins[-1], 4), np.float32)
    matting.fit(picture, matte, runs, begins, 3, 1e-3, (0, len(matte)), fits)
    for n in (0, 4, 100, len(fits) // 2, len(fits) - 1):
        y, x = (int(k[n]) for k in np.nonzero(band))
        np.testing.assert_allclose(fits[n], plain_fit(picture, matte, y, x, 3, 1e-3)[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [SIZE, (5, 9)])
def test_what_a_softened_picture_leaves_unexplained(size):
    rng = np.random.default_rng(11)
    rgb, matte = rng.uniform(0, 3, (*size, 3)).astype(np.float32), rng.random(size).astype(np.float32)
    band, softness, half, most = rng.random(size) < 0.3, 2.0, 6, np.float32(1.5)
    taps = np.exp(-0.5 * (np.arange(7) / softness) ** 2)
    taps = (taps / (2 * taps.sum() - 1)).astype(np.float32)[None]
    centres = np.array([[0, 1], [size[0] // 2, size[1] // 2], [size[0] - 1, size[1] - 1]])
    filters, left = matting.Filters(taps, np.array([6])), np.empty((3, 1))
    unexplained.unexplained(rgb, most, matte, band, centres, half, (3, 1e-3), filters, left)
    picture = ndimage.gaussian_filter(np.sqrt(np.minimum(rgb, most)), (softness, softness, 0), truncate=3.0)
    for (y, x), found in zip(centres, left[:, 0], strict=True):
        rows, columns = range(max(y - half, 0), min(y + half, size[0])), range(max(x - half, 0), min(x + half, size[1]))
        expected = sum(plain_fit(picture, matte, v, u, 3, 1e-3)[1] for v in rows for u in columns if band[v, u])
        assert found == pytest.approx(expected, rel=1e-4)


def peak_bytes_per_pixel(work, pixels: int) -> float:
    work()  # compiles
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / pixels
    finally:
        tracemalloc.stop()


def test_no_copy_of_the_photo_is_made():
    """A float32 photo takes 12 bytes per pixel; its answers here 0 and 4."""
    rng = np.random.default_rng(12)
    size = (600, 800)
    rgb, pixels = rng.uniform(0, 0.9, (*size, 3)).astype(np.float32), 600 * 800
    dioptres = np.full(size, 0.3, np.float32)
    assert peak_bytes_per_pixel(lambda: find_lights(rgb, dioptres, None), pixels) < 2
    photo = rk.Photo(rgb=rgb, meta=Metadata(format="jpeg"))
    assert peak_bytes_per_pixel(lambda: lights_of(photo, dioptres, None, above_clip(photo, "auto")), pixels) < 2
    assert peak_bytes_per_pixel(lambda: rk.Photo(rgb=rgb), pixels) < 1
    soft = ndimage.gaussian_filter(np.where(np.arange(200) < 90, 0.2, 1.0)[None].repeat(150, 0), 2).astype(np.float32)
    large = np.repeat(np.repeat(rgb, 4, axis=0), 4, axis=1)
    assert peak_bytes_per_pixel(lambda: upsample(soft, large, None), 16 * pixels) < 16
