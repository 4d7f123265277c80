"""What `import rebokeh` gives is all that its users name: every type that a public signature mentions is there."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cached_property
from typing import Any, get_args, get_type_hints

import pytest

import rebokeh as rk

NAMES = [name for name in rk.__all__ if name != "__version__"]
# What a user is handed, looks at or hands on, and never makes or names; each with the reason.
INSIDE = {
    "Curve": "a Profile's tone curves: from its ICC profile, or one of the named profiles'",
    "ExistingBlur": "what a Scene has found out about the photo",
    "LayeredScene": "StepRecorder is shown it by the render",
    "Lights": "what a Scene has found out about the photo",
    "PreparedScene": "what a Scene holds; StepRecorder is shown it by the render",
    "Piece": "StepRecorder is shown it by the render",
}


def functions_of(public: Any) -> Iterator[Any]:
    """Yield what has annotations: a function, or a class and its public methods and properties."""
    yield public
    if not isinstance(public, type):
        return
    for name in dir(public):
        held = inspect.getattr_static(public, name)
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(held, property):
            held = held.fget
        elif isinstance(held, cached_property):
            held = held.func
        elif isinstance(held, (classmethod, staticmethod)):
            held = held.__func__
        if inspect.isfunction(held) and held.__module__.startswith("rebokeh"):
            yield held


def types_in(hint: Any) -> Iterator[type]:
    """Yield the types of ours that an annotation mentions."""
    if isinstance(hint, type) and hint.__module__.split(".")[0] == "rebokeh":
        yield hint
    for inner in hint if isinstance(hint, list) else get_args(hint):
        yield from types_in(inner)


@pytest.mark.parametrize("name", NAMES)
def test_the_annotations_of_a_public_name_can_be_read(name):
    assert all(isinstance(get_type_hints(one), dict) for one in functions_of(getattr(rk, name)))


def test_what_signatures_mention_is_public():
    public = [getattr(rk, name) for name in NAMES]
    hints = [
        hint
        for one in public
        for function in functions_of(one)
        for key, hint in get_type_hints(function).items()
        if not (isinstance(function, type) and key.startswith("_"))
    ]
    mentioned = {kind.__name__ for hint in hints for kind in types_in(hint) if kind not in public}
    assert mentioned == set(INSIDE)


def test_every_error_is_public():
    from rebokeh.bokeh.core import errors

    raised = {name for name, held in vars(errors).items() if isinstance(held, type) and issubclass(held, Exception)}
    assert {*raised, "RebokehWarning"} <= set(NAMES)


def test_the_names_are_listed_and_no_others():
    assert set(NAMES) == set(rk._HOME) and rk.__all__ == sorted(rk.__all__)
