"""Where a batch reads and writes: folders and object stores, with their journals and claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Store
from .local import LocalStore
from .named import NamedStore
from .url import is_url, local_path


def store_of(description: Mapping[str, Any]) -> Store:
    """Make the store that was described."""
    kind, more = description["kind"], {name: value for name, value in description.items() if name != "kind"}
    if kind == "local":
        return LocalStore(**more)
    if kind == "named":
        return NamedStore(**more)
    from .url_store import UrlStore

    return UrlStore(**more)


def store_at(out: str) -> Store:
    """Make the store of an output folder: a path or a URL.

    Raises
    ------
    UsageError
        When nothing installed writes such URLs.
    """
    if not is_url(out):
        return LocalStore(out)
    if (path := local_path(out)) is not None:
        return LocalStore(path)
    return store_of({"kind": "url", "out": out})
