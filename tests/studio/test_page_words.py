"""The page's table of words: every language has every word, and what is used exists."""

from __future__ import annotations

import json
import re

import pytest
from support.paths import ROOT

PAGE = ROOT / "bokeh" / "studio" / "page"
WORDS = json.loads((PAGE / "words.json").read_text("utf-8"))
SOURCES = {path.name: path.read_text("utf-8") for path in [*PAGE.glob("*.mjs"), PAGE / "index.html"]}
LANGUAGES = ("en", "de", "fr", "es", "ja")


def used() -> dict[str, str]:
    """Return the keys that the page names as words, and where."""
    asked = re.compile(r"""\bword\("([^"]+)"|\bword: "([^"]+)"|data-(?:word|label|hint)="([^"]+)\"""")
    found = {}
    for name, text in SOURCES.items():
        for match in asked.finditer(text):
            found[next(filter(None, match.groups()))] = name
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language):
    assert [key for key, texts in WORDS.items() if not texts.get(language, "").strip()] == []


def test_the_languages_are_those_that_can_be_chosen():
    assert all(tuple(texts) == LANGUAGES for texts in WORDS.values())
    chosen = re.search(r"LANGUAGES = \{(.*?)\}", SOURCES["words.mjs"], re.S)
    assert chosen is not None and tuple(re.findall(r"(\w+):", chosen[1])) == LANGUAGES


def test_every_word_used_exists():
    assert {key: where for key, where in used().items() if key not in WORDS} == {}


def test_every_word_is_used():
    text = "\n".join(SOURCES.values())
    assert [key for key in WORDS if f'"{key}"' not in text] == []


def test_translations_keep_what_is_filled_in():
    holes = {
        key: {lang: set(re.findall(r"\{\w+\}", text)) for lang, text in texts.items()} for key, texts in WORDS.items()
    }
    assert [key for key, found in holes.items() if len({frozenset(names) for names in found.values()}) != 1] == []


def test_the_page_has_no_inline_script_or_style_and_nothing_from_elsewhere():
    page = SOURCES["index.html"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    names = {path.name for path in PAGE.iterdir()}
    for source in re.findall(r'(?:src|href)="([^"#]+)"', page):
        assert source.removeprefix("page/") in names
    for name, text in {**SOURCES, "css": "".join(p.read_text("utf-8") for p in PAGE.glob("*.css"))}.items():
        assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)", text) == [], name


def test_the_view_stands_by_itself():
    """A notebook's widget takes it along without the rest of the page."""
    view = SOURCES["view.mjs"]
    assert not re.search(r"^\s*import|\bgetElementById|\bquerySelector", view, re.M)
    assert re.findall(r"^export (.*?)\(", view, re.M) == ["function createView"]
