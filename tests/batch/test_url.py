"""Addresses: told from names, and shown without what they keep secret."""

from __future__ import annotations

import pytest

pytest.importorskip("fsspec")

from rebokeh.bokeh.batch.stores import store_at  # noqa: E402
from rebokeh.bokeh.batch.stores.local import LocalStore  # noqa: E402
from rebokeh.bokeh.batch.stores.source import read_source  # noqa: E402
from rebokeh.bokeh.batch.stores.url import is_url, local_path, shown  # noqa: E402


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("s3://bucket/a.jpg", True),
        ("memory://a", True),
        ("file:///a", True),
        ("a.jpg", False),
        ("/a://b", False),
        ("C://a.jpg", False),
        ("[x]://a", False),
    ],
)
def test_a_url_is_told_from_a_name(text, answer):
    assert is_url(text) is answer


def test_a_file_url_is_a_path(tmp_path):
    assert local_path(f"file://{tmp_path}/a b.jpg") == f"{tmp_path}/a b.jpg"
    assert local_path("s3://a/b") is None
    assert store_at(f"file://{tmp_path}") == store_at(str(tmp_path)) == LocalStore(str(tmp_path))
    (tmp_path / "x%20.bin").write_bytes(b"1")
    assert read_source(f"file://{tmp_path}/x%20.bin") == read_source(str(tmp_path / "x%20.bin")) == b"1"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://me:SECRET@host/a.jpg",
        "ftp://me:SEC@SECRET@host/a.jpg",
        "s3://AKIA:SEC/SECRET@bucket/a.jpg",
        "ftp://SECRET@host:21/a.jpg",
        "https://host/a.jpg?X-Amz-Signature=SECRET&b=SECRET",
        "could not open ftp://a:SECRET@host/b and\nhttp://host:80/c?token=SECRET",
    ],
)
def test_nothing_secret_of_a_url_is_shown(url):
    assert "SECRET" not in shown(url)
    assert "\n" not in shown(url)
    assert "host" in shown(url) or "bucket" in shown(url)


@pytest.mark.parametrize("url", ["s3://bucket/a@b.jpg", "s3://bucket/what?.jpg", "http://host:9000/a@b.jpg", "a@b.jpg"])
def test_a_url_without_secrets_is_shown_as_it_is(url):
    assert shown(url) == url
