"""How far a run is, and how long its stages took."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from support.command import check_refused, rebokeh, said
from support.portrait import portrait_arrays

from rebokeh.bokeh.api import render
from rebokeh.bokeh.app.progress_bar import Bar, timetable
from rebokeh.bokeh.core.progress import Clock
from rebokeh.bokeh.optics.lens import Lens
from rebokeh.bokeh.photo.photo import Photo

pytestmark = pytest.mark.kernels

# The clock


def test_stages_follow_the_start():
    told = []
    clock = Clock(time.perf_counter() - 5.0, lambda *words: told.append(words))
    with clock.stage("load"):
        time.sleep(0.02)
    with clock.stage("save"):
        pass
    assert list(clock.seconds) == ["start", "load", "save"]
    assert clock.seconds["start"] == pytest.approx(5.0, abs=0.5)
    assert clock.seconds["load"] >= 0.02 > clock.seconds["save"]
    assert told == [("load", 0.0), ("save", 0.0)]
    assert clock.substages == {}


def test_parts_fill_their_stage():
    clock = Clock(time.perf_counter())
    with clock.stage("render"):
        clock("render", 0.0)
        for name, share in (("sheets", 0.0), ("spread", 0.2), ("sheets", 0.5), ("sheets", 0.7), ("lights", 0.9)):
            clock(name, share)
            time.sleep(0.02)
    with clock.stage("save"):
        pass
    parts = clock.substages["render"]
    assert list(parts) == ["sheets", "spread", "lights"]
    assert set(clock.substages) == {"render"}
    assert parts["sheets"] >= 0.06
    assert sum(parts.values()) == pytest.approx(clock.seconds["render"], abs=0.005)


def test_a_stage_that_fails_is_timed_too():
    clock = Clock(time.perf_counter())
    with pytest.raises(KeyError), clock.stage("load"):
        raise KeyError
    assert "load" in clock.seconds


def test_a_stage_that_goes_on_later_has_all_its_seconds():
    clock = Clock(time.perf_counter())
    for _ in range(2):
        with clock.stage("load"):
            time.sleep(0.03)
    assert clock.seconds["load"] >= 0.06 and list(clock.seconds) == ["start", "load"]


def test_what_is_done_beside_stages_counts_for_none():
    clock = Clock(time.perf_counter())

    def decode() -> None:
        with clock.aside("decode"):
            time.sleep(0.1)

    other = threading.Thread(target=decode)
    with clock.stage("load"):
        other.start()
        time.sleep(0.03)
    other.join()
    assert clock.beside["decode"] >= 0.1 and clock.seconds["load"] < 0.1 and not clock.substages


def test_timetable():
    clock = Clock(0.0)
    clock.seconds |= {"start": 1.0, "render": 3.0}
    clock.substages["render"] = {"spread": 2.0}
    clock.beside["decode"] = 0.5
    *lines, aside = timetable(clock)
    assert [line.split() for line in lines] == [
        ["start", "1.00", "s", "25", "%"],
        ["render", "3.00", "s", "75", "%"],
        ["spread", "2.00", "s", "50", "%"],
        ["total", "4.00", "s", "100", "%"],
    ]
    assert len({len(line) for line in lines}) == 1
    assert aside.split() == ["+", "decode", "0.50", "s,", "beside", "these"]


@pytest.mark.kernels
def test_the_renderer_reports():
    codes, metres, _ = portrait_arrays()
    told = []
    photo = Photo(rgb=(codes / 255.0).astype(np.float32), depth=(1.0 / metres).astype(np.float32))
    render(photo, Lens(focus_m=1.0), progress=lambda *words: told.append(words))
    names = [name for name, _ in told]
    assert names[0] == "prepare" and "render" in names
    assert all(0.0 <= share <= 1.0 for _, share in told)


# The line on a terminal


def shown(stream: str) -> str:
    """Return what stands on the terminal's line in the end."""
    line: list[str] = []
    at = 0
    for c in stream:
        if c == "\r":
            at = 0
        else:
            line[at : at + 1] = c
            at += 1
    return "".join(line).rstrip()


