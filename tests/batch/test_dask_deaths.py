"""Nothing is lost when Dask workers die, with what they hold, or the scheduler does."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from support.batch_works import InProcessExecutor, jobs_of

pytest.importorskip("distributed")

from support.clusters import batch, files, from_the_shell, on, statuses  # noqa: E402

from rebokeh.bokeh.batch.stores.local import LocalStore  # noqa: E402

pytestmark = pytest.mark.slow  # processes, some of which are killed


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("nanny", ["--nanny", "--no-nanny"])
def test_a_worker_is_killed_and_its_photos_are_made_elsewhere(photos, tmp_path, monkeypatch, nanny):
    warm, names = [f"slow warm {number}" for number in range(12)], [f"slow{number}" for number in range(30)]
    for name in (*warm, *names):
        (photos / name).write_bytes(name.encode())
    notes = tmp_path / "notes"
    monkeypatch.setenv("REBOKEH_TEST_NOTES", str(notes))
    with (
        from_the_shell("--nthreads", "2", nanny) as (address, processes),
        on(address, "support.batch_works:noted") as dask,
    ):
        list(batch(jobs_of(photos, warm), LocalStore(str(tmp_path / "warm")), dask).run())
        notes.unlink()
        outcomes, unfetched = [], 0
        for outcome in batch(jobs_of(photos, names), LocalStore(str(tmp_path / "out")), dask).run():
            outcomes.append(outcome)
            if len(outcomes) == 6:
                unfetched = sum(future.status == "finished" for future in dask._going)
                os.killpg(processes[1].pid, signal.SIGKILL)
        assert len(dask._client.nthreads()) == 1
    assert statuses(outcomes) == dict.fromkeys(names, "done")
    assert files(tmp_path / "out") == {f"made/{name}": name.encode() * 10 for name in names}
    begun = Counter(notes.read_text().split())
    assert set(begun) == {f"made/{name}" for name in names}
    # What the dead worker had begun was begun again, and what it had done and not handed over.
    assert len(names) < begun.total() <= len(names) + 4 + unfetched


@pytest.mark.parametrize("allowed_failures", [0, 3])
def test_a_task_that_kills_dask_workers_is_quarantined_and_its_neighbours_are_not(
    photos, tmp_path, monkeypatch, allowed_failures
):
    names = [f"slow{number}" for number in range(12)]
    for name in names:
        (photos / name).write_bytes(name.encode())
    (photos / "assassin").write_bytes(b"x")
    names.insert(4, "assassin")
    notes = tmp_path / "notes"
    monkeypatch.setenv("REBOKEH_TEST_NOTES", str(notes))
    with from_the_shell("--nthreads", "2", allowed_failures=allowed_failures) as (address, _):
        with on(address, "support.batch_works:noted") as dask:
            store = LocalStore(str(tmp_path / "out"))
            found = statuses(batch(jobs_of(photos, names), store, dask).run())
            assert found == dict.fromkeys(names, "done") | {"assassin": "quarantined"}
            assert Counter(notes.read_text().split())["made/assassin"] == 2 * (allowed_failures + 1)
            found = statuses(batch(jobs_of(photos, names), store, dask).run())
            assert found == dict.fromkeys(names, "already") | {"assassin": "quarantined"}


def test_results_that_die_with_their_worker_before_they_are_fetched_are_made_again(photos, tmp_path):
    names = [f"slow{number}" for number in range(12)]
    for name in names:
        (photos / name).write_bytes(name.encode())
    with from_the_shell("--nthreads", "2") as (address, processes), on(address) as dask:
        running = batch(jobs_of(photos, names), LocalStore(str(tmp_path / "out")), dask).run()
        outcomes = [next(running)]
        deadline = time.monotonic() + 60  # nothing is fetched meanwhile, and all else that was sent gets done
        while any(future.status == "pending" for future in dask._going) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert {future.status for future in dask._going} == {"finished"}
        os.killpg(processes[1].pid, signal.SIGKILL)
        while not any(future.status == "lost" for future in dask._going) and time.monotonic() < deadline:
            time.sleep(0.01)
        outcomes += running
    assert statuses(outcomes) == dict.fromkeys(names, "done")
    assert files(tmp_path / "out") == {f"made/{name}": name.encode() * 10 for name in names}


def test_the_scheduler_is_killed_and_the_rest_is_listed(photos, tmp_path):
    names = [f"slow{number}" for number in range(40)]
    for name in names:
        (photos / name).write_bytes(name.encode())
    store = LocalStore(str(tmp_path / "out"))
    with from_the_shell("--nthreads", "2") as (address, processes), on(address, patience_s=3.0) as dask:
        outcomes = []
        for outcome in batch(jobs_of(photos, names), store, dask).run():
            outcomes.append(outcome)
            if len(outcomes) == 5:
                os.killpg(processes[0].pid, signal.SIGKILL)
    found = Counter(statuses(outcomes).values())
    assert set(found) == {"done", "failed"} and found.total() == 40
    assert all("give the same command again" in outcome.reason for outcome in outcomes if outcome.status == "failed")
    again = Counter(statuses(batch(jobs_of(photos, names), store, InProcessExecutor()).run()).values())
    assert again == {"already": found["done"], "done": found["failed"]}
