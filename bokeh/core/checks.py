"""Wrong types told by the name of what has them, before they fail somewhere else."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from .errors import UsageError

_WORDS = {
    float: "a number",
    int: "a whole number",
    str: "text",
    bytes: "bytes",
    bool: "True or False",
    NoneType: "None",
}


def check_fields(instance: Any) -> None:
    """Refuse a dataclass whose fields have other types than their annotations.

    What an annotation says of arrays and words is for others to check.

    Raises
    ------
    UsageError
    """
    for name, hint in _hints(type(instance)).items():
        expect(name, getattr(instance, name), hint)


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}


def expect(name: str, value: Any, hint: Any) -> None:
    """Refuse a value that is not of the type that a hint says.

    Parameters
    ----------
    name : str
        Of the argument or field.
    value : object
    hint : type
        A type, or a union, tuple or sequence of types.

    Raises
    ------
    UsageError
    """
    if not _is(value, hint):
        said = reprlib.repr(value) if isinstance(value, (str, bytes, int, float, tuple, list, NoneType)) else ""
        was = f"{said}, {_kind(value)}" if said and value is not None else said or _kind(value)
        raise UsageError(f"`{name}` is {was}; it must be {_named(hint)}")


def _kind(value: Any) -> str:
    return _article(type(value).__name__)


def _article(called: str) -> str:
    return f"an {called}" if called[0] in "aeiouAEIOU" else f"a {called}"


def _is(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_is(value, one) for one in inner)
    if hint is float:
        return isinstance(value, Real) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    if origin is tuple:
        if not isinstance(value, (tuple, list)):
            return False
        if len(inner) == 2 and inner[1] is Ellipsis:
            return all(_is(one, inner[0]) for one in value)
        return len(value) == len(inner) and all(map(_is, value, inner))
    if hint is Iterable:
        return isinstance(value, Iterable)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Sequence):
        return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    if hint in (str, bytes, bool, NoneType) or (isinstance(hint, type) and hint.__module__.startswith("rebokeh")):
        return isinstance(value, hint)
    return True


def _named(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        words = [_named(one) for one in inner if one is not NoneType]
        return " or ".join([*words, *(["None"] if NoneType in inner else [])])
    if origin is tuple:
        many = len(inner) == 2 and inner[1] is Ellipsis
        return f"a tuple, of {_named(inner[0])} each" if many else f"a tuple of {len(inner)}: {_named(inner[0])} each"
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin is not None:
        return "a mapping" if issubclass(origin, Mapping) else "a sequence"
    if hint is Iterable:
        return "several words"
    return _WORDS.get(hint) or _article(getattr(hint, "__name__", str(hint)))
