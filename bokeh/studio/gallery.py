"""The photos of a session: those that were named, found or dropped; each prepared when it is looked at."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..batch.inputs import inputs
from ..batch.plan import is_made, kind_at
from ..core.errors import InputError, UnknownFormatError
from ..core.text import printable
from ..io.files.atomic import is_part
from ..load import load
from .desk import Desk
from .errors import NotThereError, Superseded, said
from .view import View

PhotoState = Literal["waiting", "loading", "preparing", "ready", "failed"]

KEPT = 3
"""Photos that stay prepared: the one that is looked at, the next, and the one before."""

KEPT_PIXELS = 60_000_000
"""And so many pixels of them in all, as far as they are not looked at: 12 MP take about 1 GB."""

REST_S = 1.0
"""Nothing is prepared beforehand until nothing has been rendered for so long."""

MOST_UPLOAD_BYTES = 256 << 20
"""Of a photo that is dropped on the page."""

MOST_UPLOADS = 100


@dataclass(eq=False)
class Entry:
    """A photo of the session.

    Attributes
    ----------
    id : str
    path : Path
    shown : str
        As the command line names it.
    folder : Path
        Where pictures of it go.
    """

    id: str
    path: Path
    shown: str
    folder: Path
    state: PhotoState = "waiting"
    error: str = ""
    size: tuple[int, int] | None = None
    ready: Future[View] = field(default_factory=Future)
    stamp: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Its file's name."""
        return printable(self.path.name)

    @property
    def view(self) -> View | None:
        """What is prepared of it, if it is."""
        return self.ready.result() if self.state == "ready" else None

    def to_json(self) -> dict[str, Any]:
        """Say what a page needs to know of it."""
        size = None if self.size is None else [self.size[1], self.size[0]]
        return {
            "id": self.id, "name": self.name, "size": size, "state": self.state, "error": self.error or None,
        }  # fmt: skip


