"""Packages that only some need: an extra of rebokeh each, imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import UsageError


def needed(module: str, extra: str, what: str) -> Any:
    """Import a package of an extra.

    Parameters
    ----------
    module : str
    extra : str
        The extra that installs it.
    what : str
        What needs it, to begin a sentence with.

    Raises
    ------
    UsageError
        When it is not installed, or does not work here.
    """
    try:
        return import_module(module)
    except ImportError as err:
        package = module.split(".")[0]
        why = "" if isinstance(err, ModuleNotFoundError) and err.name == package else f" ({' '.join(str(err).split())})"
        raise UsageError(f"{what} needs the package {package}{why}; pip install 'rebokeh[{extra}]'") from err
