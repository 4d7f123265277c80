"""``rebokeh PHOTO PHOTO...``, a pattern, a folder, a URL: what is meant is done, or said in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support import iphone
from support.command import check_refused, rebokeh, said, shell
from support.portrait import portrait_arrays

from rebokeh.bokeh.io.metadata import render_mark

pytestmark = pytest.mark.kernels


def portrait(size: tuple[int, int] = (96, 128)) -> bytes:
    codes, metres, _ = portrait_arrays(*size)
    return iphone.heic(codes, depth=(80 / metres).astype(np.uint8))


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Path:
    """Return the current folder, with photos in it and below it."""
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("a.heic").write_bytes(portrait())
    Path("sub/b c.heic").write_bytes(portrait((128, 96)))
    Path("torn.heic").write_bytes(portrait()[:1500])
    return tmp_path


def names() -> set[str]:
    return {str(path) for path in Path().rglob("*") if path.is_file()}


def test_several_photos_are_rendered_beside_themselves_with_the_bytes_of_one(photos):
    before = names()
    result = shell("a.heic", "sub/b c.heic", "--fstop", "2", "--focus", "1m")
    assert result.returncode == 0, result.stderr
    made = {"a_f2_1m.heic", "sub/b c_f2_1m.heic"}
    assert names() - before == made  # and no journal is left
    assert result.stdout == b""
    said = result.stderr.decode().splitlines()
    assert {"rendered: a_f2_1m.heic", "rendered: sub/b c_f2_1m.heic"} <= set(said)
    assert said[-1].startswith("2 photos: 2 rendered in ")
    assert rebokeh("sub/b c.heic", "--fstop", "2", "--focus", "1m", "-o", "one.heic").exit_code == 0
    assert Path("one.heic").read_bytes() == Path("sub/b c_f2_1m.heic").read_bytes()
    # Once more, by a pattern that finds the renders too.
    stamps = {name: Path(name).stat().st_mtime_ns for name in made}
    Path("one.heic").unlink()
    again = shell("a*.heic", "sub/*.heic", "--fstop", "2", "--focus", "1m", "--json")
    assert again.returncode == 0, again.stderr
    found = {line["input"]: line for line in map(json.loads, again.stdout.splitlines())}
    assert {name: line["status"] for name, line in found.items()} == {
        "a.heic": "already", "sub/b c.heic": "already", "a_f2_1m.heic": "skipped", "sub/b c_f2_1m.heic": "skipped",
    }  # fmt: skip
    assert found["sub/b c.heic"]["output"] == "sub/b c_f2_1m.heic" and found["a.heic"]["schema"] == 1
    assert "name it alone" in found["a_f2_1m.heic"]["reason"]
    assert {name: Path(name).stat().st_mtime_ns for name in made} == stamps


def test_one_that_fails_is_said_and_the_others_are_made(photos):
    result = shell("a.heic", "torn.heic", "-o", "out")
    assert result.returncode == 1
    assert b"rebokeh: failed: torn.heic: the picture is truncated" in result.stderr
    assert b"2 photos: 1 rendered, 1 failed in " in result.stderr
    assert sorted(path.name for path in Path("out").iterdir()) == ["a_f1.8.heic"]
    assert render_mark.f_number_of_file(Path("out/a_f1.8.heic").read_bytes()) == "1.8"


def test_a_pattern_that_means_one_photo_is_that_photo(photos):
    result = rebokeh("a*.heic")
    assert result.exit_code == 0, result.output
    assert said(result.stderr).startswith("wrote a_f1.8.heic: f/1.8, focus")


def test_what_stands_there_is_not_replaced_unless_asked(photos):
    Path("a_f1.8.heic").write_bytes(b"mine")
    result = shell("a.heic", "sub/b c.heic")
    assert result.returncode == 1 and b"a_f1.8.heic: the file exists; choose another folder or give --overwrite" in (
        result.stderr
    )
    assert Path("a_f1.8.heic").read_bytes() == b"mine" and Path("sub/b c_f1.8.heic").is_file()
    assert shell("a.heic", "sub/b c.heic", "--overwrite").returncode == 0
    assert render_mark.of_file(Path("a_f1.8.heic").read_bytes()) is not None


def test_a_presets_rules_do_not_lie_in_the_name(photos):
    Path("p.toml").write_text('fstop = 4\n[[rule]]\nwhen = { megapixels = "<1" }\nfstop = 2\n')
    assert shell("a.heic", "sub/b c.heic", "--preset", "p.toml", "--format", "png").returncode == 0
    assert render_mark.f_number_of_file(Path("a_p.png").read_bytes()) == "2"
    assert shell("a.heic", "sub/b c.heic", "--preset", "p.toml", "--fstop", "8", "--format", "png").returncode == 0
    assert render_mark.f_number_of_file(Path("a_p_f8.png").read_bytes()) == "8"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["sub"], 4, "sub is a folder; rebokeh batch sub -o OUT renders all below it"),
        (["a.heic", "sub"], 4, "rebokeh batch sub -o OUT"),
        (["s3://user:secret@box/a.heic"], 4, "rebokeh batch s3://***@box/a.heic -o OUT"),
        (["https://example.org/a.heic"], 4, "is a URL, and no file's name; rebokeh batch https://example.org/a.heic"),
        (["*.png"], 4, "*.png: no file has a name like this"),
        (["a.heic", "2.1", "m"], 2, "there is no photo '2.1'; a value or a name with a blank in it needs quotes"),
        (["sub/b", "c.heic"], 2, "there is no photo 'sub/b'; a value or a name with a blank in it needs quotes"),
        (["none.heic"], 4, "none.heic"),
        (["a.heic", "-"], 2, "standard input, which is one photo"),
        (["a.heic", "torn.heic", "--depth", "d.png"], 2, "--depth speaks of one photo"),
        (["a.heic", "torn.heic", "--anchor", "0.5,0.5=2m"], 2, "--anchor x,y=2.1m speaks of one photo"),
        (["a.heic", "torn.heic", "--baseline", "14mm"], 2, "--baseline speaks of one photo"),
        (["a.heic", "torn.heic", "--save-steps", "d"], 2, "--save-steps speaks of one photo"),
        (["a.heic", "torn.heic", "--timing"], 2, "--timing speaks of one photo"),
        (["a.heic", "torn.heic", "-o", "one.heic"], 2, "one.heic is one file, and several photos are named"),
        (["a.heic", "torn.heic", "-o", "-"], 2, "- is one file"),
        (["a.heic", "torn.heic", "-o", "s3://box/out"], 2, "rebokeh batch writes to those"),
        (["a.heic", "sub/a.heic", "-o", "sub"], 2, "would both become sub/a_f1.8.heic; nothing was written"),
    ],
)
def test_what_is_no_photo_is_said_in_one_line(photos, words, code, said):
    Path("sub/a.heic").write_bytes(portrait())
    before = names()
    check_refused(rebokeh(*words), code, said)
    assert names() == before
