"""Starting up is light: what is not needed is not imported."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.command import REBOKEH

HEAVY = {"numpy", "numba", "llvmlite", "scipy", "PIL", "pillow_heif", "OpenEXR", "tifffile", "rich", "pydantic"}
HEAVY |= {"torch", "transformers", "huggingface_hub", "onnxruntime", "ai_edge_litert", "cv2"}


def loaded_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the top-level names of what it has imported."""
    script = f"{code}\nimport sys\nprint('\\n' + ' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in result.stdout.splitlines()[-1].split()}


def test_import():
    assert loaded_after("import rebokeh").isdisjoint(HEAVY)


def loaded_by(words: list[str]) -> set[str]:
    code = f"import sys\nfrom rebokeh.cli import app\nsys.argv[1:] = {words}\ntry:\n    app()\nexcept SystemExit: pass"
    return loaded_after(code)


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["--help"],
            [],
            ["warmup", "--help"],
            ["lens", "show", "--help"],
            ["models", "--help"],
            ["inspect", "--help"],
        ),
        *(["extract", "--help"], ["rack", "--help"], ["batch", "--help"]),
    ],
    ids=" ".join,
)
def test_help(words):
    assert loaded_by(words).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "words", [["x.heic", "--fstop", "wide"], ["x.heic", "-q", "-v"], ["x.heic", "--with", "a=1"]], ids=" ".join
)
def test_refusals(words):
    assert loaded_by(words).isdisjoint(HEAVY - {"pydantic"})  # which the parser reads values with


def test_help_is_there_at_once():
    # 0.16 s of CPU: the clock on the wall would measure what else the machine does.
    taken = []
    for _ in range(5):
        before = os.times()
        subprocess.run([REBOKEH, "--help"], check=True, capture_output=True)
        after = os.times()
        taken.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert 0.0 < min(taken) < 0.4


def test_reading_a_photo_loads_no_model_library():
    loaded = loaded_after(
        "import rebokeh.bokeh.load, rebokeh.bokeh.depth.models, rebokeh.bokeh.depth.stereo, "
        "rebokeh.bokeh.depth.boundary_score"
    )
    assert loaded.isdisjoint({"torch", "transformers", "huggingface_hub", "onnxruntime", "ai_edge_litert", "cv2"})
