"""Run the measurements, each in a process of its own, and keep what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from methods import AGAIN, GAUSSIAN, NAIVE, OPENCV, RENDER, SCIPY, Point

HERE = Path(__file__).parent
COMMAND_LINE = "rebokeh photo -o out"
ROUNDS = 5
THREADS_ROUNDS = 2
PHOTO_F_NUMBER, PHOTO_SIGMA_PX = 1.8, 30.0
"""The lens that photos are rendered with again, and the Gaussian beside it."""
GROWS_WITH_RADIUS = {OPENCV: 1.0, SCIPY: 1.0, GAUSSIAN: 1.0}
"""Powers of the radius by which a method's time is foreseen; none for the others."""


@dataclass(frozen=True)
class Time:
    """How long one method took at one point: the median of so many rounds."""

    scene: str
    megapixels: float
    radius_px: float
    method: str
    seconds: float
    rounds: int
    extrapolated: bool = False
    threads: int | None = None


@dataclass(frozen=True)
class Peak:
    """The most memory that a process held, and what it held before the method ran (None: not known)."""

    scene: str
    megapixels: float
    radius_px: float
    method: str
    peak_bytes: int
    baseline_bytes: int | None


@dataclass(frozen=True)
class PhotoTime:
    """How long a photo's re-render took, and OpenCV's Gaussian of it (None: not installed); medians."""

    photo: str
    megapixels: float
    f_number: float
    seconds: float
    gaussian_seconds: float | None


@dataclass
class Results:
    """All that was measured."""

    machine: dict[str, Any]
    times: list[Time] = field(default_factory=list)
    peaks: list[Peak] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    photos: list[PhotoTime] = field(default_factory=list)

    def seconds(self, scene: str, megapixels: float, radius_px: float, method: str) -> float | None:
        """One time with all threads; None where there is none."""
        wanted = (scene, megapixels, radius_px, method, None)
        found = [t for t in self.times if (t.scene, t.megapixels, t.radius_px, t.method, t.threads) == wanted]
        return found[-1].seconds if found else None

    def peak(self, scene: str, megapixels: float, method: str) -> Peak | None:
        """One peak; None where there is none."""
        found = [p for p in self.peaks if (p.scene, p.megapixels, p.method) == (scene, megapixels, method)]
        return found[-1] if found else None

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read what `write` wrote."""
        stored = json.loads(path.read_text())
        times, peaks = [Time(**t) for t in stored["times"]], [Peak(**p) for p in stored["peaks"]]
        photos = [PhotoTime(**t) for t in stored.get("photos", [])]
        return cls(stored["machine"], times, peaks, stored["skipped"], photos)


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes
    ----------
    scenes, methods, parts : sequences of str
    megapixels, radii_px : sequences of float
        The two axes; each is gone along while the other stays `at_megapixels` and `at_radius_px`.
    command_line_mp : sequence of float
    photos : sequence of Path
    longest_s : float
        What is foreseen to take longer at one go is skipped; rebokeh itself never is.
    seconds : float
        For the rounds of one method at one point.
    """

    scenes: Sequence[str]
    methods: Sequence[str]
    parts: Sequence[str]
    megapixels: Sequence[float]
    radii_px: Sequence[float]
    at_megapixels: float
    at_radius_px: float
    command_line_mp: Sequence[float]
    longest_s: float = 60.0
    seconds: float = 20.0
    photos: Sequence[Path] = ()

    def points(self) -> Iterator[Point]:
        """Every point of both axes, the smaller pictures first, none twice."""
        points = []
        for scene in self.scenes:
            if "megapixels" in self.parts:
                points += [Point(scene, size, self.at_radius_px) for size in sorted(self.megapixels)]
            if "radius" in self.parts:
                points += [Point(scene, self.at_megapixels, radius) for radius in sorted(self.radii_px)]
        yield from dict.fromkeys(points)


def run(plan: Plan, results: Results) -> Iterator[str]:
    """Measure all that is planned into `results`; yields a line after each step."""
    for point in plan.points():
        yield _time(plan, point, results)
    if "photos" in plan.parts:
        yield from _photos(plan, results)
    if "threads" in plan.parts:
        yield from _threads(plan, results)
    if "memory" in plan.parts:
        yield from _memory(plan, results)
    if "command-line" in plan.parts:
        yield from _command_line(plan, results)


def foreseen(results: Results, point: Point, method: str) -> float | None:
    """How long a method should take at a point, by what it took at the nearest one of the same scene."""
    known = [t for t in results.times if t.scene == point.scene and t.method == method and t.threads is None]
    if not known:
        return None
    nearest = min(known, key=lambda t: (abs(t.megapixels - point.megapixels), abs(t.radius_px - point.radius_px)))
    power = GROWS_WITH_RADIUS.get(method, 0.0)
    return nearest.seconds * point.megapixels / nearest.megapixels * (point.radius_px / nearest.radius_px) ** power


def worth(plan: Plan, point: Point, results: Results) -> list[str]:
    """Methods that do not take unreasonably long at a point; the others are noted."""
    kept = []
    for method in plan.methods:
        expected = foreseen(results, point, method)
        if method in (RENDER, AGAIN, NAIVE) or expected is None or expected <= plan.longest_s:
            kept.append(method)
        else:
            where = f"{point.scene}, {point.megapixels:g} MP, {point.radius_px:g} px"
            results.skipped.append(f"{method} at {where}: about {expected:.0f} s")
    return kept


