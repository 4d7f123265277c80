"""Blur that a photo holds already: it is found, measured, and never added twice."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from support.blurred import SIZE, blurred, colour, halves, things
from support.command import rebokeh
from support.scenes import FOCUS, depth_of, lens_of

import rebokeh as rk
from rebokeh.bokeh.depth.existing_blur import REMAP_STEPS, ExistingBlur, find_existing_blur
from rebokeh.bokeh.optics.lens import ThinLens

pytestmark = pytest.mark.kernels

PX = 40.0
ADDS_ALL = rk.RenderSettings(baked="ignore")


def noisy(rgb: np.ndarray, sigma: float) -> NDArray[np.float32]:
    noise = np.random.default_rng(9).normal(0, sigma, rgb.shape)
    return np.clip(np.sqrt(rgb) + noise, 0, 1).astype(np.float32) ** 2


@pytest.mark.parametrize("kernel", ["gaussian", "disc"])
@pytest.mark.parametrize("radius_px", [4.0, *(pytest.param(r, marks=pytest.mark.slow) for r in (7.0, 18.0)), 12.0])
def test_measures_the_radius(radius_px, kernel):
    baked = find_existing_blur(*halves(radius_px, kernel))
    assert baked is not None
    assert baked.focus_dioptres == pytest.approx(FOCUS, abs=0.02)
    assert float(baked.radius_at(0.1)) == pytest.approx(radius_px, rel=0.25)
    assert float(baked.radius_at(FOCUS)) == pytest.approx(0.0, abs=0.3)
    assert baked.confidence > 0.9


def test_measures_under_noise():
    rgb, depth = halves(8.0)
    baked = find_existing_blur(noisy(rgb, 0.01), depth)
    assert baked is not None
    assert float(baked.radius_at(0.1)) == pytest.approx(8.0, rel=0.35)


def test_follows_a_slope():
    """What goes away from focus is blurred the more, in steps as narrow as this photo can hold."""
    steps = np.array([0.0, 4.0, 8.0, 12.0])
    wall = [blurred(things(n, (384, 256)), r) if r else things(n, (384, 256)) for n, r in enumerate(steps)]
    depth = np.repeat(FOCUS - 0.1 * np.arange(4), 256)[None] + np.zeros((384, 1))
    baked = find_existing_blur(np.concatenate(wall, axis=1), depth.astype(np.float32))
    assert baked is not None
    np.testing.assert_allclose(baked.radius_at(FOCUS - 0.1 * np.arange(1, 4)), steps[1:], rtol=0.25)


def test_smooth_cloth_tells_no_more_blur_than_what_is_farther_out():
    """What is soft by nature looks more blurred than it is; nothing looks less."""
    steps = np.array([0.0, 4.0, 8.0, 12.0])
    wall = [blurred(things(n, (384, 256)), r) if r else things(n, (384, 256)) for n, r in enumerate(steps)]
    wall[1] = blurred(wall[1], 24.0)
    depth = np.repeat(FOCUS - 0.1 * np.arange(4), 256)[None] + np.zeros((384, 1))
    baked = find_existing_blur(np.concatenate(wall, axis=1), depth.astype(np.float32))
    assert baked is not None
    np.testing.assert_allclose(baked.radius_at(FOCUS - 0.1 * np.arange(2, 4)), steps[2:], rtol=0.25)
    assert float(baked.radius_at(FOCUS - 0.1)) <= float(baked.radius_at(FOCUS - 0.2))


def _sharp() -> tuple[np.ndarray, np.ndarray]:
    return halves(0.0)


def _equally_soft() -> tuple[np.ndarray, np.ndarray]:
    rgb, depth = _sharp()
    return blurred(rgb, 8.0), depth


def _moved() -> tuple[np.ndarray, np.ndarray]:
    rgb, depth = _sharp()
    return ndimage.uniform_filter1d(rgb, 15, axis=1).astype(np.float32), depth


def _night() -> tuple[np.ndarray, np.ndarray]:
    rgb, depth = _sharp()
    return noisy(0.1 * rgb, 0.04), depth


def _noise_only() -> tuple[np.ndarray, np.ndarray]:
    return noisy(np.full((SIZE, SIZE, 3), 0.2), 0.05), _sharp()[1]


def _before_a_blank_wall() -> tuple[np.ndarray, np.ndarray]:
    rgb, depth = _sharp()
    return np.where((depth < 0.3)[..., None], np.float32(0.5), rgb), depth


def _before_the_sky() -> tuple[np.ndarray, np.ndarray]:
    rgb, depth = _sharp()
    sky = np.linspace(0.2, 0.7, SIZE)[:, None] + np.zeros(SIZE)
    return noisy(np.where((depth < 0.3)[..., None], colour(sky), rgb), 0.005), depth


def _before_clouds() -> tuple[np.ndarray, np.ndarray]:
    rgb, depth = _sharp()
    clouds = ndimage.gaussian_filter(np.random.default_rng(4).normal(size=(SIZE, SIZE)), 40.0)
    clouds = 0.5 + 0.2 * clouds / np.abs(clouds).max()
    return np.where((depth < 0.3)[..., None], colour(clouds), rgb), depth


def _of_one_depth() -> tuple[np.ndarray, np.ndarray]:
    return halves(9.0)[0], np.full((SIZE, SIZE), FOCUS, np.float32)


def _softest_in_the_middle() -> tuple[np.ndarray, np.ndarray]:
    """Return something blurred between sharp things before and behind it: motion, no lens."""
    rgb = np.concatenate([things(1), blurred(things(2), 8.0), things(3)], axis=1)
    return rgb, np.repeat(np.array([1.0, 0.6, 0.2], np.float32), SIZE)[None] + np.zeros((SIZE, 1), np.float32)


@pytest.mark.parametrize(
    "photo",
    [
        _sharp,
        _equally_soft,
        _moved,
        _night,
        _noise_only,
        _before_a_blank_wall,
        _before_the_sky,
        _before_clouds,
        _of_one_depth,
        _softest_in_the_middle,
    ],
)
def test_nothing_is_found(photo):
    assert find_existing_blur(*photo()) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (63, 63), (64, 64)])
def test_photos_of_any_size(size):
    rng = np.random.default_rng(0)
    assert find_existing_blur(rng.random((*size, 3), np.float32), rng.random(size, np.float32)) is None


radii = st.lists(st.floats(0.0, 60.0), min_size=2, max_size=6)


@given(radii, st.floats(0.05, 1.4), st.floats(1.0, 80.0))
def test_missing_blur(radius_px, focus, px_per_dioptre):
    """Variances add; order is kept, and nothing crosses the focus."""
    baked = ExistingBlur(tuple(np.linspace(0.0, 1.5, len(radius_px))), tuple(radius_px), 0.5, 1.0)
    lens = thin_lens(focus, px_per_dioptre)
    dioptres = np.linspace(0.0, 1.5, 301, dtype=np.float32)
    moved = baked.without(dioptres, lens)
    assert (np.diff(moved) >= -1e-6).all()
    assert ((moved - lens.focus_dioptres) * (dioptres - lens.focus_dioptres) >= -1e-6).all()
    wanted, missing = lens.radius_px(dioptres), lens.radius_px(moved)
    assert (np.abs(missing) <= np.abs(wanted) + 1e-2).all()
    # A root begins steeply: the table's steps may begin it one step late, and no later.
    step = 1.5 / REMAP_STEPS
    near = dioptres.astype(np.float64) + np.linspace(-step, step, 33)[:, None]
    due = (lens.focus_dioptres - near) * lens.px_per_dioptre
    least = np.sqrt(np.maximum(due**2 - baked.radius_at(near) ** 2, 0.0))
    assert (np.abs(missing) >= least.min(axis=0) - 0.02).all()


def test_what_is_missing_is_the_difference_of_the_squares():
    baked = ExistingBlur((0.0, 0.5, 1.5), (10.0, 0.0, 20.0), 0.5, 1.0)
    lens = thin_lens(0.5, 50.0)
    dioptres = np.array([0.0, 0.25, 0.5, 1.0, 1.5], np.float32)
    missing = lens.radius_px(baked.without(dioptres, lens))
    np.testing.assert_allclose(missing, [525**0.5, 131.25**0.5, 0.0, -(525**0.5), -(2100**0.5)], rtol=2e-3, atol=0.02)


def thin_lens(focus: float, px_per_dioptre: float) -> ThinLens:
    focus_mm, focal_mm = 1000.0 / focus, 26.0
    pupil_mm = 2 * px_per_dioptre * 1000.0 * (focus_mm - focal_mm) / focal_mm / focus_mm / 100.0
    lens = ThinLens(focal_mm, focal_mm / pupil_mm, 1.0 / focus, 100.0)
    assert lens.px_per_dioptre == pytest.approx(px_per_dioptre)
    return lens


def test_a_baked_point_spreads_as_far_as_the_lens_says():
    """The second moment of a disc is r^2/4: what is there and what is added come to that, or to what is there."""
    size, at = (121, 121), 60
    for there_px, lens_px, total_px in ((6.0, 10.0, 10.0), (10.0, 10.0, 10.0), (12.0, 7.0, 12.0)):
        point = np.zeros((*size, 3), np.float32)
        point[at, at] = 40.0
        photo = rk.Photo(rgb=blurred(point, there_px), depth=np.full(size, depth_of(lens_px, PX)))
        made = rk.prepare(photo)
        there = ExistingBlur((0.0, 1.0), (there_px, there_px), FOCUS, 1.0)
        scene = replace(made, prepared=replace(made.prepared, existing_blur=there))
        lens = lens_of(size, PX)
        once = second_moment(scene.render(lens).rgb)
        assert once == pytest.approx(total_px**2 / 4, rel=0.04)
        twice = second_moment(replace(scene, settings=ADDS_ALL).render(lens).rgb)
        assert twice == pytest.approx((there_px**2 + lens_px**2) / 4, rel=0.04)


def second_moment(rgb: np.ndarray) -> float:
    offset = np.arange(rgb.shape[1]) - rgb.shape[1] // 2
    image = rgb[..., 1].astype(np.float64)
    return float((image.sum(axis=0) * offset**2).sum() / image.sum())


@pytest.mark.slow
def test_a_render_that_bears_no_mark_is_hardly_blurred_again():
    """What the measurement misses of the blur is added: a quarter of the radius is less than half of the variance."""
    rgb, depth = halves(0.0)
    lens = lens_of((SIZE, SIZE), PX)
    once = rk.render(rk.Photo(rgb=rgb, depth=depth), lens)
    again = rk.Photo(rgb=once.rgb, depth=depth)
    clear = np.s_[40:-40, SIZE // 2 + 60 : -40]
    detail = [float(np.var(picture.rgb[clear])) for picture in (once, rk.render(again, lens))]
    twice = float(np.var(rk.render(again, lens, ADDS_ALL).rgb[clear]))
    assert detail[1] > detail[0] - 0.5 * (detail[0] - twice)
    assert rk.render(again, lens).meta.warnings and not once.meta.warnings


def marked() -> tuple[rk.Photo, rk.Lens]:
    """Return a picture that rebokeh rendered, and the lens it did that with."""
    rgb, depth = halves(0.0)
    lens = rk.Lens(f_number=1.0, focus_m=2.0, starburst=0.0)
    return rk.render(rk.Photo(rgb=rgb, depth=depth), lens), lens


def test_a_marked_render_is_not_blurred_again():
    once, lens = marked()
    again = rk.render(once, lens)
    np.testing.assert_allclose(again.rgb, once.rgb, atol=2e-3)
    (said,) = again.meta.warnings
    assert said.startswith(
        "this photo is rendered by rebokeh already, f/1 at 2 m; f/1 adds nothing to that, try f/0.6 ("
    )
    scene = rk.prepare(once)
    assert scene.baked is not None and scene.dioptres is not None
    away = scene.dioptres[np.abs(scene.dioptres - 0.5) > 0.01]
    np.testing.assert_allclose(scene.baked.radius_at(away), np.abs(scene.mount(lens)[0].radius_px(away)), rtol=1e-3)


@pytest.mark.slow
def test_a_wider_lens_adds_the_rest_to_a_marked_render():
    once, lens = marked()
    wider = replace(lens, f_number=0.6)
    direct = rk.render(rk.Photo(rgb=halves(0.0)[0], depth=once.depth), wider).rgb
    clear = np.s_[40:-40, SIZE // 2 + 60 : -40]

    def error(settings: rk.RenderSettings) -> float:
        return float(np.square(rk.render(once, wider, settings).rgb - direct)[clear].mean())

    assert error(rk.RenderSettings()) < 0.3 * error(ADDS_ALL)


def test_a_marked_render_without_depth_warns():
    once, lens = marked()
    flat = replace(once, depth=None, matte=np.ones((SIZE, SIZE), np.float32))
    (said,) = rk.prepare(flat, rk.RenderSettings(style="gaussian")).warnings(lens)
    assert "rendered by rebokeh already" in said


def test_a_sharp_photo_is_rendered_as_ever():
    rgb, depth = halves(0.0)
    photo, lens = rk.Photo(rgb=rgb, depth=depth), lens_of((SIZE, SIZE), PX)
    assert rk.prepare(photo).baked is None
    np.testing.assert_array_equal(rk.render(photo, lens).rgb, rk.render(photo, lens, ADDS_ALL).rgb)


def test_focus_is_where_the_photo_is_sharp_unless_it_is_given():
    rgb, depth = halves(10.0)
    # The autofocus area lies on what is blurred.
    meta = replace(rk.Photo(rgb=rgb).meta, af_area=(0.8, 0.4, 0.1, 0.2))
    scene = rk.prepare(rk.Photo(rgb=rgb, depth=depth, meta=meta))
    thin, source = scene.mount(rk.Lens(f_number=1.0))
    assert thin.focus_dioptres == pytest.approx(FOCUS, abs=0.02)
    assert source == "where the photo is sharp"
    assert len(scene.warnings(rk.Lens(f_number=1.0))) == 1
    for elsewhere in (rk.Lens(f_number=1.0, focus_m=10.0), rk.Lens(f_number=1.0, focus_point=(0.9, 0.5))):
        assert scene.mount(elsewhere)[0].focus_m == pytest.approx(10.0, rel=0.01)
        assert "cannot be made sharp" in scene.warnings(elsewhere)[1]
    assert replace(scene, settings=ADDS_ALL).mount(rk.Lens(f_number=1.0))[0].focus_m == pytest.approx(10.0, rel=0.01)


def test_what_adds_nothing_is_told_with_an_f_number_that_adds_something():
    """A disc of 12 px is there: a lens that makes one of 12 adds nothing, one of 20 adds as much again and half."""
    rgb, depth = halves(12.0)
    scene, at_12 = rk.prepare(rk.Photo(rgb=rgb, depth=depth)), lens_of((SIZE, SIZE), 12.0 / (FOCUS - 0.1))
    (said,) = scene.warnings(replace(at_12, f_number=1.25 * at_12.f_number, focus_m=None))
    found = re.search(r"; f/([\d.]+) adds nothing to that, try f/([\d.]+) \(`baked` ignore adds all\)$", said)
    assert found is not None, said
    assert float(found[1]) == pytest.approx(1.25 * at_12.f_number, rel=1e-3)
    assert float(found[2]) == pytest.approx(0.6 * at_12.f_number, rel=0.25)
    advised = replace(at_12, f_number=float(found[2]), focus_m=None)
    (said,) = scene.warnings(advised)
    assert "only what is missing is added" in said
    thin, dioptres = scene.mount(advised)[0], scene.prepared.dioptres
    assert scene.baked is not None and dioptres is not None and scene.baked.worth_while(thin, dioptres) is None


def test_a_named_lens_that_does_not_open_so_wide_is_not_told_to():
    once, _ = marked()
    lens = rk.lens_named("modern-85", focus_m=2.0)
    (said,) = rk.prepare(once).warnings(lens)
    assert f"f/{lens.f_number:g} adds nothing to that, and this lens opens not wide enough" in said


def test_no_figure_that_changes_with_the_size_of_the_picture():
    rgb, depth = halves(12.0)
    for every in (1, 2):
        photo = rk.Photo(rgb=np.ascontiguousarray(rgb[::every, ::every]), depth=depth)
        scene = rk.prepare(photo)
        assert scene.baked is not None and scene.report(rk.Lens())["baked_f_number"] is None
        assert not re.search(r"as at f/", " ".join(scene.warnings(rk.Lens())))


@pytest.fixture
def files(tmp_path):
    rgb, depth = halves(8.0)
    Image.fromarray((rgb**0.4545 * 255).astype(np.uint8)).save(tmp_path / "photo.png")
    np.save(tmp_path / "depth.npy", depth)
    return tmp_path / "photo.png", "--depth", tmp_path / "depth.npy", "--depth-unit", "dioptre", "--fstop", "1.4"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "f/1.4 adds nothing to that, try f/0."),
        (("--baked", "ignore"), "the lens's blur is added to it"),
        (("--style", "gaussian"), "f/1.4 adds nothing to that, try f/0."),
        (("--fstop", "0.1"), "only what is missing is added"),
    ],
)
def test_the_command_line_warns(files, flags, said):
    result = rebokeh(*files, *flags, "--json")
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.stderr.splitlines() if "warning" in line]
    assert "this photo is blurred already, focused at 2 m;" in line and said in line
    facts = json.loads(result.stdout)
    assert facts["warnings"] == [line.removeprefix("rebokeh: warning: ")]
    assert facts["baked_f_number"] is None and facts["baked"] == facts["settings"]["baked"]


def test_the_command_line_is_quiet(files):
    assert rebokeh(*files, "-q").stderr == ""


def test_no_other_word():
    with pytest.raises(rk.RebokehError, match="auto, ignore"):
        rk.RenderSettings(baked="missing")  # pyright: ignore[reportArgumentType]
