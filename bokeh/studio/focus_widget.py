"""The widget of notebooks: traits that ask for a draft, and the traits that show it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import anywidget
import traitlets

from ..core.errors import RebokehError, UsageError
from ..optics.lens import Lens
from ..photo.photo import Photo
from ..settings.options import Options
from .view import View

PIXELS = 420_000
"""Of the picture in a notebook."""

_HERE = Path(__file__).parent
_IMPORT = 'import { createView } from "./page/view.mjs";\n'


def module() -> str:
    """Return the widget's module in one piece, for a notebook finds no other: the page's view within it."""
    own, view = ((_HERE / name).read_text("utf-8") for name in ("notebook.mjs", "page/view.mjs"))
    head, found, tail = own.partition(_IMPORT)
    assert found
    # Names of the one are not those of the other.
    inner = view.replace("export function createView", "function createView")
    return f"{head}const createView = (() => {{\n{inner}\nreturn createView;\n}})();\n{tail}"


def style() -> str:
    """Return the widget's style."""
    return "\n".join((_HERE / name).read_text("utf-8") for name in ("page/view.css", "notebook.css"))


class FocusWidget(anywidget.AnyWidget):
    """A photo, where a click focuses and a slider turns the aperture; `widget` makes it.

    Attributes
    ----------
    f_number : float
    focus_point : (float, float), or None
        A point in 0..1 from the top left; None for the focus that is found.
    picture : bytes
        The draft, JPEG.
    text : str
        Where it is focused; or why not.
    shown : int
        How many drafts there were.
    size : (int, int)
        Width and height of the photo.
    """

    _esm = module()
    _css = style()
    f_number = traitlets.Float(1.8, min=0.5, max=128.0).tag(sync=True)
    focus_point = traitlets.Tuple(
        traitlets.Float(min=0.0, max=1.0), traitlets.Float(min=0.0, max=1.0), default_value=None, allow_none=True
    ).tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Int(0).tag(sync=True)
    size = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(1, 1)).tag(sync=True)

    _view: View
    _options: Options

    @classmethod
    def of(cls, photo: Photo, f_number: float | None, options: Mapping[str, Any]) -> FocusWidget:
        """Prepare a photo, and show it.

        Raises
        ------
        NoDepthError, UsageError
        """
        known = {one.name for one in fields(Options)} - {"fstop"}
        strange = [name for name in options if name not in known]
        if strange:
            raise UsageError(f"{strange[0]!r} is no option of a render; known are {', '.join(sorted(known))}")
        hints = get_type_hints(Options)
        asked = Options(
            **{name: _said(value) if hints[name] == str | None else value for name, value in options.items()}
        )
        made = cls(f_number=f_number or asked.chosen_lens()[0].f_number, size=(photo.size[1], photo.size[0]))
        made._view, made._options = View.of(photo), asked
        made._view.look(made._asked())  # what makes no sense is said now
        made._draw()
        made.observe(made._draw, ["f_number", "focus_point"])
        return made

    @property
    def lens(self) -> Lens:
        """The lens that is shown."""
        return self._view.look(self._asked()).lens

    def _asked(self) -> Options:
        asked = replace(self._options, fstop=f"{self.f_number:g}")
        if self.focus_point is None:
            return asked
        x, y = (min(float(one), 0.9999) for one in self.focus_point)
        return replace(asked, focus=f"{x:.4f},{y:.4f}")

    def _draw(self, _: object = None) -> None:
        height, width = self._view.photo.size
        try:
            draft = self._view.draft(self._asked(), int(math.sqrt(PIXELS * width / height)), moving=False)
        except RebokehError as error:
            with self.hold_sync():
                self.text, self.shown = str(error), self.shown + 1
            return
        with self.hold_sync():
            self.picture, self.text, self.shown = draft.jpeg, str(draft.facts["text"]), self.shown + 1


def _said(value: Any) -> Any:
    """Say a number as a preset does, where an option is words."""
    return value if isinstance(value, str) else f"{value:.15g}"
