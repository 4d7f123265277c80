"""Where photos come from and pictures go: read, staged by whoever renders, put in their place by the run alone."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...core.errors import OutputError
from ...core.text import printable
from ...io.decoded import read_file
from ...io.files.atomic import is_part, part_of
from .base import Claimed, Log
from .claims import Claims
from .journal import Journal
from .source import read_source
from .url import STATE_FOLDER


@dataclass
class LocalStore:
    """Files of this machine below one output folder.

    Parameters
    ----------
    out : str
        The output folder.
    run : str
        Whose parts those are that are staged here; `claims` gives it.
    """

    out: str
    run: str = "0"

    def describe(self) -> Mapping[str, Any]:
        """Return what `store_of` makes the same store from."""
        return {"kind": "local", **asdict(self)}

    def read(self, source: str) -> bytes:
        """Return an input's bytes."""
        return read_source(source)

    def written(self, target: str) -> int | None:
        """Return the size of what stands at a target; None when nothing does."""
        with contextlib.suppress(OSError):
            return os.lstat(self.path(target)).st_size
        return None

    def content(self, target: str) -> bytes:
        """Return what stands at a target."""
        return read_file(self.path(target))[0]

    def stage(self, data: bytes, target: str) -> str:
        """Write a picture beside its target, under the name of a part.

        Raises
        ------
        OutputError
            When the target lies outside the output folder, or the disk does not take it; nothing stays behind.
        """
        path = self.path(target)
        part = part_of(path.parent, f"-{self.run}")
        try:
            self._check_inside(path.parent, target)
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(part, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _refused(target, error) from error
            raise
        return os.fspath(part)

    def commit(self, token: str, target: str, overwrite: bool) -> None:
        """Move a part into its place, which is on the disk when this returns.

        Raises
        ------
        OutputError
            When something stands there that may not be overwritten, or the folder cannot be written.
        """
        path = self.path(target)
        try:
            if overwrite:
                os.replace(token, path)
            else:
                _link(token, path)
            _sync(path.parent)
        except FileExistsError:
            self.discard(token)
            raise OutputError(
                f"{printable(target)}: the file exists; choose another folder or give `overwrite`"
            ) from None
        except OSError as error:
            self.discard(token)
            raise _refused(target, error) from error

    def keep_times(self, source: str, target: str) -> tuple[str, ...]:
        """Give a picture the times of its photo's file; why that was not possible, if it was not."""
        try:
            found = os.stat(source)
            os.utime(self.path(target), ns=(found.st_atime_ns, found.st_mtime_ns))
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or error
            return (f"{printable(target)}: the times of its photo are not kept ({said})",)
        return ()

    def discard(self, token: str) -> None:
        """Remove a part."""
        with contextlib.suppress(OSError):
            os.unlink(token)

    def sweep(self, targets: Iterable[str]) -> None:
        """Remove the parts beside these targets whose runs are dead.

        To be called before `claims`: where locks belong to a process, what this closes would free what that took.
        """
        with contextlib.closing(self._claims()) as claims:
            self._remove(targets, lambda run: not claims.alive(run))

    def abandon(self, targets: Iterable[str]) -> None:
        """Remove the parts of this run beside these targets."""
        self._remove(targets, lambda run: run == self.run)

    def journal(self) -> Log:
        """Open the journal."""
        return Journal(self._kept() / "journal.jsonl")

    def claims(self) -> Claimed:
        """Begin to claim targets; what is staged from now on belongs to that run."""
        claims = self._claims()
        self.run = claims.run
        return claims

    def path(self, target: str) -> Path:
        """Return where a target stands.

        Raises
        ------
        OutputError
            When that is outside the output folder.
        """
        words = Path(target)
        if words.is_absolute() or ".." in words.parts or words.parts[:1] in ((), (STATE_FOLDER,)):
            raise OutputError(f"{printable(target)}: this is no place for a picture below the output folder")
        return self.out / words

    def _check_inside(self, folder: Path, target: str) -> None:
        """Refuse a folder that a symbolic link has led outside."""
        if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(self.out)):
            raise OutputError(f"{printable(target)}: a link leads this outside the output folder")

    def _claims(self) -> Claims:
        kept = self._kept()
        try:
            return Claims(kept / "claims")
        except OSError as error:
            raise _refused(self.out, error) from error

    def _kept(self) -> Path:
        kept = Path(self.out, STATE_FOLDER)
        try:
            kept.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _refused(self.out, error) from error
        return kept

    def _remove(self, targets: Iterable[str], is_lost: Any) -> None:
        for folder in {Path(self.out, target).parent for target in targets}:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    run = _run_of(entry.name)
                    if run and is_lost(run):
                        self.discard(entry.path)


def _link(part: str, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        # No links here, as on an SD card; the claim keeps other runs away.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(path)) from error
        os.replace(part, path)
        return
    os.unlink(part)


def _sync(folder: Path) -> None:
    """Have a folder's entries on the disk."""
    with contextlib.suppress(OSError):  # not on Windows, nor on every network's file system
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _run_of(name: str) -> str:
    """Name the run that a part belongs to; "" when it is none of a batch."""
    words = name.removesuffix(".part").split("-")
    if not is_part(name) or len(words) != 4:
        return ""
    with contextlib.suppress(ValueError):
        int(words[3], 16)
        return words[3]
    return ""


def _refused(target: str, error: OSError) -> OutputError:
    return OutputError(
        f"{printable(target)}: the output cannot be written ({error.strerror or error}); "
        "free some space or choose another folder"
    )
