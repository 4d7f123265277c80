"""Plans of a batch: which photo becomes which file, and never one outside the output folder."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rebokeh.bokeh.batch.plan import Plan, plan, target_of
from rebokeh.bokeh.batch.stores.url import STATE_FOLDER
from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.io.files.atomic import part_of
from rebokeh.bokeh.io.formats import FORMATS, WRITTEN

JPEG, PNG = b"\xff\xd8\xff\xe0 and so on", b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """Return a folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(*names: str | Path, data: bytes = JPEG) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)


def targets(made: Plan) -> dict[str, str]:
    return {job.source: job.target for job in made.jobs}


def reasons(made: Plan) -> dict[str, tuple[str, str]]:
    return {one.source: (one.status, one.reason.rpartition(": ")[2]) for one in made.known}


def test_a_folder_is_mirrored(here):
    put("in/a.jpg", "in/b/c.JPG", "in/b/d/e.jpeg", "in/b/[x].jpg")
    wanted = {f"in/{name}": name for name in ("a.jpg", "b/[x].jpg", "b/c.JPG", "b/d/e.jpeg")}
    assert targets(plan(["in"], "out")) == wanted
    assert targets(plan(["in/"], "out")).keys() == wanted.keys()
    assert targets(plan(["in/b/../b"], "out"))["in/b/../b/d/e.jpeg"] == "d/e.jpeg"
    assert not Path("out").exists()


def test_a_file_keeps_its_name_and_takes_its_formats_ending(here):
    put("a/b.jpg", "c.dat", "IMG.edited", "d.png.jpg", "e.HEIC")
    put("f.jpg", data=PNG)
    words = ["a/b.jpg", "c.dat", "IMG.edited", "d.png.jpg", "e.HEIC", "f.jpg"]
    assert list(targets(plan(words, "out")).values()) == [
        "b.jpg", "c.dat.jpg", "IMG.edited.jpg", "d.png.jpg", "e.jpg", "f.png",
    ]  # fmt: skip
    assert {job.format for job in plan(words, "out").jobs} == {"jpeg", "png"}
    as_tiff = plan(words, "out", "tiff").jobs
    assert [job.target for job in as_tiff][:2] == ["b.tif", "c.dat.tif"] and {job.format for job in as_tiff} == {"tiff"}


def test_a_pattern_is_one_where_no_file_is_called_so(here):
    put("a/x.jpg", "a/[x].jpg", "b/y.jpg", "[x]/z.jpg")
    assert targets(plan(["a/[x].jpg"], "out")) == {"a/[x].jpg": "[x].jpg"}
    assert targets(plan(["?/[xy].jpg"], "out")) == {"a/x.jpg": "x.jpg", "b/y.jpg": "y.jpg"}
    assert targets(plan(["[x]"], "out")) == {"[x]/z.jpg": "z.jpg"}
    assert targets(plan(["[ab]"], "out")) == {"a/x.jpg": "x.jpg", "a/[x].jpg": "[x].jpg", "b/y.jpg": "y.jpg"}
    assert reasons(plan(["*.gif"], "out")) == {"*.gif": ("failed", "no file has a name like this")}


def test_a_list_may_hold_any_bytes(here, monkeypatch):
    odd = os.fsdecode(b"\xff\xe9.jpg")
    put("a.jpg", odd, "in/[x].jpg", "@b.jpg", "@list")
    Path("list.txt").write_bytes(b"a.jpg\r\n\n" + os.fsencode(odd) + b"\nin\nnone.jpg\n@b.jpg")
    made = plan(["@list.txt"], "out")
    assert targets(made) == {"a.jpg": "a.jpg", odd: odd, "in/[x].jpg": "[x].jpg", "@b.jpg": "@b.jpg"}
    assert list(reasons(made)) == ["none.jpg"] and made.known[0].status == "failed"
    assert targets(plan(["@list"], "out")) == {"@list": "@list.jpg"}
    put("#1.jpg")
    Path("noted.txt").write_bytes(b"# my best\n  # and more\na.jpg\n#1.jpg\n")
    assert list(targets(plan(["@noted.txt"], "out"))) == ["a.jpg", "#1.jpg"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"# piped\na.jpg\n")))
    assert list(targets(plan(["@-"], "out"))) == ["a.jpg"]
    Path("null.txt").write_bytes(b"a.jpg\0new\nline.jpg\0")
    put("new\nline.jpg")
    assert list(targets(plan(["@null.txt"], "out"))) == ["a.jpg", "new\nline.jpg"]
    with pytest.raises(InputError, match="the list cannot be read"):
        plan(["@none.txt"], "out")


