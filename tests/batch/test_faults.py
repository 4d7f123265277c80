"""What befalls a batch, each of it several times: nothing is lost, nothing is made twice, nothing is half there."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from support.batch_state import parts, records
from support.batch_works import jobs_of
from support.processes import environment_of, gone

from rebokeh.bokeh.batch.executors.pool import Pool
from rebokeh.bokeh.batch.job import Limits, Outcome
from rebokeh.bokeh.batch.run import Batch
from rebokeh.bokeh.batch.stores.local import LocalStore
from rebokeh.bokeh.io.files.atomic import is_part

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")

COUNT = 12

DRIVER = """
import json, os, resource, sys
from dataclasses import asdict
from pathlib import Path
from support.batch_works import jobs_of
from rebokeh.bokeh.app.guard import Run, guarded_apart
from rebokeh.bokeh.batch.executors.pool import Pool
from rebokeh.bokeh.batch.run import Batch
from rebokeh.bokeh.batch.stores.local import LocalStore
photos, out = Path(sys.argv[1]), sys.argv[2]
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 0
def call():
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    pool = Pool(2, work="support.batch_works:copied")
    batch = Batch(jobs_of(photos, sorted(os.listdir(photos))), None, "s", LocalStore(out), pool)
    run.wind_down = batch.stop
    run.undo.append(batch.abandon)
    failed = 0
    for outcome in batch.run():
        print(json.dumps(dict(asdict(outcome), workers=[worker.pid for worker in pool._workers])), flush=True)
        failed += outcome.status in ("failed", "quarantined")
    pool.close()
    return int(failed > 0)
