"""Folders of files with a list of what they are: a folder appears whole, or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.errors import OutputError
from ...core.text import printable
from .atomic import MOVING, is_part, part_of, sweep


@dataclass(frozen=True)
class Contents:
    """What a folder of ours holds.

    Attributes
    ----------
    listing : str
        The JSON file that lists the others.
    key : str
        Of the list in it: objects with a "file" each.
    names : re.Pattern
        What the listed files may be called: whatever a list says, no other file is replaced.
    also : tuple of str
        Files that lie there too, and are not listed.
    what, one : str
        How messages call them all, like "the steps", and one of them, like "step of a render".
    """

    listing: str
    key: str
    names: re.Pattern[str]
    also: tuple[str, ...]
    what: str
    one: str

    def names_in(self, folder: Path) -> set[str]:
        """Names of the files that are ours in a folder, by its list; nothing where there is none."""
        try:
            listed = json.loads((folder / self.listing).read_text("utf-8"))[self.key]
            files = {name for entry in listed if self.names.fullmatch(name := entry["file"])}
            return {self.listing, *self.also, *files}
        except (OSError, ValueError, KeyError, TypeError):
            return set()


def check_folder(
    path: str | os.PathLike[str], contents: Contents, overwrite: bool = False, inputs: Iterable[str | Path] = ()
) -> Path:
    """Refuse, before any work is done, a folder that could not or must not be filled.

    Parameters
    ----------
    path : path-like
        A folder that is empty, or not there yet in a folder that is.
    contents : Contents
    overwrite : bool
        Whether what fills the folder already may be replaced. Only such contents are: a folder in which anything
        else lies is refused all the same.
    inputs : iterable of str or Path
        Files that must survive.

    Returns
    -------
    Path
        Where the folder will really stand (symbolic links followed).

    Raises
    ------
    OutputError
    """
    name, what = printable(path), contents.what
    try:
        real = Path(os.path.realpath(path))
        if real.exists() and not real.is_dir():
            raise OutputError(f"{name}: this is a file; {what} go into a folder of their own, name another")
        if real.is_dir():
            held = sorted(entry.name for entry in os.scandir(real) if not is_part(entry.name))
            if held and not overwrite:
                raise OutputError(f"{name}: the folder is not empty; choose another or give `overwrite`")
            own = contents.names_in(real)
            foreign = [entry for entry in held if entry not in own]
            if foreign:
                raise OutputError(f"{name}: {printable(foreign[0])} in it is no {contents.one}; choose another folder")
            if any(real == Path(os.path.realpath(file)).parent for file in inputs):
                raise OutputError(f"{name}: an input lies in this folder, and inputs are never written; choose another")
        elif not real.parent.is_dir():
            raise OutputError(f"{name}: the folder {printable(real.parent)} does not exist; make it first")
        # Permission bits do not tell (root, read-only mounts, quotas); a nameless file does, and leaves nothing.
        with tempfile.TemporaryFile(dir=real if real.is_dir() else real.parent):
            pass
    except (OSError, ValueError) as err:
        if isinstance(err, OutputError):
            raise
        raise OutputError(f"{name}: the folder cannot be written ({getattr(err, 'strerror', None) or err})") from err
    return real


class Filling:
    """A folder that is being filled, out of sight until it is done.

    Parameters
    ----------
    folder : Path
        As `check_folder` returns it.
    contents : Contents
    """

    def __init__(self, folder: Path, contents: Contents) -> None:
        self.folder, self.contents = folder, contents
        self.replaces = folder.is_dir()
        # In the folder itself where it is there: it may be a mount, or the folder that a shell stands in.
        home = folder if self.replaces else folder.parent
        with self._writing():
            sweep(home)
            self.part = part_of(home)
            self.part.mkdir()

    def write(self, name: str, data: bytes | memoryview) -> None:
        """Write a file.

        Raises
        ------
        OutputError
        """
        with self._writing():
            (self.part / name).write_bytes(data)

    def close(self, listing: Mapping[str, Any]) -> None:
        """Add the list, and put the folder in its place.

        Parameters
        ----------
        listing : mapping
            Strict JSON, under the key of the contents a list of objects with a "file" each.

        Raises
        ------
        OutputError
        """
        own = self.contents.listing
        with self._writing():
            (self.part / own).write_text(json.dumps(listing, indent=1, allow_nan=False) + "\n", "utf-8")
            if not self.replaces:
                os.rename(self.part, self.folder)
                return
            old = self.contents.names_in(self.folder)
            for name in (own, *sorted(old - {own})):  # without its list it is none of ours: the list goes first ...
                (self.folder / name).unlink(missing_ok=True)
            for file in sorted(self.part.iterdir(), key=lambda file: file.name == own):  # ... and comes last
                os.replace(file, self.folder / file.name)
            self.part.rmdir()

    def discard(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.part, ignore_errors=True)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with MOVING:
                yield
        except OSError as err:
            raise OutputError(
                f"{printable(self.folder)}: {self.contents.what} cannot be written ({err.strerror or err}); "
                "free some space or choose another folder"
            ) from err
