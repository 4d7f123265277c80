"""What workers run here instead of a render: nothing, to see what running costs; or what kills them."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

from rebokeh.bokeh.batch.job import Developed, Result, Task
from rebokeh.bokeh.batch.render_one import begin_at_once, render_one
from rebokeh.bokeh.batch.stores import store_of
from rebokeh.bokeh.batch.stores.base import sha256_of

POISON = b"a segment that no decoder survives"


def nothing(task: Task, gate: Callable[[int], object] = begin_at_once) -> Result:
    """Do all that a photo needs but to make a picture of it: read it, ask for memory, stage a picture."""
    store = store_of(task.store)
    data = store.read(task.job.source)
    gate(1)
    digest = sha256_of(data)
    return Developed(task.job, store.stage(data, task.job.target), digest, len(data), digest, "")


def deadly(task: Task, gate: Callable[[int], object] = begin_at_once) -> Result:
    """Work as ever, but read an address that is none where a photo holds `POISON`."""

    def decoding(need_bytes: int) -> None:
        gate(need_bytes)
        if POISON in store_of(task.store).read(task.job.source):
            ctypes.string_at(os.getpid() % 7)

    return render_one(task, decoding)