def test_no_link_leads_astray(here):
    put("in/a.jpg", "elsewhere/b.jpg")
    os.symlink(here / "in", "in/loop")
    os.symlink(here / "elsewhere", "in/away")
    os.symlink(here / "elsewhere/b.jpg", "in/link.jpg")
    os.symlink("nowhere", "in/broken")
    os.symlink("self", "in/self")
    made = plan(["in"], "out")
    assert targets(made) == {"in/a.jpg": "a.jpg", "in/link.jpg": "link.jpg"}
    assert {Path(name).name: status for name, (status, _) in reasons(made).items()} == dict.fromkeys(
        ["loop", "away", "broken", "self"], "skipped"
    )
    assert targets(plan(["in/away"], "out")) == {"in/away/b.jpg": "b.jpg"}


def test_what_is_no_picture_is_said(here):
    put("in/a.jpg")
    put("in/b.txt", data=b"words")
    put("in/c.jpg", data=b"")
    os.mkfifo("in/d")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("in/e")
        made = plan(["in", "none"], "out")
    assert targets(made) == {"in/a.jpg": "a.jpg"}
    found = reasons(made)
    assert {name: status for name, (status, _) in found.items()} == {
        "in/b.txt": "skipped", "in/c.jpg": "skipped", "in/d": "skipped", "in/e": "skipped", "none": "failed",
    }  # fmt: skip
    assert "no plain file" in found["in/d"][1] and "an empty file" in found["in/c.jpg"][1]


def test_a_raw_photo_needs_a_format(here):
    from support import raw

    data = raw.dng(np.full((16, 16), 500, np.uint16))
    put("a.dng", data=data)
    put("late.dng", data=data[:4] + (20_000).to_bytes(4, "little") + bytes(20_000 - 8) + directory_of(data))
    made = plan(["a.dng", "late.dng"], "out")
    assert not made.jobs and all("choose one with `format`" in one.reason for one in made.known)
    assert [job.target for job in plan(["a.dng", "late.dng"], "out", "jpeg").jobs] == ["a.jpg", "late.jpg"]


def directory_of(data: bytes) -> bytes:
    return data[int.from_bytes(data[4:8], "little") :]


def test_two_photos_never_become_one(here):
    put("in/a.jpg", "other/a.jpg")
    put("in/a.png", data=PNG)
    assert len(plan(["in"], "out").jobs) == 2
    with pytest.raises(UsageError, match=r"in/a\.jpg and in/a\.png would both become a\.heic; nothing was written"):
        plan(["in"], "out", "heic")
    with pytest.raises(UsageError, match="would both become a.jpg"):
        plan(["in", "other"], "out")
    put(*(f"{folder}/{k}.jpg" for folder in ("in", "other") for k in range(9)))
    with pytest.raises(UsageError, match=r"and 7 more; nothing was written"):
        plan(["in", "other"], "out")


def test_one_photo_named_twice_is_one(here):
    put("in/a.jpg", "none.txt")
    words = ["in", "in/a.jpg", "./in/a.jpg", "in", str(here / "in/a.jpg"), "no", "no"]
    made = plan(words, "out")
    assert list(targets(made).values()) == ["a.jpg"] and len(made.known) == 1


def test_a_picture_never_takes_the_place_of_a_folder(here):
    put("in/a.png/b.jpg")
    put("in/a.jpg", data=PNG)
    with pytest.raises(UsageError, match=r"in/a\.jpg would become a\.png, where in/a\.png/b\.jpg needs a folder"):
        plan(["in"], "out")


def test_inputs_are_never_written(here):
    put("in/a.jpg", "in/b/c.jpg")
    with pytest.raises(UsageError, match="is an input"):
        plan(["in"], "in")
    with pytest.raises(UsageError, match="is an input"):
        plan(["in/a.jpg"], "in")
    Path("out").mkdir()
    os.link("in/b/c.jpg", "out/a.jpg")
    with pytest.raises(UsageError, match=r"out/a\.jpg is an input"):
        plan(["in"], "out")


def test_the_output_below_the_input_is_left_out(here):
    put("in/a.jpg", "in/out/a.jpg", f"in/{STATE_FOLDER}/x.jpg", part_of(Path("in")))
    assert targets(plan(["in"], "in/out")) == {"in/a.jpg": "a.jpg"}


def test_there_must_be_something_and_somewhere(here):
    with pytest.raises(UsageError, match="no photos are named"):
        plan([], "out")
    put("file", "a.jpg")
    with pytest.raises(UsageError, match="no folder"):
        plan(["a.jpg"], "file")


