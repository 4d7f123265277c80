"""How much memory this process has needed."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path


def peak_bytes() -> int | None:
    """Return the most memory this process ever held; None where the system does not say (Windows)."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):  # its own alone; `getrusage` counts what the one that started it held then
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
