"""What the parts of a batch tell each other: plain values that pickle, and import nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..settings.preset import Preset

Status = Literal["done", "already", "skipped", "failed", "quarantined", "left"]
"""What became of one input. "already": an earlier run did it; "skipped": it is no photo with depth; "left": the run was
stopped before it."""


@dataclass(frozen=True)
class Job:
    """One photo and what becomes of it.

    Parameters
    ----------
    source : str
        Path or URL; bytes of a name that are no UTF-8 stand in it as Python's surrogates.
    target : str
        Where the picture goes: relative to the output folder, with ``/``, with the ending of its format.
    name : str
        The source, fit for one line of a message.
    format : str
        What is written, like "heic".
    """

    source: str
    target: str
    name: str
    format: str


@dataclass(frozen=True)
class Limits:
    """What one photo may cost; None = no limit.

    Parameters
    ----------
    max_pixels : int, optional
        Of the picture and of each map with it, by its header. None: as many as `load` takes by itself.
    timeout_s : float, optional
        From the first byte read to the last one coded.
    memory_bytes : int, optional
        Address space of the worker.
    """

    max_pixels: int | None = None
    timeout_s: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Task:
    """One photo's work, as it is sent to a worker of either kind.

    Parameters
    ----------
    job : Job
    settings : Preset
        Says the recipe of each photo.
    limits : Limits
    store : mapping
        Describes the store that the photo is read from and the picture is staged in.
    overwrite : bool
        Whether what stands at the target may be replaced.
    trust : bool
        Whether what stands there is done when its mark says so: the journal does not know it.
    """

    job: Job
    settings: Preset
    limits: Limits
    store: Mapping[str, Any]
    overwrite: bool = False
    trust: bool = False


@dataclass(frozen=True)
class Developed:
    """A picture that is coded and staged, and not yet in its place.

    Parameters
    ----------
    job : Job
    token : str
        By which the store finds what is staged; "" when the picture stands in its place already.
    sha256 : str
        Of the picture's bytes, hex.
    bytes : int
    source_sha256, recipe : str
        What it is made from: the digests that its mark carries.
    seconds : float
        What the work took.
    warnings : tuple of str
    edits : str
        Digest of the file of edits that lay beside the photo; "" where there was none.
    """

    job: Job
    token: str
    sha256: str
    bytes: int
    source_sha256: str
    recipe: str
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    edits: str = ""


@dataclass(frozen=True)
class Failed:
    """A photo of which there is no picture.

    Parameters
    ----------
    job : Job
    code : str
        Class of the error, like "InputError".
    message : str
        One line.
    kind : {"skipped", "failed", "crashed", "timeout"}
        "skipped": there is nothing to render (no depth, no picture); "failed": said so by the work itself;
        "crashed": its worker died; "timeout": its worker was ended.
    source_sha256 : str
        "" when it could not be read.
    seconds : float
    """

    job: Job
    code: str
    message: str
    kind: Literal["skipped", "failed", "crashed", "timeout"] = "failed"
    source_sha256: str = ""
    seconds: float = 0.0


Result = Developed | Failed


@dataclass(frozen=True)
class Outcome:
    """What became of one input, once for each: a line of the report.

    Parameters
    ----------
    source : str
        As in `Job`.
    output : str
        Target relative to the output folder; "" when no picture was ever meant to be.
    status : str
        One of `Status`.
    reason : str
        One line; "" when there is nothing to say.
    code : str
        Class of the error; "" without one.
    seconds : float
    source_sha256, recipe : str
        "" when not known.
    warnings : tuple of str
    """

    source: str
    output: str
    status: Status
    reason: str = ""
    code: str = ""
    seconds: float = 0.0
    source_sha256: str = ""
    recipe: str = ""
    warnings: tuple[str, ...] = ()
