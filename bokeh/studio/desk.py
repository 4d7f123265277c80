"""The desk: one thread that renders, what is most urgent first, and nothing that nobody waits for any more."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..core.progress import Progress
from .errors import Superseded

Done = TypeVar("Done")

DRAFT, FULL, SAVE = range(3)
"""What goes before what."""


class _GivesWay(Exception):
    """Something more urgent has come; this is begun again after it."""


@dataclass(eq=False)
class _Task:
    desk: Desk
    work: Callable[[Progress], Any]
    rank: int
    slot: Hashable
    number: int
    future: Future[Any] = field(default_factory=Future)
    stale: bool = False
    gives_way: bool = False

    def progress(self, name: str, share: float) -> None:
        if self.stale:
            raise Superseded
        if self.gives_way:
            raise _GivesWay
        if self.rank == SAVE:
            self.desk.let_through(self)


class Desk:
    """Renders one thing at a time, in a thread of its own.

    A render uses all cores, so that two at once would only make each other late. A save is not begun again for
    something more urgent, but waits: between two tiles its thread renders that first.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Task] = []
        self._running: _Task | None = None
        self._paused: _Task | None = None  # a save, while something more urgent is rendered
        self._number = itertools.count()
        self._rested = time.monotonic()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="rebokeh studio desk", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Progress], Done], rank: int, slot: Hashable = None) -> Future[Done]:
        """Have something rendered.

        Parameters
        ----------
        work : callable
            Is given a `Progress` to call from time to time; it raises when the work is wanted no more.
        rank : int
            `DRAFT`, `FULL` or `SAVE`; what is less urgent is begun again later, or pauses if it is a save.
        slot : hashable, optional
            Of what is asked for under one name only the newest is rendered; the others end with `Superseded`.

        Returns
        -------
        Future
        """
        with self._changed:
            task = _Task(self, work, rank, slot, next(self._number))
            self._supersede(slot)
            if self._running is not None and rank < self._running.rank < SAVE:
                self._running.gives_way = True
            self._waiting.append(task)
            self._changed.notify_all()
        return task.future

    def supersede(self, slot: Hashable) -> None:
        """End what was asked for under a name."""
        with self._changed:
            self._supersede(slot)

    def wait_until_idle(self, for_s: float, is_wanted: Callable[[], bool]) -> None:
        """Wait until nothing has been rendered for some seconds, or somebody waits for what is done then."""
        with self._changed:
            while not self._closed and not is_wanted():
                busy = self._running is not None or self._paused is not None or self._waiting
                left_s = for_s if busy else for_s - (time.monotonic() - self._rested)
                if left_s <= 0.0:
                    return
                self._changed.wait(left_s)

    def wake(self) -> None:
        """Have those who wait look again whether they are wanted."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Begin nothing more."""
        with self._changed:
            self._closed = True
            for task in (*self._waiting, *filter(None, [self._running, self._paused])):
                task.stale = True
            for task in self._waiting:
                task.future.set_exception(Superseded())
            self._waiting.clear()
            self._changed.notify_all()

    def let_through(self, save: _Task) -> None:
        """Render what is more urgent than a save that is under way; from the save's own threads."""
        if threading.current_thread() is not self._thread:
            with self._changed:  # the other threads of the save leave the cores to it
                while self._paused is save:
                    self._changed.wait()
            return
        while (task := self._taken(SAVE)) is not None:
            self._paused = save
            self._do(task)
            with self._changed:
                self._running, self._paused = save, None
                self._changed.notify_all()
        if save.stale:
            raise Superseded

    def _taken(self, before: int) -> _Task | None:
        """Take the most urgent of what waits, of a rank before this one."""
        with self._changed:
            waiting = [one for one in self._waiting if one.rank < before]
            if not waiting or self._closed:
                return None
            task = min(waiting, key=lambda one: (one.rank, one.number))
            self._waiting.remove(task)
            self._running = task
            return task

    def _supersede(self, slot: Hashable) -> None:
        if slot is None:
            return
        if self._running is not None and self._running.slot == slot:
            self._running.stale = True
        for task in [one for one in self._waiting if one.slot == slot]:
            self._waiting.remove(task)
            task.future.set_exception(Superseded())

    def _serve(self) -> None:
        while not self._closed:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
            if (task := self._taken(SAVE + 1)) is not None:
                self._do(task)

    def _do(self, task: _Task) -> None:
        found: Any = None
        error: BaseException | None = None
        try:
            task.progress("begin", 0.0)
            found = task.work(task.progress)
        except BaseException as raised:  # whoever waits for it is told
            error = raised
        with self._changed:
            self._running = None
            self._rested = time.monotonic()
            if isinstance(error, _GivesWay) and not task.stale:
                task.gives_way = False
                self._waiting.append(task)
                return
            self._changed.notify_all()
        if error is None and not task.stale:
            task.future.set_result(found)
        else:
            task.future.set_exception(Superseded() if error is None or isinstance(error, _GivesWay) else error)
