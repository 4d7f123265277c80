"""A batch: what is done already is passed over, the rest is made, put in its place and written into the journal."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from ..core.errors import InputError, OutputError
from ..core.text import printable
from ..io.metadata.render_mark import version
from .job import Developed, Job, Limits, Outcome, Result, Task
from .stores.base import Claimed, Log, Store, sha256_of
from .stores.record import Record, key_of
from .stores.source import edits_beside

if TYPE_CHECKING:
    from ..settings.preset import Preset

_LOOK_AGAIN_S = 0.3


class Executor(Protocol):
    """Who has tasks worked on: `pool.Pool`, or a cluster."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield one result for each task, in any order; may be called again when it is through."""
        ...

    def stop(self) -> None:
        """Begin nothing more; what is under way is finished, or has no result. From any thread, and from a signal."""
        ...

    def kill(self) -> None:
        """End all work at once; from any thread."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...


class Batch:
    """Many photos, each of which ends as a picture in its place or as a reason why not.

    Parameters
    ----------
    jobs : sequence of Job
        Their targets differ.
    settings : Preset
    digest : str
        Of the settings: other settings, other work.
    store : Store
    executor : Executor
        Belongs to the caller, who closes it.
    limits : Limits
    overwrite : bool
        Replace what stands at a target and is not what this batch would make.
    retry : bool
        Try those again that were quarantined.
    keep_times : bool
        Give each picture the times of its photo's file.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        settings: Preset,
        digest: str,
        store: Store,
        executor: Executor,
        *,
        limits: Limits | None = None,
        overwrite: bool = False,
        retry: bool = False,
        keep_times: bool = False,
    ) -> None:
        self._keep_times = keep_times
        self._jobs, self._settings, self._digest = jobs, settings, digest
        self._store, self._executor, self._limits = store, executor, limits or Limits()
        self._overwrite, self._retry = overwrite, retry
        self._stopped = False
        self._open: dict[str, Job] = {}
        self._found: deque[Outcome] = deque()
        self._log: Log
        self._claims: Claimed

    def run(self) -> Iterator[Outcome]:
        """Yield what became of each job, once for each, as soon as it is known.

        An output folder that cannot be used is what became of all of them.
        """
        try:
            self._store.sweep(job.target for job in self._jobs)
            self._claims = self._store.claims()
            self._log = self._store.journal()
            self._log.refresh()
        except OutputError as error:
            yield from (_without(job, "failed", str(error), "OutputError") for job in self._jobs)
            return
        try:
            yield from self._all()
        finally:
            if self._open:
                self._executor.kill()
            self._store.abandon(job.target for job in self._jobs)
            self._claims.close()

    def stop(self) -> None:
        """Begin nothing more, and finish what is being made; from any thread, and from a signal."""
        self._stopped = True
        self._executor.stop()

    def abandon(self) -> None:
        """End at once: what is not in its place is left, and nothing unfinished stays behind."""
        self._executor.kill()
        self._store.abandon(job.target for job in self._jobs)

    def _all(self) -> Iterator[Outcome]:
        pending: list[Job] = []
        for job in self._jobs:
            known = None if self._stopped else self._known(job)
            if known is None:
                pending.append(job)
            else:
                yield known
        while pending and not self._stopped:
            later: list[Job] = []
            through: set[str] = set()
            for result in self._executor.run(self._claimed(pending, later)):
                through.add(result.job.target)
                yield self._settled(result)
                yield from self._passed(through)
            yield from self._passed(through)
            if self._stopped:
                pending = [job for job in pending if job.target not in through]
                break
            pending = later
            if later:  # another run is at work on these
                time.sleep(_LOOK_AGAIN_S)
        for job in pending:
            yield _without(job, "left", "the batch was stopped before it")

    def _passed(self, through: set[str]) -> Iterator[Outcome]:
        """Yield those that another run has made meanwhile."""
        while self._found:
            outcome = self._found.popleft()
            through.add(outcome.output)
            yield outcome

    def _claimed(self, jobs: Iterable[Job], later: list[Job]) -> Iterator[Task]:
        """Yield the tasks of those that no other run works on, or has made since."""
        described = self._store.describe()
        for job in jobs:
            if not self._claims.take(job.target):
                later.append(job)
                continue
            self._log.refresh()
            known = self._known(job)
            if known is not None:
                self._claims.free(job.target)
                self._found.append(known)
                continue
            self._open[job.target] = job
            trust = self._log.of_target(job.target) is None
            yield Task(job, self._settings, self._limits, described, self._overwrite, trust)

    def _known(self, job: Job) -> Outcome | None:
        """Say what became of a job before, if that still holds."""
        record = self._log.of_target(job.target)
        if record is None or (record.settings, record.version) != (self._digest, version()):
            return None
        source = self._source_sha256(job)  # reads the photo, which is quick next to making it again
        record = self._log.find(key_of(source, self._digest, version(), job.target, self._edits_sha256(job)))
        if record is None:
            return None
        if record.status == "quarantined":
            if self._retry:
                return None
            return _without(job, "quarantined", f"{record.reason}; `retry` tries it again", "WorkerDied", source)
        if self._store.written(job.target) != record.bytes:
            return None
        return Outcome(job.source, job.target, "already", source_sha256=source, recipe=record.recipe)

    def _source_sha256(self, job: Job) -> str:
        try:
            return sha256_of(self._store.read(job.source))
        except (InputError, OSError):  # whoever works on it will say why
            return ""

    def _edits_sha256(self, job: Job) -> str:
        beside = edits_beside(job.source, self._settings)
        return "" if beside is None else sha256_of(beside)

    def _settled(self, result: Result) -> Outcome:
        """Do with a result what remains to be done."""
        job = result.job
        try:
            return self._published(result) if isinstance(result, Developed) else self._refused(result)
        finally:
            del self._open[job.target]
            self._claims.free(job.target)

    def _published(self, made: Developed) -> Outcome:
        job, status = made.job, "already"
        if made.token:
            status = "done"
            try:
                self._store.commit(made.token, job.target, self._overwrite)
            except OutputError as error:
                return _without(job, "failed", str(error), "OutputError", made.source_sha256, made.seconds)
        trouble = self._record(job, made.source_sha256, "done", made.edits, made=made)
        if self._keep_times and status == "done":
            trouble = (*trouble, *self._store.keep_times(job.source, job.target))
        return Outcome(
            job.source,
            job.target,
            status,
            seconds=made.seconds,
            source_sha256=made.source_sha256,
            recipe=made.recipe,
            warnings=(*made.warnings, *trouble),
        )

    def _refused(self, failed: Result) -> Outcome:
        assert not isinstance(failed, Developed)
        job, source, status = failed.job, failed.source_sha256, "failed"
        if failed.kind in ("crashed", "timeout"):
            source = source or self._source_sha256(job)
        if failed.kind == "skipped":
            status = "skipped"
        elif failed.kind == "crashed":
            status = "quarantined"
            self._record(job, source, status, self._edits_sha256(job), reason=failed.message)
        return _without(job, status, failed.message, failed.code, source, failed.seconds)

    def _record(
        self, job: Job, source: str, status: str, edits: str, *, reason: str = "", made: Developed | None = None
    ) -> tuple[str, ...]:
        """Add a record to the journal; why that was not possible, if it was not."""
        record = Record(
            key=key_of(source, self._digest, version(), job.target, edits),
            source_sha256=source,
            settings=self._digest,
            version=version(),
            target=job.target,
            status=status,
            output_sha256=made.sha256 if made else "",
            bytes=made.bytes if made else 0,
            recipe=made.recipe if made else "",
            reason=reason,
            attempts=2 if status == "quarantined" else 1,
            time=time.time(),
            edits=edits,
        )
        try:
            self._log.append(record)
        except OSError as error:  # the picture's mark will say it
            return (f"{printable(job.target)}: done, but the journal cannot be written ({error.strerror or error})",)
        return ()


def _without(
    job: Job, status: str, reason: str, code: str = "", source_sha256: str = "", seconds: float = 0.0
) -> Outcome:
    """Make the outcome of a job that has no picture."""
    return Outcome(job.source, job.target, status, reason, code, seconds, source_sha256)  # pyright: ignore
