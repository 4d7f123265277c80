"""Many photos with the same settings: planned before, resumed after, each of them right or listed with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..settings.preset import Preset
    from .job import Outcome


def batch(words: Sequence[str], out: str, preset: Preset | None = None, **more: Any) -> Iterator[Outcome]:
    """Render a library of photos, as ``rebokeh batch`` does.

    Parameters
    ----------
    words : sequence of str
        Files, folders with all below them, patterns, ``@list.txt``, URLs.
    out : str
        Output folder, or a URL.
    preset : Preset, optional
        As `read_preset` returns it, or ``Preset(Options(fstop="1.8"))``.
    **more
        As for `Library`: `limits`, `workers`, `scheduler`, `overwrite`, `retry`, `on_collision`, `keep_times`.

    Returns
    -------
    iterator of Outcome
        What became of each input, once for each, as soon as it is known; the work is done while it is iterated.

    Raises
    ------
    UsageError
        At once, when two photos would become one file, or an output would take an input's place.
    InputError
        At once, when a list cannot be read.
    """
    # Here, for workers import this package, and need none of it.
    from .library import Library

    return Library(words, out, preset, **more).run()
