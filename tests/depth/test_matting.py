"""A soft matte gets the picture's detail back; a sharp one, and one the picture says nothing of, are left alone."""

import numpy as np
import pytest
from scipy import ndimage

from rebokeh.bokeh.depth.matting import refine

pytestmark = pytest.mark.kernels

SIZE = (160, 200)


def strands(rng: np.random.Generator) -> np.ndarray:
    """Coverage of a disc from which thin straight hairs stand out."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    cover = np.clip(45.0 - np.hypot(x - 100, y - 80), 0, 1)
    for angle in rng.uniform(0, 2 * np.pi, 90):
        along = (x - 100) * np.cos(angle) + (y - 80) * np.sin(angle)
        across = -(x - 100) * np.sin(angle) + (y - 80) * np.cos(angle)
        line = np.clip(1.1 - np.abs(across), 0, 1) * (along > 40) * (along < 40 + 30 * rng.uniform())
        cover = np.maximum(cover, line)
    return cover.astype(np.float32)


def soften(cover: np.ndarray, softness_px: float) -> np.ndarray:
    return np.asarray(ndimage.gaussian_filter(cover, softness_px), np.float32)


def photo(cover: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brown hair before a wall of soft colours, with a phone's noise."""
    wall = ndimage.gaussian_filter(rng.uniform(0.1, 0.9, (*SIZE, 3)), (12, 12, 0))
    wall = 0.45 + 2.5 * (wall - wall.mean())
    hair = np.array([0.12, 0.07, 0.03]) * (1 + 0.3 * ndimage.gaussian_filter(rng.normal(size=SIZE), 2)[..., None])
    mixed = cover[..., None] * hair + (1 - cover[..., None]) * wall
    return np.clip(mixed + rng.normal(0, 0.004, mixed.shape), 0, 1).astype(np.float32)


@pytest.mark.parametrize("softness", [1.0, 2.0, 4.0])
def test_strands_come_back(softness: float) -> None:
    rng = np.random.default_rng(4)
    cover = strands(rng)
    soft = soften(cover, softness)
    refined, found = refine(soft, photo(cover, rng))
    band = (soft > 0.01) & (soft < 0.99)
    before, after = (float(np.sqrt(np.mean((m - cover)[band] ** 2))) for m in (soft, refined))
    assert found == pytest.approx(softness, rel=0.45)
    assert after < 0.5 * before
    assert refined.min() >= 0 and refined.max() <= 1


def test_softened_again_it_is_the_given_matte() -> None:
    rng = np.random.default_rng(5)
    cover = strands(rng)
    soft = soften(cover, 2.0)
    refined, found = refine(soft, photo(cover, rng))
    assert np.abs(soften(refined, found) - soft).max() < 0.12
    assert float(refined.sum()) == pytest.approx(float(soft.sum()), rel=2e-3)


def test_a_sharp_matte_stays_to_the_bit() -> None:
    rng = np.random.default_rng(6)
    cover = strands(rng)
    refined, found = refine(cover, photo(cover, rng))
    assert found == 0.0
    np.testing.assert_array_equal(refined, cover)


def test_an_unrelated_picture_changes_nothing() -> None:
    rng = np.random.default_rng(7)
    soft = soften(strands(rng), 3.0)
    refined, found = refine(soft, np.full((*SIZE, 3), 0.4, np.float32))
    assert found == 0.0
    np.testing.assert_array_equal(refined, soft)


def test_where_the_picture_is_flat_the_matte_stays() -> None:
    rng = np.random.default_rng(11)
    cover = strands(rng)
    soft, picture = soften(cover, 2.0), photo(cover, rng)
    # A phone's matte is noisy: nothing there says what of it is detail.
    soft = np.clip(soft + rng.normal(0, 0.03, SIZE) * ((soft > 0.02) & (soft < 0.98)), 0, 1).astype(np.float32)
    picture[:, 130:] = 0.4
    refined, found = refine(soft, picture)
    assert found > 0.0
    assert np.abs(refined - soft)[:, :120].max() > 0.2
    np.testing.assert_array_equal(refined[:, 140:], soft[:, 140:])


def test_a_matte_without_a_band_stays() -> None:
    hard = np.zeros(SIZE, np.float32)
    hard[40:90] = 1
    assert refine(hard, photo(hard, np.random.default_rng(8)))[0] is hard


def test_no_pixel_depends_on_the_number_of_threads(monkeypatch) -> None:
    rng = np.random.default_rng(9)
    cover = strands(rng)
    soft, picture = soften(cover, 2.0), photo(cover, rng)
    many, _ = refine(soft, picture)
    monkeypatch.setenv("REBOKEH_THREADS", "1")
    one, _ = refine(soft, picture)
    np.testing.assert_array_equal(one, many)


def test_strands_get_the_subjects_depth_and_the_gaps_the_walls() -> None:
    """A soft map holds mixtures among the strands; the matte says which surface each pixel is."""
    from rebokeh.bokeh.depth.upsample import settle_fringe

    cover = strands(np.random.default_rng(10))
    soft = soften(np.where(cover > 0.5, 0.5, 0.1), 4.0)
    settled = settle_fringe(soft.copy(), cover, 12)
    np.testing.assert_allclose(settled[cover >= 0.5], 0.5, atol=0.02)
    fringe = (cover < 0.5) & (soft > 0.2)
    assert fringe.sum() > 300
    np.testing.assert_allclose(settled[fringe], 0.1, atol=0.02)
