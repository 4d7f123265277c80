"""Where the picture goes, and in which format: decided before the first pixel is rendered.

Whether it can be written there, `check_output` says, as for every file that anybody writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UsageError
from ..io.formats import FORMATS, format_of, output_format, settled_format, written_format


@dataclass(frozen=True)
class Output:
    """Where to write, and what; `path` None = standard output."""

    path: Path | None
    format: str


def tag(f_number: float, style: str = "lens", lens: str = "") -> str:
    """Tell a rendering from its photo and from other renderings: ``f1.8``, ``petzval_f2.2``, ``f2_gaussian``."""
    return "_".join(filter(None, [lens, f"f{f_number:.6g}", "" if style == "lens" else style]))


def plan_output(source: str | Path, out: str | None, format: str | None, *, source_format: str, tag: str) -> Output:
    """Choose the output's name and format.

    Parameters
    ----------
    source : str or Path
        The photo; ``-`` is standard input, whose picture goes to standard output unless `out` says otherwise.
    out : str or None
        File to write, an existing folder to write into, or ``-``; None = beside the photo.
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
    if out not in (None, "-") and not Path(out).is_dir():
        return Output(Path(out), _agreed(out, format))
    chosen = settled_format(format, source_format)
    if out == "-" or (out is None and from_stdin):
        return Output(None, chosen)
    folder = Path(source).parent if out is None else Path(out)
    stem, suffix = ("stdin", "") if from_stdin else (Path(source).stem, Path(source).suffix.lower())
    if suffix not in FORMATS[chosen].suffixes:
        suffix = FORMATS[chosen].suffixes[0]
    return Output(folder / f"{stem}_{tag}{suffix}", chosen)


def _agreed(out: str, format: str | None) -> str:
    """Name the format of a file that is named, by its ending or by `format`."""
    named = format_of(out)
    if format is not None and named is not None and format != named:
        raise UsageError(f"{out} ends like a {named} file, but `format` is {format}; change one of the two")
    return output_format(out, format)
