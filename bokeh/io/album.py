"""A folder of pictures with a list of what they show, that appears whole or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import OutputError
from .atomic import MOVING, is_part, part_of, sweep
from .common import printable

LIST, PAGE = "steps.json", "index.html"
_PICTURE = re.compile(r"\d{3}_[a-z0-9_]+\.png")  # whatever a list says, no other file is replaced

_EFFORT = 1  # of zlib: these are looked at and thrown away


def check_folder(path: str | os.PathLike[str], overwrite: bool = False, inputs: Iterable[str | Path] = ()) -> Path:
    """Refuse, before any work is done, a folder that could not or must not be filled.

    Parameters
    ----------
    path : path-like
        A folder that is empty, or not there yet in a folder that is.
    overwrite : bool
        Whether an album that fills the folder already may be replaced. Only an album is: a folder in which anything
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
    name = printable(path)
    try:
        real = Path(os.path.realpath(path))
        if real.exists() and not real.is_dir():
            raise OutputError(f"{name}: this is a file; the steps go into a folder of their own, name another")
        if real.is_dir():
            held = sorted(entry.name for entry in os.scandir(real) if not is_part(entry.name))
            if held and not overwrite:
                raise OutputError(f"{name}: the folder is not empty; choose another or say --overwrite")
            foreign = [entry for entry in held if entry not in _own_names(real)]
            if foreign:
                raise OutputError(
                    f"{name}: {printable(foreign[0])} in it is no step of a render; choose another folder"
                )
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


def _own_names(folder: Path) -> set[str]:
    """Names of the files that an album in this folder lists; nothing where there is none."""
    try:
        listed = json.loads((folder / LIST).read_text("utf-8"))["steps"]
        return {LIST, PAGE, *(name for step in listed if _PICTURE.fullmatch(name := step["file"]))}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


class Album:
    """An album that is being filled, out of sight until it is done.

    Parameters
    ----------
    folder : Path
        As `check_folder` returns it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.replaces = folder.is_dir()
        # In the folder itself where it is there: it may be a mount, or the folder that a shell stands in.
        home = folder if self.replaces else folder.parent
        with self._writing():
            sweep(home)
            self.part = part_of(home)
            self.part.mkdir()

    def add(self, name: str, codes: NDArray[np.uint8] | NDArray[np.uint16], icc: bytes | None = None) -> None:
        """Write a picture, as PNG.

        Parameters
        ----------
        name : str
            Of the file.
        codes : uint8 (H, W, 3), or uint16 (H, W)
            8-bit colour, or 16-bit grey.
        icc : bytes, optional
            The profile that the colours belong to; None = sRGB.

        Raises
        ------
        OutputError
        """
        file = io.BytesIO()
        Image.fromarray(codes).save(file, "PNG", compress_level=_EFFORT, **({"icc_profile": icc} if icc else {}))
        with self._writing():
            (self.part / name).write_bytes(file.getbuffer())

    def close(self, listing: Mapping[str, Any], page: str) -> None:
        """Add the list and the page, and put the album in its place.

        Parameters
        ----------
        listing : mapping
            Strict JSON, its "steps" a list of objects with a "file" each.
        page : str
            HTML.

        Raises
        ------
        OutputError
        """
        with self._writing():
            (self.part / PAGE).write_text(page, "utf-8")
            (self.part / LIST).write_text(json.dumps(listing, indent=1, allow_nan=False) + "\n", "utf-8")
            if not self.replaces:
                os.rename(self.part, self.folder)
                return
            old = _own_names(self.folder)
            for name in (LIST, *sorted(old - {LIST})):  # without its list it is no album: the list goes first ...
                (self.folder / name).unlink(missing_ok=True)
            for file in sorted(self.part.iterdir(), key=lambda file: file.name == LIST):  # ... and comes last
                os.replace(file, self.folder / file.name)
            self.part.rmdir()

    def discard(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.part, ignore_errors=True)

    @contextlib.contextmanager
    def _writing(self):
        try:
            with MOVING:
                yield
        except OSError as err:
            raise OutputError(
                f"{printable(self.folder)}: the steps cannot be written ({err.strerror or err}); "
                "free some space or choose another folder"
            ) from err
