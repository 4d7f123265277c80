"""The command line in a pipe: standard input and output, and names that are no text."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.command import REBOKEH, check_refused, rebokeh, said, shell


def test_standard_input_and_output(portrait, folder):
    words = ("-", "--depth", portrait.depth, "--fstop", "2")
    piped = shell(*words, "-o", "-", input=portrait.photo.read_bytes())
    assert piped.returncode == 0, piped.stderr
    assert shell(*words, input=portrait.photo.read_bytes()).stdout == piped.stdout
    assert shell(portrait.photo, *words[1:], "-q").returncode == 0
    assert piped.stdout == (portrait.photo.parent / "photo_f2.png").read_bytes()
    assert b"standard output" in piped.stderr
    assert folder.new() == {"photo_f2.png"}
    jpeg = shell(*words, "--format", "jpeg", "-q", input=portrait.photo.read_bytes())
    assert jpeg.stdout[:3] == b"\xff\xd8\xff"
    assert jpeg.stderr == b""


def test_empty_standard_input(portrait):
    check_refused(rebokeh("-", "--depth", portrait.depth, input=b""), 4, "standard input")
    closed = subprocess.run(f"'{REBOKEH}' - <&-", shell=True, capture_output=True)
    assert closed.returncode == 4
    assert closed.stderr.count(b"\n") == 1


def test_a_reader_that_goes_away(portrait):
    command = f"'{REBOKEH}' '{portrait.photo}' --depth '{portrait.depth}' -o - --format tiff | head -c 1 >/dev/null"
    result = subprocess.run(["bash", "-c", command], capture_output=True, timeout=120)
    assert b"Traceback" not in result.stderr and b"Exception" not in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text(portrait):
    name = os.fsencode(portrait.photo.parent) + b"/photo\xff\n.png"
    os.rename(portrait.photo, name)
    result = shell(name, "--depth", portrait.depth)
    assert result.returncode == 0, result.stderr
    assert said(os.fsdecode(result.stderr)).count("\n") == 1
    assert os.path.isfile(os.fsencode(portrait.photo.parent) + b"/photo\xff\n_f1.8.png")
    facts = shell(name, "--depth", portrait.depth, "--json", "--overwrite")
    assert json.loads(facts.stdout)["width"] == 64


def test_an_output_that_is_not_utf_8_stops_nothing(portrait):
    """As on a Windows terminal: bars and letters that it has not are drawn otherwise."""
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    told = shell("inspect", portrait.photo, "--depth", portrait.depth, env=environment)
    assert told.returncode == 0, told.stderr
    assert "#" in told.stdout.decode("cp1252")


def test_a_bound_of_threads_that_is_no_number_is_said(portrait):
    told = shell(portrait.photo, env={**os.environ, "REBOKEH_THREADS": "abc"})
    assert told.returncode == 2 and b"REBOKEH_THREADS is 'abc'" in told.stderr and told.stderr.count(b"\n") == 1
