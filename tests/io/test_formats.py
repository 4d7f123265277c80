"""The table of formats: each row has its files, its bytes and its endings, and whoever lists formats lists them all."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from support import corpus
from support.paths import ROOT

import rebokeh as rk
from rebokeh.bokeh.io.formats import FORMATS, WRITTEN, format_of

WRITERS = Path(rk.__file__).parent / "bokeh" / "io" / "writers"


def test_every_ending_stands_for_one_format():
    endings = [suffix for row in FORMATS.values() for suffix in row.suffixes]
    assert len(endings) == len(set(endings))
    assert all(format_of(f"x{suffix.upper()}") == name for name in WRITTEN for suffix in FORMATS[name].suffixes)
    assert format_of("x") is format_of("x.gif") is format_of("x.dng") is None


def test_every_row_of_the_table_has_its_files():
    assert {path.stem for path in WRITERS.glob("[!_]*.py")} == set(WRITTEN)
    for row in FORMATS.values():
        assert callable(import_module(f"rebokeh.bokeh.io.{row.reader}").read)


@pytest.mark.parametrize("family", [name for name in corpus.FAMILIES if not name.startswith("depth ")])
def test_no_two_formats_claim_the_same_file(family):
    assert sum(row.is_this(corpus.whole(family)) for row in FORMATS.values()) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_the_page_of_what_is_read_names_every_format(name):
    page = (ROOT / "docs" / "how-to" / "phones.md").read_text("utf-8")
    assert name.upper() in page.partition("\n## What is read\n")[2].partition("\n## ")[0]
