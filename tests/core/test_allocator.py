"""What is freed is kept for what is made next."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from rebokeh.bokeh.core.allocator import keep_freed_memory

# Large enough that glibc never keeps it of itself.
AGAIN = """
import resource, sys
from rebokeh.bokeh.core.allocator import keep_freed_memory
print(keep_freed_memory() if "keep" in sys.argv else False)
one = b"x"
one * (48 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    one * (48 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*words: str) -> tuple[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, *words],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_TUN"))},
    )
    kept, count = done.stdout.split()
    return kept, int(count)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps what it likes")
def test_memory_that_was_freed_is_used_again():
    plain, keeping = faults(), faults("keep")
    assert (plain[0], keeping[0]) == ("False", "True")
    assert keeping[1] < 0.1 * plain[1]


# Every other array is freed: what is left keeps the heap from shrinking by itself.
UNUSED = """
import sys
from rebokeh.bokeh.core.allocator import WORTH_IT, give_back_freed_memory
def held():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
kept = [b"x" * (64 << 10) for _ in range(1000)]
kept = kept[::2]
before = held()
give_back_freed_memory(WORTH_IT - int(sys.argv[1]))
print(before - held())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps what it likes")
def test_memory_that_lies_unused_between_arrays_is_given_back():
    little, much = (
        int(subprocess.run([sys.executable, "-c", UNUSED, short], capture_output=True, text=True, check=True).stdout)
        for short in ("1", "0")
    )
    assert abs(little) < 1 << 20 < 20 << 20 < much


def test_what_the_environment_says_stands(monkeypatch):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    assert keep_freed_memory() is False
