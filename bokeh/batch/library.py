"""A whole library of photos: planned, then rendered by whoever there is to do it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..core.errors import UsageError
from ..settings.preset import Preset
from .job import Limits, Outcome
from .plan import OnCollision, plan, plan_named
from .run import Batch
from .stores import store_at
from .stores.named import NamedStore
from .stores.url import in_one_process, is_url, shown

if TYPE_CHECKING:
    from .run import Executor
    from .stores.base import Store


class Library:
    """Many photos, each of which ends as a picture below the output folder or as a reason why not.

    Parameters
    ----------
    words : sequence of str
        Files, folders, patterns, lists and URLs, as `inputs` takes them.
    out : str
        Output folder, or a URL.
    preset : Preset, optional
        Says the recipe of each photo.
    limits : Limits, optional
        What one photo may cost.
    workers : int, optional
        Processes on this machine; by default as many as it has cores.
    scheduler : str, optional
        Address of a Dask scheduler whose workers do the work, like ``tcp://host:8786``.
    overwrite : bool
        Replace what stands at an output and is not what this would make.
    retry : bool
        Try those again whose worker died.
    on_collision : {"refuse", "suffix"}
        As for `plan`.
    keep_times : bool
        Give each picture the times of its photo's file; on this machine only.
    tell : callable, optional
        Is told "compiling" when everybody waits for that.
    name_of : callable, optional
        As for `plan_named`: each picture goes where this says, and `out` is "".

    Attributes
    ----------
    plan : Plan

    Raises
    ------
    UsageError
        When two photos would become one file, or an output would take an input's place.
    InputError
        When a list cannot be read.
    """

    def __init__(
        self,
        words: Sequence[str],
        out: str,
        preset: Preset | None = None,
        *,
        limits: Limits | None = None,
        workers: int | None = None,
        scheduler: str | None = None,
        overwrite: bool = False,
        retry: bool = False,
        on_collision: OnCollision = "refuse",
        keep_times: bool = False,
        tell: Callable[[str], object] | None = None,
        name_of: Callable[[str, str], str] | None = None,
    ) -> None:
        self._preset, self._limits = preset or Preset(), limits or Limits()
        self._is_named = name_of is not None
        if name_of is None:
            self.plan = plan(words, out, self._preset.format, on_collision=on_collision)
        else:
            self.plan = plan_named(words, name_of, self._preset.format)
        self._keep_times = keep_times
        if keep_times and is_url(out):
            raise UsageError(f"{shown(out)}: objects have no times to keep; leave `keep_times` out")
        self._out, self._workers, self._scheduler = out, workers, scheduler
        self._overwrite, self._retry, self._tell = overwrite, retry, tell
        self._batch: Batch | None = None
        self._stopped = False

    @property
    def store(self) -> Store:
        """Where the pictures go."""
        return NamedStore("") if self._is_named else store_at(self._out)

    def run(self) -> Iterator[Outcome]:
        """Yield what became of each input, once for each, as soon as it is known."""
        yield from self.plan.known
        if not self.plan.jobs:
            return
        with contextlib.closing(self._executor()) as executor:
            self._batch = Batch(
                self.plan.jobs,
                self._preset,
                self._preset.digest,
                self.store,
                executor,
                limits=self._limits,
                overwrite=self._overwrite,
                retry=self._retry,
                keep_times=self._keep_times,
            )
            if self._stopped:
                self._batch.stop()
            yield from self._batch.run()

    def stop(self) -> None:
        """Begin nothing more, and finish what is being made; from any thread, and from a signal."""
        self._stopped = True
        if self._batch is not None:
            self._batch.stop()

    def abandon(self) -> None:
        """End at once, and leave nothing unfinished behind."""
        self._stopped = True
        if self._batch is not None:
            self._batch.abandon()

    def _executor(self) -> Executor:
        urls = [self._out, *(job.source for job in self.plan.jobs)]
        alone = next((url for url in urls if in_one_process(url)), None)
        if self._scheduler is not None:
            if alone is not None:
                raise UsageError(f"{shown(alone)}: no other machine can see this; leave `scheduler` out")
            from .executors.dask import DaskExecutor

            return DaskExecutor(self._scheduler, memory_bytes=self._limits.memory_bytes)
        if alone is not None:
            from .executors.in_process import InProcessExecutor

            return InProcessExecutor()
        from .executors.pool import Pool

        return Pool(self._workers, memory_bytes=self._limits.memory_bytes, tell=self._tell)
