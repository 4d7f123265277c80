"""What a photo holds and what follows from it, in a folder of files that other programs open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.errors import DepthError, NoDepthError, OutputError, UsageError
from ...core.jsonable import plain
from ...core.progress import Progress, unseen
from ...io.files.folder import Contents, Filling, check_folder
from ...photo.photo import Photo
from .kinds import KINDS
from .mesh import POINTS
from .sources import NEEDS_DEPTH, Material

LIST = "extract.json"
CONTENTS = Contents(
    LIST,
    "files",
    re.compile(r"[a-z0-9_]+\.(exr|png|npy|json|ply|glb|obj|mtl|heic)"),
    (),
    "the files of an extract",
    "file of an extract",
)


@dataclass(frozen=True)
class ExtractSettings:
    """What to extract, and how much of it.

    Parameters
    ----------
    only : tuple of str
        Some of `KINDS`; none = all that the photo has.
    points : int
        Vertices of the point cloud and of the mesh at most.
    baseline_m : float, optional
        Of the stereo pair; left out: the eyes', or so much less that the pair can be fused on a screen.

    Raises
    ------
    UsageError
        When a word is none of the kinds, or a number is out of its range.
    """

    only: tuple[str, ...] = ()
    points: int = POINTS
    baseline_m: float | None = None

    def __post_init__(self) -> None:
        """Check words and ranges."""
        for word in self.only:
            if word not in KINDS:
                raise UsageError(f"cannot extract {word!r}; one of {', '.join(KINDS)}")
        if self.points < 4:
            raise UsageError(f"points is {self.points}; a scene needs 4 or more")
        if self.baseline_m is not None and not self.baseline_m > 0:
            raise UsageError(f"baseline is {self.baseline_m:g} m; it must be a length above 0, like 65mm")


def extract(
    photo: Photo,
    folder: str | os.PathLike[str],
    settings: ExtractSettings | None = None,
    *,
    overwrite: bool = False,
    inputs: Iterable[str | Path] = (),
    progress: Progress = unseen,
) -> dict[str, Any]:
    """Write what a photo holds into a folder, which appears whole or not at all.

    Parameters
    ----------
    photo : Photo
    folder : path-like
        Empty, or not there yet.
    settings : ExtractSettings, optional
    overwrite : bool
        Replace what an earlier extract filled the folder with.
    inputs : iterable of str or Path
        Files that must survive.
    progress : Progress, optional

    Returns
    -------
    dict
        What stands in the folder's ``extract.json``: every file with its unit, scale and size; what was left out.

    Raises
    ------
    NoDepthError
        When something is asked for by name that needs depth, and there is none.
    UsageError
        When something else is asked for by name that the photo does not have.
    OutputError
        When the folder is not empty, or cannot be written; it is then left as it was.
    """
    settings = settings or ExtractSettings()
    real = check_folder(folder, CONTENTS, overwrite, inputs)
    source = Material(photo, settings.points, settings.baseline_m)
    lacking = {kind: why for kind in KINDS if (why := source.lacks(kind))}
    for kind in settings.only:
        if kind in lacking:
            raise (NoDepthError if kind in NEEDS_DEPTH and photo.depth is None else UsageError)(lacking[kind])
    kinds = [kind for kind in KINDS if kind in (settings.only or KINDS) and kind not in lacking]
    filling = Filling(real, CONTENTS)
    try:
        files, left_out = [], {} if settings.only else dict(lacking)
        for done, kind in enumerate(kinds):
            progress(kind, done / len(kinds))
            try:
                for name, data, facts in KINDS[kind](source):
                    filling.write(name, data)
                    files.append({"file": name, "kind": kind, **facts, "bytes": len(data)})
            except OutputError:
                raise
            except (UsageError, DepthError) as err:
                if settings.only or (settings.baseline_m is not None and kind in ("stereo", "spatial")):
                    raise
                left_out[kind] = str(err)
        listing = plain({**source.facts(), "warnings": source.warnings(), "files": files, "left_out": left_out})
        filling.close(listing)
        return listing
    finally:
        filling.discard()
