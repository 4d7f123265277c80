"""A batch: every input has one outcome, nothing is made twice, and what stands there already is left alone."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from support.batch_state import parts, records
from support.batch_works import InProcessExecutor, copied, jobs_of

from rebokeh.bokeh.batch.job import Failed
from rebokeh.bokeh.batch.run import Batch
from rebokeh.bokeh.batch.stores.local import LocalStore
from rebokeh.bokeh.batch.tally import Tally
from rebokeh.bokeh.core.errors import OutputError

NAMES = [f"p{i}" for i in range(6)]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(name.encode() * 50)
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def batch(photos, out, names=NAMES, digest="s", executor=None, **more) -> Batch:
    return Batch(jobs_of(photos, names), None, digest, LocalStore(str(out)), executor or InProcessExecutor(), **more)  # pyright: ignore


def statuses(outcomes) -> dict[str, str]:
    outcomes = list(outcomes)
    assert len({o.source for o in outcomes}) == len(outcomes)  # once each
    return {os.path.basename(o.source): o.status for o in outcomes}


def test_all_are_made_and_written_into_the_journal(photos, out):
    outcomes = list(batch(photos, out).run())
    assert statuses(outcomes) == dict.fromkeys(NAMES, "done")
    assert all((out / "made" / name).read_bytes() == name.encode() * 500 for name in NAMES)
    held = records(out)
    assert sorted(r["target"] for r in held) == [f"made/{name}" for name in NAMES]
    assert len({r["key"] for r in held}) == len(NAMES)
    assert all(o.source_sha256 and o.seconds > 0 for o in outcomes)
    assert parts(out) == []


def test_a_second_run_makes_nothing(photos, out):
    list(batch(photos, out).run())
    again = InProcessExecutor()
    assert statuses(batch(photos, out, executor=again).run()) == dict.fromkeys(NAMES, "already")
    assert again.worked == [] and len(records(out)) == len(NAMES)


def test_what_changed_is_made_anew(photos, out):
    list(batch(photos, out).run())
    (photos / "p1").write_bytes(b"another photo")
    (out / "made" / "p2").unlink()
    (out / "made" / "p3").write_bytes(b"cut short")
    plain = statuses(batch(photos, out).run())
    # What a photo that changed had become is somebody's picture, and p3 is no longer what we wrote.
    assert {n for n, s in plain.items() if s == "failed"} == {"p1", "p3"} and plain["p2"] == "done"
    assert (out / "made" / "p3").read_bytes() == b"cut short"
    forced = statuses(batch(photos, out, overwrite=True).run())
    assert {n for n, s in forced.items() if s == "done"} == {"p1", "p3"}
    assert Counter(forced.values())["already"] == 4
    assert (out / "made" / "p1").read_bytes() == b"another photo" * 10


def test_other_settings_are_other_work(photos, out):
    list(batch(photos, out).run())
    refused = list(batch(photos, out, digest="t").run())
    assert {o.status for o in refused} == {"failed"} and "`overwrite`" in refused[0].reason
    assert set(statuses(batch(photos, out, digest="t", overwrite=True).run()).values()) == {"done"}


def test_a_photo_that_fails_is_listed_and_the_rest_goes_on(photos, out):
    (photos / "p2").unlink()
    (photos / "p4").write_bytes(b"")
    outcomes = {os.path.basename(o.source): o for o in batch(photos, out).run()}
    assert Counter(o.status for o in outcomes.values()) == {"done": 4, "failed": 2}
    assert outcomes["p2"].code == outcomes["p4"].code == "InputError"
    assert "no such file" in outcomes["p2"].reason and "empty" in outcomes["p4"].reason


def test_poison_is_remembered_until_it_is_retried(photos, out):
    def deadly(task, gate):
        if task.job.name == "p1":
            return Failed(task.job, "WorkerDied", "its worker died, twice", "crashed")
        return copied(task, gate)

    assert statuses(batch(photos, out, executor=InProcessExecutor(deadly)).run())["p1"] == "quarantined"
    again = InProcessExecutor(deadly)
    outcomes = {o.source: o for o in batch(photos, out, executor=again).run()}
    poison = outcomes[str(photos / "p1")]
    assert again.worked == [] and poison.status == "quarantined" and "`retry`" in poison.reason
    cured = InProcessExecutor()
    assert statuses(batch(photos, out, executor=cured, retry=True).run())["p1"] == "done"
    assert cured.worked == ["made/p1"]
    assert statuses(batch(photos, out).run())["p1"] == "already"


def test_what_was_not_begun_when_it_was_stopped_is_left(photos, out):
    running = batch(photos, out)
    outcomes = []
    for outcome in running.run():
        outcomes.append(outcome)
        if len(outcomes) == 2:
            running.stop()
    assert Counter(statuses(outcomes).values()) == {"done": 2, "left": 4}
    assert Counter(statuses(batch(photos, out).run()).values()) == {"already": 2, "done": 4}


def test_two_batches_share_a_folder(photos, out):
    one, two = (InProcessExecutor(), InProcessExecutor())
    first, second = batch(photos, out, executor=one).run(), batch(photos, out, executor=two).run()
    outcomes = [next(first), next(second)]
    outcomes += [*second, *first]  # the second ends while the first has photos claimed
    assert Counter(o.status for o in outcomes) == {"done": len(NAMES), "already": len(NAMES)}
    assert sorted([*one.worked, *two.worked]) == [f"made/{name}" for name in NAMES]
    assert len(records(out)) == len(NAMES)


def test_parts_of_the_dead_are_swept_and_those_of_the_living_are_not(photos, out):
    dead, living = LocalStore(str(out)), LocalStore(str(out))
    dead.claims().close()
    held = living.claims()
    lost, kept = dead.stage(b"half", "made/x"), living.stage(b"half", "made/y")
    list(batch(photos, out).run())
    assert not os.path.exists(lost) and os.path.exists(kept)
    held.close()


def test_a_folder_that_cannot_be_written_is_each_photo_s_reason(photos, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    outcomes = list(batch(photos, tmp_path / "file").run())
    assert statuses(outcomes) == dict.fromkeys(NAMES, "failed")
    assert {o.code for o in outcomes} == {"OutputError"}


def test_a_run_that_is_dropped_gives_its_claims_back(photos, out):
    running = batch(photos, out).run()
    next(running)
    running.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert Counter(statuses(batch(photos, out).run()).values()) == {"already": 1, "done": 5}
    assert parts(out) == []


def test_a_journal_that_cannot_be_written_costs_no_picture(photos, out, monkeypatch):
    from rebokeh.bokeh.batch.stores.journal import Journal

    def full(self, record):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(Journal, "append", full)
        outcomes = list(batch(photos, out).run())
    assert {o.status for o in outcomes} == {"done"}
    assert all("journal" in o.warnings[0] for o in outcomes)


# The store


@pytest.mark.parametrize("target", ["../x", "a/../../x", "/tmp/x", "", ".rebokeh/journal.jsonl"])
def test_nothing_is_staged_outside(out, target):
    with pytest.raises(OutputError):
        LocalStore(str(out)).stage(b"", target)


def test_a_link_that_leads_outside_is_not_followed(out, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    out.mkdir()
    (out / "made").symlink_to(tmp_path / "elsewhere")
    for target in ("made/x", "made/deeper/x"):
        with pytest.raises(OutputError, match="outside"):
            LocalStore(str(out)).stage(b"", target)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_target_that_is_a_link_is_replaced_not_followed(out, tmp_path):
    store = LocalStore(str(out))
    out.mkdir()
    (tmp_path / "theirs").write_bytes(b"theirs")
    (out / "x").symlink_to(tmp_path / "theirs")
    with pytest.raises(OutputError, match="exists"):
        store.commit(store.stage(b"ours", "x"), "x", False)
    store.commit(store.stage(b"ours", "x"), "x", True)
    assert (tmp_path / "theirs").read_bytes() == b"theirs" and (out / "x").read_bytes() == b"ours"
    assert parts(out) == []


def test_where_there_are_no_links_a_file_is_still_not_clobbered(out, monkeypatch):
    import errno

    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store = LocalStore(str(out))
    store.commit(store.stage(b"first", "x"), "x", False)
    with pytest.raises(OutputError, match="exists"):
        store.commit(store.stage(b"second", "x"), "x", False)
    assert (out / "x").read_bytes() == b"first" and parts(out) == []


# Progress


def test_the_tally_foretells_the_end(photos, out):
    tally = Tally(len(NAMES))
    assert tally.left_s is None and str(tally) == "0 of 6"
    (photos / "p0").unlink()
    for outcome in batch(photos, out).run():
        tally.add(outcome)
        assert 0 < tally.share <= 1
        assert tally.left_s is not None and tally.photos_per_s > 0
    assert tally.share == 1 and tally.left_s == 0 and tally.failures == 1
    assert "6 of 6" in str(tally) and "photos/s" in str(tally) and "1 failed" in str(tally)
