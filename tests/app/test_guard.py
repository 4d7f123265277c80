"""Ctrl-C and SIGTERM: the command line ends at once, whatever it is in the middle of, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from support.command import REBOKEH, Folder
from support.portrait import write_portrait

from rebokeh.bokeh.io.files import atomic
from rebokeh.bokeh.tools.steps import album

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
AT_ONCE_S = 0.5
SLACK_S = 1.0
"""What a loaded machine may add until a process that has ended is seen to have ended."""


def stop(process: subprocess.Popen, number: signal.Signals) -> tuple[float, str]:
    """Send a signal, wait for the end, and return how long that took and what was said."""
    start = time.perf_counter()
    process.send_signal(number)
    process.wait(timeout=60)  # not yet `communicate`: the end of its input would be heard beside the signal
    took_s = time.perf_counter() - start
    return took_s, process.communicate()[1]


def check_stopped(process: subprocess.Popen, number: signal.Signals, took_s: float, said: str) -> None:
    assert process.returncode == CODES[number], said
    assert said.startswith("rebokeh: ") and said.count("\n") == 1
    assert took_s < AT_ONCE_S + SLACK_S


def start(*words: object, **options) -> subprocess.Popen:
    return subprocess.Popen([REBOKEH, *map(str, words)], stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.slow
@pytest.mark.parametrize("number", CODES)
def test_at_any_time(tmp_path, number):
    (tmp_path / "tmp").mkdir()
    files = write_portrait(tmp_path, size=(480, 640))
    folder = Folder(tmp_path)
    words = (files.photo, "--depth", files.depth, "--fstop", "1.2", "--format", "heic", "--save-steps", tmp_path / "s")
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    began = time.perf_counter()
    assert start(*words, "-o", tmp_path / "whole.heic", env=environment).wait(timeout=120) == 0
    duration = time.perf_counter() - began
    (tmp_path / "whole.heic").unlink()
    stopped = 0
    for share in np.linspace(0.3, 0.95, 8):
        for left in sorted((tmp_path / "s").glob("*"), reverse=True):
            left.unlink()
        process = start(*words, "--overwrite", env=environment)
        time.sleep(duration * share)
        took, said = stop(process, number)
        made = folder.new()
        assert made <= {"photo_f1.2.heic"}  # at the very end the picture may be there already, but then it is whole
        for name in made:
            (tmp_path / name).unlink()
        steps = {f.name for f in (tmp_path / "s").iterdir()}
        assert not steps or {"index.html", "steps.json"} <= steps
        assert list((tmp_path / "tmp").iterdir()) == []
        if process.returncode:
            check_stopped(process, number, took, said)
            stopped += not made
    assert stopped >= 4


@pytest.mark.parametrize("number", CODES)
def test_while_it_waits_for_standard_input(number):
    code = "import sys; from rebokeh.cli import app; sys.argv[1:] = ['-']; print('started', flush=True); app()"
    command, pipe = [sys.executable, "-c", code], subprocess.PIPE
    process = subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdout is not None and process.stdout.readline() == "started\n"
    time.sleep(0.5)
    check_stopped(process, number, *stop(process, number))


# Calls that do not return for a long time, as a decoder, an encoder or a loop; `sleep` of libc is one that holds
# no lock, and hears no Python.
DEAF = """
import ctypes, sys, time
from rebokeh.cli import app
def deaf(*_, **__):
    print("deaf", flush=True)
    while True:
        ctypes.CDLL(None).usleep(900_000)
{patch}
sys.argv[1:] = {words!r}
app()
"""


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize(
    "patch",
    [
        "import rebokeh.bokeh.load as one; one.opened = deaf",
        "import rebokeh.bokeh.io.files.atomic as a; a.os.fsync = deaf",
        "import rebokeh.bokeh.tools.steps.album as a; a.Image.Image.save = deaf",
    ],
    ids=["loading", "half a picture", "half the steps"],
)
def test_in_a_call_that_is_deaf(portrait, folder, number, patch):
    steps = portrait.photo.parent / "steps"
    words = [str(portrait.photo), "--depth", str(portrait.depth), "--save-steps", str(steps), "-q"]
    code = DEAF.format(patch=patch, words=words)
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == "deaf\n"
    parts = [f.name for f in portrait.photo.parent.iterdir() if atomic.is_part(f.name)]
    assert bool(parts) == ("opened" not in patch)  # there is something to clear away
    check_stopped(process, number, *stop(process, number))
    assert folder.new() == set()
    # The steps stand in their place before the picture is written; half of them never do.
    assert steps.exists() == ("fsync" in patch)
    assert {f.name for f in portrait.photo.parent.iterdir()} == {*folder.before, *(["steps"] if steps.exists() else [])}


def test_a_background_job_of_a_script_is_not_interrupted(portrait, folder):
    # A shell starts these with SIGINT ignored.
    process = start(
        portrait.photo,
        *("--depth", portrait.depth),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    time.sleep(0.5)
    took, said = stop(process, signal.SIGINT)
    assert process.returncode == 0, said
    assert folder.new() == {"photo_f1.8.png"}


# What a process leaves when it ends in the middle


def test_abandoned_files_are_removed_and_none_is_begun(tmp_path):
    theirs = tmp_path / ".rebokeh-1-0123abcd.part"
    theirs.write_bytes(b"of another run")
    atomic.part_of(tmp_path).write_bytes(b"half a picture")
    steps = album.Album(tmp_path / "steps")
    steps.add("001_photo.png", np.zeros((2, 2, 3), np.uint8))

    def write() -> None:
        atomic.write_atomic(tmp_path / "picture", b"a picture")

    atomic.abandon([tmp_path])
    try:
        assert [f.name for f in tmp_path.iterdir()] == [theirs.name]
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
        assert [f.name for f in tmp_path.iterdir()] == [theirs.name]
    finally:
        atomic.MOVING.release()
    writer.join()
    assert (tmp_path / "picture").read_bytes() == b"a picture"


def test_a_process_leaves_at_once_but_says_all_and_waits_for_its_threads():
    code = """
import atexit, threading, time
from rebokeh.bokeh.app.guard import leave
atexit.register(print, "taken apart")
threading.Thread(target=lambda: (time.sleep(0.3), print("done"))).start()
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("said", end=" ")
leave(3)
"""
    begun = time.monotonic()
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (3, "said done\n", "")
    assert time.monotonic() - begun < 30
