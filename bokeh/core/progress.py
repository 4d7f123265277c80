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
    """Seconds of each stage of a run, and of the substages that it reports.

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
    """

    def __init__(self, begun: float, show: Progress = unseen) -> None:
        self.seconds: dict[str, float] = {}
        self.substages: dict[str, dict[str, float]] = {}
        self._begun, self._show = begun, show
        self._stage, self._substage, self._since = "", "", 0.0
        self._lock = threading.Lock()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        start = time.perf_counter()
        if not self.seconds:
            self.seconds["start"] = round(start - self._begun, 3)
        self._stage = name
        self(name, 0.0)
        try:
            yield
        finally:
            self._turn_to(name)
            self.seconds[name] = round(time.perf_counter() - start, 3)

    def __call__(self, name: str, share: float) -> None:
        """Count from now on for a substage, until another is reported or the stage ends (`Progress`)."""
        self._turn_to(name)
        self._show(name, share)

    def _turn_to(self, name: str) -> None:
        with self._lock:
            now = time.perf_counter()
            if self._substage and self._substage != name:
                spent = self.substages.setdefault(self._stage, {})
                spent[self._substage] = round(spent.get(self._substage, 0.0) + now - self._since, 3)
            if self._substage != name:
                self._since = now
            self._substage = "" if name == self._stage else name
