"""The file of edits: what is written is read, what is wrong is said in a line, and the photo is never touched."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.portrait import write_portrait

import rebokeh as rk
from rebokeh.bokeh.core.errors import InputError, OutputError, RebokehError, UsageError
from rebokeh.bokeh.io import edits_file
from rebokeh.bokeh.photo.edits import CHANNELS, Edits

SHA256 = "ab" * 32
LAMP: dict[str, Any] = {"brush": "lamp", "points": [(0.5, 0.5)], "radius": 0.1}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return write_portrait(tmp_path, "a.png").photo


def edited(path: Path, **stroke: Any) -> rk.Photo:
    photo = rk.load(path, edits="off")
    return photo.with_edits(Edits.of_size(photo.size).with_stroke(**(LAMP | stroke)))


def changed(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    told = json.loads(data)
    change(told)
    return json.dumps(told).encode()


def plane_of(size: tuple[int, int]) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=2 * size[0] * size[1], max_size=2 * size[0] * size[1])


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(list(CHANNELS)), plane_of((3, 5))), st.text(max_size=12))
def test_what_is_written_is_read(planes, name):
    codes = {one: np.frombuffer(data, np.uint16).reshape(3, 5) for one, data in planes.items()}
    edits = Edits((3, 5), codes)
    data = edits_file.to_bytes(edits, name, (300, 500), SHA256)
    read = edits_file.read_edits(data)
    assert read.edits.digest == edits.digest and (read.size, read.sha256) == ((300, 500), SHA256)
    assert all(np.array_equal(read.edits.planes[one], codes[one]) for one in codes)


def test_the_file_tells_people_what_it_is(photo):
    place = rk.save_edits(edited(photo))
    assert place is not None
    told = json.loads(place.read_bytes())
    assert (told["format"], told["version"]) == ("rebokeh edits", 1)
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    assert told["photo"] == {"name": "a.png", "width": 64, "height": 48, "sha256": digest}
    assert [(c["name"], c["unit"]) for c in told["raster"]["channels"]] == [("lamp", "share")]
    image = Image.open(io.BytesIO(base64.b64decode(told["raster"]["png"])))
    assert image.size == (64, 48)


def test_load_takes_what_lies_beside_and_save_leaves_the_photo_alone(photo):
    before, saved = photo.read_bytes(), edited(photo)
    place = rk.save_edits(saved)
    assert place == photo.with_name("a.rebokeh.json") and photo.read_bytes() == before
    read = rk.load(photo)
    assert read.edits is not None and saved.edits is not None and read.edits.digest == saved.edits.digest
    assert any("a.rebokeh.json" in note for note in read.meta.notes) and not read.meta.warnings
    assert rk.load(photo, edits="off").edits is None
    assert rk.load(photo.read_bytes()).edits is None
    named = rk.load(photo.read_bytes(), edits=place)
    assert named.edits is not None and not named.meta.warnings
    assert place is not None and rk.save_edits(read.with_edits(None)) is None and not place.exists()
    assert rk.load(photo).edits is None


def test_photos_of_one_name_have_edits_of_their_own(photo):
    other = write_portrait(photo.parent, "a.jpg").photo
    assert rk.save_edits(edited(photo)) == photo.with_name("a.rebokeh.json")
    assert rk.load(other).edits is None
    mine = edited(other, brush="no-lamp")
    assert rk.save_edits(mine) == photo.with_name("a.jpg.rebokeh.json")
    read, first = rk.load(other), rk.load(photo)
    assert read.edits is not None and mine.edits is not None and read.edits.digest == mine.edits.digest
    assert first.edits is not None and first.edits.digest != read.edits.digest


def test_edits_of_another_photo_are_told_and_not_taken_unless_named(photo):
    place = rk.save_edits(edited(photo))
    assert place is not None
    codes = np.asarray(Image.open(photo)).copy()
    codes[0, 0] = 0
    Image.fromarray(codes).save(photo)
    found = rk.load(photo)
    assert found.edits is None and len(found.meta.warnings) == 1 and "`edits` names it" in found.meta.warnings[0]
    named = rk.load(photo, edits=place)
    assert named.edits is not None and "not this photo" in named.meta.warnings[0]
    Image.fromarray(codes[:, :20]).save(photo)
    assert rk.load(photo).edits is None
    with pytest.raises(InputError, match="another shape"):
        rk.load(photo, edits=place)


def png(size: tuple[int, int], dtype: type = np.uint16) -> str:
    file = io.BytesIO()
    Image.fromarray(np.zeros(size, dtype)).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def wrong_png(**more: Any) -> Callable[[dict[str, Any]], object]:
    return lambda told: told["raster"].update(more)


WRONG: dict[str, bytes | Callable[[dict[str, Any]], object]] = {
    "empty": b"",
    "no JSON": b"\x89PNG",
    "no UTF-8": b'{"format": "\xff"}',
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "of others": b'{"format": "others"}',
    "newer": lambda told: told.update(version=2),
    "no version": lambda told: told.update(version=None),
    "no photo": lambda told: told.pop("photo"),
    "no digest": lambda told: told["photo"].update(sha256="x"),
    "size NaN": wrong_png(width=float("nan")),
    "size of words": wrong_png(width="64"),
    "size of millions": wrong_png(width=10**9, height=10**9),
    "size of none": wrong_png(height=0),
    "size true": wrong_png(height=True),
    "huge PNG": wrong_png(png=png((4000, 4000))),
    "small PNG": wrong_png(png=png((4, 4))),
    "8-bit PNG": wrong_png(png=png((48, 64), np.uint8)),
    "broken PNG": wrong_png(png="AAAA"),
    "no base64": wrong_png(png="%"),
    "cut PNG": wrong_png(png=base64.b64encode(base64.b64decode(png((48, 64)))[:60]).decode()),
    "channel of others": lambda told: told["raster"]["channels"][0].update(name="colour"),
    "channel twice": lambda told: told["raster"]["channels"].append(told["raster"]["channels"][0]),
    "coded otherwise": lambda told: told["raster"]["channels"][0].update(scale=float("nan")),
    "no channels": lambda told: told["raster"].pop("channels"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_in_a_line_and_the_photo_is_read_all_the_same(what, photo):
    place = rk.save_edits(edited(photo))
    assert place is not None
    wrong = WRONG[what]
    place.write_bytes(wrong if isinstance(wrong, bytes) else changed(place.read_bytes(), wrong))
    with pytest.raises(InputError) as told:
        rk.load(photo, edits=place)
    assert "\n" not in str(told.value) and "a.rebokeh.json" in str(told.value)
    found = rk.load(photo)
    assert found.edits is None and len(found.meta.warnings) == 1 and "without edits" in found.meta.warnings[0]


def test_a_file_that_is_missing_is_an_error_and_a_huge_one_is_not_read(photo, monkeypatch):
    with pytest.raises(InputError, match="no such file"):
        rk.load(photo, edits="nowhere.json")
    place = rk.save_edits(edited(photo))
    assert place is not None
    monkeypatch.setattr(edits_file, "_MOST_BYTES", 10)
    with pytest.raises(InputError, match="no edits of a photo"):
        edits_file.read_edits(place)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=4))
def test_bytes_that_change_are_read_or_refused(where, new):
    data = bytearray(edits_file.to_bytes(Edits.of_size((30, 40)).with_stroke(**LAMP), "a.png", (300, 400), SHA256))
    where %= len(data)
    data[where : where + len(new)] = new
    try:
        edits_file.read_edits(bytes(data))
    except RebokehError as error:
        assert "\n" not in str(error)


def test_a_photo_from_no_file_has_no_place_for_edits(photo):
    arrays = rk.Photo(rgb=np.zeros((48, 64, 3), np.float32))
    with pytest.raises(UsageError, match="from no file"):
        rk.save_edits(arrays.with_edits(edited(photo).edits))


def test_a_folder_that_cannot_be_written_keeps_what_it_has(photo, monkeypatch):
    place = rk.save_edits(edited(photo))
    assert place is not None
    before = place.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="space"):
        rk.save_edits(edited(photo, brush="no-lamp"))
    assert place.read_bytes() == before and sorted(os.listdir(photo.parent)) == [
        "a.png", "a.rebokeh.json", "depth.npy", "matte.png",
    ]  # fmt: skip


def test_what_nobody_knows_is_not_written_over(photo):
    strange = photo.with_name("a.rebokeh.json")
    strange.write_text("of somebody")
    assert rk.save_edits(edited(photo)) == photo.with_name("a.png.rebokeh.json")
    assert strange.read_text() == "of somebody"
    found = rk.load(photo)
    assert found.edits is not None and not found.meta.warnings
