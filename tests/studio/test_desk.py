"""The desk: the newest of a page first, what is urgent before the rest, and nothing for nobody."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest
from support.studio import PATIENCE_S

from rebokeh.bokeh.studio.desk import DRAFT, FULL, SAVE, Desk
from rebokeh.bokeh.studio.errors import Superseded
from rebokeh.bokeh.studio.jobs import NICENESS, NICEST, Jobs


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.close()


class Work:
    """Takes as long as it is told to, and looks whether it is wanted."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.times = threading.Event(), threading.Event(), 0

    def __call__(self, progress):
        self.times += 1
        self.begun.set()
        end = time.monotonic() + PATIENCE_S
        while not self.may_end.wait(0.005):
            progress("x", 0.0)
            if time.monotonic() > end:
                raise TimeoutError
        progress("x", 1.0)
        return self.times


def test_only_the_newest_of_a_slot_is_done(desk):
    first, second, third = Work(), Work(), Work()
    third.may_end.set()
    futures = [desk.submit(first, DRAFT, "page")]
    first.begun.wait()
    futures += [desk.submit(second, DRAFT, "page"), desk.submit(third, DRAFT, "page")]
    assert futures[2].result(PATIENCE_S) == 1
    for future in futures[:2]:
        with pytest.raises(Superseded):
            future.result(PATIENCE_S)
    assert second.times == 0


def test_pages_do_not_end_each_others(desk):
    first, second = Work(), Work()
    futures = [desk.submit(first, DRAFT, "one"), desk.submit(second, DRAFT, "two")]
    first.may_end.set()
    second.may_end.set()
    assert [future.result(PATIENCE_S) for future in futures] == [1, 1]


def test_a_full_picture_gives_way_and_is_begun_again(desk):
    full, draft = Work(), Work()
    draft.may_end.set()
    waiting = desk.submit(full, FULL, "full")
    full.begun.wait()
    assert desk.submit(draft, DRAFT, "draft").result(PATIENCE_S) == 1
    assert not waiting.done()
    full.may_end.set()
    assert waiting.result(PATIENCE_S) == 2


def test_a_save_waits_for_a_draft_and_goes_on(desk):
    save, draft = Work(), Work()
    draft.may_end.set()
    saving = desk.submit(save, SAVE)
    save.begun.wait()
    assert desk.submit(draft, DRAFT).result(PATIENCE_S) == 1
    assert not saving.done()
    save.may_end.set()
    assert saving.result(PATIENCE_S) == 1  # not begun again


def test_the_threads_of_a_save_leave_the_cores_to_a_draft(desk):
    draft, other_began, steps = Work(), threading.Event(), []

    def save(progress):
        may_end = threading.Event()

        def other():
            while not may_end.wait(0.001):
                progress("x", 0.0)
                steps.append(time.monotonic())
                other_began.set()

        thread = threading.Thread(target=other)
        thread.start()
        other_began.wait()
        while not draft.times:
            progress("x", 0.0)
        may_end.set()
        thread.join()

    saving = desk.submit(save, SAVE)
    assert other_began.wait(PATIENCE_S)
    drawing = desk.submit(draft, DRAFT)
    draft.begun.wait()
    time.sleep(0.05)
    before = len(steps)
    time.sleep(0.1)
    assert len(steps) <= before + 1  # it may have looked just before
    draft.may_end.set()
    drawing.result(PATIENCE_S)
    saving.result(PATIENCE_S)


def test_closing_ends_a_save_and_what_it_waits_for(desk):
    save, draft = Work(), Work()
    saving = desk.submit(save, SAVE)
    save.begun.wait()
    drawing = desk.submit(draft, DRAFT)
    draft.begun.wait()
    desk.close()
    for future in (drawing, saving):
        with pytest.raises(Superseded):
            future.result(PATIENCE_S)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_what_codes_pictures_leaves_the_cores_to_drafts():
    found: list[int] = []
    done = threading.Event()

    def work(job):
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        done.set()

    Jobs(lambda event: None).begin("save", work)
    assert done.wait(PATIENCE_S)
    ours = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert found == [min(ours + NICENESS, NICEST)] and NICENESS > 0


def test_what_goes_wrong_is_told_and_the_desk_goes_on(desk):
    def fails(progress):
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        desk.submit(fails, DRAFT).result(PATIENCE_S)
    assert desk.submit(lambda progress: 7, DRAFT).result(PATIENCE_S) == 7


def test_closing_ends_what_waits(desk):
    work, other = Work(), Work()
    futures = [desk.submit(work, DRAFT), desk.submit(other, DRAFT)]
    work.begun.wait()
    desk.close()
    for future in futures:
        with pytest.raises(Superseded):
            future.result(PATIENCE_S)


def test_waiting_until_idle(desk):
    desk.wait_until_idle(0.1, lambda: False)  # comes back
    work = Work()
    desk.submit(work, DRAFT)
    work.begun.wait()
    desk.wait_until_idle(1e9, lambda: True)  # somebody waits for it
    done = threading.Event()
    threading.Thread(target=lambda: (desk.wait_until_idle(0.05, lambda: False), done.set()), daemon=True).start()
    assert not done.wait(0.2)
    work.may_end.set()
    assert done.wait(PATIENCE_S)
