"""The same work on Dask workers: same bytes, one process for a photo, and what is said when nobody answers."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import socket
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import iphone
from support.batch_works import InProcessExecutor, jobs_of
from support.command import shell
from support.portrait import portrait_arrays
from support.processes import environment_of
from support.s3 import Bucket, s3_server

pytest.importorskip("distributed")

from support.clusters import batch, files, local_cluster, on, statuses  # noqa: E402

from rebokeh.bokeh.batch.executors import dask as cluster_module  # noqa: E402
from rebokeh.bokeh.batch.executors.dask import DaskExecutor  # noqa: E402
from rebokeh.bokeh.batch.job import Failed, Job, Limits, Task  # noqa: E402
from rebokeh.bokeh.batch.library import Library  # noqa: E402
from rebokeh.bokeh.batch.stores.local import LocalStore  # noqa: E402
from rebokeh.bokeh.batch.stores.objects import opened  # noqa: E402
from rebokeh.bokeh.batch.stores.url_store import UrlStore  # noqa: E402
from rebokeh.bokeh.core.errors import UsageError  # noqa: E402

NAMES = [f"p{number}" for number in range(6)]


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """Have the environment name an S3 server, if there is what one is made of."""
    with (
        s3_server()
        if importlib.util.find_spec("moto") and importlib.util.find_spec("s3fs")
        else contextlib.nullcontext()
    ):
        yield


@pytest.fixture
def bucket(server: None) -> Bucket:
    pytest.importorskip("moto")
    pytest.importorskip("s3fs")
    return Bucket()


@pytest.fixture(scope="module")
def workers(server: None) -> Iterator[str]:
    """Return the address of a scheduler with two workers, in threads of this process; they know the S3 server."""
    with local_cluster(n_workers=2) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(name.encode() * 50)
    return folder


# Quick: two workers in this process


@pytest.mark.slow
def test_a_cluster_makes_what_one_process_makes(workers, photos, tmp_path):
    jobs = jobs_of(photos, NAMES)
    list(batch(jobs, LocalStore(str(tmp_path / "here")), InProcessExecutor()).run())
    with on(workers) as dask:
        store = LocalStore(str(tmp_path / "there"))
        assert statuses(batch(jobs, store, dask).run()) == dict.fromkeys(NAMES, "done")
        assert files(tmp_path / "there") == files(tmp_path / "here")
        assert statuses(batch(jobs, store, dask).run()) == dict.fromkeys(NAMES, "already")


@pytest.mark.slow
def test_a_file_that_kills_its_process_is_quarantined_and_the_worker_lives(workers, photos, tmp_path):
    (photos / "p2").write_bytes(b"poison")
    (photos / "p4").unlink()
    with on(workers) as dask:
        found = statuses(batch(jobs_of(photos, NAMES), LocalStore(str(tmp_path / "out")), dask).run())
        assert found == dict.fromkeys(NAMES, "done") | {"p2": "quarantined", "p4": "failed"}
        assert len(dask._client.nthreads()) == 2


@pytest.mark.slow
def test_a_photo_that_takes_too_long_is_ended(workers):
    jobs = [Job("sleep_60", "a", "a", "png"), Job("quick", "b", "b", "png")]
    tasks = [Task(job, None, Limits(timeout_s=0.5), {"kind": "local", "out": ""}) for job in jobs]  # pyright: ignore
    with on(workers, "support.batch_works:echoed") as dask:
        found: dict[str, Any] = {result.job.target: result for result in dask.run(tasks)}
    assert (found["a"].kind, found["a"].code) == ("timeout", "Timeout")
    assert not isinstance(found["b"], Failed)


@pytest.mark.slow
def test_a_photo_has_a_process_with_one_thread(workers, photos):
    with on(workers, "support.batch_works:echoed") as dask:
        tasks = [Task(job, None, Limits(), {"kind": "local", "out": ""}) for job in jobs_of(photos, NAMES)]  # pyright: ignore
        found: list[Any] = list(dask.run(tasks))
    assert {result.facts["threads"] for result in found} == {"1"}
    pids = {result.facts["pid"] for result in found}
    assert os.getpid() not in pids and len(pids) <= 2


@pytest.mark.slow
def test_after_a_stop_nothing_is_begun_and_the_rest_is_left(workers, photos, tmp_path):
    for number in range(40):
        (photos / f"slow{number}").write_bytes(b"slow")
    names = [f"slow{number}" for number in range(40)]
    with on(workers) as dask:
        running = batch(jobs_of(photos, names), LocalStore(str(tmp_path / "out")), dask)
        outcomes = []
        for outcome in running.run():
            outcomes.append(outcome)
            if len(outcomes) == 3:
                running.stop()
    found = Counter(statuses(outcomes).values())
    assert set(found) == {"done", "left"} and found["left"] >= 20
    assert len(files(tmp_path / "out")) == found["done"]


def test_in_memory_the_work_is_done_by_the_worker_itself(workers):
    top = f"memory://{secrets.token_hex(6)}"
    for name in NAMES:
        where, path = opened(f"{top}/in/{name}")
        where.pipe_file(path, name.encode() * 50)
    jobs = [Job(f"{top}/in/{name}", f"a/{name}", name, "png") for name in NAMES]
    store = UrlStore(f"{top}/out")
    with on(workers) as dask:
        assert statuses(batch(jobs, store, dask).run()) == dict.fromkeys(NAMES, "done")
        assert store.content("a/p1") == b"p1" * 500
        assert statuses(batch(jobs, UrlStore(f"{top}/out"), dask).run()) == dict.fromkeys(NAMES, "already")


@pytest.mark.slow
def test_from_and_to_s3(workers, bucket, photos, tmp_path):
    list(batch(jobs_of(photos, NAMES), LocalStore(str(tmp_path / "here")), InProcessExecutor()).run())
    for name in NAMES:
        bucket.put(f"in/{name}", (photos / name).read_bytes())
    jobs = [Job(f"{bucket.url}/in/{name}", f"made/{name}", name, "png") for name in NAMES]
    with on(workers) as dask:
        assert statuses(batch(jobs, UrlStore(f"{bucket.url}/out"), dask).run()) == dict.fromkeys(NAMES, "done")
        assert bucket.pictures("out/") == files(tmp_path / "here")
        assert bucket.keys("out/.rebokeh/parts") == []
        before = bucket.keys()
        again = batch(jobs, UrlStore(f"{bucket.url}/out"), dask)
        assert statuses(again.run()) == dict.fromkeys(NAMES, "already")
    assert bucket.keys() == before


def test_other_versions_are_not_mixed(workers, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "version", iter(["1.0", "2.0", "2.0"] * 9).__next__)
    with on(workers) as dask:
        (found,) = batch(jobs_of(photos, NAMES[:1]), LocalStore(str(tmp_path / "out")), dask).run()
    assert found.status == "failed"
    assert "rebokeh 2.0, and this is 1.0; install the same on all machines" in found.reason


def test_a_task_prints_no_secret():
    job = Job("ftp://me:SECRET@host/a.jpg", "a.jpg", "ftp://***@host/a.jpg", "jpeg")
    task = Task(job, None, Limits(), {"kind": "url", "options": {"secret": "SECRET"}})  # pyright: ignore
    assert "SECRET" not in repr(cluster_module._Parcel(job.name, task, "w", None, "1"))


def test_nobody_answers(monkeypatch):
    monkeypatch.setattr(cluster_module, "_CONNECT_S", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://me:SECRET@127.0.0.1:{taken.getsockname()[1]}"
        for wrong in (address.replace("me:SECRET@", ""), "nonsense://x", address):
            with pytest.raises(UsageError, match="no Dask scheduler answers there; start one with") as error:
                DaskExecutor(wrong)
            assert "SECRET" not in str(error.value) and "\n" not in str(error.value)


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'distributed\S+' 'fsspec"):
        DaskExecutor("tcp://127.0.0.1:8786")


def test_without_workers_all_is_listed(photos, tmp_path):
    with local_cluster(n_workers=0) as cluster, on(cluster.scheduler_address, patience_s=0.5) as dask:
        outcomes = list(batch(jobs_of(photos, NAMES), LocalStore(str(tmp_path / "out")), dask).run())
    assert statuses(outcomes) == dict.fromkeys(NAMES, "failed")
    assert all("has had no worker for 0.5 s; give the same command again" in outcome.reason for outcome in outcomes)


@pytest.mark.slow
def test_the_same_bytes_by_one_command_by_batch_by_a_cluster_and_through_s3(bucket, tmp_path):
    folder, names = tmp_path / "in", ["a.heic", "b/c.heic"]
    codes, metres, _ = portrait_arrays(96, 128)
    for number, name in enumerate(names):
        data = iphone.heic(np.roll(codes, 9 * number, axis=1), depth=(80 / metres).astype(np.uint8))
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        bucket.put(f"in/{name}", data)

    def run(*words: object) -> None:
        done = shell(*map(str, words), "--fstop", "1.8", env=environment_of())
        assert done.returncode == 0, done.stderr

    for name in names:
        run(folder / name, "-o", tmp_path / Path(name).name)
    single = {name: (tmp_path / Path(name).name).read_bytes() for name in names}
    run("batch", folder, "-o", tmp_path / "out")
    assert files(tmp_path / "out") == single
    run("batch", f"{bucket.url}/in", "-o", f"{bucket.url}/out")
    assert bucket.pictures("out/") == single
    with local_cluster(n_workers=1, processes=True) as cluster:
        run("batch", f"{bucket.url}/in", "-o", f"{bucket.url}/dask", "--scheduler", cluster.scheduler_address)
        run("batch", folder, "-o", f"file://{tmp_path}/dask", "--scheduler", cluster.scheduler_address)
    assert bucket.pictures("dask/") == files(tmp_path / "dask") == single


def test_memory_is_of_one_process():
    top = f"memory://{secrets.token_hex(6)}"
    files, path = opened(f"{top}/in/a.png")
    files.pipe_file(path, b"\x89PNG\r\n\x1a\n")
    library = Library([f"{top}/in"], f"{top}/out", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match="no other machine can see this; leave `scheduler` out"):
        list(library.run())
    (found,) = Library([f"{top}/in"], f"{top}/out").run()
    assert (found.status, found.code) == ("failed", "InputError")


CLIENT = """
    from rebokeh.bokeh.batch.executors.dask import DaskExecutor
    from rebokeh.bokeh.batch.job import Job
    from rebokeh.bokeh.batch.run import Batch
    from rebokeh.bokeh.batch.stores.url_store import UrlStore

    jobs = [Job(f"{top}/in/{{n}}", f"made/{{n}}", f"{{n}}", "png") for n in range(40)]
    dask = DaskExecutor({address!r}, work="support.batch_works:copied")
    for outcome in Batch(jobs, None, "s", UrlStore("{top}/out"), dask).run():
        print(outcome.output, outcome.status, flush=True)
