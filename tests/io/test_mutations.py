"""Broken files: every one ends in an error of rebokeh's own, or in the right picture and a word about it."""

from __future__ import annotations

import random
from itertools import islice

import pytest
from hypothesis import given, settings
from support import corpus, mutations, targets

from rebokeh.bokeh.load import load

FAMILIES = list(corpus.FAMILIES)
# What a changed number says may be another valid picture; what is cut off, or hidden in metadata, never is.
HONEST = {"error", "same", "note", "no depth", "other"}


def is_honest(name: str, kind: str) -> bool:
    return kind in HONEST or (kind == "silent" and not name.startswith("cut"))


def sample(family: str, count: int, most_bytes: int) -> list[mutations.Variant]:
    """Choose variants of a family, the same every time; none larger than `most_bytes`."""
    die = random.Random(family)
    layout = corpus.FAMILIES[family].layout
    found = mutations.variants(layout, corpus.whole(family))
    small = [variant for variant in islice(found, 5000) if len(variant[1]) <= most_bytes]
    return die.sample(small, min(count, len(small)))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_few_broken_files_of_each_family(family, capfd, recwarn):
    for name, data in sample(family, 12, 100_000):
        kind, detail = corpus.outcome(family, data)
        assert is_honest(name, kind), (name, detail)
    assert capfd.readouterr() == ("", "") and not recwarn.list


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_broken_files_in_a_process_of_their_own(family):
    with corpus.Worker() as worker:
        for name, data in sample(family, 60, 5_000_000):
            found = worker.judge(family, data)
            assert is_honest(name, found.kind), (name, found)


@pytest.mark.parametrize("name", targets.TARGETS)
def test_parsers_answer_what_is_broken(name):
    target = targets.TARGETS[name]
    seeds = target.seeds()

    @settings(max_examples=25, database=None, derandomize=True)
    @given(targets.broken(seeds))
    def holds(data: bytes) -> None:
        try:
            target.parse(data)
        except target.errors:
            pass

    for data in seeds:
        target.parse(data)
    holds()


def test_damage_is_said():
    good = corpus.good_photo("apple jpeg").meta.notes
    assert not any("damaged" in note for note in good)
    jpeg, at = corpus.whole("apple jpeg"), corpus.whole("apple jpeg").index(b"Exif\0\0") + 10
    photo = load(jpeg[:at] + b"\xff\xff\xff\xff" + jpeg[at + 4 :])
    assert "the EXIF block is damaged: read as far as it is whole" in photo.meta.notes
    photo = load(corpus.heic(picture_words=b"<broken"))
    assert "the XMP is damaged or too large, so it is not read" in photo.meta.notes
    photo = load(corpus.heic(picture_words=b"<x>" + b"a-b" * 700_000 + b"</x>"))
    assert "the XMP is damaged or too large, so it is not read" in photo.meta.notes
    heic = corpus.whole("heic")
    photo = load(mutations.with_box(heic, b"iref", None))
    assert any("do not belong to the picture" in note for note in photo.meta.notes) and photo.depth is None


def test_sizes_that_the_bytes_cannot_hold_are_refused_at_once():
    for family in ("apple jpeg", "png", "deflated tiff"):
        data = corpus.whole(family)
        sides = [f for f in corpus.fields_of(family) if f.role == "dimension"][:2]
        for f in sides:
            data = f.put(data, 14_000)
        with pytest.raises(corpus.RebokehError, match="hold at most|damaged"):
            load(mutations.checked(data) if family == "png" else data)


def test_a_png_without_its_last_rows_is_refused():
    data, sides = corpus.whole("png"), [f for f in corpus.fields_of("png") if f.role == "dimension"]
    with pytest.raises(corpus.RebokehError, match="rows are missing"):
        load(mutations.checked(sides[1].put(data, 70)))


def test_an_avif_of_another_size_than_its_stream_is_refused():
    data, sides = corpus.whole("avif"), [f for f in corpus.fields_of("avif") if f.role == "dimension"]
    with pytest.raises(corpus.RebokehError, match="its stream 96x64"):
        load(sides[0].put(data, 14_000))
