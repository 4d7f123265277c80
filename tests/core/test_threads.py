"""The same work for many parts: in order, and no further than the first error."""

from __future__ import annotations

import threading
import time

import pytest

from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.core.threads import asked_once, cores, each, each_part


@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_results_come_in_the_order_of_the_items(threads, monkeypatch):
    monkeypatch.setenv("REBOKEH_THREADS", threads)

    def late(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item * item

    assert each(late, iter(range(20))) == [k * k for k in range(20)]
    assert each(late, []) == []


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_first_error_is_raised_and_nothing_is_begun_after_it(threads, monkeypatch):
    monkeypatch.setenv("REBOKEH_THREADS", threads)
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 3:
            raise ValueError("three")
        time.sleep(0.01)
        return item

    with pytest.raises(ValueError, match="three"):
        each(work, range(200))
    assert 3 in begun and len(begun) < 20
    last = len(begun)
    time.sleep(0.05)
    assert len(begun) == last, "nothing runs on when it has returned"


@pytest.mark.skipif(cores() < 2, reason="one core")
def test_the_work_is_done_by_more_than_one_thread(monkeypatch):
    monkeypatch.delenv("REBOKEH_THREADS", raising=False)
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    both_here = threading.Barrier(2, timeout=20)
    each(lambda item: both_here.wait(), range(2))


def test_how_many_cores(monkeypatch):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    for word, most in (("1", 1), ("0", 1), ("100000", 100000)):
        monkeypatch.setenv("REBOKEH_THREADS", word)
        assert 1 <= cores() <= most
    for word in ("abc", "-2", "1.5", " "):
        monkeypatch.setenv("REBOKEH_THREADS", word)
        with pytest.raises(UsageError, match="REBOKEH_THREADS is"):
            cores()
    monkeypatch.setenv("REBOKEH_THREADS", "")
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert cores() == 1


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize(("count", "least"), [(0, 1), (1, 8), (7, 2), (100, 32), (1000, 1)])
def test_parts_are_all_of_it_once_and_none_is_too_small(threads, count, least, monkeypatch):
    monkeypatch.setenv("REBOKEH_THREADS", threads)
    parts = each_part(lambda part: part, count, least)
    assert [n for part in parts for n in range(part.start, part.stop)] == list(range(count))
    assert len(parts) == 1 or all(part.stop - part.start >= least for part in parts)


def test_what_is_asked_by_many_is_done_once():
    done = []
    ask = asked_once(lambda: done.append(time.sleep(0.02)) or object())
    assert len(set(map(id, each(lambda _: ask(), range(8))))) == 1
    assert len(done) == 1


def test_what_fails_when_asked_fails_for_all():
    ask = asked_once(lambda: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            ask()