"""


@pytest.mark.slow
def test_a_client_is_killed_and_the_next_makes_only_what_is_missing(bucket):
    for number in range(40):
        bucket.put(f"in/{number}", b"slow %d" % number)
    with local_cluster(n_workers=2, processes=True, scheduler_port=0) as cluster:
        code = textwrap.dedent(CLIENT).format(top=bucket.url, address=cluster.scheduler_address)
        client = subprocess.Popen([sys.executable, "-c", code], env=environment_of(), stdout=subprocess.PIPE, text=True)
        assert client.stdout is not None
        for _ in range(8):
            assert client.stdout.readline().endswith(" done\n")
        client.kill()
        client.wait()
        time.sleep(1.5)  # what workers had begun they stage, and nobody publishes
        first = bucket.pictures("out/")
        assert 8 <= len(first) <= 10
        again = subprocess.run([sys.executable, "-c", code], env=environment_of(), stdout=subprocess.PIPE, text=True)
    found = dict(line.split() for line in again.stdout.splitlines())
    assert Counter(found.values()) == {"already": len(first), "done": 40 - len(first)}
    assert {name for name, status in found.items() if status == "already"} == set(first)
    assert bucket.pictures("out/") == {f"made/{number}": b"slow %d" % number * 10 for number in range(40)}
