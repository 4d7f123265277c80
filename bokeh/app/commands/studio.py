"""``rebokeh studio``: a page on this machine that shows at once what a lens makes of a photo."""

from __future__ import annotations

from typing import Annotated

import typer

from ..guard import Run, say
from ..parser import Debug, Help, Quiet


def studio_command(
    ctx: typer.Context,
    photos: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PHOTO|FOLDER ...]", help="What to work on; more can be dropped on the page."),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    keep: Annotated[bool, typer.Option("--keep", help="Go on when the last page is closed.")] = False,
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port.  [default: a free one]")] = 0,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Open the studio: click to focus, turn the aperture, see it at once.

    A page in the browser, served by this machine to this machine alone. Pictures are saved beside their photos, as
    rebokeh PHOTO saves them; of photos that are dropped on the page, into the folder that was named first, or this
    one. It ends with Ctrl-C, or when its last page is closed.
    """
    from ... import warmup
    from ...io.files.atomic import abandon
    from ...studio.run import Session

    session = Session(photos or [], port, keep)
    run: Run = ctx.obj
    run.undo += [warmup.stop_saving, session.studio.close, lambda: abandon(session.studio.gallery.folders)]
    run.wind_down = session.stop
    if not quiet:
        say(f"rebokeh studio: {session.address}")
        say("Ctrl-C ends it" if keep else "Ctrl-C ends it, and so does closing its last page")
    with warmup.compilers(lambda words: session.studio.events.tell({"compiling": words})):
        session.run(open_page, say)
