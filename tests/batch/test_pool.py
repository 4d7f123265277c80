"""Worker processes: none whose death, hunger or slowness harms another's photo, and none that outlives the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from support.batch_works import Observed, task_of
from support.processes import environment_of, gone

from rebokeh.bokeh.batch.executors.pool import Pool
from rebokeh.bokeh.batch.job import Developed, Failed, Task
from rebokeh.bokeh.core.errors import RebokehError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")

WORK = "support.batch_works:echoed"


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(2, work=WORK)
    yield pool
    pool.close()


def words(results) -> dict[str, str]:
    return {r.job.source: "done" if isinstance(r, Developed) else r.kind for r in results}


def both_work(pool: Pool) -> None:
    """Have both workers begun, however long a loaded machine takes to start them."""
    while (
        len({r.facts["pid"] for r in pool.run(task_of(f"slow_{i}") for i in range(4)) if isinstance(r, Observed)}) < 2
    ):
        pass


def test_every_task_has_one_result_and_a_process_of_one_thread(pool):
    both_work(pool)
    results = list(pool.run(task_of(f"slow_{i}") for i in range(9)))
    assert sorted(r.job.source for r in results) == [f"slow_{i}" for i in range(9)]
    assert all(isinstance(r, Developed) for r in results)
    facts = [r.facts for r in results]
    assert {f["threads"] for f in facts} == {"1"}
    assert len({f["pid"] for f in facts}) == 2 and os.getpid() not in {f["pid"] for f in facts}
    assert all(f["group"] != os.getpgrp() for f in facts)  # Ctrl-C at the terminal does not reach them


@pytest.mark.slow
def test_a_second_run_uses_the_same_workers(pool):
    both_work(pool)
    pids = {worker.pid for worker in pool._workers}
    assert {r.facts["pid"] for r in pool.run([task_of("slow_c"), task_of("slow_d")])} <= pids


def test_who_kills_its_worker_is_tried_twice_and_the_rest_goes_on(pool, tmp_path):
    once = str(tmp_path / "once_")
    names = ["a", "segfault_1", "b", once, "c", "segfault_2", "d"]
    results = list(pool.run(map(task_of, names)))
    assert words(results) == dict.fromkeys("abcd", "done") | {
        "segfault_1": "crashed", "segfault_2": "crashed", once: "done",
    }  # fmt: skip
    assert len(results) == len(names)
    died = next(r for r in results if isinstance(r, Failed))
    assert died.code == "WorkerDied" and "SIGSEGV" in died.message
    # What is tried again is tried last.
    assert {r.job.source for r in results[-3:]} == {"segfault_1", "segfault_2", once}


@pytest.mark.slow
def test_a_photo_whose_worker_was_dead_before_it_heard_of_it_is_not_to_blame(tmp_path):
    """An idle worker may die and be given a photo before anybody knows: that is no try of the photo."""
    pool, once = Pool(1, work=WORK), str(tmp_path / "once_")

    def tasks() -> Iterator[Task]:
        yield task_of("a")
        (worker,) = pool._workers
        os.kill(worker.pid, signal.SIGKILL)
        worker._process.wait()
        yield task_of(once)

    assert words(pool.run(tasks())) == {"a": "done", once: "done"}  # though it kills the next one, once
    pool.close()


def test_a_photo_that_takes_too_long_is_ended_and_not_tried_again(pool):
    tasks = [task_of("sleep_30", timeout_s=0.3), *(task_of(f"x{i}", timeout_s=5.0) for i in range(4))]
    start = time.perf_counter()
    results = {r.job.source: r for r in pool.run(tasks)}
    assert time.perf_counter() - start < 10.0
    late = results.pop("sleep_30")
    assert isinstance(late, Failed) and (late.kind, late.code) == ("timeout", "Timeout") and "0.3 s" in late.message
    assert len(results) == 4 and all(isinstance(r, Developed) for r in results.values())


@pytest.mark.slow
def test_memory_beyond_the_cap_is_a_failure_and_the_worker_goes_on():
    pool = Pool(1, work=WORK, memory_bytes=1 << 30)
    try:
        results = {r.job.source: r for r in pool.run(map(task_of, ["a", "greedy_", "b"]))}
    finally:
        pool.close()
    assert isinstance(results["greedy_"], Failed) and results["greedy_"].code == "MemoryError"
    a, b = results["a"], results["b"]
    assert isinstance(a, Observed) and isinstance(b, Observed) and a.facts["pid"] == b.facts["pid"]


def overlap(results) -> bool:
    spans = sorted((r.facts["from"], r.facts["to"]) for r in results)
    return any(later[0] < earlier[1] for earlier, later in zip(spans, spans[1:], strict=False))


@pytest.mark.slow
def test_photos_too_large_to_fit_together_are_made_one_after_the_other(pool):
    both_work(pool)
    huge, small = f"need_{1 << 50}_", f"need_{1 << 20}_"
    assert not overlap(list(pool.run(task_of(f"{huge}{i}") for i in range(4))))
    assert overlap(list(pool.run(task_of(f"{small}{i}") for i in range(8))))


@pytest.mark.slow
def test_one_that_waits_for_room_is_not_overtaken_for_ever(pool):
    both_work(pool)
    names = ["need_1_a", f"need_{1 << 50}_", *(f"need_1_{i}" for i in range(12))]
    results = [r.job.source for r in pool.run(map(task_of, names))]
    assert results.index(f"need_{1 << 50}_") <= 2


@pytest.mark.slow
def test_after_a_stop_what_is_under_way_is_finished_and_nothing_begun(pool):
    begun, done = [], []

    def tasks():
        for i in range(50):
            begun.append(i)
            yield task_of(f"slow_{i}")

    for result in pool.run(tasks()):
        done.append(result)
        if len(done) == 3:
            pool.stop()
    assert len(done) == len(begun) <= 6


@pytest.mark.slow
def test_a_worker_that_grows_is_replaced():
    pool = Pool(1, work=WORK, grown_bytes=50 << 20)
    try:
        results = list(pool.run(map(task_of, ["a", "b", "leak_1", "c", "leak_2", "d"])))
    finally:
        pool.close()
    pids = [r.facts["pid"] for r in results if isinstance(r, Observed)]
    assert len(pids) == 6 and pids[0] == pids[2] != pids[3] == pids[4]
    assert all(gone(pid) for pid in pids)


@pytest.mark.slow
def test_what_was_freed_goes_back_to_the_system():
    pool = Pool(1, work=WORK)
    try:
        results = list(pool.run(map(task_of, ["a", "litter", "b"])))
    finally:
        pool.close()
    first, most, after = (r.facts["resident"] for r in results if isinstance(r, Observed))
    assert most > first + (200 << 20) and after < first + (50 << 20)


@pytest.mark.slow
def test_workers_that_cannot_be_started_are_an_error_and_no_endless_loop():
    pool = Pool(2, work="no_such_module:at_all")
    try:
        with pytest.raises(RebokehError, match="cannot be started"):
            list(pool.run([task_of("a")]))
    finally:
        pool.close()


ORPHANS = """
from support.batch_works import task_of
from rebokeh.bokeh.batch.executors.pool import Pool
pool = Pool(2, work="support.batch_works:echoed")
for result in pool.run([task_of("a"), task_of("b"), task_of("sleep_60_1"), task_of("sleep_60_2")]):
    print(" ".join(str(worker.pid) for worker in pool._workers), flush=True)
"""


@pytest.mark.slow
def test_workers_end_when_the_run_is_killed():
    command = [sys.executable, "-c", ORPHANS]
    process = subprocess.Popen(command, env=environment_of(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]
    pids = [int(word) for word in lines[-1].split()]
    time.sleep(0.3)  # both sleep now
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(pids) == 2 and all(gone(pid) for pid in pids)