def _time(plan: Plan, point: Point, results: Results) -> str:
    methods = worth(plan, point, results)
    task = {"do": "time", **asdict(point), "methods": methods, "rounds": ROUNDS, "seconds": plan.seconds}
    found = child(task)[0]
    for method, seconds in found["seconds"].items():
        estimated = method in found["extrapolated"]
        results.times.append(Time(**asdict(point), method=method, seconds=seconds,
                                  rounds=found["rounds"][method], extrapolated=estimated))  # fmt: skip
    said = ", ".join(f"{method} {seconds:.3g}" for method, seconds in found["seconds"].items())
    return f"{point.scene}, {point.megapixels:g} MP, {point.radius_px:g} px, seconds: {said}"


def _photos(plan: Plan, results: Results) -> Iterator[str]:
    """Time the re-render of each photo; those without depth, and files that are none, are noted."""
    for path in plan.photos:
        task = {"do": "photo", "path": str(path), "f_number": PHOTO_F_NUMBER, "sigma_px": PHOTO_SIGMA_PX}
        found = child({**task, "rounds": ROUNDS, "seconds": plan.seconds})[0]
        if "left_out" in found:
            results.skipped.append(f"{path.name}: {found['left_out']}")
            continue
        seconds, blurred = found["seconds"][AGAIN], found["seconds"].get(OPENCV)
        results.photos.append(PhotoTime(path.name, found["megapixels"], PHOTO_F_NUMBER, seconds, blurred))
        yield f"{path.name}, {found['megapixels']:.1f} MP: re-render {seconds:.3g} s"


def _threads(plan: Plan, results: Results) -> Iterator[str]:
    """Time a render with one thread and with two, by turns."""
    for scene in plan.scenes:
        point = Point(scene, plan.at_megapixels, plan.at_radius_px)
        task = {"do": "time", **asdict(point), "methods": [RENDER], "rounds": ROUNDS, "seconds": plan.seconds}
        for threads in (1, 2) * THREADS_ROUNDS:
            count = str(threads)
            found = child(task, NUMBA_NUM_THREADS=count, REBOKEH_THREADS=count)[0]
            seconds = found["seconds"][RENDER]
            results.times.append(
                Time(**asdict(point), method=RENDER, seconds=seconds, rounds=found["rounds"][RENDER], threads=threads)
            )
            yield f"{scene}, {threads} thread{'s' * (threads > 1)}: {seconds:.3g} s"


def _memory(plan: Plan, results: Results) -> Iterator[str]:
    """Run every method once at every size, each in a fresh process."""
    for scene in plan.scenes:
        for megapixels in sorted(plan.megapixels):
            point = Point(scene, megapixels, plan.at_radius_px)
            for method in plan.methods:
                expected = foreseen(results, point, method) or 0.0
                if method == NAIVE or (expected > plan.longest_s and method not in (RENDER, AGAIN)):
                    continue  # what is extrapolated never held the whole picture
                found, _ = child({"do": "peak", **asdict(point), "method": method})
                results.peaks.append(Peak(**asdict(point), method=method, **found))
                yield f"{scene}, {megapixels:g} MP, {method}: {found['peak_bytes'] / 1e9:.2f} GB at most"


def _command_line(plan: Plan, results: Results) -> Iterator[str]:
    """Run the whole command on a phone's file of each size; its radius is that of the default lens."""
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in plan.command_line_mp:
            photo = Path(folder) / "photo.heic"
            child({"do": "heic", "megapixels": megapixels, "path": str(photo)})
            words = ["-c", "from rebokeh.cli import app; app()", str(photo), "-o", f"{folder}/out.heic"]
            printed, peak = in_a_process([*words, "--overwrite", "--json"])
            done = json.loads(printed)
            point = Point("portrait", megapixels, round(done["largest_radius_px"], 1))
            seconds = done["seconds"]["total"]
            results.times.append(Time(**asdict(point), method=COMMAND_LINE, seconds=seconds, rounds=1))
            results.peaks.append(Peak(**asdict(point), method=COMMAND_LINE, peak_bytes=peak, baseline_bytes=None))
            yield f"{COMMAND_LINE}, {megapixels:g} MP: {seconds:.3g} s, {peak / 1e9:.2f} GB at most"


def child(task: dict[str, Any], **environment: str) -> tuple[dict[str, Any], int]:
    """Do one task of point.py in a process of its own; also says what memory it held at most."""
    printed, peak = in_a_process([str(HERE / "point.py"), json.dumps(task)], **environment)
    return json.loads(printed.splitlines()[-1]), peak


_WATCH = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
os.write(int(sys.argv[1]), str(usage.ru_maxrss).encode())
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""


def in_a_process(words: Sequence[str], **environment: str) -> tuple[str, int]:
    """Run Python with these words; returns what it printed, and the most memory it held, in bytes.

    Raises
    ------
    RuntimeError
        When it fails; with the end of what it said.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, tempfile.TemporaryFile("w+") as peak:
        # A process counts what the one that started it held then as its own: one that holds next to nothing starts it.
        process = subprocess.run(
            [sys.executable, "-S", "-c", _WATCH, str(peak.fileno()), sys.executable, *words],
            stdout=out,
            stderr=err,
            pass_fds=[peak.fileno()],
            env={**os.environ, **environment},
        )
        for file in (out, err, peak):
            file.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(words)} failed ({process.returncode}): {err.read().strip()[-800:]}")
        return out.read(), int(peak.read()) * (1 if sys.platform == "darwin" else 1024)
