"""Lights: the aperture's outline to a quarter of a pixel, their energy, and the occluders that cut them."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from reference.naive import Iris, aperture_image, ray_mask
from support.scenes import ROUND, depth_of, lens_of, optics_of, texture

import rebokeh as rk
from rebokeh.bokeh.image.tiles import Tile
from rebokeh.bokeh.optics.aperture import area
from rebokeh.bokeh.optics.lens import ThinLens
from rebokeh.bokeh.render import light_cells, light_sprites, stars
from rebokeh.bokeh.render.light_cells import LightCells, PointLights
from rebokeh.bokeh.render.light_sprites import draw_lights, pupil_points
from rebokeh.bokeh.render.occluders import AROUND_PX, Occluder
from rebokeh.bokeh.scene.light_energy import SceneLight
from rebokeh.bokeh.scene.lights import Lights, seen_by_pinhole

pytestmark = pytest.mark.kernels

PX_PER_DIOPTRE = 130.0
RADII = [2.0, 3.3, 10.0, 25.5, pytest.param(60.0, marks=pytest.mark.slow)]
SHAPES = [
    rk.Aperture(),
    rk.Aperture(3, 0.0, 7.0),
    rk.Aperture(5, 0.3, 100.0),
    rk.Aperture(6),
    rk.Aperture(6, 0.0, 15.0),
    rk.Aperture(6, 0.0, 30.0),
    rk.Aperture(8, 0.0, 22.5),
    rk.Aperture(9, 0.6, -4.0),
]


def thin(px_per_dioptre: float = PX_PER_DIOPTRE) -> ThinLens:
    lens = ThinLens(50.0, 1.0, 2.0, 1.0)
    return ThinLens(50.0, 1.0, 2.0, px_per_dioptre / lens.px_per_dioptre)


def drawn(radius_px: float, aperture=ROUND, place=None, occluders=(), size=None, energy=1.0) -> np.ndarray:
    """Draw one light; the first channel."""
    side = 2 * math.ceil(abs(radius_px)) + 7
    size = size or (side, side)
    place = np.array([place or (size[1] // 2, size[0] // 2)], np.float64)
    depth = np.array([depth_of(radius_px, PX_PER_DIOPTRE)], np.float32)
    picture = np.zeros((*size, 3), np.float32)
    light = PointLights(place, np.full((1, 3), energy, np.float32), depth)
    draw_lights(light, occluders, thin(), optics_of(size, aperture), picture)
    return picture[..., 0].astype(np.float64)


def assert_outline(image: np.ndarray, iris: Iris, radius_px: float, tolerance_px: float) -> None:
    """Hold an image, 1 where fully lit, against the aperture: lit length of every row and column, each side apart.

    Rows tell where the steep edges lie, columns where the level ones do; the pupil's own lengths are averaged
    over the pixel's width just as the pixels are.
    """
    size = len(image)
    centre = size // 2
    exact = aperture_image(iris, radius_px, (centre, centre), image.shape, strips=12) * iris.area() * radius_px**2
    half = np.ones(size)
    half[centre] = 0.5
    for name, found, expected in (("row", image, exact), ("column", image.T, exact.T)):
        for side in (slice(None, centre + 1), slice(centre, None)):
            off = (found[:, side] * half[side]).sum(axis=1) - (expected[:, side] * half[side]).sum(axis=1)
            worst = int(np.abs(off).argmax())
            assert abs(off[worst]) <= tolerance_px, f"{name} {worst - centre} is off by {off[worst]:.2f} px"


@pytest.mark.parametrize("radius_px", RADII)
@pytest.mark.parametrize("aperture", SHAPES, ids=str)
def test_a_light_has_the_outline_of_the_aperture(aperture, radius_px):
    size = 2 * math.ceil(radius_px) + 9
    rgb = np.zeros((size, size, 3), np.float32)
    rgb[size // 2, size // 2] = 1000.0
    for signed in (radius_px, -radius_px):
        depth = np.full((size, size), depth_of(signed, PX_PER_DIOPTRE), np.float32)
        picture = rk.render(rk.Photo(rgb=rgb, depth=depth), lens_of((size, size), PX_PER_DIOPTRE, aperture)).rgb
        image = picture[..., 1].astype(np.float64) * area(aperture) * radius_px**2 / 1000.0
        turned = rk.Aperture(aperture.blades, aperture.curvature, aperture.rotation_deg + (0 if signed > 0 else 180))
        assert_outline(image, Iris(**vars(turned)), radius_px, tolerance_px=0.25)


@pytest.mark.parametrize("aperture", SHAPES, ids=str)
@pytest.mark.parametrize("radius_px", [5.0, 16.4, pytest.param(40.0, marks=pytest.mark.slow)])
def test_a_disc_is_evenly_bright_inside(aperture, radius_px):
    image = drawn(radius_px, aperture) * area(aperture) * radius_px**2
    inside = aperture_image(Iris(**vars(aperture)), radius_px, (image.shape[1] // 2,) * 2, image.shape, strips=16)
    whole = inside * area(aperture) * radius_px**2 > 1 - 1e-6
    away = whole & np.roll(whole, 1, 0) & np.roll(whole, -1, 0) & np.roll(whole, 1, 1) & np.roll(whole, -1, 1)
    assert away.any()
    np.testing.assert_allclose(image[away], 1.0, rtol=1e-4)
    assert image.max() <= 1 + 1e-4


@pytest.mark.parametrize("place", [(12.0, 12.0), (12.3, 11.6), (12.5, 12.5)])
@pytest.mark.parametrize("radius_px", [0.2, 0.5, 1.0, 1.7, 2.0, 6.6, -1.0, -6.6])
def test_energy_is_kept_wherever_the_light_lies(radius_px, place):
    for aperture in (ROUND, rk.Aperture(6, 0.2, 10.0)):
        image = drawn(radius_px, aperture, place, size=(25, 25), energy=700.0)
        assert image.sum() == pytest.approx(700.0, rel=1e-5)
        y, x = np.mgrid[:25, :25]
        found = (image * x).sum() / image.sum(), (image * y).sum() / image.sum()
        # between two pixels their shares tell the place, more closely the more pixels there are
        np.testing.assert_allclose(found, place, atol=0.02 if abs(radius_px) > 2 else 0.08)


def occluder(coverage: np.ndarray, radius_px, level: int = 0, back_px=None) -> Occluder:
    """Return a whole layer of the picture halved so often, as one piece; the rest of it has another blur, or none."""
    size = coverage.shape
    whole = (slice(0, size[0]), slice(0, size[1]))
    dioptres = np.broadcast_to(depth_of(radius_px, PX_PER_DIOPTRE), size).astype(np.float32)
    back = np.full(size, -np.inf if back_px is None else depth_of(back_px, PX_PER_DIOPTRE), np.float32)
    ones, tile = np.ones(size, np.float32), Tile(whole, whole, 0)
    return Occluder(thin(), level, 0, tile, coverage.astype(np.float32), ones, dioptres, back)


def parts(whole: Occluder, rows: int, columns: int, around: int) -> list[Occluder]:
    """Cut a layer into pieces that know so much of the layer around them."""
    height, width = whole.coverage.shape
    pieces = []
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            inner = slice(top, min(top + rows, height)), slice(left, min(left + columns, width))
            rows_seen, columns_seen = (
                slice(max(i.start - around, 0), min(i.stop + around, n))
                for i, n in zip(inner, (height, width), strict=True)
            )
            outer = (rows_seen, columns_seen)
            arrays = (values[outer].copy() for values in (whole.coverage, whole.whole, whole.dioptres, whole.back))
            pieces.append(Occluder(thin(), whole.level, 0, Tile(inner, outer, around), *arrays))
    return pieces


def twig(size: tuple[int, int], first: int, last: int) -> np.ndarray:
    coverage = np.zeros(size)
    coverage[:, first:last] = 1.0
    return coverage


@pytest.mark.parametrize("light_px, twig_px", [(14.0, 0.0), (14.0, 5.0), (14.0, -9.0), (-6.0, -13.0), (0.8, -20.0)])
def test_a_twig_cuts_a_light_as_its_rays_say(light_px, twig_px):
    size = (49, 49)
    before = occluder(twig(size, 27, 31), twig_px)
    image = drawn(light_px, ROUND, (24, 24), [before], size)
    free = drawn(light_px, ROUND, (24, 24), [], size)
    if abs(light_px) < 2:  # one pixel gathers rays of the whole pupil: it is dimmed by what the twig blocks of it
        half = (np.arange(27, 31).min() - 0.5 - 24) / (light_px - twig_px), (30.5 - 24) / (light_px - twig_px)
        a, b = np.clip(half, -1, 1)
        blocked = (b * math.sqrt(1 - b * b) + math.asin(b) - a * math.sqrt(1 - a * a) - math.asin(a)) / math.pi
        np.testing.assert_allclose(image.sum() / free.sum(), 1 - blocked, atol=0.03)
        return
    dioptres = float(depth_of(light_px, PX_PER_DIOPTRE))
    mask = ray_mask((24, 24), light_px, dioptres, [before], thin(), size)
    assert 0 < (free * mask).sum() < 0.95 * free.sum(), "the twig must cut something"
    np.testing.assert_allclose(image, free * mask, atol=1e-6)


def test_a_sharp_twig_stands_dark_in_the_disc():
    # Focus on the twig: it cuts the disc where it stands, sharp, and dims nothing else.
    size = (49, 49)
    image = drawn(14.0, ROUND, (24, 24), [occluder(twig(size, 27, 31), 0.0)], size) * math.pi * 14.0**2
    assert not image[:, 27:31].any()
    np.testing.assert_allclose(image[20:29, 14:27], 1.0, rtol=1e-4)
    np.testing.assert_allclose(image[20:29, 31:34], 1.0, rtol=1e-4)


def test_half_a_coverage_lets_half_the_light_through():
    size = (49, 49)
    veil = occluder(0.5 * twig(size, 26, 49), 0.0)  # beside the light
    free = drawn(10.0, size=size)
    once, twice = drawn(10.0, size=size, occluders=[veil]), drawn(10.0, size=size, occluders=[veil, veil])
    np.testing.assert_allclose(once[:, 26:], free[:, 26:] / 2, atol=1e-7)
    np.testing.assert_allclose(twice[:, 26:], free[:, 26:] / 4, atol=1e-7)
    np.testing.assert_allclose(twice[:, :26], free[:, :26], atol=1e-7)


def test_a_light_dimmed_on_its_way_to_the_photo_counts_whole():
    # Hair before a light dimmed it in the photo, and dims its rays again one by one; a matte of nearly 1 is wrong.
    hidden = np.array([0.0, 0.5, 0.89, 0.95, 1.0], np.float32)
    np.testing.assert_allclose(seen_by_pinhole(hidden), [1.0, 0.5, 0.11, 1.0, 1.0], rtol=1e-5)
    rgb, depth, matte = texture((64, 64), 3, 0.0, 0.1), np.full((64, 64), 0.1, np.float32), np.zeros((64, 64))
    rgb[20, 20], rgb[40, 40] = 50.0, 50.0
    depth[30:60, 30:60], matte[30:60, 30:60] = 0.5, 1.0
    depth[36:45, 36:45], matte[36:45, 36:45] = 0.1, 0.5
    at, none = np.array([20, 40]), np.zeros(2, np.float32)
    radiance = np.full((2, 3), 50.0, np.float32)
    sure, by = np.ones(2, np.float32), ("radiance", "radiance")
    lights = Lights((64, 64), at, at, np.arange(2), radiance, 0 * radiance, none, none + 0.1, sure, by)
    spread = SceneLight(rgb, depth, matte.astype(np.float32), None, lights, False).share(thin()).spread
    np.testing.assert_allclose(spread[0], 50.0, rtol=1e-6)
    np.testing.assert_allclose(spread[1], 100.0, rtol=1e-6)


def test_what_stands_behind_or_around_a_light_does_not_cut_it():
    size = (49, 49)
    free = drawn(10.0, size=size)
    beside = twig(size, 26, 49)
    for radius_px in (10.0, 10.5, 9.5, 20.0):  # its own surroundings, and a wall behind
        np.testing.assert_array_equal(drawn(10.0, size=size, occluders=[occluder(beside, radius_px)]), free)
    assert drawn(10.0, size=size, occluders=[occluder(beside, 8.0)]).sum() < 0.95 * free.sum()


def test_a_slanted_twig_cuts_where_its_own_depth_says():
    size = (61, 61)
    slant = np.linspace(-10, 6, size[0])[:, None].repeat(size[1], axis=1)
    slanted = occluder(twig(size, 30, 36), slant)
    image, free = (drawn(20.0, ROUND, (30, 30), occluders, size) for occluders in ([slanted], []))
    mask = ray_mask((30, 30), 20.0, float(depth_of(20.0, PX_PER_DIOPTRE)), [slanted], thin(), size)
    # Where the ray just grazes the outline, one pixel's rounding decides.
    wrong = np.abs(image - free * mask) > 1e-6
    assert wrong.sum() <= 0.02 * (free > 0).sum()
    assert ((free > 0) & (mask == 0)).sum() > 50


def test_only_the_part_of_the_picture_that_a_layer_stands_for_is_cut():
    size = (49, 49)
    box = (slice(10, 20), slice(12, 40))
    dioptres = np.full((10, 28), depth_of(0.0, PX_PER_DIOPTRE), np.float32)
    ones = np.ones((10, 28), np.float32)
    part = Occluder(thin(), 0, 0, Tile(box, box, 0), ones, ones, dioptres, np.full_like(ones, -np.inf))
    image, free = drawn(18.0, size=size, occluders=[part]), drawn(18.0, size=size)
    expected = free.copy()
    expected[10:20, 12:40] = 0
    np.testing.assert_allclose(image, expected, atol=1e-8)


@pytest.mark.parametrize("light_px, back_px, clear", [(18.0, 12.0, 0.0), (18.0, 17.5, 0.7), (9.0, 12.0, 0.7)])
def test_a_light_between_two_surfaces_of_one_slice_is_cut_by_the_nearer_one(light_px, back_px, clear):
    # A mixed pixel: 0.3 of it is the nearer surface, the rest is the farther one, before the light or behind it.
    size = (49, 49)
    mixed = occluder(np.full(size, 0.3), 6.0, back_px=back_px)
    image, free = drawn(light_px, size=size, occluders=[mixed]), drawn(light_px, size=size)
    np.testing.assert_allclose(image, clear * free, atol=1e-6)


def test_a_layer_in_pieces_cuts_as_the_whole_one():
    # Each ray is stopped by the piece that it crosses, and by no other, also where the pieces meet.
    size = (61, 67)
    slant = np.linspace(-6, 4, size[0])[:, None].repeat(size[1], axis=1)
    coverage = np.clip(texture(size, 4)[..., 0], 0, 1)
    whole = occluder(coverage, slant)
    for rows, columns in ((13, 67), (61, 9), (16, 16)):
        pieces = parts(whole, rows, columns, AROUND_PX)
        cut, expected = (drawn(18.0, ROUND, (30, 30), occluders, size) for occluders in (pieces, [whole]))
        assert expected.sum() < 0.9
        np.testing.assert_allclose(cut, expected, atol=1e-9)


@pytest.mark.parametrize("level", [1, 2])
def test_a_coarse_piece_cuts_as_the_fine_one(level):
    # A veil that changes slowly, at the photo's size and halved; in front of focus, as what is coarse is blurred.
    size = (96, 96)
    y, x = np.mgrid[: size[0], : size[1]]
    veil = 0.5 + 0.4 * np.sin(x / 20) * np.cos(y / 25)
    side = 2**level
    coarse = veil.reshape(size[0] // side, side, size[1] // side, side).mean(axis=(1, 3))
    both = occluder(veil, -8.0), occluder(coarse, -8.0, level)
    fine, half = (drawn(20.0, ROUND, (48, 48), [one], size) for one in both)
    free = drawn(20.0, ROUND, (48, 48), [], size)
    assert fine.sum() < 0.8 * free.sum()
    assert np.abs(half - fine).max() < 0.01 * free.max()


def test_a_large_light_is_gathered_without_loss():
    # 60 px of blur: pixels of one light are drawn in cells, at the same place and with the same energy.
    size = (181, 181)
    ys, xs = np.mgrid[84:97, 80:101]
    place = np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float64)
    energy = np.random.default_rng(1).uniform(1, 9, (len(place), 3)).astype(np.float32)
    depth = np.full(len(place), depth_of(60.0, PX_PER_DIOPTRE), np.float32)
    picture = np.zeros((*size, 3), np.float32)
    draw_lights(PointLights(place, energy, depth), [], thin(), optics_of(size), picture)
    picture = picture.astype(np.float64)
    expected = np.zeros((*size, 3))
    single = aperture_image(Iris(), 60.0, (90, 90), size, strips=4)
    for (x, y), e in zip(place.astype(int), energy, strict=True):
        expected += np.roll(single, (y - 90, x - 90), (0, 1))[..., None] * e
    np.testing.assert_allclose(picture.sum(axis=(0, 1)), energy.sum(axis=0), rtol=1e-5)
    # its rim, 13 to 21 px of slope, becomes steps of 3 px
    assert np.sqrt(np.mean((picture - expected) ** 2)) / expected.max() < 0.01
    assert np.abs(picture - expected).max() / expected.max() < 0.1


def test_pupil_points_are_spread_evenly():
    for aperture in (ROUND, rk.Aperture(6, 0.0, 10.0)):
        points = pupil_points(optics_of((64, 64), aperture))
        assert np.abs(points.mean(axis=0)).max() < 0.02
        assert (points**2).sum(axis=1).max() <= 1
    assert (pupil_points(optics_of((64, 64))) ** 2).sum(axis=1).mean() == pytest.approx(0.5, abs=0.01)


def lamp(radius_px: float, side: int = 13) -> tuple[PointLights, tuple[int, int]]:
    """Make a lamp of many pixels, amid a picture that its disc fits into; and that picture's size."""
    middle = math.ceil(abs(radius_px)) + 3 * side
    ys, xs = np.mgrid[middle : middle + side, middle + 3 : middle + 3 + side]
    place = np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float64)
    energy = np.random.default_rng(1).uniform(1, 9, (len(place), 3)).astype(np.float32)
    depth = np.full(len(place), depth_of(radius_px, PX_PER_DIOPTRE), np.float32)
    return PointLights(place, energy, depth), (2 * middle + side + 6, 2 * middle + side + 6)


