"""Where weights lie: found where the user has them, fetched only when asked for."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import InputError, UsageError
from ...core.extras import needed
from ...core.text import printable

FETCHED = ("*.json", "*.safetensors", "LICENSE*", "README.md")
"""What of a repository is fetched: weights that hold numbers only, no pickles and no code."""


@dataclass(frozen=True)
class Known:
    """A model that has a name.

    Attributes
    ----------
    name : str
    use : str
        What it is for.
    licence : str
        Of its weights.
    megabytes : float
        Their size.
    file : str
        What must be there for it to be there: a pattern.
    repository : str
        Where it is fetched from; '' = it has to be put there by hand.
    by_hand : str
        How it is had without that.
    """

    name: str
    use: str
    licence: str
    megabytes: float
    file: str
    repository: str = ""
    by_hand: str = ""


def folder() -> Path:
    """Return the folder of rebokeh's own models: ``REBOKEH_MODELS``, else one among the user's data."""
    said = os.environ.get("REBOKEH_MODELS", "")
    if said:
        return Path(said).expanduser()
    data = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data):
        places = {
            "darwin": "~/Library/Application Support",
            "win32": os.environ.get("LOCALAPPDATA") or "~/AppData/Local",
        }
        data = os.path.expanduser(places.get(sys.platform, "~/.local/share"))
    return Path(data) / "rebokeh" / "models"


def places(known: Known) -> list[Path]:
    """List the folders in which a model is looked for, the best first."""
    found = [folder() / known.name]
    if known.repository:
        found.append(_hub() / f"models--{known.repository.replace('/', '--')}")
    return found


def find(known: Known) -> Path | None:
    """Return the folder that holds a model's weights, or None."""
    for place in places(known):
        with contextlib.suppress(OSError):
            if (place / "refs" / "main").is_file():
                place = place / "snapshots" / (place / "refs" / "main").read_text("ascii", "replace").strip()
            if any(place.glob(known.file)):
                return place
    return None


def need(known: Known) -> Path:
    """Return the folder that holds a model's weights.

    Raises
    ------
    InputError
        When it is not there: where it was looked for, and how it is had.
    """
    found = find(known)
    if found is None:
        looked = " and ".join(printable(place) for place in places(known))
        how = f"rebokeh models pull {known.name}" if known.repository else known.by_hand
        raise InputError(f"{known.name}: its weights are not here (looked in {looked}); get them: {how}")
    return found


def pull(known: Known) -> Path:
    """Fetch a model's weights into `folder`, where there is a network.

    Returns
    -------
    Path
        The folder that holds them.

    Raises
    ------
    UsageError
        When the model has no repository, or huggingface_hub is not installed.
    InputError
        When it cannot be fetched.
    """
    if not known.repository:
        raise UsageError(f"{known.name} is not pulled; {known.by_hand}")
    hub = needed("huggingface_hub", "depth", "pulling a model")
    target = folder() / known.name
    if any(target.glob(known.file)):
        return target
    # What was fetched of an interrupted pull is kept there, and gone on from.
    part = target.with_name(f".{known.name}.part")
    try:
        part.mkdir(parents=True, exist_ok=True)
        hub.snapshot_download(known.repository, local_dir=part, allow_patterns=list(FETCHED))
        shutil.rmtree(part / ".cache", ignore_errors=True)
        part.rename(target)
    except Exception as err:  # whatever its network libraries raise
        if not any(file.is_file() for file in part.rglob("*")):
            shutil.rmtree(part, ignore_errors=True)
        first: BaseException = err
        while first.__cause__ or first.__context__:
            first = first.__cause__ or first.__context__ or first
        said = " ".join(str(first).split())[:160] or type(first).__name__
        raise InputError(
            f"{known.name}: could not be fetched ({said}); with a network try again, or copy {known.repository} "
            f"to {printable(target)}"
        ) from err
    return target


def _hub() -> Path:
    """Return the folder in which huggingface_hub keeps what its user has fetched with it."""
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if cache:
        return Path(cache).expanduser()
    home = os.environ.get("HF_HOME")
    if not home:
        home = os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return Path(home).expanduser() / "hub"