def test_a_folder_that_cannot_be_read_is_said(here, monkeypatch):
    put("in/a.jpg", "in/shut/b.jpg")
    scan = os.scandir

    def refused(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    made = plan(["in"], "out")
    assert targets(made) == {"in/a.jpg": "a.jpg"} and reasons(made)["in/shut"][0] == "failed"


NAMES = st.binary(min_size=1, max_size=24).filter(lambda name: b"/" not in name and b"\0" not in name)
PATHS = st.lists(NAMES.filter(lambda name: name not in (b".", b"..")), min_size=1, max_size=4)


@given(PATHS, st.sampled_from(sorted(WRITTEN)))
def test_a_target_lies_below_whatever_its_name(path, format):
    below = "/".join(os.fsdecode(part) for part in path)
    target = target_of(below, format)
    parts = PurePosixPath(target).parts
    assert not target.startswith("/") and ".." not in parts and len(parts) == len(path)
    assert (
        parts[:-1] == PurePosixPath(below).parts[:-1]
        and PurePosixPath(target).suffix.lower() in FORMATS[format].suffixes
    )


@given(st.lists(PATHS, min_size=1, max_size=6))
def test_whatever_lies_in_a_folder_is_found_once_and_stays_below(tmp_path_factory, paths):
    folder = tmp_path_factory.mktemp("names")
    for path in paths:
        name = folder / "in" / os.fsdecode(b"/".join(path))
        try:
            put(name)
        except OSError:  # a name that is a file's and a folder's
            continue
    files = {os.path.join(at, name) for at, _, names in os.walk(folder / "in") for name in names}
    files = {file for file in files if os.sep + "." not in file.removeprefix(str(folder))}  # hidden ones are set aside
    try:
        made = plan([str(folder / "in")], str(folder / "out"))
    except UsageError as error:
        assert "would both become" in str(error) or "needs a folder" in str(error)
        return
    assert {os.path.normpath(job.source) for job in made.jobs} == files
    out = os.path.realpath(folder / "out")
    for job in made.jobs:
        assert os.path.normpath(os.path.join(out, job.target)).startswith(out + os.sep)
        assert job.name.isprintable()


@pytest.mark.parametrize("kind", sorted(WRITTEN))
def test_the_first_bytes_tell_what_is_written(here, kind):
    from rebokeh.bokeh.io.encode import encode
    from rebokeh.bokeh.photo.photo import Photo

    put("a", data=encode(Photo(rgb=np.full((64, 64, 3), 0.3, np.float32)), kind))
    assert [job.format for job in plan(["a"], "out").jobs] == [kind]


def test_an_animation_is_no_picture_of_ours(here):
    Image.new("RGB", (4, 4)).save("a.gif")
    assert reasons(plan(["a.gif"], "out"))["a.gif"][0] == "skipped"


def test_what_shares_a_name_is_numbered_if_that_is_asked_for(here):
    put("a/x.jpg", "b/x.jpg", "c/x_2.jpg")
    words = ["a/x.jpg", "b/x.jpg", "c/x_2.jpg"]
    with pytest.raises(UsageError, match="`on_collision` suffix"):
        plan(words, "out")
    wanted = {"a/x.jpg": "x.jpg", "b/x.jpg": "x_3.jpg", "c/x_2.jpg": "x_2.jpg"}
    assert targets(plan(words, "out", on_collision="suffix")) == wanted
    # Whatever order they are named in.
    assert targets(plan(words[::-1], "out", on_collision="suffix")) == wanted


def test_hidden_files_and_edited_copies_are_set_aside(here):
    put(
        "in/IMG_0001.HEIC",
        "in/IMG_E0001.JPG",
        "in/IMG_E0002.JPG",
        "in/._IMG_0001.HEIC",
        "in/.secret.jpg",
        "in/.t/x.jpg",
    )
    made = plan(["in"], "out")
    assert set(targets(made)) == {"in/IMG_0001.HEIC", "in/IMG_E0002.JPG"}
    said = {one.source: (one.status, one.reason) for one in made.known}
    assert said.keys() == {"in/IMG_E0001.JPG", "in/._IMG_0001.HEIC", "in/.secret.jpg"}
    assert {status for status, _ in said.values()} == {"skipped"}
    assert "edited copy of IMG_0001.HEIC" in said["in/IMG_E0001.JPG"][1] and "Mac" in said["in/._IMG_0001.HEIC"][1]
    # What is named is meant.
    assert set(targets(plan(["in/IMG_E0001.JPG", "in/.secret.jpg"], "out"))) == {"in/IMG_E0001.JPG", "in/.secret.jpg"}