run = Run()
sys.exit(guarded_apart(call, run, debug=True))
"""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(COUNT):
        (folder / f"p{i:02d}").write_bytes(f"{i} slow ".encode() * 1000)
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def start(photos: Path, out: Path, *more: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", DRIVER, str(photos), str(out), *map(str, more)]
    return subprocess.Popen(words, env=environment_of(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def heard(process: subprocess.Popen[str]) -> list[dict]:
    said, errors = process.communicate(timeout=90)
    assert "Traceback" not in errors, errors
    return [json.loads(line) for line in said.splitlines() if line.endswith("}")]


def whole(photos: Path, out: Path) -> set[str]:
    """Names of what was made; each of them must be all there."""
    made = {n for n in os.listdir(out / "made") if not is_part(n)} if (out / "made").exists() else set()
    for name in made:
        assert (out / "made" / name).read_bytes() == (photos / name).read_bytes() * 10
    return made


def check_through(photos: Path, out: Path, count: int = COUNT) -> None:
    """Hold a batch that was resumed to its promise."""
    assert parts(out) == []
    assert len(whole(photos, out)) == count
    made = [record["key"] for record in records(out) if record["status"] == "done"]
    assert len(made) == len(set(made)) == count


def run(photos: Path, out: Path, pool: Pool, **more) -> list[Outcome]:
    jobs = jobs_of(photos, sorted(os.listdir(photos)))
    try:
        return list(Batch(jobs, None, "s", LocalStore(str(out)), pool, **more).run())  # pyright: ignore
    finally:
        pool.close()


@pytest.mark.slow
def test_workers_are_killed_at_any_moment(photos, out):
    pool, luck = Pool(2, work="support.batch_works:copied"), random.Random(1)
    jobs, kills, outcomes = jobs_of(photos, sorted(os.listdir(photos))), 0, []
    struck: set[str] = set()
    for outcome in Batch(jobs, None, "s", LocalStore(str(out)), pool).run():  # pyright: ignore
        outcomes.append(outcome)
        if len(outcomes) % 3 and kills < 5:
            time.sleep(luck.uniform(0.0, 0.1))
            # A photo whose worker dies twice is quarantined, as it should be: here each loses one at most.
            free = [w for w in pool._workers if w.task is None or w.task.job.source not in struck]
            if free:
                worker = luck.choice(free)
                struck |= {worker.task.job.source} if worker.task is not None else set()
                os.kill(worker.pid, signal.SIGKILL)
                kills += 1
    pool.close()
    assert kills == 5 and Counter(o.status for o in outcomes) == {"done": COUNT}
    check_through(photos, out)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_the_run_is_killed_at_any_moment_and_resumed(photos, out, seed):
    luck, kills = random.Random(seed), 0
    while kills < 4:
        process = start(photos, out)
        assert process.stdout is not None
        line = next((line for line in process.stdout if '"status": "done"' in line), "")
        time.sleep(luck.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if not line:
            break
        kills += 1
        assert all(gone(pid) for pid in json.loads(line)["workers"])
        whole(photos, out)  # at any moment what is there is all there
    final = heard(start(photos, out))
    assert len(final) == COUNT and {o["status"] for o in final} <= {"done", "already"}
    assert kills > 1
    check_through(photos, out)


@pytest.mark.slow
def test_two_batches_at_once_and_one_of_them_dies(photos, out):
    one, two = start(photos, out), start(photos, out)
    assert one.stdout is not None
    one.stdout.readline()
    time.sleep(0.1)
    one.send_signal(signal.SIGKILL)
    one.wait()
    outcomes = heard(two)
    assert two.returncode == 0
    assert len(outcomes) == COUNT and {o["status"] for o in outcomes} <= {"done", "already"}
    check_through(photos, out)


@pytest.mark.slow
def test_two_batches_at_once_make_nothing_twice(photos, out):
    both = [start(photos, out), start(photos, out)]
    told = [outcome for process in both for outcome in heard(process)]
    assert Counter(o["status"] for o in told) == {"done": COUNT, "already": COUNT}
    check_through(photos, out)


@pytest.mark.slow
def test_poison_is_quarantined_and_the_rest_goes_on(photos, out):
    for i in (3, 4, 9):
        (photos / f"p{i:02d}").write_bytes(b"poison")
    outcomes = run(photos, out, Pool(2, work="support.batch_works:copied"))
    assert Counter(o.status for o in outcomes) == {"done": COUNT - 3, "quarantined": 3}
    assert all("SIGSEGV" in o.reason for o in outcomes if o.status == "quarantined")
    check_through(photos, out, COUNT - 3)
    assert [r["attempts"] for r in records(out) if r["status"] == "quarantined"] == [2, 2, 2]


@pytest.mark.slow
def test_photos_that_take_too_long_fail(photos, out):
    for file in photos.iterdir():
        file.write_bytes(b"sleepy" if file.name in ("p03", "p04") else b"quick")
    outcomes = run(photos, out, Pool(2, work="support.batch_works:copied"), limits=Limits(timeout_s=0.5))
    assert Counter(o.status for o in outcomes) == {"done": COUNT - 2, "failed": 2}
    assert {o.code for o in outcomes} == {"", "Timeout"}
    check_through(photos, out, COUNT - 2)


@pytest.mark.slow
def test_a_disk_that_takes_no_more_fails_those_it_does_not_take(photos, out):
    for i in (3, 4):
        (photos / f"p{i:02d}").write_bytes(b"small")
    process = start(photos, out, 20_000)
    outcomes = heard(process)
    assert process.returncode == 1
    assert Counter(o["status"] for o in outcomes) == {"done": 2, "failed": COUNT - 2}
    assert all("p03" in o["source"] or "p04" in o["source"] for o in outcomes if o["status"] == "done")
    assert all("File too large" in o["reason"] for o in outcomes if o["status"] == "failed")
    check_through(photos, out, 2)
    assert {o["status"] for o in heard(start(photos, out))} == {"done", "already"}
    check_through(photos, out)


@pytest.fixture
def mounted(out):
    """Mount a small file system as the output folder; skip where that is not allowed."""
    out.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "rebokeh", out], capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    yield out
    subprocess.run(["umount", "-l", out], check=True)


@pytest.mark.slow
def test_a_full_file_system_fails_those_that_have_no_room(photos, mounted):
    outcomes = run(photos, mounted, Pool(2, work="support.batch_works:copied"))
    counts = Counter(o.status for o in outcomes)
    assert counts["done"] >= 2 and counts["failed"] >= 2 and counts.total() == COUNT
    assert all("No space left" in o.reason for o in outcomes if o.status == "failed")
    assert len(whole(photos, mounted)) == counts["done"] and parts(mounted) == []
    subprocess.run(["mount", "-o", "remount,size=4m", mounted], check=True)
    after = Counter(o.status for o in run(photos, mounted, Pool(2, work="support.batch_works:copied")))
    assert after == {"already": counts["done"], "done": counts["failed"]}
    check_through(photos, mounted)


def test_an_output_that_may_only_be_read_is_each_photo_s_reason(photos, mounted):
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    outcomes = run(photos, mounted, Pool(2, work="support.batch_works:copied"))
    assert Counter(o.status for o in outcomes) == {"failed": COUNT}
    assert all("Read-only" in o.reason for o in outcomes)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_what_is_being_made_and_leaves_the_rest(photos, out, number):
    process = start(photos, out)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    process.send_signal(number)
    outcomes = [first, *heard(process)]
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    counts = Counter(o["status"] for o in outcomes)
    assert counts.total() == COUNT and counts["left"] > 4 and set(counts) == {"done", "left"}
    assert len(whole(photos, out)) == counts["done"] and parts(out) == []
    assert all(gone(pid) for pid in first["workers"])


@pytest.mark.slow
def test_a_second_signal_ends_at_once(photos, out):
    for file in photos.iterdir():
        file.write_bytes(b"sleepy" if file.name > "p01" else b"quick")
    process = start(photos, out)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    start_s = time.perf_counter()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130 and time.perf_counter() - start_s < 1.5
    assert all(gone(pid) for pid in first["workers"])
    assert whole(photos, out) == {"p00", "p01"} and parts(out) == []
