"""Progress as a terminal shows it."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

from ..settings.flags import with_flags

if TYPE_CHECKING:
    from ..core.progress import Clock


def timetable(clock: Clock) -> list[str]:
    """Say how long each stage took, its parts indented, and its share of the total; last what was done beside them.

    Stages add up to the total; what another core did meanwhile is in no sum.
    """
    total = sum(clock.seconds.values())
    rows = [
        row
        for stage, spent in clock.seconds.items()
        for row in ((stage, spent), *((f"  {name}", short) for name, short in clock.substages.get(stage, {}).items()))
    ]
    rows.append(("total", total))
    names = [name for name, _ in rows] + [f"+ {name}" for name in clock.beside]
    width = max(map(len, names))
    lines = [f"{name:<{width}} {spent:8.2f} s {100 * spent / max(total, 1e-9):4.0f} %" for name, spent in rows]
    aside = [f"{f'+ {name}':<{width}} {spent:8.2f} s, beside these" for name, spent in clock.beside.items()]
    return lines + aside


class Bar:
    """One line on a terminal that says how far a run is; it is rewritten in place, and erased at the end.

    Parameters
    ----------
    terminal : text stream
    patience_s : float
        A run that is shorter than this shows nothing.
    """

    def __init__(self, terminal: TextIO, patience_s: float = 1.0) -> None:
        self._terminal = terminal
        self._now = "", 0.0
        self._begun = time.perf_counter()
        self._drawn = 0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._painter = threading.Thread(target=self._paint, args=(patience_s,), daemon=True)

    def __enter__(self) -> Bar:
        """Begin to watch."""
        self._painter.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Erase the line."""
        self.erase()

    def __call__(self, name: str, share: float) -> None:
        """Remember how far the run is (`Progress`)."""
        self._now = name, share

    def say(self, line: str) -> None:
        """Write a line that stays; the bar goes on below."""
        with self._lock:
            self._write("")
            self._terminal.write(f"{with_flags(line)}\n")

    def erase(self) -> None:
        """Erase the line, for good."""
        self._over.set()
        if self._lock.acquire(timeout=0.1):  # a terminal that was stopped (Ctrl-S) must not stop the end of the run
            self._write("")
            self._lock.release()

    def _paint(self, patience_s: float) -> None:
        # A painter of its own: a long stage reports nothing, and its seconds must go on all the same.
        wait = patience_s
        while not self._over.wait(wait):
            with self._lock:
                if not self._over.is_set():
                    self._write(self._line())
            wait = 0.1

    def _line(self) -> str:
        name, share = self._now
        filled = round(20 * min(max(share, 0.0), 1.0))
        bar = f" [{'#' * filled}{' ' * (20 - filled)}] {100 * share:3.0f} %" if share > 0 else ""
        line = f"{name}{bar} {time.perf_counter() - self._begun:.0f} s"
        return line[: shutil.get_terminal_size().columns - 1]

    def _write(self, line: str) -> None:
        if line or self._drawn:
            self._terminal.write(f"\r{line:<{self._drawn}}" if line else f"\r{' ' * self._drawn}\r")
            self._terminal.flush()
        self._drawn = len(line)


def sees_progress(quiet: bool, as_json: bool) -> bool:
    """Whether somebody sits before a terminal who wants to see how far a run is."""
    if quiet or (as_json and sys.stdout.isatty()):
        return False
    return sys.stderr is not None and sys.stderr.isatty()
