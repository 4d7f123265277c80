"""The work of one photo, as any worker does it: read, developed, staged; what goes wrong is a result too."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ..core.errors import NoDepthError, OutputError, UnknownFormatError, error_line
from ..develop import develop
from ..io.decoded import announced
from ..io.metadata import render_mark
from ..photo.photo import Photo
from ..settings.recipe import Recipe
from .executors.memory import estimate_bytes
from .job import Developed, Failed, Result, Task
from .stores import store_of
from .stores.base import Store, sha256_of
from .stores.source import edits_beside


class _MadeOtherwise(Exception):
    """A picture of the same photo stands in its place, made by another recipe."""


class _Stands(Exception):
    """The picture stands in its place already."""


def begin_at_once(need_bytes: int) -> None:
    """Wait for nobody."""


def render_one(task: Task, gate: Callable[[int], object] = begin_at_once) -> Result:
    """Make the picture of one photo, and stage it.

    Parameters
    ----------
    task : Task
    gate : callable
        Is told the memory that the photo will take, in bytes, before it is decoded, and returns when there is room.

    Returns
    -------
    Developed or Failed
        Nothing that a photo does raises, unless it ends the process.
    """
    began, job, source, recipe = time.perf_counter(), task.job, "", ""
    waited = 0.0
    asked = False

    def ask(pixels: int) -> None:
        nonlocal asked, waited
        if not asked:
            asked, start = True, time.perf_counter()
            gate(estimate_bytes(pixels))
            waited = time.perf_counter() - start

    def chosen(photo: Photo) -> Recipe:
        nonlocal recipe
        settled = replace(task.settings.recipe_for(photo), format=job.format).settled(photo.meta.format)
        recipe = settled.digest_with(photo.edits)
        _check_place(task, store, (source, recipe))
        return settled

    store = store_of(task.store)
    edits = ""
    try:
        data = store.read(job.source)
        source = sha256_of(data)
        beside = edits_beside(job.source, task.settings)
        edits = "" if beside is None else sha256_of(beside)
        with announced(ask):
            picture = develop(
                data,
                chosen,
                of_exr=task.settings.load_options,
                max_pixels=task.limits.max_pixels,
                name=job.name,
                beside=beside,
            )
        token = store.stage(picture.data, job.target)
    except _Stands:
        found = store.content(job.target)
        seconds = time.perf_counter() - began - waited
        return Developed(job, "", sha256_of(found), len(found), source, recipe, seconds, edits=edits)
    except _MadeOtherwise as error:
        return Failed(job, "OutputError", str(error), "skipped", source, time.perf_counter() - began - waited)
    except Exception as error:
        kind = "skipped" if isinstance(error, (NoDepthError, UnknownFormatError)) else "failed"
        line = " ".join(error_line(error)[1].split())
        return Failed(job, type(error).__name__, line, kind, source, time.perf_counter() - began - waited)
    return Developed(
        job,
        token,
        sha256_of(picture.data),
        len(picture.data),
        source,
        recipe,
        time.perf_counter() - began - waited,
        tuple(picture.warnings),
        edits,
    )


def _check_place(task: Task, store: Store, made_from: tuple[str, str]) -> None:
    """See before any work whether there is any: the picture may stand there, or something that must not be replaced."""
    if store.written(task.job.target) is None:
        return
    stands = store.content(task.job.target)
    mark = render_mark.of_file(stands)
    if task.trust and mark == made_from:
        raise _Stands
    if not task.overwrite and mark is not None and mark[0] == made_from[0] and mark != made_from:
        at = render_mark.f_number_of_file(stands)
        raise _MadeOtherwise(
            f"{task.job.target}: made of this photo before{at and f' at f/{at}'}, by another recipe; `overwrite` makes "
            "it anew, another folder keeps both"
        )
    if not task.overwrite:
        raise OutputError(f"{task.job.target}: the file exists; choose another folder or give `overwrite`")
