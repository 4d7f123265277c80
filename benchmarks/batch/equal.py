"""One photo, three doors: a batch, a cluster and the single command write the same bytes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import portraits
from local import scheduler

FORMATS = ("", "exr", "jpeg")
"""What is written; "" = as the photo."""

_MEGAPIXELS = 0.05
_FSTOP = ("--fstop", "1.8")
_GIVE_UP_S = 600


def compare(state: dict[str, Any], save: Callable[[], object], folder: Path, quick: bool) -> None:
    """Render each family in each format through each door, and leave in `state` what differs.

    Parameters
    ----------
    state : dict
    save : callable
        Keeps the state, after each step.
    folder : Path
    quick : bool
        Only as the photo.
    """
    chosen = [p for p in portraits.every_family(_MEGAPIXELS) if p.family not in portraits.WITHOUT_DEPTH]
    portraits.write(chosen, folder / "families")
    found = state.setdefault("formats", {})
    for kind in FORMATS[:1] if quick else FORMATS:
        name = kind or "as the photo"
        if name not in found:
            found[name] = differing(folder / "families", folder / "equal", kind)
            save()


def differing(photos: Path, work: Path, kind: str = "") -> dict[str, Any]:
    """Render the photos of a folder through each door.

    Parameters
    ----------
    photos, work : Path
        The latter is emptied.
    kind : str
        Format; "" = as the photo.

    Returns
    -------
    dict
        "pictures": how many there are of each; "differ": what is not the single command's, byte for byte.
    """
    shutil.rmtree(work, ignore_errors=True)
    flags = [*_FSTOP, *(["--format", kind] if kind else [])]
    _rebokeh("batch", photos, "-o", work / "batch", *flags)
    with scheduler(2) as address:
        _rebokeh("batch", photos, "-o", work / "cluster", "--scheduler", address, *flags)
    sources = {path.stem: path for path in photos.iterdir() if path.is_file()}
    differ, count = [], 0
    for picture in sorted(path for path in (work / "batch").iterdir() if path.is_file()):
        single = work / "single" / picture.name
        single.parent.mkdir(parents=True, exist_ok=True)
        _rebokeh(sources[picture.stem], "-o", single, *flags)
        count += 1
        differ += [
            f"{door}: {picture.name}"
            for door in ("batch", "cluster")
            if (work / door / picture.name).read_bytes() != single.read_bytes()
        ]
    return {"pictures": count, "photos": len(sources), "differ": differ}


def _rebokeh(*words: str | Path) -> None:
    code = "from rebokeh.cli import app; app()"
    subprocess.run([sys.executable, "-c", code, *map(str, words), "-q"], check=True, timeout=_GIVE_UP_S)


def tables(state: dict[str, Any]) -> tuple[list[list[str]], list[tuple[str, bool]]]:
    """Set the counts for printing, and hold them to their bar."""
    rows = [["written", "photos", "pictures of each door", "not equal"]]
    for name, found in state["formats"].items():
        rows.append([name, str(found["photos"]), str(found["pictures"]), str(len(found["differ"]))])
    differ = [what for found in state["formats"].values() for what in found["differ"]]
    all_made = all(found["pictures"] == found["photos"] for found in state["formats"].values())
    said = f"batch, cluster and single command write the same bytes{': not ' + json.dumps(differ) if differ else ''}"
    return rows, [(said, all_made and not differ)]
