"""What befalls a batch, done to the command itself at moments of a seeded die; each time it is resumed and checked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import portraits
from works import POISON

from rebokeh.bokeh.batch.stores.url import STATE_FOLDER
from rebokeh.bokeh.io.files.atomic import is_part

FSTOP = "1.8"
FAMILIES = ("heic", "gdepth", "huawei", "exr", "apple jpeg", "samsung", "dynamic depth", "tiled heic")
_MEGAPIXELS = 0.02
_GIVE_UP_S = 300
_STARTING = 0.2
"""Share of the blows that fall before the first picture."""

_COMMAND = "from rebokeh.cli import app; app()"
_DEADLY = (
    "import functools; from rebokeh.bokeh.batch.executors import pool; "
    f"pool.Pool = functools.partial(pool.Pool, work='works:deadly'); {_COMMAND}"
)
_LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, resource.RLIM_INFINITY)); {then}"


class NotPossible(Exception):
    """Raised when this machine does not let the fault be made."""


@dataclass(frozen=True)
class Photos:
    """A few small portraits, and what the single render makes of each.

    Parameters
    ----------
    folder : Path
    expected : dict
        Bytes by name; a picture is called as its photo.
    """

    folder: Path
    expected: dict[str, bytes]


@dataclass
class Found:
    """What a repetition has come to.

    Parameters
    ----------
    hit : bool
        Whether the batch was still at work when the blow fell.
    corrupt, lost, twice : int
        Pictures that are not byte for byte the single render's, at any moment; photos without a picture or without
        their line after the resume; pictures made again though they stood, or entered twice into the journal.
    notes : list of str
        All else that was not as promised.
    """

    hit: bool = True
    corrupt: int = 0
    lost: int = 0
    twice: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether the promise was kept."""
        return not (self.corrupt or self.lost or self.twice or self.notes)


def prepare(folder: Path, count: int = len(FAMILIES)) -> Photos:
    """Write a few small portraits, and render each of them by itself."""
    made = {p.family: p for p in portraits.every_family(_MEGAPIXELS)}
    chosen = [made[FAMILIES[k % len(FAMILIES)]] for k in range(count)]
    chosen = [replace(p, name=f"{k:02d} {p.name}", seed=f"{k}") for k, p in enumerate(chosen)]
    portraits.write(chosen, folder, 1)
    return Photos(folder, {p.name: single(folder / p.name) for p in chosen})


def single(path: Path) -> bytes:
    """Render one photo by itself."""
    from rebokeh.bokeh.develop import develop
    from rebokeh.bokeh.settings.options import Options
    from rebokeh.bokeh.settings.preset import Preset

    return develop(path, Preset(flags=Options(fstop=FSTOP)).recipe_for).data


# --- a batch, as it is run -------------------------------------------------------------------------------------------


class Batch:
    """The command, at work in a process of its own."""

    def __init__(self, photos: Photos, out: Path, *flags: str, code: str = _COMMAND) -> None:
        words = [str(photos.folder), "-o", str(out), "--fstop", FSTOP, "--workers", "2", "--json", "-q", *flags]
        here = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        self._errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "batch", *words],
            env=os.environ | {"PYTHONPATH": here},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.lines: list[dict[str, Any]] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("}\n"):
                self.lines.append(json.loads(line))

    def wait_for(self, outcomes: int) -> None:
        """Wait until so many outcomes are told, or it ends."""
        while len(self.lines) < outcomes and self._listener.is_alive():
            time.sleep(0.005)

    def finish(self) -> int:
        """Wait for the end; the exit code."""
        code = self.process.wait(_GIVE_UP_S)
        self._listener.join()
        return code

    def said(self) -> str:
        """Return the end of what it had to say."""
        self._errors.seek(0)
        return self._errors.read().strip()[-300:]

    def workers(self) -> list[int]:
        """Return the ids of its workers."""
        found: list[int] = []
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, path.read_text().split())
        return found

    def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        self.process.kill()
        self.finish()


def _await_moment(batch: Batch, photos: Photos, die: random.Random) -> None:
    """Wait for any moment of a batch: while it starts, or a little after any of its outcomes but the last ones."""
    if die.random() < _STARTING:
        time.sleep(die.uniform(0.0, 2.0))
        return
    batch.wait_for(die.randrange(1, len(photos.expected) - 1))
    time.sleep(die.uniform(0.0, 0.3))


