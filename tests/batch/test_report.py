"""Reports of a batch, a line for each input whatever its name; and its contact sheet."""

from __future__ import annotations

import csv
import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rebokeh.bokeh.batch import report as reports
from rebokeh.bokeh.batch.job import Outcome
from rebokeh.bokeh.batch.report import COLUMNS, Report, to_json
from rebokeh.bokeh.batch.sheet import MOST, SIDE_PX, BeforeAfter, check_sheet, save_sheet, sheet
from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.core.errors import OutputError, UsageError
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.photo.photo import Photo
from rebokeh.bokeh.tools.drawing.montage import plain_letters, text_block

ODD = os.fsdecode(b'\xff[x],"\n\xe9.jpg')
OUTCOMES = [
    Outcome(
        "in/a.jpg", "a.jpg", "done", seconds=1.23456, source_sha256="1" * 64, recipe="2" * 64, warnings=("one", "two")
    ),
    Outcome(ODD, ODD, "failed", "it, is\nnot", "InputError"),
    Outcome("in/b", "", "skipped", "no picture", "UnknownFormatError"),
]


def written(path: Path) -> None:
    with Report(str(path), "out") as book:
        for outcome in OUTCOMES:
            book.add(outcome)
    assert not book.trouble


def test_json_lines(tmp_path):
    written(tmp_path / "a.jsonl")
    text = (tmp_path / "a.jsonl").read_bytes()
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines == [to_json(outcome, "out") for outcome in OUTCOMES] and text.isascii()
    assert all(tuple(line) == COLUMNS for line in lines)
    assert lines[0] | {"output": "out/a.jpg", "seconds": 1.235, "warnings": ["one", "two"]} == lines[0]
    assert lines[1]["input"] == ODD and lines[2]["output"] == ""


def test_csv(tmp_path):
    written(tmp_path / "a.CSV")
    with open(tmp_path / "a.CSV", encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["input"] for row in rows] == [outcome.source for outcome in OUTCOMES]
    assert rows[0]["warnings"] == "one | two" and rows[1]["reason"] == "it, is\nnot"


def test_a_url_stays_one():
    assert to_json(OUTCOMES[0], "s3://b/out/")["output"] == "s3://b/out/a.jpg"


def test_a_report_is_there_line_by_line(tmp_path):
    with Report(str(tmp_path / "a.jsonl"), "out") as book:
        for count, outcome in enumerate(OUTCOMES, 1):
            book.add(outcome)
            assert len((tmp_path / "a.jsonl").read_bytes().splitlines()) == count


def test_a_report_takes_no_photos_place(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"an input")
    with pytest.raises(UsageError, match="is an input"):
        Report(str(tmp_path / "a.csv"), "out", [str(tmp_path / "a.csv"), "none"])
    for name in ("a.jpg", "a"):
        with pytest.raises(UsageError, match=r"ends in \.jsonl or \.csv"):
            Report(str(tmp_path / name), "out")
    with pytest.raises(OutputError, match="report cannot be written"):
        Report(str(tmp_path / "none" / "a.csv"), "out").__enter__()


def test_a_full_disk_ends_the_report_and_not_the_batch(tmp_path, monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(reports, "open", lambda *_, **__: Full(), raising=False)
    with Report(str(tmp_path / "a.jsonl"), "out") as book:
        book.add(OUTCOMES[0])
        book.add(OUTCOMES[1])
    assert "the report is not whole (No space left on device)" in book.trouble


P3 = named_profile("Display P3")


def picture(colour: tuple[float, float, float], size: tuple[int, int] = (64, 96)) -> bytes:
    """Return a PNG in Display P3 of one linear sRGB colour."""
    from rebokeh.bokeh.colour.profile import rgb_from_xyz

    light = rgb_from_xyz("Display P3") @ np.linalg.inv(rgb_from_xyz("sRGB")) @ np.asarray(colour)
    flat = Photo(rgb=np.broadcast_to(light.astype(np.float32), (*size, 3)), profile=P3)
    return encode(flat, "png", bit_depth=16)  # not dithered


def test_before_stands_left_of_after_in_true_colours():
    codes = sheet([BeforeAfter("a", lambda: picture((1, 0, 0)), lambda: picture((0, 0, 1), (900, 400)))], 3)
    middle = codes[-SIDE_PX // 2 - 40]
    reds = np.flatnonzero((np.abs(middle.astype(int) - [255, 0, 0]) <= 3).all(axis=1))
    blues = np.flatnonzero((np.abs(middle.astype(int) - [0, 0, 255]) <= 3).all(axis=1))
    assert len(reds) == 96 and len(blues) == 133 and reds.max() < blues.min()


def test_many_photos_are_some_from_first_to_last():
    read: list[int] = []
    small = picture((0.2, 0.2, 0.2))

    def pair(k: int) -> BeforeAfter:
        return BeforeAfter(str(k), lambda: (read.append(k), small)[1], lambda: small)

    codes = sheet([pair(k) for k in range(1000)], 1000)
    assert len(set(read)) == MOST and read[0] == 0 and read[-1] == 999 and read == sorted(read)
    assert max(codes.shape) < 65_000


def test_what_is_gone_is_said_on_the_sheet():
    codes = sheet([BeforeAfter("a", lambda: picture((1, 1, 1)), lambda: b"")], 1)
    assert (
        codes.shape
        == sheet([BeforeAfter("a", lambda: picture((1, 1, 1)), lambda: picture((1, 1, 1), (4, 3000)))], 1).shape
    )
    assert sheet([], 0).ndim == 3


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_a_sheet_takes_the_place_of_a_sheet_only(tmp_path, name):
    path = tmp_path / name
    for _ in range(2):
        save_sheet([], 1, check_sheet(str(path)))
        with Image.open(path) as image:
            image.load()
    path.write_bytes(picture((1, 1, 1)))
    with pytest.raises(OutputError, match="the file exists"):
        check_sheet(str(path))
    with pytest.raises(UsageError, match="ends in .png"):
        check_sheet(str(tmp_path / "a.gif"))


def test_names_on_the_sheet_are_legible():
    """The default font has ASCII alone: it draws boxes for all else."""
    assert plain_letters("Grüße aus Tromsø, Łódź – 写真.jpg") == "Grusse aus Tromso, Lodz - ??.jpg"
    assert np.array_equal(text_block("Grüße", 200), text_block("Grusse", 200))