def drawn_as(lights: PointLights, size: tuple[int, int], occluders=(), aperture=ROUND) -> np.ndarray:
    picture = np.zeros((*size, 3), np.float32)
    draw_lights(lights, occluders, thin(), optics_of(size, aperture), picture)
    return picture.astype(np.float64)


@pytest.mark.parametrize("aperture", [ROUND, rk.Aperture(6, 0.0, 10.0)], ids=str)
@pytest.mark.parametrize("radius_px", [34.0, -70.0, -150.0])
def test_a_large_disc_is_drawn_smaller_without_being_seen(radius_px, aperture, monkeypatch):
    lights, size = lamp(radius_px)
    cells = LightCells.of_lights(lights, thin(), optics_of(size, aperture))
    assert cells.level.min() >= 1, "nothing would be compared"
    small = drawn_as(lights, size, aperture=aperture)
    for name in ("LEVEL_RADIUS_PX", "MOST_RADIUS_PX"):
        monkeypatch.setattr(light_cells, name, 1e9)
    whole = drawn_as(lights, size, aperture=aperture)
    energy = lights.energy.sum(axis=0, dtype=np.float64)
    np.testing.assert_allclose(small.sum(axis=(0, 1)), energy, rtol=1e-4)
    np.testing.assert_allclose(whole.sum(axis=(0, 1)), energy, rtol=1e-4)
    # where the edge lies in each row, to a sixteenth of the radius; and no light where there was none
    peak = whole.max(axis=(0, 1))
    lit = (whole > 0.5 * peak).sum(axis=1), (small > 0.5 * peak).sum(axis=1)
    steep = lit[0] > abs(radius_px)
    assert np.abs(lit[0] - lit[1])[steep].max() <= abs(radius_px) / 16.0
    assert small.min() >= 0.0
    assert 10.0 * np.log10(peak.max() ** 2 / np.mean((small - whole) ** 2)) > 45.0


