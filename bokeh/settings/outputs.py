"""Where the picture goes, and in which format: decided before the first pixel is rendered.

Whether it can be written there, `check_output` says, as for every file that anybody writes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import UsageError
from ..io.formats import FORMATS, format_of, output_format, settled_format, written_format
from .flags import flag_of

# What the name says anyway, or what its ending does, or what does not change what is seen.
_SAID_ELSEWHERE = {"lens", "fstop", "style", "format", "strip", "save_quality"}
_USUAL = {("focus", "auto"), ("hdr", "auto"), ("quality", "fast"), ("highlights", "auto"), ("baked", "auto"),
          ("grain", "off")}  # fmt: skip
_ALONE = {"focus", "focal", "sensor", "quality"}
_NOT_IN_NAMES = re.compile(r"[^\w.,=+%@-]")


@dataclass(frozen=True)
class Output:
    """Where to write, and what; `path` None = standard output."""

    path: Path | None
    format: str


def tag(
    f_number: float | None,
    style: str = "lens",
    lens: str = "",
    *,
    said: Mapping[str, Any] | None = None,
    preset: str = "",
) -> str:
    """Tell a rendering from its photo and from other renderings, by what was asked for.

    Parameters
    ----------
    f_number : float or None
        None = not known.
    style, lens : str
    said : mapping of str to object, optional
        Options that were given, as `Options.said` has them.
    preset : str
        The preset's file.

    Returns
    -------
    str
        Like ``f1.8``, ``petzval_f2.2``, ``f2_gaussian``, ``f1.8_2.1m``, ``f1.8_at0.4-0.6_grain-match``.
    """
    words = [Path(preset).stem, lens, "" if f_number is None else f"f{f_number:.6g}"]
    words += [_word(name, value) for name, value in sorted((said or {}).items(), key=lambda one: one[0] != "focus")]
    words.append("" if style == "lens" else style)
    return "_".join(filter(None, words))


def _word(name: str, value: Any) -> str:
    """Say an option that was given as a piece of a file's name; '' for what is no part of the look, or said already."""
    if name in _SAID_ELSEWHERE or (name, value) in _USUAL:
        return ""
    several = value if isinstance(value, (tuple, list)) else (value,)
    text = "+".join(f"{one:g}" if isinstance(one, float) else str(one) for one in several).strip().lower()
    if name == "focus":
        text = ("at" if "," in text else "") + text.replace(",", "-")
    elif name == "focal":
        text = text.removesuffix("mm").strip() + "mm"
    elif name == "blades":
        text += "blades"
    elif name not in _ALONE:
        text = f"{flag_of(name).lstrip('-')}-{text}"
    return _NOT_IN_NAMES.sub("", text)


def plan_output(source: str | Path, out: str | None, format: str | None, *, source_format: str, tag: str) -> Output:
    """Choose the output's name and format.

    Parameters
    ----------
    source : str or Path
        The photo; ``-`` is standard input, whose picture goes to standard output unless `out` says otherwise.
    out : str or None
        File to write, a folder to write into (one that is there, or a name that ends in a slash), or ``-``; None =
        beside the photo.
    format : str or None
        What to write; None = as the ending of `out` says, else as the photo.
    source_format : str
        Format of the photo.
    tag : str
        Goes between the photo's name and its ending.

    Returns
    -------
    Output

    Raises
    ------
    UsageError
        When the format is unknown, or contradicts the ending of `out`.
    """
    format = None if format is None else written_format(format)
    from_stdin = str(source) == "-"
    if out not in (None, "-") and not is_folder(out):
        return Output(Path(out), _agreed(out, format))
    chosen = settled_format(format, source_format)
    if out == "-" or (out is None and from_stdin):
        return Output(None, chosen)
    folder = Path(source).parent if out is None else Path(out)
    stem, suffix = ("stdin", "") if from_stdin else (Path(source).stem, Path(source).suffix.lower())
    if suffix not in FORMATS[chosen].suffixes:
        suffix = FORMATS[chosen].suffixes[0]
    return Output(folder / f"{stem}_{tag}{suffix}", chosen)


def is_folder(out: str) -> bool:
    """Whether `out` names a folder: it is one, or its name says so."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir()


def _agreed(out: str, format: str | None) -> str:
    """Name the format of a file that is named, by its ending or by `format`."""
    named = format_of(out)
    if format is not None and named is not None and format != named:
        raise UsageError(f"{out} ends like a {named} file, but `format` is {format}; change one of the two")
    return output_format(out, format)