def _gone(pids: list[int], patience_s: float = 10.0) -> bool:
    """Whether all of these processes end."""
    until = time.monotonic() + patience_s
    while any(_lives(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _lives(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


# --- is it right? ----------------------------------------------------------------------------------------------------


def _standing(out: Path) -> dict[str, Path]:
    """Return the pictures below an output folder by name, without parts and journal."""
    found = (
        path for path in out.rglob("*") if path.is_file() and STATE_FOLDER not in path.parts and not is_part(path.name)
    )
    return {path.relative_to(out).as_posix(): path for path in found}


def _identities(out: Path) -> dict[str, tuple[int, int]]:
    states = {name: path.stat() for name, path in _standing(out).items()}
    return {name: (state.st_ino, state.st_mtime_ns) for name, state in states.items()}


def _corrupt(photos: Photos, out: Path) -> int:
    """Count pictures that are not what they should be."""
    return sum(path.read_bytes() != photos.expected.get(name) for name, path in _standing(out).items())


def _resume(photos: Photos, out: Path, found: Found, *flags: str) -> None:
    """Give the command again, and hold what there is then to the promise."""
    found.corrupt += _corrupt(photos, out)
    stood = _identities(out)
    again = Batch(photos, out, *flags)
    code = again.finish()
    _check(photos, out, found)
    stands = _identities(out)
    found.twice += sum(stands.get(name) != what for name, what in stood.items())
    told = Counter(Path(line["input"]).name for line in again.lines if line["status"] in ("done", "already"))
    found.lost += sum(told[name] != 1 for name in photos.expected)
    if code:
        found.notes.append(f"the resumed batch ended with {code}: {again.said()}")
    if "Traceback" in again.said():
        found.notes.append(again.said())


def _check(photos: Photos, out: Path, found: Found) -> None:
    """Look at a batch that is through."""
    standing = _standing(out)
    found.corrupt += _corrupt(photos, out)
    found.lost += len(photos.expected.keys() - standing.keys())
    entered = Counter(record["key"] for record in journal(out) if record["status"] == "done")
    found.twice += sum(count - 1 for count in entered.values())
    digests = {record["target"]: record["output_sha256"] for record in journal(out) if record["status"] == "done"}
    for name, data in photos.expected.items():
        found.lost += digests.get(name) != hashlib.sha256(data).hexdigest()
    parts = [path.name for path in out.rglob("*") if is_part(path.name)]
    if parts:
        found.notes.append(f"parts were left behind: {', '.join(parts)}")


def journal(out: Path) -> list[dict[str, Any]]:
    """Return the records of a batch's journal; a torn line is none."""
    records = []
    for line in (out / STATE_FOLDER / "journal.jsonl").read_bytes().splitlines():
        with contextlib.suppress(ValueError):
            records.append(json.loads(line))
    return records


# --- faults ----------------------------------------------------------------------------------------------------------


def worker_killed(photos: Photos, out: Path, die: random.Random) -> Found:
    """Send a worker SIGKILL; the batch itself must come through."""
    batch, found = Batch(photos, out), Found()
    _await_moment(batch, photos, die)
    workers = batch.workers()
    found.hit = bool(workers)
    if workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(die.choice(workers), signal.SIGKILL)
    if code := batch.finish():
        found.notes.append(f"the batch ended with {code}: {batch.said()}")
    _check(photos, out, found)
    _resume(photos, out, found)
    return found


def parent_killed(photos: Photos, out: Path, die: random.Random) -> Found:
    """Send the batch itself SIGKILL; its workers must end, and a resumed batch must finish what it began."""
    batch, found = Batch(photos, out), Found()
    _await_moment(batch, photos, die)
    workers, found.hit = batch.workers(), batch.process.poll() is None
    batch.kill()
    if not _gone(workers):
        found.notes.append("workers outlive the batch")
    _resume(photos, out, found)
    return found


def file_too_large(photos: Photos, out: Path, die: random.Random) -> Found:
    """Let no file grow beyond a size (RLIMIT_FSIZE) that some of the pictures have; resume without."""
    sizes = sorted(map(len, photos.expected.values()))
    code = _LIMITED.format(bytes=die.choice(sizes[:-1]), then=_COMMAND)
    return _full(photos, out, Batch(photos, out, code=code))


@contextlib.contextmanager
def mounted(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """Mount a file system of so many bytes there; what is given makes it large.

    Raises
    ------
    NotPossible
        When nothing may be mounted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "rebokeh", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True).returncode == 0
    except FileNotFoundError:
        done = False
    if not done:
        raise NotPossible("no file system may be mounted here")
    try:
        yield lambda: _run("mount", "-o", "remount,size=64m", str(folder))
    finally:
        _run("umount", "-l", str(folder))


def _run(*words: str) -> None:
    subprocess.run(words, check=True)


def disk_full(photos: Photos, out: Path, die: random.Random) -> Found:
    """Write into a file system (tmpfs) that holds only some of the pictures; resume when there is room."""
    total = sum(map(len, photos.expected.values()))
    with mounted(out, round(total * die.uniform(0.25, 0.75))) as enlarge:
        return _full(photos, out, Batch(photos, out), enlarge)


def _full(photos: Photos, out: Path, batch: Batch, enlarge: Callable[[], None] = lambda: None) -> Found:
    code, found = batch.finish(), Found()
    failed = [line for line in batch.lines if line["status"] == "failed"]
    found.hit = bool(failed)
    if (code != 0) != bool(failed) or code not in (0, 1):
        found.notes.append(f"{len(failed)} failed, and the batch ended with {code}: {batch.said()}")
    if len(batch.lines) != len(photos.expected):
        found.notes.append(f"{len(batch.lines)} lines for {len(photos.expected)} photos")
    enlarge()
    _resume(photos, out, found)
    return found


def poisoned(photos: Photos, out: Path, die: random.Random) -> Found:
    """Have a photo end its decoder with SIGSEGV: it is quarantined, the rest goes on; --retry makes it."""
    found = Found()
    name = die.choice([name for name in photos.expected if name.endswith(".jpg")])
    path = photos.folder / name
    whole = path.read_bytes()
    path.write_bytes(portraits.with_comment(whole, POISON))
    try:
        for code, rest in ((_DEADLY, "done"), (_COMMAND, "already")):  # the second must not try it again
            batch = Batch(photos, out, code=code)
            ended = batch.finish()
            fates = Counter(line["status"] for line in batch.lines)
            if (ended, fates) != (1, Counter({rest: len(photos.expected) - 1, "quarantined": 1})):
                found.notes.append(f"exit code {ended}, {dict(fates)}: {batch.said()}")
        _resume(replace(photos, expected=photos.expected | {name: single(path)}), out, found, "--retry")
    finally:
        path.write_bytes(whole)
    return found


def two_at_once(photos: Photos, out: Path, die: random.Random) -> Found:
    """Start a second batch on the same folder; half of the times the first one is killed meanwhile."""
    found = Found()
    one = Batch(photos, out)
    time.sleep(die.uniform(0.0, 1.0))
    two = Batch(photos, out)
    if die.random() < 0.5:
        _await_moment(one, photos, die)
        workers = one.workers()
        one.kill()
        if not _gone(workers):
            found.notes.append("workers outlive the batch")
    both = [batch for batch in (one, two) if batch.process.returncode is None]
    for batch in both:
        if code := batch.finish():
            found.notes.append(f"one of two batches ended with {code}: {batch.said()}")
        if len(batch.lines) != len(photos.expected):
            found.notes.append(f"{len(batch.lines)} lines for {len(photos.expected)} photos")
    if len(both) == 2:
        made = Counter(line["status"] for batch in both for line in batch.lines)
        if made != {"done": len(photos.expected), "already": len(photos.expected)}:
            found.notes.append(f"two batches say {dict(made)}")
    _check(photos, out, found)
    _resume(photos, out, found)
    return found


FAULTS: dict[str, Callable[[Photos, Path, random.Random], Found]] = {
    "kill -9 of a worker": worker_killed,
    "kill -9 of the batch": parent_killed,
    "disk full, RLIMIT_FSIZE": file_too_large,
    "disk full, tmpfs": disk_full,
    "poison: SIGSEGV in a decoder": poisoned,
    "two batches at once": two_at_once,
}
