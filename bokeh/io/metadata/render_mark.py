"""The mark that a picture rendered by rebokeh carries in its XMP.

It says how it was rendered, so that nobody adds blur to blur unawares, and from what: the digests of the source and of
the recipe, by which a batch knows what is done already.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from xml.sax.saxutils import quoteattr

from ...core.jsonable import plain
from ...photo.metadata import Metadata, Rendering
from . import apple, xmp_edit
from .xmp import REBOKEH_URI

_MARKED = re.compile(rb"<rdf:Description\s[^>]{0,99}xmlns:rebokeh=[^>]{0,600}?/>")
_MADE_FROM = re.compile(rb'rebokeh:Source="([0-9a-f]{64})" rebokeh:Recipe="([0-9a-f]{64})"')


@cache
def version() -> str:
    """Version of the package that is running."""
    from importlib import metadata

    try:
        return metadata.version("rebokeh")
    except metadata.PackageNotFoundError:  # run from a checkout that nobody installed
        return "unknown"


def recipe_digest(how: Mapping[str, Any], asked: Mapping[str, Any], saved: Mapping[str, Any]) -> str:
    """Digest all that makes a picture from its source's bytes.

    Parameters
    ----------
    how : mapping
        As `Rendering.how`: the lens and the settings.
    asked : mapping
        As `Metadata.asked`.
    saved : mapping
        How it is coded, as `saved_as` has it.

    Returns
    -------
    str
        SHA-256 in hex. An f-number of 2 and one of 2.0 are the same.
    """
    made = {**how, "asked": asked, "saved": saved, "version": version()}
    return digest(made)


def digest(values: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of plain values, whatever the order of their names and the type of their whole numbers."""
    text = json.dumps(_whole(plain(values)), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def signed(meta: Metadata, saved: Mapping[str, Any]) -> Rendering | None:
    """Return how a picture was rendered, with the digests of what it is made from, as far as they are known.

    A picture that was read and is written again has none: it is no longer what its recipe makes.
    """
    done = meta.rendered
    if done is None:
        return None
    if done.how is None or not meta.source:
        return replace(done, source="", recipe="")
    return replace(done, source=meta.source, recipe=recipe_digest(done.how, meta.asked, saved))


def of_file(data: bytes) -> tuple[str, str] | None:
    """Read from a file's bytes, without decoding it, the digests of its source and its recipe.

    Returns
    -------
    (str, str), or None
        None when it states none, or several that contradict each other.
    """
    if b"rebokeh:Source=" not in data:
        return None
    found = {match.groups() for match in _MADE_FROM.finditer(data)}
    if len(found) != 1:
        return None
    source, recipe = found.pop()
    return source.decode(), recipe.decode()


def f_number_of_file(data: bytes) -> str:
    """Read from a file's bytes the f-number that its mark states; '' when there is none."""
    found = re.search(rb'rebokeh:FNumber="([0-9.]{1,12})"', data)
    return found[1].decode() if found else ""


def marked(xmp: bytes | None, rendered: Rendering | None) -> bytes | None:
    """Return XMP with the mark, in place of an older one; a packet of its own when there is none to add it to.

    XMP that is no plain UTF-8 packet is left as it is, without.
    """
    if rendered is None:
        return xmp
    focus = "inf" if math.isinf(rendered.focus_m) else f"{rendered.focus_m:.4g}"
    said = {"FNumber": f"{rendered.f_number:g}", "FocusM": focus, "Version": rendered.version or version()}
    if rendered.source and rendered.recipe:
        said |= {"Source": rendered.source, "Recipe": rendered.recipe}
    words = " ".join(f"rebokeh:{name}={quoteattr(value)}" for name, value in said.items())
    return xmp_edit.with_description(xmp and _MARKED.sub(b"", xmp), f'xmlns:rebokeh="{REBOKEH_URI}" {words}')


def signature(rendered: Rendering) -> tuple[str, str]:
    """Return what other programs are told: by whom the picture was made, and what was done to it."""
    return f"rebokeh {rendered.version or version()}", f"defocus of a lens at {str(rendered).partition(', rebokeh')[0]}"


def read(xmp: bytes | None) -> Rendering | None:
    """Read the mark; None when there is none."""
    values = apple.xmp_values(xmp)
    f_number, focus_m = (_number(values.get(f"rebokeh:{name}")) for name in ("FNumber", "FocusM"))
    if f_number is None or focus_m is None:
        return None
    version, source, recipe = (values.get(f"rebokeh:{name}", "") for name in ("Version", "Source", "Recipe"))
    return Rendering(f_number, focus_m, version, source, recipe)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value > 0 else None
