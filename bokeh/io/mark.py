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
from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from ..photo import Rendering
from ..report import plain
from . import apple
from .xmp import REBOKEH_URI

if TYPE_CHECKING:
    from ..lens import Lens
    from ..photo import Metadata
    from ..render import RenderSettings

_MARKED = re.compile(rb"<rdf:Description\s[^>]{0,99}xmlns:rebokeh=[^>]{0,600}?/>")
_MADE_FROM = re.compile(rb'rebokeh:Source="([0-9a-f]{64})" rebokeh:Recipe="([0-9a-f]{64})"')
_PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b"</rdf:RDF></x:xmpmeta>"
)
_END = b"</rdf:RDF>"


@cache
def version() -> str:
    """Version of the package that is running."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as of

    try:
        return of("rebokeh")
    except PackageNotFoundError:  # run from a checkout that nobody installed
        return "unknown"


def recipe_digest(lens: Lens, settings: RenderSettings, asked: Mapping[str, Any], saved: Mapping[str, Any]) -> str:
    """Digest all that makes a picture from its source's bytes.

    Parameters
    ----------
    lens : Lens
    settings : RenderSettings
    asked : mapping
        As `Metadata.asked`.
    saved : mapping
        How it is coded, as `write.saved_as` has it.

    Returns
    -------
    str
        SHA-256 in hex. An f-number of 2 and one of 2.0 are the same.
    """
    # What is newer than marks that are out there counts only where it is said: else all of them would be strangers.
    said = {key: value for key, value in asdict(settings).items() if (key, value) != ("grain", "off")}
    made = {"lens": asdict(lens), "settings": said, "asked": asked, "saved": saved, "version": version()}
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
    return replace(done, source=meta.source, recipe=recipe_digest(*done.how, meta.asked, saved))


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


def marked(xmp: bytes | None, rendered: Rendering | None) -> bytes | None:
    """Return XMP with the mark, in place of an older one; a packet of its own when there is none to add it to.

    XMP that is no plain UTF-8 packet is left as it is, without.
    """
    if rendered is None or (xmp and _END not in xmp):
        return xmp
    focus = "inf" if math.isinf(rendered.focus_m) else f"{rendered.focus_m:.4g}"
    said = {"FNumber": f"{rendered.f_number:g}", "FocusM": focus, "Version": rendered.version or version()}
    if rendered.source and rendered.recipe:
        said |= {"Source": rendered.source, "Recipe": rendered.recipe}
    words = " ".join(f'rebokeh:{name}="{value}"' for name, value in said.items())
    mark = f'<rdf:Description rdf:about="" xmlns:rebokeh="{REBOKEH_URI}" {words}/>'.encode()
    before, _, after = _MARKED.sub(b"", xmp or _PACKET).rpartition(_END)
    return before + mark + _END + after


def removed(xmp: bytes) -> bytes | None:
    """Return XMP without the mark, else bit for bit; None when it was nothing but the mark."""
    rest = _MARKED.sub(b"", xmp)
    return None if rest == _PACKET != xmp else rest


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
