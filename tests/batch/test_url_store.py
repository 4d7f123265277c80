"""Photos and pictures behind URLs: found, read, staged and put in their place, on a real S3 server and in memory."""

from __future__ import annotations

import importlib
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

fsspec = pytest.importorskip("fsspec")

from rebokeh.bokeh.batch.stores import object_journal as segments  # noqa: E402
from rebokeh.bokeh.batch.stores import objects, store_of  # noqa: E402
from rebokeh.bokeh.batch.stores.local import LocalStore  # noqa: E402
from rebokeh.bokeh.batch.stores.objects import heads, listing, read, safe  # noqa: E402
from rebokeh.bokeh.batch.stores.record import Record, key_of  # noqa: E402
from rebokeh.bokeh.batch.stores.url_store import UrlStore  # noqa: E402
from rebokeh.bokeh.core.errors import InputError, OutputError, RebokehError, UsageError  # noqa: E402


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("moto")
    pytest.importorskip("s3fs")
    from support.s3 import s3_server

    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(server: str):
    from support.s3 import Bucket

    return Bucket()


@pytest.fixture(params=["s3", "memory"])
def folder(request: pytest.FixtureRequest) -> str:
    """Return the URL of a folder in which nothing is."""
    if request.param == "memory":
        return f"memory://{secrets.token_hex(6)}/out [1]"
    return f"{request.getfixturevalue('bucket').url}/out [1]"


def record(target: str, **said) -> Record:
    return Record(**{"key": key_of("s", "d", "v", target), "source_sha256": "s", "settings": "d", "version": "v",
                     "target": target, "status": "done", **said})  # fmt: skip


def put(url: str, data: bytes) -> None:
    files, path = objects.opened(url)
    files.pipe_file(path, data)


# Finding and reading

ODD = ["../e.jpg", "..", "b/../f.jpg", "/g.jpg", "b//d.jpg", "./h.jpg", "b/.", "[x].jpg", "x*.jpg", "x?.jpg",
       "a::b.jpg", "sp ace+%41#.jpg", "ü.jpg", "-", "a.jpg/sub.jpg", "C:\\x.jpg", "a@b:c.jpg"]  # fmt: skip


def test_all_below_a_prefix_is_found_and_read(bucket):
    for key in ("in/a.jpg", "in/b/c.jpg", "in/b/", "in/.rebokeh/journal/x", "inside/d.jpg", "e.jpg"):
        bucket.put(key, key.encode())
    found = listing(f"{bucket.url}/in")
    assert [(entry.relative, entry.bytes) for entry in found] == [("a.jpg", 8), ("b/c.jpg", 10)]
    assert [read(entry.url) for entry in found] == [b"in/a.jpg", b"in/b/c.jpg"]
    assert listing(f"{bucket.url}/in/") == found
    assert {entry.relative for entry in listing(bucket.url)} >= {"in/a.jpg", "inside/d.jpg", "e.jpg"}


def test_a_name_is_never_more_than_a_name(bucket, tmp_path):
    for name in ODD:
        bucket.put(f"in/{name}", name.encode())
    found = listing(f"{bucket.url}/in")
    assert sorted(read(entry.url).decode() for entry in found) == sorted(ODD)
    store = UrlStore(f"{bucket.url}/out")
    for entry in found:
        store.commit(store.stage(read(entry.url), entry.relative), entry.relative, overwrite=False)
        at_home = LocalStore(str(tmp_path / "out")).path(entry.relative).resolve()
        assert at_home.is_relative_to(tmp_path / "out") and at_home != tmp_path / "out"
    assert sorted(data.decode() for data in bucket.pictures("out/").values()) == sorted(ODD)
    assert all(key.startswith(("in/", "out/")) for key in bucket.keys())


def test_a_literal_name_goes_before_a_pattern(bucket):
    for key in ("x*.jpg", "xy.jpg", "b/xz.jpg"):
        bucket.put(key, key.encode())
    assert [entry.relative for entry in listing(f"{bucket.url}/x*.jpg")] == ["x*.jpg"]
    assert [entry.relative for entry in listing(f"{bucket.url}/?y.jpg")] == ["xy.jpg"]
    (deep,) = listing(f"{bucket.url}/b/x?.jpg")
    assert (deep.url, deep.relative, read(deep.url)) == (f"{bucket.url}/b/xz.jpg", "xz.jpg", b"b/xz.jpg")


def test_in_memory_too():
    top = f"memory://{secrets.token_hex(6)}"
    put(f"{top}/in/a.jpg", b"a")
    put(f"{top}/in/b/c.jpg", b"cc")
    found = listing(f"{top}/in")
    assert [(entry.relative, entry.bytes, read(entry.url)) for entry in found] == [
        ("a.jpg", 1, b"a"),
        ("b/c.jpg", 2, b"cc"),
    ]
    assert [entry.relative for entry in listing(f"{top}/in/b/?.jpg")] == ["c.jpg"]


@pytest.mark.slow
def test_a_thousand_and_one_objects_are_all_found(bucket):
    """A server lists a thousand at a time."""
    for number in range(1001):
        bucket.put(f"many/{number:04d}.jpg", b"x")
    assert len(listing(f"{bucket.url}/many")) == 1001


