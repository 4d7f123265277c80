"""The lens that the options name, as every command that renders reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..bokeh.options import Options

if TYPE_CHECKING:
    from ..bokeh.lens import Lens


def choose_lens(named: str | None, changes: list[str] | None, **given: Any) -> tuple[Lens, str | None]:
    """Find the lens and where it comes from; what else is not None overrides it.

    Parameters
    ----------
    named : str or None
        By ``--lens``.
    changes : list of str or None
        By ``--with``.
    **given
        By the options of these names, as they were given.

    Returns
    -------
    Lens, str or None

    Raises
    ------
    UsageError, InputError
        When a value makes no sense, or the lens file cannot be read.
    """
    return Options(lens=named, changes=tuple(changes or ()), **given).chosen_lens()
