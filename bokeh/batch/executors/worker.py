"""What a worker process does: takes tasks from its standard input until that ends, and answers on its output."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import queue
import signal
import sys
import threading
from importlib import import_module
from typing import Any, BinaryIO

from .memory import resident_bytes, virtual_bytes

_KEPT_BYTES = 128 << 20
"""What a worker may keep for its next photo of what was freed."""


def serve(work: str, memory_bytes: int | None, compiles: bool) -> None:
    """Work as long as there is a run to work for.

    Parameters
    ----------
    work : str
        "module:function" of what is run for each task.
    memory_bytes : int, optional
        The most that this process may hold.
    compiles : bool
        Whether it is this worker that has all loops compiled, where none are.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # decoders may print
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, orders), daemon=True).start()
    if compiles:
        from ...warmup import is_warm, warm_up

        if not is_warm():
            _tell(answers, "compiling")
            warm_up()
    _tell(answers, "compiled")
    module, _, name = work.partition(":")
    function = getattr(import_module(module), name)
    if memory_bytes is not None:
        _bound(memory_bytes)

    def gate(need_bytes: int) -> None:
        _tell(answers, "need", need_bytes)
        orders.get()

    _tell(answers, "ready")
    at_rest = 0
    while True:
        task = orders.get()
        _tell(answers, "begun")
        result = function(task, gate)
        if resident_bytes(os.getpid()) > at_rest + _KEPT_BYTES:
            _give_back()
            at_rest = resident_bytes(os.getpid())
        _tell(answers, "result", result)


def _listen(stream: BinaryIO, orders: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            orders.put(pickle.load(stream))
    except BaseException:
        os._exit(0)  # the run has ended, or needs this worker no more; what is unfinished nobody will publish


def _tell(stream: BinaryIO, kind: str, value: object = None) -> None:
    pickle.dump((kind, value), stream)
    stream.flush()


def _give_back() -> None:
    """Return to the system what was freed.

    The C library keeps it, the more the larger the photo was. To get it again takes the next photo time: with small
    photos it is not worth it.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # only GNU's has it
        ctypes.CDLL(None).malloc_trim(0)


def _bound(memory_bytes: int) -> None:
    """Have whatever needs more raise MemoryError."""
    try:
        import resource
    except ImportError:  # Windows
        return
    # Address space that is only reserved, as by the compiler, does not count.
    reserved = virtual_bytes(os.getpid()) - resident_bytes(os.getpid())
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes + reserved, resource.RLIM_INFINITY))
