"""``rebokeh extract``: what a photo holds and what follows from it, in files that other programs open."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated, Any

import typer

from ...core.errors import UsageError
from ...core.progress import unseen
from ...settings.units import parse_length_m
from ..flags import print_json
from ..guard import Run, say
from ..parser import AsJson, Debug, Help, Overwrite, Quiet
from .groups import MAPS, takes
from .source import Source
from .streams import bar_of


@takes(MAPS, before="overwrite")
def extract_command(
    ctx: typer.Context,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    out: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="Folder to fill; empty, or not there yet.")],
    only: Annotated[
        str | None,
        typer.Option(
            metavar="KINDS",
            help="Some of original, depth, mattes, gain-map, hdr, cutout, layers, cloud, mesh, stereo, spatial, "
            "autostereogram; with commas between.  [default: all there is]",
        ),
    ] = None,
    points: Annotated[int, typer.Option(metavar="N", help="Points of the cloud and of the mesh at most.")] = 250_000,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help="Of the stereo pair.  [default: 65mm, or what can be fused on a screen]"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
    **given: Any,
) -> None:
    """Write what a photo holds into a folder: depth, mattes, gain map, radiance, cut-out, mesh, stereo pair.

    The folder's extract.json says of every file what it shows, its unit and scale.
    """
    baseline_m = None if baseline is None else parse_length_m(baseline, "baseline")
    kinds = tuple(word.strip() for word in only.split(",") if word.strip()) if only is not None else ()
    if only is not None and not kinds:
        raise UsageError("--only names nothing; leave it out for all there is")
    source = Source.of(photo, given)

    from ...io.files.atomic import abandon
    from ...io.files.folder import check_folder
    from ...tools.extract.extract import CONTENTS, ExtractSettings, extract

    settings = ExtractSettings(kinds, points, baseline_m)
    folder = check_folder(out, CONTENTS, overwrite, source.files)
    run: Run = ctx.obj
    run.undo.append(lambda: abandon({folder, folder.parent}))
    with ExitStack() as stack:
        bar = bar_of(stack, run, quiet, as_json)
        loaded = source.load()
        done = extract(loaded, out, settings, overwrite=overwrite, inputs=source.files, progress=bar or unseen)
    if as_json:
        print_json({"output": out, **done})
    elif not quiet:
        for warning in done["warnings"]:
            say(f"rebokeh: warning: {warning}")
        for kind, why in done["left_out"].items():
            say(f"no {kind}: {why}")
        count = len(done["files"])
        say(f"wrote {count} file{'s' if count > 1 else ''} to {out}; extract.json says what they are")
