"""``rebokeh batch``: what it prints, writes and returns; and the same bytes as from the single command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import iphone
from support.command import REBOKEH, check_refused, rebokeh, shell
from support.portrait import portrait_arrays

from rebokeh.bokeh.batch import batch
from rebokeh.bokeh.batch.job import Limits
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.io.files.atomic import is_part
from rebokeh.bokeh.io.metadata import render_mark
from rebokeh.bokeh.settings.options import Options
from rebokeh.bokeh.settings.preset import Preset, read_preset

pytestmark = pytest.mark.kernels


def portrait(size: tuple[int, int] = (96, 128), **more) -> bytes:
    codes, metres, _ = portrait_arrays(*size)
    return iphone.heic(codes, depth=(80 / metres).astype(np.uint8), **more)


@pytest.fixture
def library(tmp_path, monkeypatch) -> Path:
    """Return the current folder, with one of every kind of input below `in`."""
    monkeypatch.chdir(tmp_path)
    Path("in/sub").mkdir(parents=True)
    Path("in/a.heic").write_bytes(portrait())
    Path("in/sub/[x].HEIC").write_bytes(portrait((128, 96)))
    Path("in/torn.heic").write_bytes(portrait()[:1500])
    Path("in/words.txt").write_text("words")
    Image.fromarray(portrait_arrays()[0]).save("in/flat.jpg")
    return tmp_path


def lines(text: str) -> dict[str, dict]:
    found = [json.loads(line) for line in text.splitlines()]
    assert {line.pop("schema", 1) for line in found} <= {1}  # printed lines say it, those of a report do not
    assert len({line["input"] for line in found}) == len(found)
    return {line["input"]: line for line in found}


STATUSES = {
    "in/a.heic": "done", "in/sub/[x].HEIC": "done", "in/torn.heic": "failed", "in/words.txt": "skipped",
    "in/flat.jpg": "skipped",
}  # fmt: skip


def test_every_input_has_its_line_and_the_bytes_are_those_of_the_single_command(library):
    words = ("batch", "in", "-o", "out", "--fstop", "2", "--blades", "6", "--workers", "2")
    result = shell(*words, "--report", "r.jsonl", "--sheet", "s.jpg", "--json")
    assert result.returncode == 1, result.stderr
    found = lines(result.stdout.decode())
    assert {name: line["status"] for name, line in found.items()} == STATUSES
    assert lines(Path("r.jsonl").read_text()) == found
    assert found["in/torn.heic"]["code"] == "InputError" and found["in/flat.jpg"]["code"] == "NoDepthError"
    err = result.stderr.decode()
    assert "failed: in/torn.heic: the picture is truncated" in err and "flat.jpg" not in err
    assert "out: 2 rendered, 2 skipped, 1 failed in " in err and err.count("\n") == 2
    with Image.open("s.jpg") as image:
        assert image.size[0] > 1000
    for source, target in (("in/a.heic", "out/a.heic"), ("in/sub/[x].HEIC", "out/sub/[x].HEIC")):
        assert rebokeh(source, "--fstop", "2", "--blades", "6", "-o", "one.heic", "--overwrite").exit_code == 0
        data = Path(target).read_bytes()
        assert Path("one.heic").read_bytes() == data
        assert render_mark.of_file(data) == (found[source]["source_sha256"], found[source]["recipe"])
    again = shell(*words, "-v")
    assert again.returncode == 1 and b"done before: sub/[x].HEIC" in again.stdout + again.stderr
    assert b"skipped: in/flat.jpg holds no depth" in again.stderr and b"out: 2 done before" in again.stderr


def test_a_dry_run_writes_nothing(library):
    result = rebokeh("batch", "in", "-o", "out", "--dry-run", "--format", "jpeg", "--report", "r.csv")
    assert result.exit_code == 0 and not Path("out").exists() and not Path("r.csv").exists()
    assert "in/sub/[x].HEIC -> out/sub/[x].jpg\n" in result.stdout
    assert "skipped: in/words.txt: not a picture" in result.stdout
    found = lines(rebokeh("batch", "in", "none", "-o", "out", "--dry-run", "--json").stdout)
    assert found["in/a.heic"] == {"input": "in/a.heic", "output": "out/a.heic", "status": "planned", "format": "heic"}
    assert found["none"]["status"] == "failed" and len(found) == 6


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["in", "in/sub", "-o", "in"], "is an input"),
        (["in", "-o", "out", "--fstop", "wide"], "f-number 'wide'"),
        (["in", "-o", "out", "--max-pixels", "many"], "--max-pixels 'many' is not understood"),
        (["in", "-o", "out", "--timeout", "-1s"], "--timeout"),
        (["in", "-o", "out", "--memory", "4"], "like 4GB"),
        (["in", "-o", "out", "--report", "r.txt"], "a report ends in"),
        (["in", "-o", "out", "--sheet", "in/flat.jpg"], "the file exists"),
        (["in", "-o", "out", "--depth-unit", "m"], "--depth-model"),
        (["in", "-o", "out", "--with", "a=1"], "--lens"),
        (["in", "-o", "out", "-q", "-v"], "contradict"),
        (["in", "-o", "in/a.heic"], "is no folder"),
        (["in"], "-o"),
    ],
)
def test_bad_usage_is_said_before_anything_is_written(library, words, said):
    check_refused(rebokeh("batch", *words), 2, said)
    assert not Path("out").exists() and len(list(Path("in").iterdir())) == 5


def test_collisions_are_found_before_anything_is_written(library):
    Path("in/a.jpg").write_bytes(Path("in/flat.jpg").read_bytes())
    check_refused(rebokeh("batch", "in", "-o", "out", "--format", "png"), 2, "both become a.png; nothing was written")


def test_a_preset_serves_one_photo_as_it_serves_many(library):
    Path("p.toml").write_text(
        'fstop = 4\nformat = "png"\n'
        '[[rule]]\nwhen = { megapixels = "<1", people = false }\nfstop = 2\nstyle = "gaussian"\n'
    )
    one = rebokeh("in/a.heic", "--preset", "p.toml", "-o", "one.png", "--json")
    assert one.exit_code == 0, one.output
    facts = json.loads(one.stdout)
    assert facts["settings"]["style"] == "gaussian" and facts["f_number"] == 2.0
    [outcome] = batch(["in/a.heic"], "out", read_preset("p.toml"), workers=1)
    assert (outcome.status, outcome.output) == ("done", "a.png")
    assert Path("out/a.png").read_bytes() == Path("one.png").read_bytes()
    assert facts["source_sha256"] == outcome.source_sha256 and facts["recipe"] == outcome.recipe
    flagged = rebokeh("in/a.heic", "--preset", "p.toml", "--style", "lens", "--fstop", "8", "-o", "two.png", "--json")
    assert json.loads(flagged.stdout)["settings"]["style"] == "lens" and json.loads(flagged.stdout)["f_number"] == 8.0
    check_refused(rebokeh("p.toml", "--preset", "in/words.txt"), 4, "not TOML")


def test_a_preset_is_never_written(library):
    Path("in/a.toml").write_text("fstop = 4\n")
    words = ("in/a.heic", "--preset", "in/a.toml", "-o", "in/a.toml", "--format", "heic", "--overwrite")
    check_refused(rebokeh(*words), 2, "is an input")


def test_a_map_of_its_own_goes_before_a_presets_model(library):
    Path("p.toml").write_text('depth_model = "depth-pro"\nmatte_model = "selfie"\nfstop = 2\n')
    codes, metres, matte = portrait_arrays(96, 128)
    np.save("d.npy", metres)
    Image.fromarray(matte).save("m.png")
    words = ("in/a.heic", "--preset", "p.toml", "--depth", "d.npy", "--matte", "m.png", "-o", "one.heic", "--json")
    result = rebokeh(*words)
    assert result.exit_code == 0 and json.loads(result.stdout)["depth_source"].startswith("d.npy")


def test_from_python(library):
    with pytest.raises(UsageError, match="is an input"):
        batch(["in"], "in")
    flags = Preset(flags=Options(fstop="2"))
    outcomes = {one.source: one for one in batch(["in"], "out", flags, limits=Limits(max_pixels=1000), workers=1)}
    assert {one.status for one in outcomes.values()} == {"failed", "skipped"}
    assert "megapixels" in outcomes["in/a.heic"].reason and not list(Path("out").glob("**/*.heic"))


@pytest.mark.slow
def test_ctrl_c_finishes_and_says_what_is_left(library):
    for k in range(12):
        Path(f"in/{k}.heic").write_bytes(portrait((1200, 1600)))
    words = [REBOKEH, "batch", "in", "-o", "out", "--workers", "1", "--report", "r.jsonl"]
    run = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    while run.poll() is None and not list(Path("out").glob("*.heic")):
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130 and b"finishing what is being written" in err and b"interrupted" in err
    found = lines(Path("r.jsonl").read_text())
    statuses = [line["status"] for line in found.values()]
    assert len(found) == 17 and statuses.count("left") >= 5 and statuses.count("done") == len(done_in(Path("out")))
    assert not [name for name in os.listdir("out") if is_part(name)]


def done_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix.lower() == ".heic"]


def test_another_f_number_is_no_failure(library):
    words = ("batch", "in/a.heic", "-o", "out", "--workers", "1")
    assert shell(*words).returncode == 0
    before = Path("out/a.heic").read_bytes()
    again = shell(*words, "--fstop", "2.8", "--json")
    (line,) = lines(again.stdout.decode()).values()
    assert again.returncode == 0 and line["status"] == "skipped" and Path("out/a.heic").read_bytes() == before
    assert "made of this photo before at f/1.8" in line["reason"] and "--overwrite" in line["reason"]
    assert b"1 stand there already, made by another recipe" in again.stderr
    assert shell(*words, "--fstop", "2.8", "--overwrite").returncode == 0
    assert Path("out/a.heic").read_bytes() != before
    # What is not of this photo is a failure still.
    Path("in/a.heic").write_bytes(portrait((96, 144)))
    assert shell(*words, "--fstop", "4").returncode == 1


def test_file_times_are_kept_if_that_is_asked_for(library):
    os.utime("in/a.heic", (1_500_000_000, 1_600_000_000))
    assert shell("batch", "in/a.heic", "-o", "out", "--keep-times", "--workers", "1").returncode == 0
    assert os.stat("out/a.heic").st_mtime == 1_600_000_000
    check_refused(rebokeh("batch", "in/a.heic", "-o", "memory://x", "--keep-times"), 2, "--keep-times")
