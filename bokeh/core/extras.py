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
        raise UsageError(f"{what} needs the package {package}{why}; {how_to_install(extra)}") from err


def how_to_install(extra: str) -> str:
    """Return the command that installs an extra, for the end of a sentence.

    It names the packages themselves: it works however rebokeh was installed, from a clone or an index.

    Parameters
    ----------
    extra : str
    """
    from importlib import metadata  # takes a tenth of what the whole command line takes to import

    try:
        asked = metadata.requires("rebokeh") or []
    except metadata.PackageNotFoundError:  # run from its files, not installed
        asked = []
    marked = (line.partition(";") for line in asked)
    packages = [name.strip() for name, _, marker in marked if marker.replace('"', "'").strip() == f"extra == '{extra}'"]
    words = " ".join(f"'{name}'" for name in packages) or f"'rebokeh[{extra}]'"
    return f"pip install {words} (rebokeh's extra {extra})"
