"""The timings of single kernels call each of them as it is today."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.kernels, pytest.mark.slow]

TIMINGS = Path(__file__).parents[1] / "speed" / "test_kernels.py"

STAND_IN = """
import pytest

@pytest.fixture
def benchmark():
    class Once:
        def pedantic(self, call, arguments=(), setup=None, rounds=1, warmup_rounds=0):
            call(*(setup()[0] if setup else arguments))
    return Once()
"""


def test_each_kernel_is_called_as_it_is_today(tmp_path: Path):
    # In a process of its own, without the package that times: tests need none of what benchmarks measure with.
    (tmp_path / "called_once.py").write_text(STAND_IN, "utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "called_once", "-p", "no:benchmark", str(TIMINGS)],
        env=os.environ | {"PYTHONPATH": path, "REBOKEH_KERNELS_MP": "0.05"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout and "skipped" not in done.stdout
