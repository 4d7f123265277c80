"""What a batch will do, decided before anything is written: which photo becomes which file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO, Literal

from ..core.errors import UsageError
from ..core.text import printable
from ..io.formats import FORMATS, READABLE, settled_format
from ..io.metadata import render_mark
from ..io.registry import kind_of
from .inputs import Found, inputs
from .job import Job, Outcome
from .stores.url import is_url, shown

OnCollision = Literal["refuse", "suffix"]

_HEAD = 4096
_DIRECTORY = 2 + 12 * 512  # the first directory of a TIFF, which tells a DNG from others
_PICTURES = frozenset(suffix for row in FORMATS.values() for suffix in row.suffixes)
_MOST_LISTED = 3


@dataclass(frozen=True)
class Plan:
    """Each input once: as a job, or as an outcome when it is already known.

    Parameters
    ----------
    jobs : tuple of Job
        No two have one target, and no target is an input.
    known : tuple of Outcome
        What is no picture, or cannot be found.
    """

    jobs: tuple[Job, ...]
    known: tuple[Outcome, ...] = ()


def plan(words: Sequence[str], out: str, format: str | None = None, *, on_collision: OnCollision = "refuse") -> Plan:
    """Plan a batch.

    Parameters
    ----------
    words : sequence of str
        As for `inputs`.
    out : str
        Output folder, or a URL.
    format : str, optional
        What is written; None = as each photo.
    on_collision : {"refuse", "suffix"}
        What is done when two photos would become one file: nothing, or the second and further ones get a number.

    Returns
    -------
    Plan

    Raises
    ------
    UsageError
        When nothing is named, when two photos would become one file, or a file would take an input's place.
    InputError
        When a list cannot be read.
    """
    if not words:
        raise UsageError("no photos are named; give files, folders, patterns or @list.txt")
    if not is_url(out) and os.path.lexists(out) and not os.path.isdir(out):
        raise UsageError(f"{printable(out)} is no folder; name one with `out`")
    if any(_is_same(word, out) for word in words):
        raise UsageError(f"{printable(out)} is an input, and inputs are never written; name another folder with `out`")
    planned, known = _jobs(inputs(words, out), format, lambda found, wanted: target_of(found.below, wanted))
    if on_collision == "suffix":
        planned = _numbered(planned)
    _refuse_collisions(planned, out)
    return Plan(tuple(planned), known)


def plan_named(words: Sequence[str], name_of: Callable[[str, str], str], format: str | None = None) -> Plan:
    """Plan the renders of some photos, each into a file of its own name.

    Parameters
    ----------
    words : sequence of str
        As for `inputs`.
    name_of : callable
        Gives the file of a photo and the format that is written.
    format : str, optional
        What is written; None = as each photo.

    Returns
    -------
    Plan
        Whose targets are files, wherever they lie. What rebokeh has made is known already: a pattern that is rendered
        once more finds the pictures of the first time.

    Raises
    ------
    UsageError
        When two photos would become one file, or a file would take an input's place.
    """
    planned, known = _jobs(inputs(words, ""), format, lambda found, wanted: name_of(found.source, wanted))
    jobs, made = list[Job](), list[Outcome]()
    for job in planned:
        if is_made(job.source):
            said = f"{job.name}: rebokeh has made this; name it alone to have it rendered again"
            made.append(Outcome(job.source, "", "skipped", said))
        else:
            jobs.append(job)
    _refuse_collisions(jobs, "")
    return Plan(tuple(jobs), (*known, *made))


def is_made(path: str) -> bool:
    """Whether rebokeh has rendered a picture; what cannot be read is for the render to say."""
    try:
        with open(path, "rb") as file:
            return render_mark.of_file(file.read()) is not None
    except OSError:
        return False


def _jobs(
    files: Iterable[Found], format: str | None, target: Callable[[Found, str], str]
) -> tuple[list[Job], tuple[Outcome, ...]]:
    """Tell the photos among files, each with its target, from what is none, each once."""
    jobs: dict[tuple[object, str], Job] = {}
    known: list[Outcome] = []
    for found, kind, trouble in _kinds(files):
        wanted = ""
        if kind is not None and not trouble:
            try:
                wanted = settled_format(format, kind)
            except UsageError as error:
                trouble = str(error)
        if not wanted:
            code = "" if kind else "InputError" if found.failed else "UnknownFormatError"
            known.append(Outcome(found.source, "", "failed" if found.failed else "skipped", trouble, code))
            continue
        job = Job(found.source, target(found, wanted), shown(found.source), wanted)
        state = _state(job.source)
        identity = (state.st_dev, state.st_ino) if state else job.source
        jobs.setdefault((identity, job.target), job)
    return list(jobs.values()), tuple({outcome.source: outcome for outcome in known}.values())


def target_of(below: str, format: str) -> str:
    """Name a picture as its photo, with an ending of its format.

    Parameters
    ----------
    below : str
        The photo's name below what was named, with ``/``.
    format : str

    Returns
    -------
    str
    """
    path = PurePosixPath(below)
    if path.suffix.lower() in FORMATS[format].suffixes:
        return below
    stem = below.removesuffix(path.suffix) if path.suffix.lower() in _PICTURES else below
    return stem + FORMATS[format].suffixes[0]


def _kinds(found: Iterable[Found]) -> Iterator[tuple[Found, str | None, str]]:
    """Tell what kind of picture each file is, by its first bytes, or why it is none."""
    files = list(found)
    urls = [one.source for one in files if is_url(one.source) and not one.trouble]
    heads: dict[str, object] = {}
    if urls:
        from .stores.objects import heads as read_heads

        heads = dict(zip(urls, read_heads(urls, _HEAD), strict=True))
    for one in files:
        if one.trouble:
            yield one, None, one.trouble
            continue
        head = heads[one.source] if one.source in heads else _head(one.source)
        kind, trouble = _told(one.source, head)
        yield one if isinstance(head, bytes) else Found(one.source, one.below, trouble, failed=True), kind, trouble


def kind_at(path: str) -> tuple[str | None, str]:
    """Tell what kind of picture a file is by its first bytes; None, and why, when it is none that is read."""
    return _told(path, _head(path))


def _told(source: str, head: object) -> tuple[str | None, str]:
    if not isinstance(head, bytes):
        return None, str(head)
    kind = kind_of(head)
    what = f"not a picture that rebokeh reads ({READABLE})" if head else "an empty file"
    return kind, "" if kind else f"{shown(source)}: {what}"


def _head(path: str) -> bytes | str:
    """Read as much of a file as tells its kind; why that is not possible, if it is not."""
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
            return head + _first_directory(head, file) if head[:2] in (b"II", b"MM") else head
    except (OSError, ValueError) as error:
        return f"{printable(path)}: the photo cannot be read, {str(getattr(error, 'strerror', None) or error).lower()}"


def _first_directory(head: bytes, file: BinaryIO) -> bytes:
    """Return the bytes of a TIFF from the head's end to that of its first directory; zeros for what lies between."""
    at = int.from_bytes(head[4:8], "little" if head[:2] == b"II" else "big")
    if not len(head) <= at < os.fstat(file.fileno()).st_size:
        return file.read(_DIRECTORY)
    file.seek(at)
    return bytes(at - len(head)) + file.read(_DIRECTORY)


