"""What is painted over a photo while it is looked at: strokes, undo and redo without end, the file beside it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from ..core.errors import UsageError
from ..io.edits_file import read_edits, save_edits, to_bytes
from ..photo.edits import BRUSHES, Edits
from .gallery import Entry, Gallery
from .view import View

STROKE_KEYS = frozenset({"kind", "points", "radius", "softness", "amount", "dioptres"})


class Repairs:
    """The edits of each photo, one step after the other.

    Parameters
    ----------
    gallery : Gallery
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery, self._lock = gallery, threading.Lock()
        # Files of edits, a few tens of KB each, and which of them is shown.
        self._steps: dict[str, tuple[list[bytes], int]] = {}

    def to_json(self, entry: Entry, view: View) -> dict[str, Any]:
        """Say what is painted, and what can be undone."""
        steps, at = self._steps.get(entry.id, ([b""], 0))
        count = at or int(view.photo.edits is not None)
        painted = view.photo.edits is not None
        return {"count": count, "painted": painted, "can_undo": at > 0, "can_redo": at + 1 < len(steps)}

    def paint(self, entry: Entry, view: View, asked: Mapping[str, Any]) -> View:
        """Add a stroke.

        Raises
        ------
        UsageError
            When a number is out of its range, or something is missing.
        OutputError
            When it cannot be kept beside the photo; nothing is changed then.
        """
        given = {key: value for key, value in asked.items() if value is not None}
        if unknown := sorted(set(given) - STROKE_KEYS):
            raise UsageError(f"{unknown[0]} is nothing that a stroke has")
        brush, points = given.pop("kind", None), given.pop("points", None)
        if brush not in BRUSHES or not isinstance(points, list) or "radius" not in given:
            raise UsageError(f"a stroke has a kind, one of {', '.join(BRUSHES)}, points and a radius")
        if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in given.values()):
            raise UsageError(f"{', '.join(sorted(given))} of a stroke are numbers")
        with self._lock:
            view = self._current(entry, view)
            edits = (view.photo.edits or Edits.of_size(view.photo.size)).with_stroke(brush, points, **given)
            return self._step(entry, view, edits)

    def reset(self, entry: Entry, view: View) -> View:
        """Take all of it away, as a step that can be undone."""
        with self._lock:
            view = self._current(entry, view)
            return self._step(entry, view, Edits.of_size(view.photo.size))

    def move(self, entry: Entry, view: View, by: int) -> View:
        """Undo (-1) or redo (1) a step; nothing where there is none."""
        with self._lock:
            view = self._current(entry, view)
            steps, at = self._steps.get(entry.id, ([], 0))
            if not 0 <= at + by < len(steps):
                return view
            data = steps[at + by]
            shown = self._shown(entry, view, read_edits(data).edits)
            self._steps[entry.id] = steps, at + by
            return shown

    def _current(self, entry: Entry, view: View) -> View:
        """Return the view that is shown now: another stroke may have come between."""
        return entry.view or view

    def _step(self, entry: Entry, view: View, edits: Edits) -> View:
        steps, at = self._steps.get(entry.id, ([], 0))
        if not steps:
            steps = [self._coded(entry, view, view.photo.edits or Edits.of_size(view.photo.size))]
        shown = self._shown(entry, view, edits)
        self._steps[entry.id] = [*steps[: at + 1], self._coded(entry, view, edits)], at + 1
        return shown

    def _shown(self, entry: Entry, view: View, edits: Edits) -> View:
        """Keep edits beside the photo, and show it with them."""
        edited = view.edited(edits)
        save_edits(edited.photo)
        self._gallery.show(entry, edited)
        return edited

    def _coded(self, entry: Entry, view: View, edits: Edits) -> bytes:
        return to_bytes(edits, entry.path.name, view.photo.size, view.photo.meta.source)
