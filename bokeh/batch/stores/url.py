"""Addresses of objects: told from file names, and fit to be shown."""

from __future__ import annotations

import re

from ...core.text import printable

STATE_FOLDER = ".rebokeh"
"""Folder below the output folder that holds the journal and the claims."""


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # two letters at least: C:// is a drive
# A secret key may hold a slash and a password an at sign: rather too much is hidden than too little.
_SECRETS = re.compile(r"(?<=//)(?:[^/@\s:]*:(?!\d+(?:/|$))\S*@|[^/\s]*@)")
_QUERY = re.compile(r"\?[^\s\"']*=[^\s\"']*")


def is_url(text: str) -> bool:
    """Whether this is a URL, and no file's name."""
    return _SCHEME.match(text) is not None


def scheme(url: str) -> str:
    """Name what a URL is read through, like "s3"; "" for a file's name."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def local_path(url: str) -> str | None:
    """Return the path that a ``file://`` URL stands for, None for any other."""
    return url[url.index("://") + 3 :] if scheme(url) in ("file", "local") else None


def in_one_process(url: str) -> bool:
    """Whether no other process can read this: ``memory://``."""
    return scheme(url) == "memory"


def report_name(source: str) -> str:
    """Return a source as reports name it: a file's name as it is, a URL without secrets."""
    return shown(source) if is_url(source) else source


def shown(text: str, url: str = "") -> str:
    """Make a URL, or a message with URLs in it, fit for one printed line: no user, no password, no signature.

    Those of `url` are hidden wherever they stand.
    """
    words = " ".join(text.split())
    for found in _SECRETS.findall(url):
        for secret in (found[:-1], *found[:-1].split(":", 1)):
            words = words.replace(secret, "***") if secret else words
    words = _SECRETS.sub("***@", words)
    return printable(_QUERY.sub("?...", words))