def test_the_bar_is_rewritten_and_erased():
    terminal = io.StringIO()
    with Bar(terminal, patience_s=0.01) as bar:
        bar("a stage with a long name", 0.0)
        time.sleep(0.15)
        assert shown(terminal.getvalue()).startswith("a stage with a long name")
        assert "%" not in terminal.getvalue()
        bar("save", 0.5)
        time.sleep(0.25)
        assert re.fullmatch(r"save \[#{10} {10}\]  50 % 0 s", shown(terminal.getvalue()))
    assert shown(terminal.getvalue()) == ""
    assert "\n" not in terminal.getvalue()
    said = len(terminal.getvalue())
    time.sleep(0.15)
    assert len(terminal.getvalue()) == said


def test_a_line_that_stays_stands_above_the_bar():
    terminal = io.StringIO()
    with Bar(terminal, patience_s=0.01) as bar:
        bar("prepare", 0.0)
        time.sleep(0.15)
        bar.say("a word")
        time.sleep(0.15)
    above, below = terminal.getvalue().split("\n")
    assert shown(above) == "a word"
    assert "prepare" in below and shown(below) == ""


def test_a_short_run_shows_nothing():
    terminal = io.StringIO()
    with Bar(terminal) as bar:
        bar("load", 0.5)
    assert terminal.getvalue() == ""


SLOW = """
import sys, time
from rebokeh.bokeh import load
from rebokeh.cli import app
opened = load.opened
def slowly(*words, **named):
    time.sleep(1.4)
    return opened(*words, **named)
load.opened = slowly
sys.argv[1:] = {words!r}
app()
"""


def on_a_terminal(words: list[str]) -> str:
    """Run a slow load with standard error a terminal, and return what that was sent."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", SLOW.format(words=words)], stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    sent = b""
    try:
        while data := os.read(ours, 4096):
            sent += data
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    process.communicate(timeout=60)
    assert process.returncode == 0, sent
    return sent.decode()


@pytest.mark.slow
def test_on_a_terminal(portrait):
    words = [str(portrait.photo), "--depth", str(portrait.depth), "--overwrite"]
    sent = on_a_terminal(words)
    bar, _, last = sent.rpartition("\r" + " " * 8)
    assert "load 1 s" in bar and last.strip().startswith("wrote ")
    assert on_a_terminal([*words, "-q"]) == ""
    assert "load 1 s" in on_a_terminal([*words, "--json"])  # which goes elsewhere


def test_not_on_a_terminal(portrait):
    words = [str(portrait.photo), "--depth", str(portrait.depth)]
    result = subprocess.run([sys.executable, "-c", SLOW.format(words=words)], capture_output=True, text=True)
    assert result.returncode == 0
    words = said(result.stderr)
    assert words.startswith("wrote ") and words.count("\n") == 1 and "\r" not in words


# --timing


@pytest.mark.kernels
def test_timing(portrait):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--timing", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    *table, aside = said(result.stderr).splitlines()[1:]
    lines = [line.split() for line in table]
    assert aside.split()[:2] == ["+", "decode"] and facts["beside_seconds"]["decode"] > 0.0
    stages = ["start", "load", "prepare", "render", "save", "total"]
    assert [line[0] for line in lines if line[0] in stages] == stages
    assert all(line[-1] == "%" and line[-3] == "s" for line in lines)
    assert list(facts["seconds"]) == stages
    assert sum(facts["seconds"][name] for name in stages[:-1]) == pytest.approx(facts["seconds"]["total"], abs=0.01)
    assert {name: list(parts) for name, parts in facts["parts_seconds"].items()} == {
        "load": ["imports", "decode", "maps"],
        "prepare": ["depth", "baked", "lights", "layers"],
        "render": ["blur", "withheld"],
        "save": ["encode", "write"],
    }
    for stage, parts in facts["parts_seconds"].items():
        assert sum(parts.values()) <= facts["seconds"][stage] + 0.01


def test_timing_when_quiet(portrait):
    check_refused(rebokeh(portrait.photo, "--depth", portrait.depth, "--timing", "-q"), 2, "--timing and -q")
