"""Loops compiled beside a run that waits for them: in processes of their own, as many at a time as there are cores.

What is kept already is loaded in a thread, which takes some milliseconds for each.

`signatures.jsonl` lists the loops that Python calls, one a line: name, the part of the work that needs it, and the
types that it is called with, in the order in which a run comes to them. The first loop of a part that is missing has
all of that part compiled. What is not listed is compiled when it is called, as ever.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.resources
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from numba import types

from .cache import SAVING, store

_PACKAGE = __name__.rpartition(".")[0]


class Listed(NamedTuple):
    """A loop, and what it is called with.

    Attributes
    ----------
    name : str
        As "module.loop".
    part : str
        The part of the work that needs it.
    types : list
        Of its arguments, as of `spelt`.
    """

    name: str
    part: str
    types: list[Any]


def listed() -> list[Listed]:
    """Read the list of loops."""
    lines = importlib.resources.files(_PACKAGE).joinpath("signatures.jsonl").read_text("utf-8").splitlines()
    return [Listed(*json.loads(line)) for line in lines]


def spelt(type_: Any) -> Any:
    """Spell a type of numba's in JSON: a scalar by its name, an array as [type, dimensions, layout, readonly].

    A tuple is {"": [...]}, a structure {"module.Name": [...]}.
    """
    if isinstance(type_, types.Array):
        return [str(type_.dtype), type_.ndim, type_.layout, not type_.mutable]
    if not isinstance(type_, types.BaseTuple):
        return str(type_)
    members: Any = type_
    made = getattr(type_, "instance_class", None)
    name = "" if made is None else f"{made.__module__.rpartition('.')[2]}.{made.__name__}"
    return {name: [spelt(one) for one in members]}


def read(word: Any) -> Any:
    """Return the type that was `spelt`."""
    if isinstance(word, str):
        return getattr(types, "boolean" if word == "bool" else word)
    if isinstance(word, list):
        return types.Array(read(word[0]), word[1], word[2], readonly=word[3])
    ((name, words),) = word.items()
    members = [read(one) for one in words]
    if not name:
        return types.Tuple(members)
    module, _, made = name.partition(".")
    structure = getattr(importlib.import_module(f"{_PACKAGE}.{module}"), made)
    alike = len(set(members)) == 1
    return types.NamedUniTuple(members[0], len(members), structure) if alike else types.NamedTuple(members, structure)


def compile_loop(loop: Listed) -> None:
    """Compile a loop for its types, where it is not kept yet, and keep it."""
    module, _, name = loop.name.partition(".")
    getattr(importlib.import_module(f"{_PACKAGE}.{module}"), name).compile(tuple(map(read, loop.types)))


def load_kept(loop: Listed) -> None:
    """Load a loop, if it is kept for these types; nothing is compiled."""
    module, _, name = loop.name.partition(".")
    kernel = getattr(importlib.import_module(f"{_PACKAGE}.{module}"), name)
    signature = tuple(map(read, loop.types))
    if signature not in kernel.overloads and kernel._cache.holds(signature, kernel.targetctx):
        kernel.compile(signature)


@contextlib.contextmanager
def loading(part: str) -> Iterator[Callable[[str], None]]:
    """Load the loops that a part of the work needs, as far as they are kept, while the body runs.

    Yields
    ------
    callable
        Has another part of the work loaded too.
    """
    parts, over = queue.SimpleQueue[str](), threading.Event()
    parts.put(part)

    def load() -> None:
        kept, loops = store().held(), listed()
        while own := parts.get():
            for loop in loops:
                if over.is_set():
                    return
                if loop.part == own and loop.name in kept:
                    with contextlib.suppress(Exception):  # the caller of the loop hears what is wrong
                        load_kept(loop)

    thread = threading.Thread(target=load)
    if store().folder is not None:
        thread.start()
    try:
        yield parts.put
    finally:
        over.set()
        parts.put("")
        if thread.ident is not None:
            thread.join()


RARELY = (10_000, 10, 1_000_000)
"""How often a process that compiles looks for garbage in circles: numba makes little, and holds much to look through.
That took a fifth of the processor's time; without, a process that compiles half of the loops holds 100 MB more."""


