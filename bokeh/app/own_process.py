"""How a process that is the command's own is set up, at its start. A library does not decide this for its host."""

from __future__ import annotations

import gc
import os

from ..core.allocator import keep_freed_memory

RARELY = (50_000, 20, 100)
"""How often Python looks for garbage in circles: imports make much that stays, and hardly any of that."""


def set_up_process() -> None:
    """Have the process keep its memory, and waste no time of the cores; before there is a second thread, or numpy.

    A matrix here is small. The threads that OpenBLAS begins for it, once for numpy and once for SciPy, turn round and
    round until they find that there is nothing to do, on cores that decode the photo.
    """
    keep_freed_memory()  # a second thread would have a heap of its own
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(*RARELY)
