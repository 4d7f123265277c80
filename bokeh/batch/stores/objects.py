"""Objects behind URLs, through fsspec: found, read, and what goes wrong said in a line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ...core.errors import InputError, RebokehError, UsageError
from ...core.extras import how_to_install, needed
from .url import STATE_FOLDER, scheme, shown

AT_ONCE = 8
"""Requests that wait for a server's answer at the same time."""

# Clients quote whole requests.
_LONGEST = 200
_SAFE = {"": "%2F", ".": "%2E", "..": "%2E%2E"}
_PATTERN = re.compile(r"/[^/]*[*?\[]")
# What reads a scheme, and the extra that brings it along; "" = none does.
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
_UNREACHED = ("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ClientConnectorError")
_UNKNOWN = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "DefaultCredentialsError")


@dataclass(frozen=True)
class FoundObject:
    """An object that was found.

    Parameters
    ----------
    url : str
    relative : str
        Its name below what was listed, with ``/``, and safe to be a file's: what would lead elsewhere (``..``, ``.``,
        nothing between two slashes) stands in it as ``%2E%2E``, ``%2E``, ``%2F``.
    bytes : int
    """

    url: str
    relative: str
    bytes: int


def read(url: str, options: Mapping[str, Any] | None = None) -> bytes:
    """Return an object's bytes.

    Raises
    ------
    InputError
        When there is none, or it is empty or cannot be reached.
    UsageError
        When nothing installed reads such URLs.
    """
    files, path = opened(url, options)
    with asking(url, InputError):
        data = files.cat_file(path)
    if not data:
        raise InputError(f"{shown(url)}: the photo is an empty object; get a fresh copy")
    return data


def heads(urls: Iterable[str], count: int) -> list[bytes | InputError]:
    """Return the first bytes of objects, several asked for at once; the error where one cannot be read."""

    def head(url: str) -> bytes | InputError:
        try:
            files, path = opened(url)
            with asking(url, InputError):
                return files.cat_file(path, start=0, end=count)
        except InputError as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(head, urls))


def listing(url: str, options: Mapping[str, Any] | None = None) -> list[FoundObject]:
    """Find the objects that a URL means: the one of that name, else all below it, else all that its pattern matches.

    Raises
    ------
    InputError
        When there is none, or they cannot be listed.
    UsageError
        When nothing installed reads such URLs.
    """
    files, path = opened(url, options)
    fixed = path
    with asking(url, InputError):
        known = _known(files, path)
        if known is not None and known["type"] == "file":
            return [FoundObject(url, safe(path.rpartition("/")[2]), known["size"])]
        if known is None and any(sign in path for sign in "*?["):
            fixed = _PATTERN.split(path)[0]
            found = files.glob(path, detail=True)
        else:
            found = files.find(path, detail=True)
    start = url[: url.index(fixed) + len(fixed)] if fixed.strip("/") else f"{scheme(url)}://"
    entries = []
    for name, known in sorted(found.items()):
        below = name[len(fixed) :].removeprefix("/")
        if known["type"] == "file" and below[-1:] not in ("", "/") and STATE_FOLDER not in below.split("/"):
            relative = below if fixed == path else below.rpartition("/")[2]
            entries.append(FoundObject(f"{start.rstrip('/')}/{below}", safe(relative), known["size"]))
    if not entries:
        raise InputError(f"{shown(url)}: there is no such object, and none below it; check the name")
    return entries


def safe(name: str) -> str:
    """Make an object's name one of a file below a folder, wherever it would lead."""
    return "/".join(_SAFE.get(segment, segment.replace("\0", "%00")) for segment in name.split("/"))


def opened(url: str, options: Mapping[str, Any] | None = None) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and what it calls the object.

    Raises
    ------
    UsageError
        When nothing installed reads such URLs.
    """
    name = scheme(url)
    fsspec = needed("fsspec", "cluster", f"{name}://")
    try:
        # Not `url_to_fs`, which takes a name with "::" in it for several URLs.
        kind = fsspec.get_filesystem_class(name)
    except ValueError:
        raise UsageError(f"{shown(url)}: {name}:// is no kind of address that is known; s3:// and gs:// are") from None
    except ImportError:
        package = _PACKAGES.get(name)
        how = (
            how_to_install("cluster")
            if package == "s3fs"
            else f"pip install {package or f'what fsspec needs for {name}'}"
        )
        raise UsageError(f"{name}:// needs the package {package or name}; {how}") from None
    with asking(url, UsageError):
        files = kind(**kind._get_kwargs_from_urls(url), use_listings_cache=False, **(options or {}))
        return files, kind._strip_protocol(url)


@contextlib.contextmanager
def asking(url: str, error: type[Exception]) -> Iterator[None]:
    """Turn whatever a server or its client library raises into one line without secrets."""
    try:
        yield
    except RebokehError:
        raise
    except Exception as cause:  # each library has its own
        # The cause is left out, as its message may hold the password.
        raise error(f"{shown(url)}: {_reason(cause, url)}") from None


def no_bucket(error: FileNotFoundError) -> bool:
    """Whether it is the bucket that is missing, and not an object in it."""
    return "bucket does not exist" in str(error)


def _known(files: Any, path: str) -> dict[str, Any] | None:
    try:
        return files.info(path)
    except FileNotFoundError:
        return None


def _reason(cause: Exception, url: str) -> str:
    kind, said = type(cause).__name__, shown(str(cause)[:_LONGEST], url)
    if isinstance(cause, FileNotFoundError):
        return "the bucket does not exist; create it" if no_bucket(cause) else "there is no such object"
    if isinstance(cause, PermissionError):
        return "access is denied; check the credentials, and what they allow"
    if kind in _UNKNOWN:
        return "there are no credentials; for S3 set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    if kind in _UNREACHED or isinstance(cause, (ConnectionError, TimeoutError)):
        return "the server cannot be reached; check the address (AWS_ENDPOINT_URL) and the network"
    if isinstance(cause, NotImplementedError):
        return "such addresses can be read only"
    return f"the server or its client refuses ({said or kind})"
