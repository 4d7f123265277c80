"""How much memory a photo will take, how much there is, and who may begin."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

# `python benchmarks/batch/peak.py`: beside what a worker at rest holds (241 MB), 96 MB for 0.75 megapixels, 348 for 3,
# 1186 for 12; phones' own files of 12 take 910 to 980.
PHOTO_BYTES = 80_000_000
BYTES_PER_PIXEL = 100

_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def estimate_bytes(pixels: int) -> int:
    """Estimate how much more memory than at rest a worker holds at most while it renders a photo of so many pixels."""
    return PHOTO_BYTES + BYTES_PER_PIXEL * pixels


def resident_bytes(pid: int) -> int:
    """Return what a process holds now; 0 where the system does not say."""
    return _statm(pid, 1)


def virtual_bytes(pid: int) -> int:
    """Return the address space of a process; 0 where the system does not say."""
    return _statm(pid, 0)


def _statm(pid: int, column: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((_PROC / str(pid) / "statm").read_bytes().split()[column]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def available_bytes() -> int:
    """Return what may still be taken: of the machine's memory, and of what a container allows."""
    return min([_free_of_machine(), *_free_of_groups()])


def _free_of_machine() -> int:
    with contextlib.suppress(OSError):
        for line in (_PROC / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):  # macOS; half of it is taken as free
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return 4 << 30


def _free_of_groups() -> Iterator[int]:
    """Yield what each control group that this process is in leaves it; those that set no limit say nothing."""
    with contextlib.suppress(OSError):
        for line in (_PROC / "self" / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                yield from _free_below(_CGROUPS, path, "memory.max", "memory.current", "inactive_file")
            elif "memory" in controllers.split(","):
                names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
                yield from _free_below(_CGROUPS / "memory", path, *names)


def _free_below(root: Path, path: str, limit: str, usage: str, cached: str) -> Iterator[int]:
    # In a container the path may be the host's, and its own group is the root: those that are not there say nothing.
    inner = root / path.strip("/")
    for folder in dict.fromkeys([inner, *(above for above in inner.parents if above.is_relative_to(root))]):
        with contextlib.suppress(OSError, ValueError):  # "max" is no number
            most = int((folder / limit).read_text())
            taken = int((folder / usage).read_text())
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            yield max(most - taken + int(stat.get(cached, 0)), 0)


class Admission:
    """Lets photos begin while what they will take fits into what there is; the first that must wait is the next.

    Parameters
    ----------
    share : float
        How much of the memory that is available may be planned with.
    """

    def __init__(self, share: float = 0.9) -> None:
        self._share = share
        self._granted: dict[int, int] = {}

    def admits(self, pid: int, need_bytes: int) -> bool:
        """Let a worker begin a photo that will take so much more, or not; with nobody else at work it always may."""
        missing = sum(max(most - resident_bytes(at), 0) for at, most in self._granted.items())
        if self._granted and missing + need_bytes > self._share * available_bytes():
            return False
        self._granted[pid] = resident_bytes(pid) + need_bytes
        return True

    def release(self, pid: int) -> None:
        """Note that a worker is through with its photo, or dead."""
        self._granted.pop(pid, None)
