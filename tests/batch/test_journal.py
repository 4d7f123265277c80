"""The journal: records of several processes never mix, torn lines cost nothing, each record is found once."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies

from rebokeh.bokeh.batch.stores.journal import Journal
from rebokeh.bokeh.batch.stores.record import Record, key_of


def record(name: str, **more) -> Record:
    return Record(key_of("s" * 64, "d", "1", name), "s" * 64, "d", "1", name, "done", **more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def held(path: Path) -> Journal:
    journal = Journal(path)
    journal.refresh()
    return journal


def test_what_was_appended_is_found_by_key_and_by_target(path):
    first = record("a.heic", output_sha256="0" * 64, bytes=12, recipe="r", reason="", attempts=2)
    Journal(path).append(first)
    Journal(path).append(record("b \udcff\n.heic"))
    journal = held(path)
    assert journal.find(first.key) == first == journal.of_target("a.heic")
    assert journal.of_target("b \udcff\n.heic") is not None
    assert journal.find("no such key") is None and journal.of_target("c") is None
    assert len(journal) == 2 and path.read_bytes().count(b"\n") == 2


def test_no_file_is_an_empty_journal(path):
    assert len(held(path)) == 0


def test_the_last_record_of_a_key_counts(path):
    journal = Journal(path)
    journal.append(record("a", bytes=1))
    journal.refresh()
    Journal(path).append(record("a", bytes=2))
    journal.refresh()
    found = journal.of_target("a")
    assert found is not None and found.bytes == 2 and len(journal) == 1


@settings(max_examples=30)
@given(strategies.tuples(*[strategies.text()] * 4))
def test_a_key_is_of_its_words_and_their_places(words):
    assert key_of(*words) == key_of(*words)
    for i in range(4):
        other = [word + "x" * (place == i) for place, word in enumerate(words)]
        assert key_of(*other) != key_of(*words)  # pyright: ignore[reportCallIssue]
    assert key_of("ab", "c", "d", "e") != key_of("a", "bc", "d", "e")


@pytest.mark.slow
def test_a_line_torn_at_any_byte_costs_that_line_alone(path):
    one, two, three = (record(name) for name in "abc")
    Journal(path).append(one)
    whole = path.stat().st_size
    Journal(path).append(two)
    data = path.read_bytes()
    for cut in range(whole, len(data)):
        path.write_bytes(data[:cut])
        early = held(path)
        assert early.find(one.key) == one and early.find(two.key) is None
        early.append(three)
        early.refresh()
        # What lacks only the end of its line is whole as soon as the next begins a fresh one.
        assert early.find(three.key) == three == held(path).find(three.key)
        assert held(path).find(two.key) == (two if cut == len(data) - 1 else None)


@pytest.mark.parametrize(
    "line", ["", "{}", "[1]", "nonsense", '{"key": 1}', '{"key":"k","target":"t","status":"done"}', "\xff"]
)
def test_lines_that_are_no_records_are_passed_over(path, line):
    path.write_bytes(line.encode("latin-1") + b"\n")
    Journal(path).append(record("a"))
    journal = held(path)
    assert len(journal) == 1 and journal.of_target("a") is not None


def test_fields_of_a_later_version_do_no_harm(path):
    Journal(path).append(record("a"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"colour": "blue"}) + "\n")
    assert len(held(path)) == 1


def test_a_journal_that_was_replaced_by_a_shorter_one_is_read_anew(path):
    journal = Journal(path)
    for name in "abc":
        journal.append(record(name))
    journal.refresh()
    path.unlink()
    Journal(path).append(record("d"))
    journal.refresh()
    assert len(journal) == 1 and journal.of_target("d") is not None


APPENDS = """
import sys
from rebokeh.bokeh.batch.stores.journal import Journal
from rebokeh.bokeh.batch.stores.record import Record
journal = Journal(sys.argv[1])
for i in range(60):
    name = f"{sys.argv[2]}-{i}"
    journal.append(Record(name, "s", "d", "1", name, "done", reason="x" * (i * 97 % 5000)))
"""


def test_processes_that_append_at_once_do_not_mix(path):
    writers = [subprocess.Popen([sys.executable, "-c", APPENDS, path, str(n)]) for n in range(4)]
    seen = Journal(path)
    while any(writer.poll() is None for writer in writers):
        seen.refresh()  # at any moment there are whole records only
    assert all(writer.wait() == 0 for writer in writers)
    seen.refresh()
    lines = path.read_bytes().splitlines()
    assert len(lines) == 240 == len({json.loads(line)["key"] for line in lines})
    assert len(seen) == 240 == len(held(path))


def test_a_record_that_the_disk_does_not_take_leaves_no_half(path, monkeypatch):
    Journal(path).append(record("a"))
    before, write = path.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
    with pytest.raises(OSError) as error:
        Journal(path).append(record("b"))
    assert error.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