def test_the_first_bytes_of_many(bucket):
    for number in range(20):
        bucket.put(f"in/{number:02d}", b"%02d" % number * 100)
    urls = [f"{bucket.url}/in/{number:02d}" for number in range(21)]
    found = heads(urls, 4)
    assert found[:20] == [b"%02d%02d" % (number, number) for number in range(20)]
    assert isinstance(found[20], InputError)


@pytest.mark.parametrize("name", ["a", "a/b", "a/..b/c..", "...", "a b"])
def test_a_plain_name_is_safe_as_it_is(name):
    assert safe(name) == name


# Staging and committing


def test_a_picture_appears_whole_at_commit(folder):
    store = UrlStore(folder)
    token = store.stage(b"picture", "a/b.png")
    assert store.written("a/b.png") is None
    store.commit(token, "a/b.png", overwrite=False)
    assert store.content("a/b.png") == b"picture" == read(f"{folder}/a/b.png")
    assert store.written("a/b.png") == 7
    assert store.written("a") is None
    assert [entry.relative for entry in listing(folder)] == ["a/b.png"]
    assert _parts(folder) == []


def test_what_stands_there_is_replaced_only_when_that_is_said(folder):
    store = UrlStore(folder)
    store.commit(store.stage(b"old", "a.png"), "a.png", overwrite=False)
    with pytest.raises(OutputError, match=r"a\.png: the object exists; .* `overwrite`"):
        store.commit(store.stage(b"new", "a.png"), "a.png", overwrite=False)
    assert store.content("a.png") == b"old"
    store.commit(store.stage(b"new", "a.png"), "a.png", overwrite=True)
    assert store.content("a.png") == b"new"
    assert _parts(folder) == []


def test_a_worker_makes_the_same_store(folder):
    store = UrlStore(folder)
    theirs = store_of(dict(store.describe()))
    store.commit(theirs.stage(b"1", "a.png"), "a.png", overwrite=False)
    assert store.content("a.png") == b"1"


@pytest.mark.parametrize("target", ["../a.png", "/a.png", "a/../../b.png", "a//b.png", "", ".", ".rebokeh/journal/x"])
def test_no_picture_outside_the_output(folder, target):
    store = UrlStore(folder)
    with pytest.raises(OutputError, match="no place for a picture"):
        store.stage(b"1", target)
    with pytest.raises(OutputError, match="no place for a picture"):
        store.commit(store.stage(b"1", "a.png"), target, overwrite=True)


@pytest.mark.parametrize("token", ["../../in/a.jpg", "1-ab", "", "1-ab-cd/../../../x"])
def test_a_worker_cannot_have_something_else_moved(folder, token):
    store = UrlStore(folder)
    with pytest.raises(OutputError, match="names a part that is none"):
        store.commit(token, "a.png", overwrite=True)


def test_parts_of_the_dead_are_swept_and_those_of_the_living_stay(folder, monkeypatch):
    dead, alive = UrlStore(folder), UrlStore(folder)
    dead.stage(b"1", "a.png")
    tomorrow_s = time.time() + 25 * 3600
    monkeypatch.setattr(time, "time", lambda: tomorrow_s)
    kept = alive.stage(b"2", "b.png")
    alive.sweep()
    assert _parts(folder) == [kept]
    alive.abandon(["b.png"])
    assert _parts(folder) == []


def _parts(folder: str) -> list[str]:
    files, path = objects.opened(folder)
    return [name.rpartition("/")[2] for name in files.find(f"{path}/.rebokeh/parts")]


# The journal


def test_a_later_run_reads_what_was_recorded(folder, monkeypatch):
    monkeypatch.setattr(segments, "_SEGMENT", 10)
    log = UrlStore(folder).journal()
    for number in range(23):
        log.append(record(f"{number}.png", bytes=number))
    later = UrlStore(folder).journal()
    later.refresh()
    assert [later.of_target(f"{number}.png").bytes for number in range(23)] == list(range(23))  # pyright: ignore
    assert later.find(key_of("s", "d", "v", "7.png")) == later.of_target("7.png")
    assert later.of_target("no.png") is None


def test_two_runs_record_beside_each_other(folder, monkeypatch):
    monkeypatch.setattr(segments, "_ASK_AGAIN_S", 0.0)
    ours, theirs = UrlStore(folder).journal(), UrlStore(folder).journal()
    for number in range(10):
        (ours if number % 2 else theirs).append(record(f"{number}.png"))
        ours.refresh()
        theirs.refresh()
    assert all(log.of_target(f"{number}.png") for log in (ours, theirs) for number in range(10))


def test_the_latest_record_counts_whichever_run_wrote_it(folder):
    first, second = UrlStore(folder).journal(), UrlStore(folder).journal()
    first.append(record("b.png", time=1.0))
    second.append(record("a.png", bytes=1, time=5.0))
    first.append(record("a.png", bytes=2, time=9.0))
    later = UrlStore(folder).journal()
    later.refresh()
    assert later.of_target("a.png").bytes == 2  # pyright: ignore


