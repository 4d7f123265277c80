"""The work of one photo: the bytes are those of every other door, and what stands in its place is known by its mark."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.portrait import portrait_arrays
from support.raster import exr

import rebokeh as rk
from rebokeh.bokeh.batch.executors.memory import estimate_bytes
from rebokeh.bokeh.batch.executors.pool import Pool
from rebokeh.bokeh.batch.job import Developed, Failed, Job, Limits, Task
from rebokeh.bokeh.batch.render_one import render_one
from rebokeh.bokeh.batch.run import Batch
from rebokeh.bokeh.batch.stores.base import sha256_of
from rebokeh.bokeh.batch.stores.local import LocalStore
from rebokeh.bokeh.batch.stores.url import STATE_FOLDER
from rebokeh.bokeh.settings.options import Options
from rebokeh.bokeh.settings.preset import Preset

pytestmark = pytest.mark.kernels

SETTINGS = Preset(Options(fstop="1.4"))


def write_heic(path: Path, size: tuple[int, int] = (48, 64), turn: int = 0, depth: bool = True) -> None:
    """Write a portrait with its depth in it."""
    codes, metres, _ = portrait_arrays(*size)
    rgb = np.roll(codes, turn, axis=1).astype(np.float32) / np.float32(255.0)
    dioptres = (1.0 / metres).astype(np.float32)
    rk.save(rk.Photo(rgb=rgb, depth=dioptres if depth else None), path, overwrite=True)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    write_heic(tmp_path / "p.heic")
    return tmp_path / "p.heic"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "out"))


def task_of(photo: Path, store: LocalStore, format: str = "heic", **more) -> Task:
    job = Job(str(photo), f"{photo.stem}.{format}", photo.name, format)
    return Task(job, SETTINGS, Limits(), store.describe(), **more)


@pytest.mark.parametrize("format", ["heic", "jpeg", "png", "exr"])
def test_bytes_are_those_of_a_render_by_itself(photo, store, tmp_path, format):
    made = render_one(task_of(photo, store, format))
    assert isinstance(made, Developed)
    settings = rk.RenderSettings(rendition="hdr" if format == "exr" else "sdr")
    picture = rk.render(rk.load(photo), rk.Lens(f_number=1.4), settings)
    alone = rk.save(picture, tmp_path / f"alone.{'jpg' if format == 'jpeg' else format}")
    assert Path(made.token).read_bytes() == alone.read_bytes()
    assert made.sha256 == sha256_of(alone.read_bytes()) and made.bytes == alone.stat().st_size
    assert made.source_sha256 == sha256_of(photo.read_bytes())
    assert not (tmp_path / "out" / made.job.target).exists()  # staged is not published


def layered() -> bytes:
    """EXR whose layers have no name that says which is the picture, and whose mist is black where it is near."""
    codes, metres, _ = portrait_arrays(48, 64)
    light = codes.astype(np.float32) / 255.0
    planes = {f"{layer}.{c}": light[..., k] * gain for layer, gain in (("one", 1.0), ("two", 0.5))
              for k, c in enumerate("RGB")}  # fmt: skip
    return exr({**planes, "Mist.Z": ((metres - 1.0) / 3.0).astype(np.float32)})


def test_a_preset_chooses_among_the_layers_of_an_exr(photo, store, tmp_path):
    (tmp_path / "l.exr").write_bytes(layered())
    asked: dict[str, Any] = {"layer": "two", "depth_channel": "Mist.Z", "depth_unit": "relative", "depth_near": "black"}
    settings = Preset(Options(fstop="1.4", **asked))
    made = render_one(replace(task_of(tmp_path / "l.exr", store, "exr"), settings=settings))
    assert isinstance(made, Developed), made
    loaded = rk.load(tmp_path / "l.exr", **asked)
    assert loaded.depth is not None
    assert loaded.rgb.max() == pytest.approx(0.5 * 200 / 255) and loaded.depth[24, 32] > loaded.depth[0, 0]
    picture = rk.render(loaded, rk.Lens(f_number=1.4), rk.RenderSettings(rendition="hdr"))
    assert Path(made.token).read_bytes() == rk.save(picture, tmp_path / "alone.exr").read_bytes()
    # What is no EXR has no layers to choose among, and is what it is.
    of_other = render_one(replace(task_of(photo, store), settings=settings))
    assert isinstance(of_other, Developed), of_other
    plain = rk.save(rk.render(rk.load(photo), rk.Lens(f_number=1.4)), tmp_path / "plain.heic")
    assert np.array_equal(rk.load(of_other.token).rgb, rk.load(plain).rgb)


def test_it_says_what_it_will_take_before_it_decodes(photo, store):
    told: list[int] = []
    render_one(task_of(photo, store), told.append)
    assert told == [estimate_bytes(48 * 64)]


def test_what_stands_there_is_known_by_its_mark(photo, store):
    made = render_one(task_of(photo, store))
    assert isinstance(made, Developed)
    store.commit(made.token, made.job.target, False)
    found = render_one(task_of(photo, store, trust=True))
    assert isinstance(found, Developed)
    assert (found.token, found.sha256, found.recipe) == ("", made.sha256, made.recipe)
    for changed in (
        task_of(photo, store),
        replace(task_of(photo, store, trust=True), settings=Preset(Options(fstop="2"))),
    ):
        refused = render_one(changed)
        assert isinstance(refused, Failed) and refused.code == "OutputError" and "`overwrite`" in refused.message
        assert isinstance(render_one(replace(changed, overwrite=True)), Developed)
    write_heic(photo, turn=9)  # another photo of the same name
    assert isinstance(render_one(task_of(photo, store, trust=True)), Failed)


@pytest.mark.parametrize(
    ("content", "code", "kind"),
    [
        (None, "InputError", "failed"),
        (b"", "InputError", "failed"),
        (b"no picture", "UnknownFormatError", "skipped"),
        (b"cut", "InputError", "failed"),
        (b"flat", "NoDepthError", "skipped"),
    ],
)
def test_what_goes_wrong_is_a_result(photo, store, content, code, kind):
    whole = photo.read_bytes()
    photo.unlink()
    if content == b"flat":
        write_heic(photo, depth=False)
    elif content is not None:
        photo.write_bytes(whole[: len(whole) // 2] if content == b"cut" else content)
    failed = render_one(task_of(photo, store))
    assert isinstance(failed, Failed), content
    assert (failed.code, failed.kind) == (code, kind)
    assert "\n" not in failed.message and failed.message


def test_a_limit_of_pixels_is_a_result(photo, store):
    failed = render_one(replace(task_of(photo, store), limits=Limits(max_pixels=1000)))
    assert isinstance(failed, Failed) and failed.code == "InputError" and "megapixels" in failed.message


def test_memory_that_is_not_there_is_a_result(photo, store):
    def full(need: int) -> None:
        raise MemoryError

    failed = render_one(task_of(photo, store), full)
    assert isinstance(failed, Failed) and failed.code in ("MemoryError", "InputError")
    assert "memory" in failed.message


@pytest.mark.slow
def test_a_journal_that_is_gone_is_made_again_from_the_pictures(tmp_path):
    for i in range(5):
        write_heic(tmp_path / f"p{i}.heic", turn=i)
    out = tmp_path / "out"
    jobs = [Job(str(tmp_path / f"p{i}.heic"), f"p{i}.jpg", f"p{i}", "jpeg") for i in range(5)]

    def run() -> Counter[str]:
        pool = Pool(2)
        try:
            batch = Batch(jobs, SETTINGS, SETTINGS.digest, LocalStore(str(out)), pool)
            return Counter(outcome.status for outcome in batch.run())
        finally:
            pool.close()

    assert run() == {"done": 5}
    made = {name: (out / name).read_bytes() for name in os.listdir(out) if name != STATE_FOLDER}
    journal = out / STATE_FOLDER / "journal.jsonl"
    keys = sorted(line.split(b",")[0] for line in journal.read_bytes().splitlines())
    journal.unlink()
    assert run() == {"already": 5}
    assert {name: (out / name).read_bytes() for name in os.listdir(out) if name != STATE_FOLDER} == made
    assert sorted(line.split(b",")[0] for line in journal.read_bytes().splitlines()) == keys
    assert run() == {"already": 5}