class Compilers:
    """Processes that compile what a run will come to.

    Parameters
    ----------
    most : int
        How many processes.
    tell : callable
        Is told how many loops are compiled, and of how many, from any thread; first before the first.
    """

    def __init__(self, most: int, tell: Callable[[int, int], object]) -> None:
        self._most, self._tell = most, tell
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._loops: list[Listed] = []
        self._parts: set[str] = set()
        self._ahead: list[str] = []
        self._now: set[str] = set()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._done = self._all = 0
        self._as_often: tuple[int, int, int] | None = None

    def missed(self, name: str) -> bool:
        """Wait for a loop that is being compiled; one that is yet to come is left to the caller. As `on_miss`."""
        with self._lock:
            self._loops = self._loops or listed()
            part = next((loop.part for loop in self._loops if loop.name == name), None)
        if part is None:
            return False
        self.begin([part], but=name)
        with self._lock:
            if name in self._ahead:
                self._ahead.remove(name)
                self._all -= 1
            waits = name in self._now
            self._changed.wait_for(lambda: name not in self._now)
        return waits

    def begin(self, parts: Iterable[str] | None = None, but: str = "") -> None:
        """Have parts of the work compiled, all of them if none are named, as far as they are not kept yet.

        `but` names a loop that the caller compiles.
        """
        with self._lock:
            self._loops = self._loops or listed()
            wanted = {loop.part for loop in self._loops} if parts is None else set(parts)
            wanted -= self._parts
            if not wanted:
                return
            self._parts |= wanted
            kept = store().held()
            names = dict.fromkeys(loop.name for loop in self._loops if loop.part in wanted and loop.name not in kept)
            names.pop(but, None)
            new = [name for name in names if name not in self._ahead and name not in self._now]
            self._ahead += new
            self._all += len(new)
            more = min(self._most - len(self._processes), len(self._ahead))
            if more > 0:
                self._as_often = self._as_often or gc.get_threshold()
                gc.set_threshold(*RARELY)  # this process compiles what it comes to before the others do
                self._tell(self._done, self._all)
            for _ in range(more):
                process = _started()
                self._processes.append(process)
                threading.Thread(target=self._feed, args=(process,), daemon=True).start()

    def wait(self) -> None:
        """Wait until all that was begun is done."""
        with self._lock:
            self._changed.wait_for(lambda: not self._now and not (self._ahead and self._processes))

    def end(self) -> None:
        """Leave undone what is not done."""
        with self._lock:
            self._ahead.clear()
            processes, self._processes = self._processes, []
            if self._as_often is not None:
                gc.set_threshold(*self._as_often)
            self._changed.notify_all()
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()  # ends it
            process.wait()

    def _feed(self, process: subprocess.Popen[bytes]) -> None:
        """Give a process one loop after the other, until it ends or there are no more for now."""
        assert process.stdin is not None and process.stdout is not None
        name = ""
        while True:
            with self._lock:
                self._now.discard(name)
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._ahead or process not in self._processes)
                if process not in self._processes:
                    return
                name = self._ahead.pop(0)
                self._now.add(name)
            try:
                process.stdin.write(f"{name}\n".encode())
                process.stdin.flush()
                answered = process.stdout.readline()
            except (OSError, ValueError):
                answered = b""
            with self._lock:
                self._done += 1
                if not answered:  # whoever needs the loop compiles it
                    self._now.discard(name)
                    if process in self._processes:
                        self._processes.remove(process)
                    self._changed.notify_all()
                    return
                self._tell(self._done, self._all)


def _started() -> subprocess.Popen[bytes]:
    """Start a process that compiles what it is told, with this one's modules."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


def serve() -> None:
    """Compile the loops that standard input names, and answer each; the end of the input ends all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for this process hears it too, and ends it
    names: list[str] = []
    named = threading.Semaphore(0)

    def listen() -> None:
        for line in sys.stdin:
            names.append(line.strip())
            named.release()
        SAVING.acquire(timeout=1.0)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    loops = listed()
    gc.freeze()
    gc.set_threshold(*RARELY)
    while True:
        named.acquire()
        name = names.pop(0)
        for loop in loops:
            if loop.name == name:
                with contextlib.suppress(Exception):  # the caller compiles it, and hears what is wrong
                    compile_loop(loop)
        sys.stdout.write("done\n")
        sys.stdout.flush()
