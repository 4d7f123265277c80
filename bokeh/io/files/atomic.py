"""Checks of an output path, and files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...core.errors import OutputError
from ...core.text import printable

_PREFIX, _SUFFIX = ".rebokeh-", ".part"
# A temporary file this old belongs to a run that was killed, not to one that still writes.
_STALE_S = 24 * 3600

MOVING = threading.RLock()
"""Held while something unfinished is made, filled or moved into place; `abandon` takes it for good."""


def check_output(path: str | Path, *, overwrite: bool = False, inputs: Iterable[str | Path | None] = ()) -> Path:
    """Refuse, before any work is done, an output file that could not or must not be written.

    Parameters
    ----------
    path : str or Path
    overwrite : bool
        Whether an existing file may be replaced.
    inputs : iterable of str or Path
        Files that are never written, whatever name they are given by: the photo, its depth map, its matte. None, and
        what is no file, are passed over.

    Returns
    -------
    Path
        Where the file will really stand (symbolic links followed).

    Raises
    ------
    OutputError
        When it is one of the inputs or no plain file, exists and may not be replaced, or its folder is missing or
        refuses it.
    """
    path = Path(path)
    name = printable(path)
    try:
        real = Path(os.path.realpath(path))
        if any(is_same_file(real, source) for source in inputs if source is not None):
            raise OutputError(f"{name}: this is an input, and inputs are never written; choose another name")
        if real.is_dir():
            raise OutputError(f"{name}: this is a folder; give the output a file name")
        if real.exists() and not real.is_file():
            raise OutputError(f"{name}: this is no plain file; choose another name")
        if os.path.lexists(path) and not overwrite:  # a link that leads nowhere yet is somebody's name too
            raise OutputError(f"{name}: the file exists; choose another name or give `overwrite`")
        if not real.parent.is_dir():
            what = "is not a folder" if real.parent.exists() else "does not exist; make it first"
            raise OutputError(f"{name}: the folder {printable(real.parent)} {what}")
        # Permission bits do not tell (root, read-only mounts, quotas); a nameless file does, and leaves nothing.
        with tempfile.TemporaryFile(dir=real.parent):
            pass
    except (OSError, ValueError) as err:  # a name too long, a loop of links, a null byte
        if isinstance(err, OutputError):
            raise
        raise OutputError(f"{name}: the output cannot be written ({getattr(err, 'strerror', None) or err})") from err
    return real


def is_same_file(path: str | Path, other: str | Path) -> bool:
    """Whether two names are of one file that is there, through links too."""
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name in the same folder, then move it into place.

    Whatever interrupts it (a full disk, Ctrl-C), no partial output stays and an old file stays whole.

    Raises
    ------
    OutputError
    """
    sweep(path.parent)
    part = part_of(path.parent)
    try:
        with MOVING:
            file = open(part, "xb")
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with MOVING:
            os.replace(part, path)
    except BaseException as err:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(err, OSError):
            raise OutputError(
                f"{printable(path)}: the output cannot be written ({err.strerror or err}); "
                "free some space or choose another folder"
            ) from err
        raise


def part_of(folder: Path, more: str = "") -> Path:
    """Name something unfinished in a folder, as nothing else is named; `more` ends the name."""
    return folder / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}{more}{_SUFFIX}"


def is_part(name: str) -> bool:
    """Whether a file or folder of this name is unfinished."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


@contextlib.contextmanager
def passing_folder() -> Iterator[Path]:
    """Make a folder for files that only pass through, and remove it."""
    with MOVING:
        part = part_of(Path(tempfile.gettempdir()))
        part.mkdir(mode=0o700)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what runs that were killed outright left behind."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if is_part(entry.name):
                with contextlib.suppress(OSError):
                    if time.time() - entry.stat().st_mtime > _STALE_S:
                        _remove(entry)


def abandon(folders: Iterable[Path], patience_s: float = 0.2) -> None:
    """Remove what this process has unfinished in some folders, and let it begin nothing more: it must end at once.

    Parameters
    ----------
    folders : iterable of Path
    patience_s : float
        How long to wait for a file that is just being moved into place.
    """
    MOVING.acquire(timeout=patience_s)
    for folder in folders:
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                if entry.name.startswith(f"{_PREFIX}{os.getpid()}-") and is_part(entry.name):
                    with contextlib.suppress(OSError):
                        _remove(entry)


def _remove(entry: os.DirEntry[str]) -> None:
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path, ignore_errors=True)
    else:
        os.unlink(entry.path)
