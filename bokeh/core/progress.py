"""How far a run is, and how long each stage of it took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, float], None]
"""Is told the name of what is being done, and the share of it that is done, 0..1; from any thread."""


def unseen(name: str, share: float) -> None:
    """Look away."""


class Clock:
    """Seconds of each stage of a run, of the substages that it reports, and of what is done beside them.

    Stages follow each other, so their seconds add up to the whole; those of work that another thread does meanwhile
    stand apart.

    Parameters
    ----------
    begun : float
        When the run began, by `time.perf_counter`; the time until the first stage is called "start".
    show : Progress
        Is told what the clock is told.

    Attributes
    ----------
    seconds : dict of str to float
    substages : dict of str to dict of str to float
        Seconds of the substages of each stage that has any, in the order of their first reports.
    beside : dict of str to float
        Seconds of what was done beside stages, and counts for none of them.
    """

    def __init__(self, begun: float, show: Progress = unseen) -> None:
        self.seconds: dict[str, float] = {}
        self.substages: dict[str, dict[str, float]] = {}
        self.beside: dict[str, float] = {}
        self._begun, self._show = begun, show
        self._stage, self._substage, self._since = "", "", 0.0
        self._lock = threading.Lock()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage; one that goes on later has the seconds of all its times."""
        start = time.perf_counter()
        if not self.seconds:
            self.seconds["start"] = round(start - self._begun, 3)
        self._stage = name
        self(name, 0.0)
        try:
            yield
        finally:
            self.part(name)
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - start, 3)

    @contextmanager
    def aside(self, name: str) -> Iterator[None]:
        """Time what a thread of its own does while the stages go on."""
        start = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.beside[name] = round(self.beside.get(name, 0.0) + time.perf_counter() - start, 3)

    def __call__(self, name: str, share: float) -> None:
        """Count from now on for a substage, until another is reported or the stage ends (`Progress`)."""
        self.part(name)
        self._show(name, share)

    def part(self, name: str) -> None:
        """Count from now on for a substage, without telling anybody."""
        with self._lock:
            now = time.perf_counter()
            if self._substage and self._substage != name:
                spent = self.substages.setdefault(self._stage, {})
                spent[self._substage] = round(spent.get(self._substage, 0.0) + now - self._since, 3)
            if self._substage != name:
                self._since = now
            self._substage = "" if name == self._stage else name
