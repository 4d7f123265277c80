"""What a run will come to is compiled beside it, by as many processes as there are cores."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys

import pytest

from rebokeh.kernels.ahead import RARELY, Compilers, listed, read, spelt
from rebokeh.kernels.cache import store


def test_types_are_spelt_and_read_again():
    words = [word for loop in listed() for word in loop.types]
    assert len(words) > 400
    for word in words:
        assert spelt(read(word)) == word


def test_a_loop_is_listed_once_for_the_same_types():
    lines = [json.dumps([loop.name, loop.types]) for loop in listed()]
    assert len(lines) > 80 and len(set(lines)) == len(lines)


# A few loops that compile quickly, as if they were the lists' only ones.
BESIDE = """
import numpy as np
from rebokeh.kernels import ahead
from rebokeh.kernels.cache import store
chosen = [loop for loop in ahead.listed() if loop.name in {names!r}]
ahead.listed = lambda: [loop._replace(part="some") for loop in chosen]
told = []
compilers = ahead.Compilers({most}, lambda *numbers: told.append(numbers))
store().on_miss = compilers.missed
{then}
print(sorted(store().held()), told[-1:], len(compilers._processes))
compilers.end()
"""
NAMES = ["fragments.count_listed", "fragments.list_columns", "composite.add"]
CALL = """
from rebokeh.kernels.fragments import count_listed
starts = np.zeros(3, np.int64)
count_listed(np.ones((2, 2), bool), starts)
assert list(starts) == [0, 2, 4]
compilers.wait()
"""


def beside(tmp_path, then: str, most: int = 2) -> str:
    result = subprocess.run(
        [sys.executable, "-c", BESIDE.format(names=NAMES, most=most, then=then)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_first_missing_loop_has_the_others_of_its_part_compiled(tmp_path):
    # The one that is missed is compiled by who missed it.
    assert beside(tmp_path, CALL) == f"{sorted(NAMES)} [(2, 2)] 2"
    assert beside(tmp_path, CALL) == f"{sorted(NAMES)} [] 0"


def test_without_processes_it_compiles_what_is_called(tmp_path):
    assert beside(tmp_path, CALL, most=0) == f"{sorted(NAMES)[2:] and [NAMES[0]]} [] 0"


def test_whose_processes_die_goes_on(tmp_path):
    dying = """
ahead._started = lambda: __import__("subprocess").Popen(["true"], stdin=-1, stdout=-1)
"""
    assert beside(tmp_path, dying + CALL).startswith(f"{[NAMES[0]]}")


def test_all_of_it_without_a_call(tmp_path):
    assert beside(tmp_path, "compilers.begin(); compilers.wait()") == f"{sorted(NAMES)} [(3, 3)] 2"


def test_garbage_is_looked_for_rarely_while_loops_are_compiled_and_as_often_as_before_afterwards(tmp_path):
    often = gc.get_threshold()
    said = beside(
        tmp_path, f"import gc; compilers.begin(['some']); assert gc.get_threshold() == {RARELY}; compilers.wait()"
        f"; compilers.end(); assert gc.get_threshold() == {often}"
    )  # fmt: skip
    assert "count_listed" in said and RARELY != often


def test_what_is_not_listed_is_left_to_the_caller():
    compilers = Compilers(2, lambda *_: pytest.fail("nothing was begun"))
    assert compilers.missed("nothing.such") is False


def test_what_is_kept_is_known():
    folder = store().folder
    assert folder is not None
    assert all(any(folder.glob(f"{name}-*.nbi")) for name in store().held())


LOADED = """
from time import monotonic, sleep
from rebokeh.kernels.fragments import count_listed, list_columns
with ahead.loading("none") as load:
    load("some")
    ends = monotonic() + 60
    while {waits} and monotonic() < ends:
        sleep(0.01)
print(len(count_listed.overloads), len(list_columns.overloads), sum(count_listed.stats.cache_misses.values()))
"""


def test_what_is_kept_is_loaded_beside_the_work_and_nothing_is_compiled(tmp_path):
    assert beside(tmp_path, LOADED.format(waits="ends > monotonic() + 59")).startswith("0 0 0\n[]")
    beside(tmp_path, CALL, most=0)
    waits = "not count_listed.overloads"
    assert beside(tmp_path, LOADED.format(waits=waits)).startswith(f"1 0 0\n{[NAMES[0]]}")
