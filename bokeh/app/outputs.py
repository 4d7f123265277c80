"""Where the picture goes: its name, its format, and the reasons not to write it.

All of this is decided before the first pixel is rendered, so that nobody waits a minute for a refusal.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import OutputError, UsageError
from ..io.formats import SUFFIXES


@dataclass(frozen=True)
class Output:
    """Where to write, and what; `path` None = standard output."""

    path: Path | None
    format: str


def format_of(path: str | Path) -> str | None:
    """Name the format that a file name's ending stands for, or None."""
    suffix = Path(path).suffix.lower()
    return next((name for name, suffixes in SUFFIXES.items() if suffix in suffixes), None)


def tag(f_number: float, style: str = "lens", lens: str = "") -> str:
    """Tell a rendering from its photo and from other renderings: ``f1.8``, ``petzval_f2.2``, ``f2_gaussian``."""
    return "_".join(filter(None, [lens, f"f{f_number:.6g}", "" if style == "lens" else style]))


def plan_output(
    source: str | Path,
    out: str | None,
    format: str | None,
    *,
    source_format: str,
    tag: str,
) -> Output:
    """Choose the output's name and format.

    Parameters
    ----------
    source : str or Path
        The photo; ``-`` is standard input, whose picture goes to standard output unless `out` says otherwise.
    out : str or None
        File to write, an existing folder to write into, or ``-``; None = beside the photo.
    format : str or None
        One of `SUFFIXES`; None = as the ending of `out` says, else as the photo.
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
    if format is not None and format not in SUFFIXES:
        raise UsageError(f"format {format!r} is not written; expected one of {', '.join(SUFFIXES)}")
    own = source_format if source_format in SUFFIXES else None
    from_stdin = str(source) == "-"
    if out == "-" or (out is None and from_stdin):
        return Output(None, _decided(format or own, source_format))
    folder = Path(source).parent
    if out is not None:
        if not Path(out).is_dir():
            return Output(Path(out), _format_for(out, format))
        folder = Path(out)
    chosen = _decided(format or own, source_format)
    stem, suffix = ("stdin", "") if from_stdin else (Path(source).stem, Path(source).suffix.lower())
    if suffix not in SUFFIXES[chosen]:
        suffix = SUFFIXES[chosen][0]
    return Output(folder / f"{stem}_{tag}{suffix}", chosen)


def refuse_unwritable(path: Path, *, overwrite: bool, inputs: Iterable[str | Path] = ()) -> None:
    """Raise now what would stop the picture from being written later.

    Parameters
    ----------
    path : Path
        File to be written.
    overwrite : bool
        Whether an existing file may be replaced.
    inputs : iterable of str or Path
        Files that must survive: the photo, its depth map, its matte.

    Raises
    ------
    OutputError
        When the file exists, is one of the inputs or no plain file, or its folder is missing or cannot be written.
    """
    if any(_same_file(path, source) for source in inputs):
        raise OutputError(f"{path} is an input, and inputs are never written; name another file with -o")
    if os.path.lexists(path):
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is no plain file; name another with -o (- is standard output)")
        if not overwrite:
            raise OutputError(f"{path} exists already; --overwrite replaces it, -o names another file")
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"{path} cannot be written: {folder} is not a folder; create it, or name another with -o")
    try:
        # Permission bits do not tell (root, read-only mounts, quotas); a nameless file does, and leaves nothing.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise OutputError(f"{path} cannot be written: {reason.lower()}; name another folder with -o") from error


def _decided(format: str | None, source_format: str) -> str:
    if format is None:
        raise UsageError(
            f"no picture is written in the photo's own format ({source_format}); choose --format {'|'.join(SUFFIXES)}"
        )
    return format


def _format_for(out: str, format: str | None) -> str:
    named = format_of(out)
    if format is not None and named is not None and format != named:
        raise UsageError(f"{out} ends like a {named} file, but --format is {format}; change one of the two")
    chosen = format or named
    if chosen is None:
        endings = ", ".join(suffixes[0] for suffixes in SUFFIXES.values())
        raise UsageError(f"{out} has no ending that names a format; expected {endings}, or add --format")
    return chosen


def _same_file(path: Path, source: str | Path) -> bool:
    try:
        return os.path.samefile(path, source)
    except OSError:
        return False