class Gallery:
    """The photos, in order.

    Parameters
    ----------
    words : sequence of str
        Files and folders.
    desk : Desk
    tell : callable
        Is told of each change of a photo's state.

    Raises
    ------
    InputError
        When something named is not there or no picture.
    """

    def __init__(self, words: Sequence[str], desk: Desk, tell: Callable[[dict[str, Any]], object]) -> None:
        self._desk, self._tell = desk, tell
        self._changed = threading.Condition()
        self._entries: dict[str, Entry] = {}
        self._looked: list[str] = []  # the last that was looked at stands last
        self._awaited: set[str] = set()
        self._closed = False
        self._temporary: Path | None = None
        self.home = Path.cwd()
        folders = [word for word in words if os.path.isdir(word)]
        if folders or words:
            self.home = Path(os.path.abspath(folders[0] if folders else os.path.dirname(words[0]) or "."))
        for word in words:
            self._find(word)
        threading.Thread(target=self._prepare_all, name="rebokeh studio preparing", daemon=True).start()

    def all(self) -> list[Entry]:
        """List the photos."""
        with self._changed:
            return list(self._entries.values())

    @property
    def folders(self) -> set[Path]:
        """All that is written to."""
        return {self.home, *(entry.folder for entry in self.all())}

    def get(self, id: str) -> Entry:
        """Return a photo.

        Raises
        ------
        NotThereError
        """
        with self._changed:
            if id not in self._entries:
                raise NotThereError("there is no such photo in this session")
            return self._entries[id]

    def look_at(self, entry: Entry) -> Future[View]:
        """Have a photo prepared before all others."""
        with self._changed:
            self._looked = [*(one for one in self._looked if one != entry.id), entry.id]
            if entry.state not in ("ready", "failed"):
                self._awaited.add(entry.id)
                self._changed.notify_all()
            ready = entry.ready
        self._desk.wake()
        return ready

    def again(self, entry: Entry) -> None:
        """Forget what is prepared of a photo: something that it is made of has changed."""
        with self._changed:
            self._forget(entry)
            self._changed.notify_all()
        self._desk.wake()

    def show(self, entry: Entry, view: View) -> None:
        """Show a photo otherwise than it was prepared: something is painted over it."""
        with self._changed:
            if entry.state == "ready":
                entry.ready = Future()
                entry.ready.set_result(view)

    def temporary(self) -> Path:
        """Return the folder for what is dropped on the page; it goes with the session."""
        with self._changed:
            if self._temporary is None:
                self._temporary = Path(tempfile.mkdtemp(prefix="rebokeh-studio-"))
            return self._temporary

    def upload(self, part: Path, name: str) -> Entry:
        """Take a file that was dropped on the page, and lies in the temporary folder.

        Raises
        ------
        UnknownFormatError, InputError
            When it is no picture; it is then removed.
        """
        try:
            if sum(one.path.parent.parent == part.parent for one in self.all()) >= MOST_UPLOADS:
                raise InputError(f"{name}: {MOST_UPLOADS} photos were dropped here already; begin a new session")
            kind, trouble = kind_at(os.fspath(part))
            if kind is None:
                raise UnknownFormatError(f"{name}: {trouble.rpartition(': ')[2]}")
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        # A folder of its own, so that it can keep its name.
        folder = part.parent / secrets.token_hex(4)
        folder.mkdir()
        path = folder / name
        part.rename(path)
        return self._add(path, name, self.home)

    def close(self) -> None:
        """Prepare nothing more, and remove what was dropped on the page."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            temporary = self._temporary
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)

    def _find(self, word: str) -> None:
        """Add what is named: a file, or the photos of a folder; what a link has led out of it is none of them."""
        is_folder = os.path.isdir(word)
        if not is_folder and (trouble := _trouble(word)):
            raise InputError(trouble)
        root = os.path.realpath(word)
        for found in inputs([word], ""):
            if found.trouble and not is_folder:
                raise InputError(found.trouble)
            if found.trouble or is_part(os.path.basename(found.source)):
                continue
            if is_folder and not Path(os.path.realpath(found.source)).is_relative_to(root):
                continue
            if not is_folder or (kind_at(found.source)[0] is not None and not is_made(found.source)):
                path = Path(os.path.abspath(found.source))
                self._add(path, found.source, path.parent)

    def _add(self, path: Path, shown: str, folder: Path) -> Entry:
        with self._changed:
            same = next((one for one in self._entries.values() if one.path == path), None)
            if same is not None:
                return same
            entry = Entry(secrets.token_hex(6), path, shown, folder)
            self._entries[entry.id] = entry
            self._changed.notify_all()
        return entry

    def _prepare_all(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (wanted := self._wanted()) is None:
                    self._changed.wait()
                if self._closed:
                    return
                entry, at_once = wanted  # pyright: ignore[reportPossiblyUnboundVariable]
            self._prepare(entry, at_once)

    def _wanted(self) -> tuple[Entry, bool] | None:
        """Say which photo to prepare, and whether somebody waits for it."""
        if not self._looked:
            return None
        # Several pages may look at as many photos.
        for id in reversed(self._looked):
            if id in self._awaited and self._entries[id].state == "waiting":
                return self._entries[id], True
        looked = self._entries[self._looked[-1]]
        order = list(self._entries.values())
        after = order[order.index(looked) + 1 : order.index(looked) + 2]
        return (after[0], False) if after and after[0].state == "waiting" and looked.state == "ready" else None

    def _prepare(self, entry: Entry, at_once: bool) -> None:
        def is_wanted() -> bool:
            return at_once or entry.id in self._awaited

        def progress(name: str, share: float) -> None:
            if self._closed:
                raise Superseded
            self._desk.wait_until_idle(REST_S, is_wanted)

        try:
            progress("load", 0.0)
            self._set(entry, "loading")
            entry.stamp = stamp_of(entry.path)
            photo = load(entry.path)
            entry.size = photo.size
            self._set(entry, "preparing")
            view = View.of(photo, progress)
        except Superseded:
            return
        except Exception as error:
            entry.error = said(error)[1]["error"]
            with self._changed:
                entry.state = "failed"
                self._awaited.discard(entry.id)
                entry.ready.set_exception(error)
            self._tell({"photo": entry.id, "state": "failed", "error": entry.error})
            return
        with self._changed:
            self._make_room(entry)
            self._awaited.discard(entry.id)
            entry.state = "ready"
            entry.ready.set_result(view)
        self._tell({"photo": entry.id, **entry.to_json()})

    def _set(self, entry: Entry, state: PhotoState) -> None:
        entry.state = state
        self._tell({"photo": entry.id, **entry.to_json()})

    def _make_room(self, entry: Entry) -> None:
        """Forget the photos that were looked at longest ago."""
        prepared = [one for one in self._entries.values() if one.state == "ready" and one is not entry]
        prepared.sort(key=lambda one: self._looked.index(one.id) if one.id in self._looked else -1)
        kept, pixels = 1, _pixels(entry)
        for one in reversed(prepared):
            kept, pixels = kept + 1, pixels + _pixels(one)
            if (kept > KEPT or pixels > KEPT_PIXELS) and one.id != self._looked[-1]:
                self._forget(one)

    def _forget(self, entry: Entry) -> None:
        entry.state, entry.ready, entry.error = "waiting", Future(), ""


def _pixels(entry: Entry) -> int:
    return 0 if entry.size is None else entry.size[0] * entry.size[1]


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Tell whether a file is the one of before: its time and size; None when it is gone."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def _trouble(word: str) -> str:
    kind, trouble = kind_at(word)
    return "" if kind is not None else trouble
