"""``rebokeh inspect``: what a photo holds, without rendering it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ..flags import print_json, print_lines
from ..guard import say
from ..parser import AsJson, Debug, Help, Overwrite
from .groups import MAPS, PAIR, takes
from .source import Source


@takes(MAPS, PAIR, before="overwrite")
def inspect_command(
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    out: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="Sheet of thumbnails to write: .png or .jpg.")
    ] = None,
    edges: Annotated[
        bool, typer.Option("--edges", help="Score the depth map's edges against the matte, as Depth Pro's authors do.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    debug: Debug = False,
    help: Help = False,
    **given: Any,
) -> None:
    """Say what a photo holds: lens, depth, mattes, gain map, focus, blur, and what will look wrong.

    Nothing is rendered. Without depth it says so, and what to do.
    """
    source = Source.of(photo, given)

    from ...tools.drawing.montage import check_montage
    from ...tools.inspect.facts import inspect_photo
    from ...tools.inspect.report import report_lines
    from ...tools.inspect.thumbnails import save_thumbnails

    if out is not None:
        check_montage(out, inputs=source.files, overwrite=overwrite)
    loaded = source.load()
    found = inspect_photo(loaded, photo)
    if edges:
        from ...depth.boundary_score import score_photo

        as_read, as_rendered = score_photo(loaded)
        found["edges"] = {"as_read": asdict(as_read), "as_rendered": asdict(as_rendered)}
    if out is not None:
        save_thumbnails(loaded, found, out, inputs=source.files, overwrite=overwrite)
        found["output"] = out
    if as_json:
        print_json(found)
        return
    print_lines(report_lines(found))
    if out is not None:
        say(f"wrote {out}")
