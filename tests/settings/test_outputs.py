"""Where the picture goes, and why not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import rebokeh as rk
from rebokeh.bokeh.app.flags import print_json
from rebokeh.bokeh.core.errors import OutputError, UsageError
from rebokeh.bokeh.io.files.atomic import check_output
from rebokeh.bokeh.io.formats import FORMATS, WRITTEN
from rebokeh.bokeh.io.registry import kind_of
from rebokeh.bokeh.settings.flags import with_flags
from rebokeh.bokeh.settings.outputs import Output, plan_output, tag


def plan(source, out=None, format=None, source_format="heic"):
    return plan_output(source, out, format, source_format=source_format, tag="f1.8")


def test_tags():
    assert [tag(n) for n in (1.8, 2.0, 0.95, 16)] == ["f1.8", "f2", "f0.95", "f16"]
    assert tag(1.8, "gaussian") == "f1.8_gaussian"
    assert tag(2.2, lens="petzval") == "petzval_f2.2"
    assert tag(2.2, "gaussian", "petzval") == "petzval_f2.2_gaussian"


def test_what_was_asked_for_stands_in_the_name():
    said = {"fstop": "f/1.8", "format": "jpeg", "strip": ("gps",), "highlights": "auto", "focus": "auto"}
    assert tag(1.8, said=said) == "f1.8"
    assert tag(1.8, said={"focus": "2.1m"}) == "f1.8_2.1m" != tag(1.8, said={"focus": "7ft"})
    assert tag(1.8, said={"grain": "match", "focus": "0.4, 0.6"}) == "f1.8_at0.4-0.6_grain-match"
    assert tag(1.8, said={"focal": "85", "blades": 6, "starburst": "2"}) == "f1.8_85mm_6blades_starburst-2"
    assert tag(1.8, said={"changes": ("pupil.squeeze=1.5",)}) == "f1.8_with-pupil.squeeze=1.5"
    assert tag(1.8, preset="looks/night.toml") == "night_f1.8"
    assert "/" not in tag(1.8, said={"depth_model": "models/depth.onnx"})


@pytest.mark.parametrize(
    ("source", "source_format", "name"),
    [
        ("a/IMG_0001.heic", "heic", "a/IMG_0001_f1.8.heic"),
        ("a/IMG_0001.HEIC", "heic", "a/IMG_0001_f1.8.heic"),
        ("a/x.jpeg", "jpeg", "a/x_f1.8.jpeg"),
        ("a/x.heic", "jpeg", "a/x_f1.8.jpg"),  # a JPEG by its content
        ("a/two.dots.png", "png", "a/two.dots_f1.8.png"),
        ("a/noending", "tiff", "a/noending_f1.8.tif"),
        ("[x].png", "png", "[x]_f1.8.png"),
        ("Fotó 写真.exr", "exr", "Fotó 写真_f1.8.exr"),
    ],
)
def test_default_name_and_format(source, source_format, name):
    assert plan(source, source_format=source_format) == Output(Path(name), source_format)


def test_a_format_changes_the_ending():
    assert plan("a/x.heic", format="jpeg").path == Path("a/x_f1.8.jpg")
    assert plan("a/x.jpeg", format="jpeg").path == Path("a/x_f1.8.jpeg")


def test_an_output_names_its_format():
    assert plan("x.heic", "y.JPG") == Output(Path("y.JPG"), "jpeg")
    assert plan("x.heic", "y", "png") == Output(Path("y"), "png")
    with pytest.raises(UsageError, match="jpeg"):
        plan("x.heic", "y.jpg", "png")
    for unnamed in ("y", "y.gif"):
        with pytest.raises(UsageError, match="`format`"):
            plan("x.heic", unnamed)


def test_a_folder_takes_the_default_name(tmp_path):
    assert plan("a/x.heic", str(tmp_path)).path == tmp_path / "x_f1.8.heic"
    assert plan("a/x.heic", f"{tmp_path}/new/").path == tmp_path / "new" / "x_f1.8.heic"  # a slash: a folder


def test_standard_streams():
    assert plan("-") == plan("x.heic", "-") == Output(None, "heic")
    assert plan("-", "y.png") == Output(Path("y.png"), "png")
    assert plan("-", format="exr") == Output(None, "exr")


def test_a_photo_in_a_format_that_is_not_written():
    with pytest.raises(UsageError, match="`format`"):
        plan("x.dng", source_format="dng")
    assert plan("x.dng", format="png", source_format="dng").path == Path("x_f1.8.png")
    with pytest.raises(UsageError, match="heic"):
        plan("x.heic", format="gif")


def test_refusals(tmp_path):
    photo, free = tmp_path / "photo.png", tmp_path / "free.png"
    photo.write_bytes(b"photo")
    before = sorted(tmp_path.iterdir())
    check_output(free, overwrite=False, inputs=[photo])
    check_output(photo, overwrite=True)
    with pytest.raises(OutputError, match="`overwrite`"):
        check_output(photo, overwrite=False)
    with pytest.raises(OutputError, match="input"):
        check_output(photo, overwrite=True, inputs=[photo])
    with pytest.raises(OutputError, match="does not exist"):
        check_output(tmp_path / "none" / "x.png", overwrite=False)
    with pytest.raises(OutputError, match="not a folder"):
        check_output(photo / "x.png", overwrite=False)
    with pytest.raises(OutputError, match="no plain file"):
        check_output(Path(os.devnull), overwrite=True)
    assert sorted(tmp_path.iterdir()) == before


def test_links_to_the_input_count_as_the_input(tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"photo")
    (tmp_path / "soft.png").symlink_to(photo)
    (tmp_path / "hard.png").hardlink_to(photo)
    (tmp_path / "dangling.png").symlink_to(tmp_path / "gone")
    for name in ("soft.png", "hard.png"):
        with pytest.raises(OutputError, match="input"):
            check_output(tmp_path / name, overwrite=True, inputs=[photo])
    with pytest.raises(OutputError, match="exists"):
        check_output(tmp_path / "dangling.png", inputs=[photo])
    assert check_output(tmp_path / "dangling.png", overwrite=True, inputs=[photo]) == tmp_path / "gone"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder here refuses everyone")
def test_a_folder_that_refuses_even_root():
    with pytest.raises(OutputError, match="cannot be written"):
        check_output(Path("/proc/self/x.png"), overwrite=False)


def test_every_ending_the_command_writes_the_library_writes(tmp_path):
    photo = rk.Photo(rgb=np.full((16, 16, 3), 0.5, np.float32))
    for name in WRITTEN:
        for suffix in FORMATS[name].suffixes:
            assert plan("x.heic", str(tmp_path / f"x{suffix}")).format == name
            assert kind_of(rk.save(photo, tmp_path / f"x{suffix}").read_bytes()) == name


def test_the_library_names_arguments_and_the_command_flags():
    assert with_flags("`depth_unit` needs `depth`") == "--depth-unit needs --depth"
    assert with_flags("give `anchors`, or say `out`") == "give --anchor x,y=2.1m, or say -o"
    assert with_flags("nothing `Here` is 'depth'") == "nothing `Here` is 'depth'"


@pytest.mark.parametrize("name", ["with`depth`.png", "`matte`/x.png", "`depth`.png", "a/`depth`", "'`lens`'", "`x`y"])
def test_a_file_s_name_is_no_argument(name):
    assert with_flags(f"{name}: give `depth`. ({name})") == f"{name}: give --depth. ({name})"


def test_names_of_files_are_printed_as_they_are(capsys):
    print_json({"output": "`depth`.png", "notes": ["`depth`"], "depth": {"source": "a, give `depth_unit`"}})
    expected = {"schema": 1, "output": "`depth`.png", "notes": ["--depth"], "depth": {"source": "a, give --depth-unit"}}
    assert json.loads(capsys.readouterr().out) == expected
