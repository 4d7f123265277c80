"""The three streams: photos in by standard input, pictures out by standard output, progress on a terminal."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bokeh.errors import InputError, RebokehWarning
from ..bokeh.guard import Run
from ..bokeh.progress import Bar, sees_progress

if TYPE_CHECKING:
    from ..bokeh.photo import Photo


def bar_of(stack: ExitStack, run: Run, quiet: bool, as_json: bool) -> Bar | None:
    """Show how far the run is until the stack is left, if there is somebody to see it."""
    if not sees_progress(quiet, as_json):
        return None
    bar = stack.enter_context(Bar(sys.stderr))
    run.undo.insert(0, bar.erase)
    return bar


@contextmanager
def heard(tell: Callable[[str], object]) -> Iterator[None]:
    """Hand every warning of ours to `tell` as it comes."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, RebokehWarning):
                tell(str(message))
            else:
                others(message, category, *where, **more)

        warnings.simplefilter("always", RebokehWarning)
        warnings.showwarning = show
        yield


def stdin_bytes() -> bytes:
    """Read a photo from standard input."""
    data = sys.stdin.buffer.read() if sys.stdin is not None else b""
    if not data:
        raise InputError("standard input is empty; pipe a photo into it, or name a file")
    return data


def save_to_stdout(save: Callable[..., Path], picture: Photo, options: dict[str, Any]) -> None:
    """Write a picture to standard output."""
    # Through a file: TIFF and EXR are written by seeking, which a pipe cannot.
    from ..bokeh.io.atomic import passing_folder

    with passing_folder() as folder:
        path = save(picture, folder / "picture", **options)
        with open(path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
