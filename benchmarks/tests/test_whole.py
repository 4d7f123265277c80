"""The whole command is held to its bars where they are said to hold."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rebokeh.bokeh.tools import whole_command
from rebokeh.bokeh.tools.whole_command import STAGES, CommandRun, CommandTimes, first_run_s


@pytest.fixture(scope="module")
def run() -> ModuleType:
    """Return the benchmark's module; `run` is what each benchmark calls its own."""
    place = importlib.util.spec_from_file_location("whole_run", Path(__file__).parents[1] / "whole" / "run.py")
    assert place is not None and place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def times(name: str, megapixels: float, whole_s: float, peak: int = 10**9) -> dict[str, Any]:
    seconds = dict.fromkeys(STAGES, 0.3) | {"whole": whole_s}
    return asdict(CommandTimes(name, name.rpartition(".")[2], megapixels, 30.0, seconds, {"OpenCV": 1.0}, peak))


def test_photos_of_12_megapixels_are_held_to_their_bars(run):
    measured = {"commands": [times("a.heic", 12.2, 2.4), times("b.jpeg", 12.2, 2.4, 2 * 10**9), times("c.heic", 1, 9)]}
    held = dict(run.bars(measured))
    assert held["a.heic: 2.40 Gaussians in all, at most 2.5"] and not held["b.jpeg: 2.40 Gaussians in all, at most 2"]
    assert held["a.heic: 1.00 GB held, at most 1.2"] and not held["b.jpeg: 2.00 GB held, at most 1.2"]
    assert held["a.heic: 0.30 Gaussians to prepare, at most 0.6"] and held["a.heic: 0.30 s to start, at most 0.4"]
    assert not [words for words in held if words.startswith("c.heic")]


def test_a_first_run_has_more_time_with_a_large_photo(run):
    first = [{"photo": "a", "megapixels": 0.8, "seconds": 30.0}, {"photo": "b", "megapixels": 12.2, "seconds": 30.0}]
    held = dict(run.bars({"commands": [], "first_runs": first}))
    assert held == {"a: 30.0 s for a first run, at most 20": False, "b: 30.0 s for a first run, at most 35": True}


def test_a_first_run_finds_no_kernels(monkeypatch):
    def noted(photo: Path, out: Path, words: tuple[str, ...], loops: Path) -> CommandRun:
        assert not loops.exists() and photo == Path("a.heic") and words == ("--fstop", "2")
        return CommandRun({"whole": 7.0}, None, 1, 1, 0.0)

    monkeypatch.setattr(whole_command, "run_command", noted)
    assert first_run_s(Path("a.heic"), ("--fstop", "2")) == 7.0
