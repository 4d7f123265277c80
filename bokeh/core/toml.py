"""TOML that people write: lens files and presets. What is wrong with one is said in a line, with its name."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from .errors import InputError

MOST_BYTES = 1_000_000
"""A file beyond this was not written by hand."""


def read_toml(path: str, what: str, hint: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : str
    what : str
        What it is, like "lens file".
    hint : str
        Where to find what is meant, when there is no such file or it is no TOML.

    Raises
    ------
    InputError
        When it cannot be read, or is no TOML.
    """
    return parsed(path, _bytes_of(path, what, hint), what, hint)


def parsed(where: str, data: bytes, what: str, hint: str) -> dict[str, Any]:
    """Parse TOML; `where`, `what` and `hint` are for the error.

    Raises
    ------
    InputError
        When it is none.
    """
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: this is no text in UTF-8; a {what} is TOML") from error
    except (ValueError, RecursionError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{where}: this is not TOML: {said}; {hint}") from error


def shown(value: Any) -> str:
    """Show a value in an error."""
    if isinstance(value, Mapping):
        return "a table"
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _bytes_of(path: str, what: str, hint: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except IsADirectoryError as error:
        raise InputError(f"{path}: this is a folder; give a {what}") from error
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such {what}; {hint}") from error
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: the {what} cannot be read ({said.lower()}); check its name") from error
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: this is no {what}, for it is larger than {MOST_BYTES // 1_000_000} MB")
    return data
