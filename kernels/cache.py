"""Where compiled loops are kept between runs: never a reason to fail, at worst a reason to compile again.

numba's own cache stops the program when no folder can be written, when a file in it is broken, or when the disk is
full. It also trusts a loop whose callees in other files have changed. So the folder is chosen here, and each loop's
file is named after every source that its machine code depends on; what is read is checked; and what cannot be kept is
only used.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.resources
import os
import pickle
import re
import secrets
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numba
from numba.core import config
from numba.core.caching import FunctionCache, IndexDataCacheFile, _CacheLocator

from .machine_code import MachineCode

SAVING = threading.Lock()
"""Held while a file is being written. Whoever ends the process takes it first, so that none is left unfinished."""

_DIGEST = hashlib.sha256
_CONFIG: Any = config  # its settings come into being when it is imported


class CacheWarning(UserWarning):
    """Compiled loops cannot be kept; the next run compiles them again."""


class LoopStore:
    """The folder of compiled loops of one process.

    Attributes
    ----------
    folder : Path, or None
        None when there is none that could be written or holds something to read.
    trouble : str
        Why something could not be kept; empty while all is well.
    on_miss : callable, optional
        Is told the name of each loop that is not found, as "module.loop"; says whether to look once more.
    """

    def __init__(self) -> None:
        self._sources = _Sources()
        self.trouble = ""
        self.on_miss: Callable[[str], bool] | None = None
        name = f"kernels-{self._sources.key_of_all}"
        self.folder = next((folder for home in _homes() if _serves(folder := home / name)), None)

    def key_of(self, function: Any) -> str:
        """Name everything that a loop's machine code depends on, except for the processor, which numba looks at."""
        return self._sources.key_of(function.__module__, function.__code__.co_filename)

    def is_called(self, function: Any) -> bool:
        """Whether other loops may call this one."""
        return self._sources.call(function.__module__, function.__name__)

    def give_up(self, reason: str) -> None:
        """Keep nothing more, and say so: once."""
        if not self.trouble:
            self.trouble = f"compiled code could not be kept ({reason}); the next run compiles again"
            warnings.warn(self.trouble, CacheWarning, stacklevel=3)

    def missed(self, name: str) -> bool:
        """Pass on that a loop was not found; returns whether it may be there now."""
        return self.on_miss is not None and self.on_miss(name)

    def held(self) -> set[str]:
        """Name the loops that have been compiled from these sources and kept, as "module.loop"."""
        found = set()
        for file in () if self.folder is None else self.folder.glob("*.nbi"):
            name, _, key = file.stem.rpartition("-")
            module, _, loop = name.partition("-")[0].partition(".")
            if key == self._sources.key_of_module(module):
                found.add(f"{module}.{loop}")
        return found


@cache
def store() -> LoopStore:
    """Return the store of this process."""
    chosen = LoopStore()
    if chosen.folder is None:
        chosen.give_up("no folder for it can be written; NUMBA_CACHE_DIR names one")
    return chosen


class _Sources:
    """The sources of the loops, and what of them each loop depends on."""

    def __init__(self) -> None:
        files = importlib.resources.files(__name__.rpartition(".")[0]).iterdir()
        texts = {file.name[:-3]: file.read_text("utf-8") for file in files if file.name.endswith(".py")}
        self._texts = {name: text for name, text in sorted(texts.items()) if name not in _NO_LOOPS}
        self._keys: dict[tuple[str, ...], str] = {}
        self._imports = {name: _IMPORT.findall(text) for name, text in self._texts.items()}
        # A structure that a loop is given can come from a module that its own knows nothing of.
        structures = [one for text in self._texts.values() for one in _STRUCTURE.findall(text)]
        versions = numba.__version__, sys.version, _CONFIG.BOUNDSCHECK, _CONFIG.OPT
        self.key_of_all = _digest(*map(repr, versions), texts["machine_code"], *structures)

    def key_of(self, module: str, path: str) -> str:
        """Name the sources of a module's loops; one from elsewhere may call any of these."""
        if self._is_here(module):
            return self.key_of_module(module.rpartition(".")[2])
        return _digest(Path(path).read_text("utf-8"), *self._texts.values())

    def _is_here(self, module: str) -> bool:
        package, _, name = module.rpartition(".")
        return package == __name__.rpartition(".")[0] and name in self._texts

    def key_of_module(self, name: str) -> str:
        """Name the sources of one of these modules; empty when there is none of this name."""
        needed = self.needed_by(name)
        if needed not in self._keys:
            self._keys[needed] = _digest(*(self._texts[one] for one in needed)) if needed else ""
        return self._keys[needed]

    def call(self, module: str, loop: str) -> bool:
        """Whether any of the sources calls what has this name; of a module from elsewhere nothing is known."""
        return not self._is_here(module) or any(re.search(rf"(?<!def )\b{loop}\(", one) for one in self._texts.values())

    def needed_by(self, name: str) -> tuple[str, ...]:
        """Name a module and all that it imports, and these in turn."""
        found, ahead = set(), [name]
        while ahead:
            one = ahead.pop()
            if one in self._texts and one not in found:
                found.add(one)
                ahead += self._imports[one]
        return tuple(sorted(found))


