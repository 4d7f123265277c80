"""All that is compiled for a photo can be compiled before there is one."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.command import rebokeh, shell
from support.paths import ROOT, SAMPLES

pytestmark = pytest.mark.kernels

# Every loop that a real portrait needs must have been compiled, for the very same types.
COMPARE = """
import importlib, pkgutil, sys
import rebokeh, rebokeh.kernels
from numba.core.dispatcher import Dispatcher
from rebokeh.bokeh import warmup

def compiled():
    found = set()
    for module in pkgutil.iter_modules(rebokeh.kernels.__path__):
        for name, loop in vars(importlib.import_module(f"rebokeh.kernels.{module.name}")).items():
            if isinstance(loop, Dispatcher):
                found |= {(module.name, name, str(types)) for types in loop.signatures}
    return found

print(sorted(warmup.warm_up()))
before = compiled()
assert len(before) > 10
for style in ("lens", "gaussian"):
    photo = rebokeh.load(sys.argv[1], depth=sys.argv[2], matte=sys.argv[3])
    for focal_mm in (None, 600):
        rebokeh.render(photo, rebokeh.Lens(f_number=1.2, focal_mm=focal_mm), rebokeh.RenderSettings(style=style))
    for name in ("gauss-58", "mirror-500", "stf"):
        rebokeh.render(photo, rebokeh.lens_named(name), rebokeh.RenderSettings(style=style))
    hexagon = rebokeh.Aperture(6)
    rebokeh.render(photo, rebokeh.Lens(f_number=16.0, aperture=hexagon), rebokeh.RenderSettings(style=style))
# Larger than a tile, so that it is made in parts and at several sizes.
rebokeh.render(rebokeh.load(sys.argv[4]), rebokeh.Lens(f_number=1.2))
print(*(compiled() - before), sep="\\n")
"""


@pytest.mark.slow
def test_nothing_is_left_to_compile(portrait):
    files = (portrait.photo, portrait.depth, portrait.matte, SAMPLES / "portrait.heic")
    result = subprocess.run([sys.executable, "-c", COMPARE, *files], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split("\n", 1) == ["['gaussian', 'lens']", "\n"]


def test_it_says_how_long_and_where():
    result = rebokeh("warmup", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["styles"] == ["gaussian", "lens"]
    assert facts["seconds"] > 0 and facts["trouble"] == ""
    assert any(name.endswith(".nbi") for name in os.listdir(facts["cache"]))
    assert result.stderr == f"compiled in {facts['seconds']:.1f} s, kept in {facts['cache']}\n"
    assert rebokeh("warmup", "-q").output == ""


@pytest.mark.parametrize("words", [["warmup", "photo.heic"], ["warmup", "--fstop", "2"]])
def test_it_takes_no_photo(words):
    assert rebokeh(*words).exit_code == 2


# The smallest of the loops, as if this photo needed it and no other.
ONE_LOOP = """
import sys
import numpy as np
from rebokeh.bokeh import develop
from rebokeh.cli import app
prepare = develop.prepare
def compiling(*words):
    from rebokeh.kernels.doubling import enlarge
    enlarge(np.zeros((4, 4, 4), np.float32), 0, 0, np.zeros((8, 8, 4), np.float32))
    return prepare(*words)
develop.prepare = compiling
sys.argv[1:] = {words!r}
app()
"""


@pytest.mark.slow
def test_the_first_run_says_that_it_compiles(portrait, tmp_path):
    def said(cache: str, *more: str) -> list[str]:
        words = [str(portrait.photo), "--style", "gaussian", "--matte", str(portrait.matte), "--overwrite", *more]
        result = subprocess.run(
            [sys.executable, "-c", ONE_LOOP.format(words=words)],
            capture_output=True,
            text=True,
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / cache)},
        )
        assert result.returncode == 0, result.stderr
        return [line for line in result.stderr.splitlines() if line.startswith("compiling once")]

    assert len(said("a", "-v")) == 1
    assert said("a", "-v") == []  # it is there now
    assert len(said("b")) == 1  # where no terminal shows how far it is, a line says why it takes so long
    assert said("c", "-q") == []


def test_a_photo_that_needs_no_loop_says_nothing(portrait, tmp_path):
    words = (portrait.photo, "--style", "gaussian", "--matte", portrait.matte, "-v")
    result = shell(*words, env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)})
    assert result.returncode == 0 and b"compiling" not in result.stderr


@pytest.mark.slow
def test_all_that_it_calls_is_listed():
    # For other types a loop would be compiled again, and a loop that is not listed by one core alone.
    told = "import sys; sys.path.insert(0, 'tests'); from support.signatures import called; print(*called(), sep='\\n')"
    result = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert result.stdout == (ROOT / "kernels" / "signatures.jsonl").read_text("utf-8")