def test_a_damaged_journal_loses_no_more_than_is_damaged(folder):
    log = UrlStore(folder).journal()
    log.append(record("a.png"))
    put(f"{folder}/.rebokeh/journal/0-ab.jsonl", b'{"key": "x", "tar\n\xff\x00\nnull\n[]\n')
    later = UrlStore(folder).journal()
    later.refresh()
    assert later.of_target("a.png") is not None


# What goes wrong


def _line(error: pytest.ExceptionInfo[RebokehError]) -> str:
    line = str(error.value)
    assert "\n" not in line
    return line


def test_an_unknown_kind_of_address():
    with pytest.raises(UsageError) as error:
        read("gopher://host/a.jpg")
    assert "gopher:// is no kind of address that is known" in _line(error)


@pytest.mark.parametrize(
    ("url", "module", "how"), [("s3://b/a", "s3fs", r"'distributed\S+' 'fsspec"), ("gs://b/a", "gcsfs", "gcsfs")]
)
def test_without_the_package_of_an_address(monkeypatch, url, module, how):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(importlib.import_module("fsspec.registry")._registry, url[:2], raising=False)
    with pytest.raises(UsageError, match=f"needs the package {module}; pip install {how}"):
        read(url)


def test_without_fsspec(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UsageError, match=r"s3:// needs the package fsspec; pip install 'distributed\S+' 'fsspec"):
        read("s3://b/a")


def test_a_bucket_that_is_not_there(server):
    with pytest.raises(InputError) as error:
        listing("s3://nobody-has-this/in")
    assert "the bucket does not exist" in _line(error)
    store = UrlStore("s3://nobody-has-this/out")
    for refused in (store.claims, store.journal().refresh):
        with pytest.raises(OutputError) as error:
            refused()
        assert "s3://nobody-has-this/out" in _line(error)
        assert "the bucket does not exist" in _line(error)


def test_an_object_that_is_not_there_or_is_empty(bucket):
    with pytest.raises(InputError, match=r"a\.jpg: there is no such object"):
        read(f"{bucket.url}/a.jpg")
    with pytest.raises(InputError, match="there is no such object, and none below it"):
        listing(f"{bucket.url}/a*.jpg")
    bucket.put("empty.jpg", b"")
    with pytest.raises(InputError, match="an empty object"):
        read(f"{bucket.url}/empty.jpg")


def test_access_denied(bucket, monkeypatch):
    files, _ = objects.opened(bucket.url)

    def denied(*_, **__):
        raise PermissionError("Access Denied for AKIA:SECRET")

    for name in ("cat_file", "pipe_file", "info"):
        monkeypatch.setattr(files, name, denied)
    for asked, kind in (
        (lambda: read(f"{bucket.url}/a.jpg"), InputError),
        (lambda: UrlStore(f"{bucket.url}/out").claims(), OutputError),
    ):
        with pytest.raises(kind, match="access is denied; check the credentials") as error:
            asked()
        assert "SECRET" not in _line(error)


def test_a_server_that_is_not_there(server, monkeypatch):
    s3fs = importlib.import_module("s3fs")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        options = {"endpoint_url": address, "config_kwargs": {"retries": {"max_attempts": 0}}}
        with pytest.raises(InputError) as error:
            read("s3://bucket/a.jpg", options)
        assert "the server cannot be reached" in _line(error)
        store = UrlStore("s3://bucket/out", options)
        assert store.written("a.png") is None
        with pytest.raises(OutputError, match="the server cannot be reached"):
            store.claims()
        with pytest.raises(OSError, match="the server cannot be reached"):
            store.journal().append(record("a.png"))


def test_secrets_stay_out_of_messages(server):
    for url in ("s3://AKIA:SECRET@bucket/a.jpg", "ftp://me:SECRET@127.0.0.1:1/a.jpg"):
        with pytest.raises(RebokehError) as error:
            read(url)
        assert "SECRET" not in _line(error)
        assert error.value.__cause__ is None
    assert "SECRET" not in repr(UrlStore("memory://me:SECRET@a/b", {"secret": "SECRET"}))


def test_a_journal_that_fails_later_keeps_what_it_knows(folder, monkeypatch):
    monkeypatch.setattr(segments, "_ASK_AGAIN_S", 0.0)
    log = UrlStore(folder).journal()
    log.append(record("a.png"))
    log.refresh()
    files, _ = objects.opened(folder)
    monkeypatch.setattr(files, "find", lambda *_, **__: 1 / 0)
    log.refresh()
    assert log.of_target("a.png") is not None
    with pytest.raises(OutputError):
        UrlStore(folder).journal().refresh()


def test_a_file_is_read_through_an_object_store_too(tmp_path: Path):
    (tmp_path / "a.bin").write_bytes(b"1")
    assert UrlStore("memory://x").read(str(tmp_path / "a.bin")) == b"1"
    with pytest.raises(InputError, match="there is no such file"):
        UrlStore("memory://x").read(str(tmp_path / "b.bin"))
