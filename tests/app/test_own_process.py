"""What the command sets up for a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

THREADS = """
import gc, os, sys
from rebokeh.bokeh.app.own_process import set_up_process
if "own" in sys.argv:
    set_up_process()
import numpy, scipy.linalg
numpy.ones((300, 300)) @ numpy.ones((300, 300))
print(len(os.listdir("/proc/self/task")), gc.get_threshold()[0])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="where threads are listed")
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core has no more threads than one")
def test_matrices_have_no_threads_and_garbage_is_rarely_sought():
    def found(*words: str, **named: str) -> tuple[int, int]:
        env = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")} | named
        run = subprocess.run(
            [sys.executable, "-c", THREADS, *words], capture_output=True, text=True, check=True, env=env
        )
        threads, often = run.stdout.split()
        return int(threads), int(often)

    (others, often), (alone, rarely) = found(), found("own")
    assert alone == 1 < others and rarely > often
    assert found("own", OPENBLAS_NUM_THREADS="2")[0] > 1  # what the user says holds
