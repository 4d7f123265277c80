"""The mark that a picture rendered by rebokeh carries in its XMP, so that nobody adds blur to blur unawares."""

from __future__ import annotations

import math
import re
from functools import cache

from ..photo import Rendering
from . import apple
from .xmp import REBOKEH_URI

_MARKED = re.compile(rb"<rdf:Description\s[^>]{0,99}xmlns:rebokeh=[^>]{0,400}?/>")
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


def marked(xmp: bytes | None, rendered: Rendering | None) -> bytes | None:
    """Return XMP with the mark, in place of an older one; a packet of its own when there is none to add it to.

    XMP that is no plain UTF-8 packet is left as it is, without.
    """
    if rendered is None or (xmp and _END not in xmp):
        return xmp
    focus = "inf" if math.isinf(rendered.focus_m) else f"{rendered.focus_m:.4g}"
    said = {"FNumber": f"{rendered.f_number:g}", "FocusM": focus, "Version": rendered.version or version()}
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
    return Rendering(f_number, focus_m, values.get("rebokeh:Version", ""))


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value > 0 else None