def test_one_point_is_never_made_coarser_than_it_need_be():
    # Its disc has a sharp edge, and costs little.
    lights, size = lamp(60.0, side=1)
    assert LightCells.of_lights(lights, thin(), optics_of(size)).level.tolist() == [0]
    lights, size = lamp(-200.0, side=1)
    assert LightCells.of_lights(lights, thin(), optics_of(size)).level.tolist() == [1]


@pytest.mark.parametrize("radius_px", [7.0, -70.0])
def test_tiles_runs_and_order_do_not_show(radius_px, monkeypatch):
    lights, size = lamp(radius_px)
    before = occluder(twig(size, size[1] // 2, size[1] // 2 + 3), -2.0 if radius_px > 0 else -90.0)
    expected = drawn_as(lights, size, [before])
    assert expected.sum() < 0.99 * lights.energy.sum(dtype=np.float64)
    for tile_px in (40, 64, 111):
        monkeypatch.setattr(light_sprites, "TILE_PX", tile_px)
        np.testing.assert_array_equal(drawn_as(lights, size, [before]), expected)
    monkeypatch.setattr(light_sprites, "cores", lambda: 5)
    np.testing.assert_array_equal(drawn_as(lights, size, [before]), expected)
    monkeypatch.setattr(light_sprites, "SAMPLES_AT_ONCE", 5000)
    np.testing.assert_allclose(drawn_as(lights, size, [before]), expected, rtol=1e-5, atol=1e-5)
    turned = PointLights(lights.place[::-1].copy(), lights.energy[::-1].copy(), lights.dioptres)
    np.testing.assert_allclose(drawn_as(turned, size, [before]), expected, rtol=1e-5, atol=1e-5)


def test_lights_in_focus_behind_a_twig_are_drawn_without_a_warning():
    lights, size = lamp(0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = drawn_as(lights, size, [occluder(twig(size, size[1] // 2, size[1] // 2 + 3), -60.0)])
    assert 0.5 < found.sum(dtype=np.float64) / lights.energy.sum(dtype=np.float64) < 1.0


def test_a_part_of_the_picture_gets_what_the_whole_gets():
    lights, size = lamp(40.0)
    whole = drawn_as(lights, size)
    part = np.zeros((50, 70, 3), np.float32)
    draw_lights(lights, [], thin(), optics_of(size), part, (33, 21))
    np.testing.assert_array_equal(part, whole[33:83, 21:91])


@pytest.mark.parametrize("twig_px", [0.0, -6.0, -30.0])
def test_bundles_are_cut_as_their_lights_one_by_one(twig_px):
    lights, size = lamp(34.0, side=8)
    before = occluder(twig(size, size[1] // 2 + 6, size[1] // 2 + 16), twig_px)
    together = drawn_as(lights, size, [before])
    alone = np.zeros_like(together)
    for n in range(len(lights.place)):
        one = slice(n, n + 1)
        alone += drawn_as(PointLights(lights.place[one], lights.energy[one], lights.dioptres[one]), size, [before])
    free = drawn_as(lights, size)
    assert alone.sum() < 0.95 * free.sum()
    assert np.sqrt(np.mean((together - alone) ** 2)) < 0.02 * free.max()
    assert together.sum() == pytest.approx(alone.sum(), rel=0.01)


def test_stars_far_apart_are_drawn_as_if_together(monkeypatch):
    size = (160, 900)
    place = np.array([[20.0, 30.0], [21.0, 30.0], [880.0, 140.0]])
    light = np.array([[400.0, 200.0, 100.0]] * 2 + [[50.0, 60.0, 70.0]], np.float32)
    points = PointLights(place, light, np.full(3, depth_of(0.4, PX_PER_DIOPTRE), np.float32))
    wings = np.random.default_rng(2).uniform(0, 1e-4, (65, 65, 3)).astype(np.float32)
    given = stars.Stars(np.arange(3), light, wings)
    pictures = []
    for cell_px in (64, 10_000):
        monkeypatch.setattr(stars, "CELL_PX", cell_px)
        groups = stars._apart(points, 50)
        assert len(groups) == (2 if cell_px == 64 else 1)
        picture = np.full((*size, 3), 0.1, np.float32)
        sources = stars.star_sources(given, points, [], thin(), optics_of(size), size)
        stars.add_stars(sources, wings, picture)
        pictures.append(picture)
    assert pictures[0].max() > 0.11
    np.testing.assert_allclose(pictures[0], pictures[1], rtol=1e-5)
