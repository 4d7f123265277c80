"""What takes longer than a page waits for: saving, a folder of photos, a focus pull; each with its progress."""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import NotThereError, Superseded, said

JobState = Literal["going", "done", "failed", "cancelled"]

KEPT = 100
"""Jobs that can still be asked for."""

TELL_EVERY_S = 0.1

NICENESS, NICEST = 10, 19
"""How far what codes pictures yields to drafts, which have most of the cores while both go on; the most there is."""


@dataclass(eq=False)
class BackgroundJob:
    """One of them.

    Attributes
    ----------
    key : str
    kind : str
        "save", "apply" or "rack".
    cancelled : threading.Event
        Set when it is to end.
    """

    key: str
    kind: str
    tell: Callable[[Mapping[str, Any]], object]
    state: JobState = "going"
    done: float = 0.0
    total: float = 1.0
    message: str = ""
    code: str = ""
    outputs: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    _told: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Say how far it is."""
        return {
            "job": self.key, "kind": self.kind, "state": self.state, "done": self.done, "total": self.total,
            "message": self.message, "code": self.code, "outputs": list(self.outputs), "warnings": list(self.warnings),
        }  # fmt: skip

    def is_at(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Say how far it is; raises when it is to end.

        Raises
        ------
        Superseded
        """
        if self.cancelled.is_set():
            raise Superseded
        self.done = done
        self.total = self.total if total is None else total
        self.message = self.message if message is None else message
        now = time.monotonic()
        if now - self._told >= TELL_EVERY_S:
            self._told = now
            self.tell(self.to_json())


class Jobs:
    """All of them, one at a time: they write files, and take all cores."""

    def __init__(self, tell: Callable[[Mapping[str, Any]], object]) -> None:
        self._tell = tell
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._jobs: dict[str, BackgroundJob] = {}

    def begin(self, kind: str, work: Callable[[BackgroundJob], object]) -> BackgroundJob:
        """Begin one, in a thread of its own."""
        job = BackgroundJob(secrets.token_hex(6), kind, self._tell)
        with self._lock:
            self._jobs[job.key] = job
            for key in [one.key for one in self._jobs.values() if one.state != "going"][:-KEPT]:
                del self._jobs[key]
        threading.Thread(target=self._do, args=(job, work), name=f"rebokeh studio {kind}", daemon=True).start()
        return job

    def get(self, key: str) -> BackgroundJob:
        """Return one.

        Raises
        ------
        NotThereError
        """
        with self._lock:
            if key not in self._jobs:
                raise NotThereError("there is no such job in this session")
            return self._jobs[key]

    @property
    def are_going(self) -> bool:
        """Whether there is anything that is not done yet."""
        with self._lock:
            return any(job.state == "going" for job in self._jobs.values())

    def _do(self, job: BackgroundJob, work: Callable[[BackgroundJob], object]) -> None:
        if sys.platform == "linux":  # elsewhere threads have no priority of their own to give away
            thread = threading.get_native_id()
            ours = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(ours + NICENESS, NICEST))
        with self._turn:
            try:
                job.is_at(0.0)
                work(job)
                job.state, job.done = "done", job.total
            except Superseded:
                job.state, job.message = "cancelled", "cancelled"
            except Exception as error:
                told = said(error)[1]
                job.state, job.message, job.code = "failed", told["error"], told["code"]
        self._tell(job.to_json())
