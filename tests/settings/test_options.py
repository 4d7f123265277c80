"""Options of rendering: each is a field, a flag and a key of presets, and none is lost between them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

import pytest

import rebokeh as rk
from rebokeh.bokeh.app.commands.groups import RENDERING
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.settings.options import Options

HINTS = {name: hint for name, hint in get_type_hints(rk.RenderSettings).items() if name != "rendition"}
USUAL = rk.RenderSettings()


def words_of(hint: Any) -> tuple[Any, ...]:
    """Return the words that a type allows, also where a number may stand in their place."""
    return tuple(word for part in get_args(hint) for word in (words_of(part) if get_args(part) else (part,)))


def another(name: str) -> Any:
    """Return a value that an option has when somebody asks for it."""
    usual, hint = getattr(USUAL, name), HINTS[name]
    if hint is bool:
        return not usual
    assert get_args(hint), f"say here another value of {name} than the usual one"
    return next(word for word in words_of(hint) if word != usual)


def test_every_one_is_a_flag_and_a_key():
    assert {*RENDERING, "style"} == set(HINTS)  # render alone has --style; the format chooses the rendition
    assert set(HINTS) <= {one.name for one in fields(Options)}


@pytest.mark.parametrize("name", RENDERING)
def test_a_flag_offers_what_is_taken(name):
    flag = RENDERING[name]
    taken = str if float in get_args(HINTS[name]) else HINTS[name]  # a word or a number is read as text
    assert (get_args(flag.annotation)[0], flag.default) == (taken, getattr(USUAL, name))


@pytest.mark.parametrize("name", HINTS)
def test_what_is_asked_for_reaches_the_render(name):
    asked = {name: another(name)}
    assert Options(**asked).recipe().settings == replace(USUAL, **asked) != USUAL


@pytest.mark.parametrize("name", [name for name, hint in get_type_hints(rk.RenderSettings).items() if get_args(hint)])
def test_a_word_that_is_none_of_them_is_refused(name):
    wrong: dict[str, Any] = {name: "loud"}
    with pytest.raises(UsageError, match=f"{name} is 'loud'; it is one of .*{getattr(USUAL, name)}"):
        rk.RenderSettings(**wrong)
