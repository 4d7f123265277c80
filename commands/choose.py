"""The lens that the options name, as every command that renders reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bokeh.errors import UsageError
from ..bokeh.units import parse_f_number, parse_focal_mm, parse_focus, parse_sensor_mm, parse_starburst

if TYPE_CHECKING:
    from ..bokeh.lens import Lens


def choose_lens(
    named: str | None,
    changes: list[str] | None,
    *,
    fstop: str | None,
    focus: str,
    focal: str | None,
    sensor: str | None,
    blades: int | None,
    curvature: float | None,
    rotation: float | None,
    starburst: str | None,
) -> tuple[Lens, str | None]:
    """Find the lens and where it comes from; what else is not None overrides it.

    Parameters
    ----------
    named : str or None
        By ``--lens``.
    changes : list of str or None
        By ``--with``.
    fstop, focus, focal, sensor, blades, curvature, rotation, starburst
        By the options of these names, as they were given.

    Returns
    -------
    Lens, str or None

    Raises
    ------
    UsageError, InputError
        When a value makes no sense, or the lens file cannot be read.
    """
    where = parse_focus(focus)
    given = {
        "f_number": None if fstop is None else parse_f_number(fstop),
        "focus_m": where.metres,
        "focus_point": where.point,
        "focal_mm": None if focal is None else parse_focal_mm(focal),
        "sensor_mm": None if sensor is None else parse_sensor_mm(sensor),
        "blades": blades,
        "curvature": curvature,
        "rotation_deg": rotation,
        "starburst": None if starburst is None else parse_starburst(starburst),
    }
    if named is None and changes:
        raise UsageError("--with changes a value of a lens; name the lens with --lens")
    from ..bokeh.lens import Lens
    from ..bokeh.lens_file import overridden, read_lens, with_values

    if named is None:
        return overridden(Lens(), **given), None
    lens_file = with_values(read_lens(named), changes or [])
    return lens_file.lens(**given), lens_file.where
