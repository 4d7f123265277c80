"""A check in words: what each figure is called and means, and lines for a terminal."""

from __future__ import annotations

from .check import CheckFigure, PictureCheck

MEANINGS = {
    "solid": (
        "Solid things",
        "The largest share by which something solid is seen through, with the photo's own depth and matte.",
    ),
    "sharp": ("In focus", "Change of what is in focus and out of reach of all blur: it comes out as it went in."),
    "sharp_stopped_down": ("In focus at f/16", "The same with the lens stopped down, when next to all is in focus."),
    "brightest": (
        "Brightest light",
        "Of all that the picture holds, against the photo: light spreads, it does not grow.",
    ),
    "light": ("All light", "Of the whole picture, against the photo: a lens only moves light."),
    "leak": (
        "Leak beside the subject",
        "Width of the strip of background that the subject's light would fill, beyond what its own blur puts there.",
    ),
    "halo": ("Halo beside the subject", "How far from the outline a tenth of the light is the subject's, likewise."),
}
"""Title and meaning of each figure."""


def value_words(figure: CheckFigure) -> str:
    """Say a figure's value, like "4.5 %"."""
    return "not measured" if figure.value is None else _in_unit(figure.value, figure.unit)


def range_words(figure: CheckFigure) -> str:
    """Say what is in range, like "up to 2 %"."""
    high = _in_unit(figure.high, figure.unit)
    return f"{_in_unit(figure.low, figure.unit)} to {high}" if figure.low > 0.0 else f"up to {high}"


def fault_words(figure: CheckFigure) -> str:
    """Say that a figure is out of range, and where; "" where it is in range."""
    if figure.in_range:
        return ""
    return "out of range" if figure.place is None else f"out of range, worst at {figure.place[0]},{figure.place[1]}"


def verdict(found: PictureCheck) -> str:
    """Say in one line whether the picture can be trusted."""
    wrong = [MEANINGS[figure.name][0].lower() for figure in found.figures if not figure.in_range]
    at = f"check at f/{found.f_number:.3g}, focus {found.focus_m:.3g} m"
    return f"{at}: {'out of range: ' + ', '.join(wrong) if wrong else 'all in range'}"


def check_lines(found: PictureCheck) -> list[str]:
    """Say a check in lines."""
    lines = [verdict(found)]
    for figure in found.figures:
        fault = fault_words(figure)
        title = f"  {MEANINGS[figure.name][0].lower()}: {value_words(figure)} ({range_words(figure)})"
        lines.append(f"{title}, {fault.upper()}" if fault else title)
    return lines


def _in_unit(value: float, unit: str) -> str:
    if unit == "codes":
        return f"{value:.1f} of 255"
    return f"{value:.1f} px" if unit == "px" else f"{100.0 * value:.1f} %"
