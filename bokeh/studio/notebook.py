"""A photo in a notebook: click to focus, drag the f-number."""

from __future__ import annotations

from typing import Any

from ..api import Scene
from ..core.checks import expect
from ..core.extras import needed
from ..photo.photo import Photo


def widget(photo: Photo | Scene, f_number: float | None = None, **options: Any) -> Any:
    """Show a photo in a notebook, where a click focuses and a slider turns the aperture.

    Parameters
    ----------
    photo : Photo or Scene
        With depth. It is prepared first, which takes as long as `prepare`.
    f_number : float, optional
        To begin with; by default that of the lens.
    **options
        More of what a preset may say, by its keys: ``lens="petzval"``, ``blades=7``, ``highlights="off"``.

    Returns
    -------
    anywidget.AnyWidget
        Its traits may be set and observed: `f_number`; `focus_point`, a point (x, y) in 0..1 from the top left, or
        None for the focus that is found; `picture`, a draft of about half a megapixel, JPEG; `text`, where it is
        focused.
        ``widget.lens`` is the lens that it shows, for `render`.

    Raises
    ------
    NoDepthError
        When the photo holds no depth.
    UsageError
        When the extra ``notebook`` is not installed, or an option makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> dioptres = np.where(np.arange(60) < 30, 1.0, 0.25) * np.ones((40, 1))
    >>> rgb = np.random.default_rng(0).random((40, 60, 3), np.float32)
    >>> shown = rk.widget(rk.Photo(rgb=rgb, depth=dioptres.astype(np.float32)), f_number=1.4)
    >>> shown.focus_point = (0.9, 0.5)  # as a click does
    >>> shown.text
    '4 m'
    """
    expect("photo", photo, Photo | Scene)
    needed("anywidget", "notebook", "the widget")
    from .focus_widget import FocusWidget

    return FocusWidget.of(photo if isinstance(photo, Photo) else photo.photo, f_number, options)
