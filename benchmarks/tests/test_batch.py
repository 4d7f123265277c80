"""What is promised of a batch: each fault survived once by the command itself; benchmarks/batch has it twenty times."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path

import beside
import equal
import faults
import portraits
import pytest
import tail
import throughput

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found by /proc"),
]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> faults.Photos:
    return faults.prepare(tmp_path_factory.mktemp("photos"), 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", faults.FAULTS)
def test_a_batch_survives(name, photos, tmp_path):
    for seed in range(5):
        try:
            found = faults.FAULTS[name](photos, tmp_path / f"out {seed}", random.Random(seed))
        except faults.NotPossible as why:
            pytest.skip(str(why))
        assert found.is_right, found
        if found.hit:
            return
    pytest.fail("it came too late each time")


@pytest.mark.slow
def test_batch_cluster_and_single_command_write_the_same_bytes(photos, tmp_path):
    if not importlib.util.find_spec("distributed"):
        pytest.skip("distributed is not installed")
    found = equal.differing(photos.folder, tmp_path)
    assert found == {"photos": 4, "pictures": 4, "differ": []}


@pytest.mark.slow
def test_every_input_is_accounted_for_once(tmp_path):
    library = portraits.library(20, seed=3, megapixels=(0.02, 0.05))
    folder, out, report = tmp_path / "in", tmp_path / "out", tmp_path / "report.jsonl"
    portraits.write(library, folder, 1)
    found = throughput.batch(folder, out, report)
    accounts = throughput.accounts([portrait.name for portrait in library], folder, out, report)
    assert accounts["wrong"] == [] and accounts["pictures"] == found["counts"]["done"] > 10
    assert max(held for _, held in found["memory_bytes"]) > 100e6


def test_accounts_find_what_is_missing_and_what_is_too_much(tmp_path):
    out, report = tmp_path / "out", tmp_path / "report.jsonl"
    (out / ".rebokeh").mkdir(parents=True)
    lines = [f'{{"input": "in/{k}", "output": "{out}/{k}", "status": "done"}}\n' for k in "abbc"]
    report.write_text("".join(lines))
    (out / ".rebokeh" / "journal.jsonl").write_text('{"target": "a", "status": "done"}\n' * 2)
    (out / "a").touch()
    (out / "e").touch()
    wrong = throughput.accounts("abd", Path("in"), out, report)["wrong"]
    assert wrong == ["a", "b", "c", "d", "e"]


def test_the_library_is_the_same_each_time_and_has_its_share_of_broken_files(tmp_path):
    library = portraits.library(40)
    assert library == portraits.library(40) != portraits.library(40, seed=1)
    assert sum(portrait.broken for portrait in library) == 2
    chosen = [portrait for portrait in library if portrait.broken or portrait.family in ("gdepth", "exr")][:4]
    assert [portraits.bytes_of(p) for p in chosen] == [portraits.bytes_of(p) for p in chosen]


def test_workers_without_overhead_share_the_work():
    run = tail.simulate([2.0] * 64, 8, 0.0)
    assert (run.makespan_s, run.tail_s, run.efficiency, run.scheduler) == pytest.approx((16.0, 0.0, 1.0, 0.0))


def test_one_worker_pays_the_overhead_of_every_photo():
    run = tail.simulate([2.0] * 10, 1, 0.5)
    assert run.makespan_s == pytest.approx(10 * 2.5 + 0.5)
    assert run.tail_s == pytest.approx(0.5) and run.efficiency == pytest.approx(20 / 25.5)


def test_the_last_photo_may_keep_all_waiting():
    run = tail.simulate([1.0, 1.0, 9.0], 2, 0.0)
    assert run.makespan_s == pytest.approx(10.0) and run.tail_s == pytest.approx(9.0)


def test_beyond_the_limit_more_workers_help_no_more():
    seconds = [1.0] * 4000
    assert tail.limit_workers(seconds, 0.1) == 10
    many, more = tail.simulate(seconds, 20, 0.1), tail.simulate(seconds, 40, 0.1)
    assert many.makespan_s == pytest.approx(0.1 * 4000, rel=0.01) == pytest.approx(more.makespan_s, rel=0.01)
    assert many.scheduler > 0.99 and tail.simulate(seconds, 5, 0.1).efficiency > 0.9


def test_a_batch_beside_an_older_revision_is_held_to_its_gain():
    rates = {beside.NOW: [3.0, 3.2, 9.0], "abc": [2.0, 1.0, 2.5]}
    rows, held = beside.tables({"rates": rates, "photos": 40, "revision": "abc"})
    assert rows[1:] == [["this code", "40", "3.20"], ["abc", "40", "2.00"]]
    assert held == [("1.60 times as many photos per second (>= 1.5)", True)]
