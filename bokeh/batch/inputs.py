"""What the words after ``rebokeh batch`` mean: files, folders, patterns, lists, URLs; and what each file is called."""

from __future__ import annotations

import glob
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..core.errors import InputError
from ..core.text import printable
from ..io.files.atomic import is_part
from ..photo.load_options import EDITS_ENDING
from .stores.url import STATE_FOLDER, is_url, local_path, shown

# As Apple's Photos exports a picture that was edited, beside the one that was taken.
_EDITED = re.compile(r"img_e(\d+)\.\w+")
_PHONE_ENDINGS = (".heic", ".jpg", ".jpeg", ".png", ".dng")
_MAGIC = frozenset("*?[")


@dataclass(frozen=True)
class Found:
    """A file that was named or found.

    Parameters
    ----------
    source : str
        Path or URL.
    below : str
        Its name below what was named, with ``/``; "" where there is no file.
    trouble : str
        Why it cannot be read; "" when nothing is known against it.
    failed : bool
        Whether that is a failure: somebody asked for it.
    """

    source: str
    below: str = ""
    trouble: str = ""
    failed: bool = False


def inputs(words: Iterable[str], out: str) -> Iterator[Found]:
    """Find what each word means.

    Parameters
    ----------
    words : iterable of str
        Files, folders (with all below them; folders that are links, or hidden, are not entered, and hidden files and
        edited copies of what is there too are set aside), patterns, ``@`` and the name of a
        list of files and folders, one a line (``@-`` reads it from standard input; a line that begins with ``#`` is a
        comment), and URLs. What exists by a name is that, and no pattern, list or comment.
    out : str
        The output folder, which is left out of the folders.

    Yields
    ------
    Found
    """
    kept_out = None if is_url(out) else _identity(out)
    for word in words:
        yield from _meaning(word, kept_out)


def _meaning(word: str, out: tuple[int, int] | None) -> Iterator[Found]:
    if not os.path.lexists(word):
        if is_url(word):
            yield from _objects(word, out)
            return
        if word.startswith("@"):
            yield from _listed(word[1:], out)
            return
        if _MAGIC.intersection(word):
            matches = sorted(glob.glob(word, recursive=True))
            for match in matches:
                yield from _named(match, out)
            if not matches:
                yield Found(word, trouble=f"{printable(word)}: no file has a name like this", failed=True)
            return
    yield from _named(word, out)


def _named(path: str, out: tuple[int, int] | None) -> Iterator[Found]:
    """Find a file, or all files below a folder."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        yield Found(path, trouble=f"{printable(path)}: {_said(error)}; check the name", failed=True)
        return
    if stat.S_ISDIR(mode):
        yield from _below(path, out)
    else:
        yield _file(path, os.path.basename(path), mode)


def _below(folder: str, out: tuple[int, int] | None) -> Iterator[Found]:
    """Find all files below a folder, in the order of their names; no link to a folder is followed."""
    ahead = [(folder, "")]
    while ahead:
        path, below = ahead.pop()
        if out is not None and _identity(path) == out:
            continue
        try:
            with os.scandir(path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield Found(path, trouble=f"{printable(path)}: the folder cannot be read, {_said(error)}", failed=True)
            continue
        names = {entry.name.lower() for entry in entries}
        for entry in entries:
            name = f"{below}{entry.name}"
            if entry.name == STATE_FOLDER or is_part(entry.name) or entry.name.endswith(EDITS_ENDING):
                continue
            try:
                if not entry.is_dir(follow_symlinks=False):
                    why = _set_aside(entry.name, names)
                    yield Found(entry.path, trouble=f"{printable(entry.path)}: {why}") if why else _entry(entry, name)
            except OSError as error:
                yield Found(entry.path, trouble=f"{printable(entry.path)}: {_said(error)}", failed=True)
        inner = [entry for entry in entries if entry.name[:1] != "." and entry.is_dir(follow_symlinks=False)]
        ahead += [(entry.path, f"{below}{entry.name}/") for entry in reversed(inner)]


def _set_aside(name: str, beside: set[str]) -> str:
    """Say why a file of a folder is not meant unless it is named itself; '' where it is.

    Parameters
    ----------
    name : str
    beside : set of str
        Names of all that is in the folder, in lower case.
    """
    if name.startswith("._"):
        return "what a Mac notes beside a file, and no picture"
    if name.startswith("."):
        return "a hidden file; name it to have it rendered"
    edited = _EDITED.fullmatch(name.lower())
    if edited:
        original = next((f"img_{edited[1]}{end}" for end in _PHONE_ENDINGS if f"img_{edited[1]}{end}" in beside), "")
        if original:
            return f"the edited copy of {original.upper()}, which is rendered; name it to have it rendered too"
    return ""


def _entry(entry: os.DirEntry[str], name: str) -> Found:
    if entry.is_symlink():
        if os.path.isdir(entry.path):
            return Found(entry.path, trouble=f"{printable(entry.path)}: a link to a folder, which is not followed")
        if not os.path.isfile(entry.path):
            return Found(entry.path, trouble=f"{printable(entry.path)}: a link that leads nowhere")
    return _file(entry.path, name, entry.stat().st_mode)


def _file(path: str, below: str, mode: int) -> Found:
    if not stat.S_ISREG(mode):
        return Found(path, trouble=f"{printable(path)}: this is no plain file")
    return Found(path, below)


def _listed(path: str, out: tuple[int, int] | None) -> Iterator[Found]:
    """Find what a list names: files and folders as they stand there, and URLs."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
    except OSError as error:
        raise InputError(f"{printable(path)}: the list cannot be read, {_said(error)}; check its name") from error
    lines = data.split(b"\0") if b"\0" in data else data.replace(b"\r\n", b"\n").split(b"\n")
    for line in lines:
        word = os.fsdecode(line)
        if word.lstrip().startswith("#") and not os.path.lexists(word):
            continue
        if is_url(word) and not os.path.lexists(word):
            yield from _objects(word, out)
        elif word:
            yield from _named(word, out)


def _objects(url: str, out: tuple[int, int] | None) -> Iterator[Found]:
    """Find what a URL names."""
    path = local_path(url)
    if path is not None:
        yield from _named(path, out)
        return
    from .stores.objects import listing

    try:
        entries = listing(url)
    except InputError as error:
        yield Found(url, trouble=str(error), failed=True)
        return
    for entry in entries:
        segments = PurePosixPath(entry.relative).parts
        if not segments or entry.relative.startswith("/") or ".." in segments:
            yield Found(entry.url, trouble=f"{shown(entry.url)}: its name leads out of the output folder", failed=True)
        else:
            yield Found(entry.url, entry.relative)


def _identity(path: str) -> tuple[int, int] | None:
    """Tell a file or folder from every other, whatever it is called; None when it is not there."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino


def _said(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).lower()
