"""One photo, one recipe: the same bytes from every door, and a mark that says what they are made from."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import iphone
from support.portrait import portrait_arrays

import rebokeh as rk
from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.develop import develop
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.io.formats import WRITTEN
from rebokeh.bokeh.io.metadata import apple, render_mark
from rebokeh.bokeh.load import load
from rebokeh.bokeh.optics.aperture import Aperture
from rebokeh.bokeh.photo.load_options import LoadOptions
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.settings.recipe import Recipe

pytestmark = pytest.mark.kernels

CODES, METRES, MATTE = portrait_arrays(96, 128)


def portrait(words: bytes | None = None) -> bytes:
    """Return a HEIC with depth, and XMP of its own if there are words."""
    return iphone.heic(CODES, depth=(80 / METRES).astype(np.uint8), picture_xmp=words)


def made(data: bytes, **recipe) -> bytes:
    return develop(data, lambda _: Recipe(**recipe)).data


@pytest.mark.parametrize("words", [None, iphone.xmp(tiff_Make="Apple"), iphone.xmp(tiff_Make="x" * 70_000)])
@pytest.mark.parametrize("kind", WRITTEN)
def test_every_format_says_what_it_is_made_from(kind, words):
    data = portrait(words)
    recipe = Recipe(rk.Lens(2.0, focus_m=1.0), format=kind)
    picture = develop(data, lambda _: recipe)
    wanted = hashlib.sha256(data).hexdigest(), recipe.settled("heic").digest
    assert render_mark.of_file(picture.data) == wanted == picture.digests
    again = load(picture.data).meta.rendered
    assert again is not None and (again.source, again.recipe) == wanted


@pytest.mark.slow
def test_an_ultra_hdr_jpeg_says_so_too():
    gain = GainMap(np.ones((48, 64), np.float32), 4.0)
    for words in (None, iphone.xmp(tiff_Make="x" * 65_000)):
        picture = replace(rk.render(load(portrait(words))), gain_map=gain)
        data = encode(picture, "jpeg", hdr="gain-map")
        assert b"hdrgm" in data and render_mark.of_file(data) is not None


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_api_writes_the_same_bytes(kind, tmp_path):
    source = tmp_path / "a.heic"
    source.write_bytes(portrait())
    lens = rk.Lens(f_number=2, aperture=Aperture(blades=6))
    settings = rk.RenderSettings(rendition="hdr" if kind == "exr" else "sdr")
    path = rk.save(rk.render(rk.load(source), lens, settings), tmp_path / f"b.{kind}")
    assert path.read_bytes() == made(source.read_bytes(), lens=replace(lens, f_number=2.0), format=kind)


def test_what_is_written_is_what_is_returned():
    kept: list[bytes] = []
    picture = develop(portrait(), lambda _: Recipe(), write=kept.append)
    assert kept == [picture.data] and picture.recipe.format == "heic"


def test_a_digest_tells_recipes_apart_and_nothing_else():
    plain = Recipe(format="jpeg")
    others = [
        Recipe(rk.Lens(2.0), format="jpeg"),
        Recipe(rk.Lens(aperture=Aperture(blades=5)), format="jpeg"),
        Recipe(settings=rk.RenderSettings(quality="best"), format="jpeg"),
        Recipe(load_options=LoadOptions(depth_model="depth-pro"), format="jpeg"),
        Recipe(load_options=LoadOptions(matte_model="selfie"), format="jpeg"),
        Recipe(format="png"),
        Recipe(format="jpeg", hdr="off"),
        Recipe(format="jpeg", save_quality=80),
        Recipe(format="jpeg", strip=("gps",)),
    ]
    assert len({one.digest for one in [plain, *others]}) == 1 + len(others)
    assert Recipe(rk.Lens(2), format="jpeg", strip=("gps", "gps")).digest == (
        Recipe(rk.Lens(2.0), format="jpeg", strip=("gps",), save_quality=95, lens_source="mine").digest
    )


def test_the_version_is_part_of_it(monkeypatch):
    before = Recipe(format="png").digest
    monkeypatch.setattr(render_mark, "version", lambda: "9.9")
    assert Recipe(format="png").digest != before


@pytest.mark.parametrize(
    "wrong",
    [{"format": "gif"}, {"format": "png", "hdr": "pq"}, {"save_quality": 0}, {"save_quality": 101}, {"hdr": "loud"}],
)
def test_a_recipe_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(UsageError):
        Recipe(**wrong).settled("jpeg")


def test_a_format_that_is_not_written_is_said():
    with pytest.raises(UsageError, match="`format`"):
        Recipe().settled("dng")


def test_what_was_written_again_is_no_longer_made_by_its_recipe():
    once = made(portrait(), format="png")
    assert render_mark.of_file(once) is not None
    assert render_mark.of_file(encode(load(once), "png")) is None and load(once).meta.rendered is not None
    twice = rk.render(replace(rk.render(load(portrait()), rk.Lens(4.0))), rk.Lens(2.0))
    assert render_mark.of_file(encode(twice, "png")) is None


def test_a_picture_made_of_arrays_names_no_source():
    photo = rk.Photo(rgb=np.full((32, 32, 3), 0.3, np.float32), depth=np.full((32, 32), 0.5, np.float32))
    assert render_mark.of_file(encode(rk.render(photo), "png")) is None


def test_marks_that_contradict_each_other_are_none():
    one, other = (made(portrait(), format="png", lens=rk.Lens(n)) for n in (2.0, 4.0))
    assert render_mark.of_file(one + one) == render_mark.of_file(one) != render_mark.of_file(other)
    assert render_mark.of_file(one + other) is None and render_mark.of_file(b"") is None


def test_a_map_beside_the_photo_is_part_of_the_recipe(tmp_path):
    data = portrait()
    seen = set()
    for metres in (METRES, METRES + 1):
        np.save(tmp_path / "a.npy", metres)
        own = LoadOptions(depth=tmp_path / "a.npy", depth_unit="m")
        seen.add(develop(data, lambda _: Recipe(format="png"), load_options=own).digests)
    assert len({source for source, _ in seen}) == 1 and len({recipe for _, recipe in seen}) == 2


def test_a_photo_is_shown_before_its_recipe_is_chosen():
    sizes: list[tuple[int, int]] = []

    def choose(photo: rk.Photo) -> Recipe:
        sizes.append(photo.size)
        raise UsageError("not this one")

    with pytest.raises(UsageError, match="not this one"):
        develop(portrait(), choose)
    assert sizes == [CODES.shape[:2]]


@pytest.mark.parametrize("kind", WRITTEN)
def test_too_many_pixels_are_refused_by_the_header(kind):
    data = encode(rk.Photo(rgb=np.full((40, 50, 3), 0.3, np.float32)), kind)
    assert load(data, max_pixels=2000).size == (40, 50)
    with pytest.raises(InputError, match="megapixels"):
        load(data, max_pixels=1999)
    assert load(data).size == (40, 50)
    with pytest.raises(UsageError):
        load(data, max_pixels=0)


THREADS = """
import hashlib, sys
from pathlib import Path
from rebokeh.bokeh.develop import develop
from rebokeh.bokeh.settings.recipe import Recipe
from rebokeh import Lens, RenderSettings
for quality in ("fast", "best"):
    recipe = Recipe(Lens(1.4), RenderSettings(quality=quality), format="png")
    print(hashlib.sha256(develop(Path(sys.argv[1]), lambda _: recipe).data).hexdigest())
"""


@pytest.mark.slow
def test_the_number_of_threads_changes_no_byte(tmp_path):
    codes, metres, matte = portrait_arrays(480, 640)
    codes[::40, ::40] = 255
    source = tmp_path / "a.heic"
    depth = (80 / metres).astype(np.uint8)
    source.write_bytes(iphone.heic(codes, depth=depth, auxiliaries={apple.MATTE_URN: (matte, None)}))

    def run(threads: int) -> str:
        own = {"NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, "-c", THREADS, str(source)]
        done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, check=True)
        return done.stdout

    first = run(1)
    assert len(set(first.split())) == 2 and Path(source).exists()
    assert run(2) == first