def _numbered(jobs: Sequence[Job]) -> list[Job]:
    """Give each photo after the first that would become the same file a number: ``a.jpg``, ``a_2.jpg``.

    In the order of their sources, so that a later run numbers them alike.
    """
    taken: set[str] = {job.target for job in jobs}
    seen: set[str] = set()
    named: dict[str, str] = {}
    for job in sorted(jobs, key=lambda job: job.source):
        target, path, number = job.target, PurePosixPath(job.target), 2
        while target in seen or (target != job.target and target in taken):
            target = str(path.with_name(f"{path.stem}_{number}{path.suffix}"))
            number += 1
        seen.add(target)
        named[job.source] = target
    return [replace(job, target=named[job.source]) for job in jobs]


def _refuse_collisions(jobs: Sequence[Job], out: str) -> None:
    sources: dict[str, str] = {}
    folders = {str(parent): job for job in jobs for parent in PurePosixPath(job.target).parents}
    found: list[str] = []
    for job in jobs:
        other = sources.setdefault(job.target, job.source)
        if other is not job.source:
            found.append(f"{shown(other)} and {job.name} would both become {printable(job.target)}")
        if job.target in folders:
            found.append(
                f"{job.name} would become {printable(job.target)}, where {folders[job.target].name} needs a folder"
            )
    found += _inputs_in_the_way(jobs, out)
    if found:
        more = f", and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
        what = "; `on_collision` suffix numbers what would share a name" if out and len(sources) < len(jobs) else ""
        raise UsageError(f"{'; '.join(found[:_MOST_LISTED])}{more}; nothing was written{what}")


def _inputs_in_the_way(jobs: Sequence[Job], out: str) -> Iterator[str]:
    """Name the targets that are inputs, by whatever name."""
    if is_url(out):
        taken = {job.source for job in jobs}
        folder = out.rstrip("/")
        yield from (f"{shown(t)} is an input" for job in jobs if (t := f"{folder}/{job.target}") in taken)
        return
    if out and not os.path.isdir(out):
        return
    identities = {(s.st_dev, s.st_ino) for job in jobs if (s := _state(job.source))}
    for job in jobs:
        state = _state(os.path.join(out, job.target))
        if state is not None and (state.st_dev, state.st_ino) in identities:
            yield f"{printable(os.path.join(out, job.target))} is an input, which is never written"


def _state(path: str) -> os.stat_result | None:
    try:
        return None if is_url(path) else os.stat(path)
    except (OSError, ValueError):
        return None


def _is_same(word: str, out: str) -> bool:
    if is_url(out) or is_url(word):
        return word.rstrip("/") == out.rstrip("/")
    a, b = _state(word), _state(out)
    return a is not None and b is not None and os.path.samestat(a, b)
