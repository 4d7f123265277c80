"""How far a batch is."""

from __future__ import annotations

import time
from collections import Counter

from .job import Outcome


class Tally:
    """Counts outcomes, and foretells the end.

    Parameters
    ----------
    total : int
        Inputs that will have an outcome.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.counts: Counter[str] = Counter()
        self._begun = time.perf_counter()

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        self.counts[outcome.status] += 1

    @property
    def share(self) -> float:
        """How much of it is through, 0..1."""
        return self.counts.total() / max(self.total, 1)

    @property
    def failures(self) -> int:
        """How many photos have no picture that should have one."""
        return self.counts["failed"] + self.counts["quarantined"]

    @property
    def photos_per_s(self) -> float:
        """Photos a second, of those that took work; 0 before the first."""
        worked = self.counts["done"] + self.counts["failed"] + self.counts["skipped"]
        return worked / max(time.perf_counter() - self._begun, 1e-9)

    @property
    def left_s(self) -> float | None:
        """Seconds until the end, if all photos are like those so far; None while that is not known."""
        left, rate = self.total - self.counts.total(), self.photos_per_s
        return left / rate if rate > 0 else None

    def __str__(self) -> str:
        """Say it in a few words."""
        words = [f"{self.counts.total()} of {self.total}"]
        if self.photos_per_s > 0:
            words.append(f"{self.photos_per_s:.2g} photos/s")
        if self.left_s:
            words.append(f"{_duration(self.left_s)} left")
        if self.failures:
            words.append(f"{self.failures} failed")
        return ", ".join(words)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
