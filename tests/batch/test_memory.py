"""Memory: what a container leaves counts as what the machine has, and photos begin when they fit together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rebokeh.bokeh.batch.executors import memory
from rebokeh.bokeh.batch.executors.memory import Admission, available_bytes, estimate_bytes, resident_bytes

MB = 1_000_000


@pytest.fixture
def system(tmp_path: Path, monkeypatch) -> Path:
    """Return the root of a system with 8 GB free, whose groups a test may make."""
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal: 16000000 kB\nMemAvailable:    8000000 kB\n")
    monkeypatch.setattr(memory, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "groups")
    return tmp_path


def group(folder: Path, names: tuple[str, str, str], most: object, taken: int, cached: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{most}\n")
    (folder / names[1]).write_text(f"{taken}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{names[2]} {cached}\n")


V1 = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
V2 = "memory.max", "memory.current", "inactive_file"


def test_without_groups_it_is_what_the_machine_has(system):
    assert available_bytes() == 8_000_000 * 1024
    (system / "proc/meminfo").unlink()
    assert available_bytes() > 0


@pytest.mark.parametrize(("names", "line", "root"), [(V1, "4:memory:/a/b", "memory"), (V2, "0::/a/b", ".")])
def test_a_group_allows_less(system, names, line, root):
    (system / "proc/self/cgroup").write_text(f"7:cpu:/a/b\n{line}\n")
    top = system / "groups" / root
    group(top / "a/b", names, 3000 * MB, 1000 * MB, 200 * MB)  # files that are only cached give way
    assert available_bytes() == 2200 * MB
    group(top / "a", names, 2000 * MB, 1000 * MB, 0)  # the group around it
    assert available_bytes() == 1000 * MB
    group(top / "a", names, "max", 1000 * MB, 0)
    assert available_bytes() == 2200 * MB
    group(top / "a/b", names, 3000 * MB, 3100 * MB, 0)
    assert available_bytes() == 0


def test_in_a_container_its_own_group_is_the_root(system):
    (system / "proc/self/cgroup").write_text("0::/docker/of/the/host\n")
    group(system / "groups", V2, 500 * MB, 100 * MB, 0)
    assert available_bytes() == 400 * MB


def test_photos_begin_while_they_fit_together_and_one_always(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 1000 * MB)
    monkeypatch.setattr(memory, "resident_bytes", lambda pid: 100 * MB)
    room = Admission(share=0.9)
    assert room.admits(1, 5000 * MB)  # nobody else is at work
    assert not room.admits(2, 1 * MB)
    room.release(1)
    assert room.admits(1, 500 * MB) and not room.admits(2, 500 * MB) and room.admits(2, 400 * MB)
    room.release(1)
    assert room.admits(3, 500 * MB)


def test_what_is_taken_already_is_not_counted_twice(monkeypatch):
    held, left = {1: 100 * MB, 2: 100 * MB}, 1000 * MB
    monkeypatch.setattr(memory, "available_bytes", lambda: left)
    monkeypatch.setattr(memory, "resident_bytes", held.__getitem__)
    room = Admission(share=1.0)
    assert room.admits(1, 600 * MB)
    held[1], left = 700 * MB, 400 * MB  # it has taken what it said
    assert room.admits(2, 400 * MB)


def test_the_estimate_grows_with_the_pixels():
    assert estimate_bytes(48_000_000) - estimate_bytes(12_000_000) == 36_000_000 * memory.BYTES_PER_PIXEL
    assert estimate_bytes(0) > 0


def test_what_a_process_holds():
    before = resident_bytes(os.getpid())
    block = bytearray(os.urandom(1) * (200 * MB))
    assert resident_bytes(os.getpid()) - before > 150 * MB and len(block)
    assert resident_bytes(-1) == 0
