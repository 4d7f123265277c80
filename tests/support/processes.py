"""Processes that tests start: what they find to import, and whether they have ended."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def environment_of(**more: str) -> dict[str, str]:
    """Return the environment of a process that finds what tests import."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **more}


def gone(pid: int, patience_s: float = 5.0) -> bool:
    """Whether a process ends in time; one that nobody has buried yet has ended."""
    until = time.perf_counter() + patience_s
    while time.perf_counter() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