_NO_LOOPS = ("__init__", "cache", "ahead", "machine_code")
"""Modules that machine code does not depend on."""

_IMPORT, _STRUCTURE = re.compile(r"^from \.(\w+) import", re.M), re.compile(r"^class .*\n(?:(?:[ \t].*)?\n)*", re.M)


def _digest(*texts: str) -> str:
    return _DIGEST("\0".join(texts).encode()).hexdigest()[:16]


def _homes() -> Iterator[Path]:
    """Name the folders to try, best first."""
    if _CONFIG.CACHE_DIR:
        yield Path(_CONFIG.CACHE_DIR)
        return
    user = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(user):
        places = {"darwin": "~/Library/Caches", "win32": os.environ.get("LOCALAPPDATA") or "~/AppData/Local"}
        user = os.path.expanduser(places.get(sys.platform, "~/.cache"))
    if os.path.isabs(user):
        yield Path(user) / "rebokeh"
    with contextlib.suppress(OSError):  # when not even a temporary folder can be written
        yield Path(tempfile.gettempdir()) / f"rebokeh-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"


def _serves(folder: Path) -> bool:
    """Whether loops can be kept in a folder, or at least found there. Makes it when it is missing."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _is_ours(folder):
            return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return _is_ours(folder) and any(folder.glob("*.nbi"))


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can have written what would be run from there."""
    if _CONFIG.CACHE_DIR or not hasattr(os, "getuid"):
        return True
    try:
        found = folder.lstat(), folder.parent.lstat()
    except OSError:
        return False
    return all(entry.st_uid == os.getuid() and not entry.st_mode & 0o022 for entry in found)


class _Place(_CacheLocator):
    """Tells numba that a loop is kept in the store."""

    def __init__(self, function: Any) -> None:
        self._line, self._key = function.__code__.co_firstlineno, store().key_of(function)

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _Place:
        return cls(py_func)

    def get_cache_path(self) -> Any:
        return str(store().folder)

    def get_source_stamp(self) -> Any:
        return self._key

    def get_disambiguator(self) -> Any:
        return str(self._line)


class _Kept(MachineCode):
    _locator_classes = [_Place]

    def __init__(self, py_func: Any) -> None:
        super().__init__(py_func)
        self.is_linked = partial(store().is_called, py_func)


class _CheckedFile(IndexDataCacheFile):
    """Code files that begin with their digest: broken machine code would not raise, it would run."""

    def _data_name(self, number: int) -> str:
        # Two processes that number alike would each find the other's loop under its own index.
        return self._data_name_pattern.format(number=number).removesuffix("nbc") + f"{secrets.token_hex(4)}.nbc"

    def _save_data(self, name: str, data: Any) -> None:
        code = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(_DIGEST(code).digest() + code)

    def _load_data(self, name: str) -> Any:
        held = Path(self._data_path(name)).read_bytes()
        size = _DIGEST().digest_size
        if _DIGEST(held[size:]).digest() != held[:size]:
            raise ValueError(f"{name} is not what was written")
        return pickle.loads(held[size:])


class KernelCache(FunctionCache):
    """What is kept of one loop."""

    _impl_class = _Kept

    def __init__(self, py_func: Any) -> None:
        super().__init__(py_func)
        key = store().key_of(py_func)
        self._base = f"{self._impl.filename_base}-{key}"
        self._cache_file = _CheckedFile(self.cache_path, self._base, key)
        self._loop = f"{py_func.__module__.rpartition('.')[2]}.{py_func.__name__}"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled loop; None when it is not there, or broken, which removes it."""
        found = self._load(sig, target_context)
        if found is None and store().missed(self._loop):
            found = self._load(sig, target_context)
        return found

    def _load(self, sig: Any, target_context: Any) -> Any:
        try:
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except Exception:  # what broken pickles raise has no end
            self._purge()
            return None

    def holds(self, sig: Any, target_context: Any) -> bool:
        """Whether the loop is kept for these types; it is not loaded."""
        return self._index_key(sig, target_context.codegen()) in self._cache_file._load_index()

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled loop, if it can be."""
        if store().trouble:
            return
        try:
            with SAVING:
                super().save_overload(sig, data)
        except OSError as error:
            store().give_up(f"{self.cache_path}: {(error.strerror or str(error)).lower()}")
        except Exception:  # an index broken since it was read
            self._purge()

    def _purge(self) -> None:
        for file in Path(self.cache_path).glob(f"{self._base}.*"):
            try:
                file.unlink()
            except OSError as error:
                store().give_up(f"{file} is broken, and cannot be removed: {(error.strerror or str(error)).lower()}")
