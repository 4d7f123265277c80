"""The command line: parse -> call -> print. No maths and no file formats live here; subcommands are in commands/.

Everything heavy is imported inside functions, so that ``rebokeh --help`` is there at once.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from .bokeh.errors import UsageError
from .bokeh.guard import Run, say
from .bokeh.naming import plan_output, refuse_unwritable, tag
from .bokeh.parser import (
    Anchors,
    AsJson,
    BakedOption,
    Baseline,
    Blades,
    Changes,
    Curvature,
    Debug,
    DepthFile,
    DepthModel,
    DepthScale,
    DepthUnitOption,
    Focal,
    Focus,
    FStop,
    Help,
    HighlightsFrom,
    LensName,
    MatteFile,
    MatteModel,
    Overwrite,
    PhotoCommand,
    PhotoFirst,
    QualityOption,
    Quiet,
    Rotation,
    Sensor,
    Starburst,
    Stereo,
)
from .bokeh.progress import Clock, timetable, unseen
from .bokeh.report import facts, in_short, in_words
from .commands.bench import bench_command
from .commands.choose import choose_lens
from .commands.compare import compare_command
from .commands.extract import extract_command
from .commands.inspect import inspect_command
from .commands.lens import lens_app
from .commands.models import models_app
from .commands.rack import rack_command
from .commands.source import Source
from .commands.streams import bar_of, heard, save_to_stdout
from .commands.warmup import warmup_command

Style = Literal["lens", "gaussian"]
Hdr = Literal["auto", "off", "gain-map", "pq"]
Format = Literal["heic", "jpeg", "png", "tiff", "exr", "avif"]


class Strip(StrEnum):  # typer takes no list of Literal
    """Metadata to leave out."""

    gps = "gps"


app = typer.Typer(
    cls=PhotoFirst,
    add_completion=False,
    rich_markup_mode=None,  # rich takes longer to import than all of the rest of --help
    pretty_exceptions_enable=False,
    add_help_option=False,
)


@app.callback()
def _rebokeh() -> None:
    """Re-render a phone portrait with the defocus of a real, fast lens."""


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import version

    import pillow_heif

    from . import __version__

    print(
        f"rebokeh {__version__} (numba {version('numba')}, Pillow {version('pillow')}, "
        f"libheif {pillow_heif.libheif_version()})"
    )
    raise typer.Exit()


@app.command("render", cls=PhotoCommand, hidden=True, add_help_option=False)
def _render(
    ctx: typer.Context,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    fstop: FStop = None,
    focus: Focus = "auto",
    focal: Focal = None,
    sensor: Sensor = None,
    lens: LensName = None,
    changes: Changes = None,
    blades: Blades = None,
    curvature: Curvature = None,
    rotation: Rotation = None,
    starburst: Starburst = None,
    depth: DepthFile = None,
    depth_unit: DepthUnitOption = None,
    depth_scale: DepthScale = None,
    matte: MatteFile = None,
    anchor: Anchors = None,
    depth_model: DepthModel = None,
    matte_model: MatteModel = None,
    stereo: Stereo = None,
    baseline: Baseline = None,
    highlights: HighlightsFrom = "auto",
    style: Annotated[Style, typer.Option(help="gaussian: one soft blur around the subject, as phones do.")] = "lens",
    quality: QualityOption = "fast",
    baked: BakedOption = "auto",
    out: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="File or folder to write; - is standard output.  [default: beside PHOTO]",
        ),
    ] = None,
    format: Annotated[Format | None, typer.Option(help="What to write.  [default: as PHOTO]")] = None,
    hdr: Annotated[
        Hdr, typer.Option(help="How light above white is kept: gain-map: HEIC, JPEG; pq: HEIC, AVIF; auto: as PHOTO.")
    ] = "auto",
    overwrite: Overwrite = False,
    save_steps: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Also write each step of the render into this folder, as pictures to look at."
        ),
    ] = None,
    save_quality: Annotated[
        int | None,
        typer.Option(
            metavar="1..100",
            min=1,
            max=100,
            help="How well to code the picture; HEIC is exact at 100.  [default: 80 to 95]",
        ),
    ] = None,
    strip: Annotated[list[Strip] | None, typer.Option(metavar="gps", help="Leave this out of the metadata.")] = None,
    as_json: AsJson = False,
    timing: Annotated[bool, typer.Option("--timing", help="Say how long each stage took.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what was used, and how long.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print versions and exit.")
    ] = False,
    help: Help = False,
) -> None:
    """Re-render a phone portrait with the defocus of a real, fast lens.

    The picture is written beside the photo, as IMG_0001_f1.8.heic for IMG_0001.heic. The photo is never changed.
    rebokeh lens list lists the lenses by name; rebokeh lens show NAME shows one. rebokeh bench measures how fast this
    machine renders.

    The first run compiles, which takes about a minute; rebokeh warmup does that beforehand.

    Exit codes: 0 done, 2 bad usage, 3 the photo has no depth, 4 unreadable input, 130 interrupted.
    """
    if verbose and quiet:
        raise UsageError("-v and -q contradict each other; give one")
    if timing and quiet:
        raise UsageError("--timing and -q contradict each other; give one")
    source = Source(
        photo, depth, depth_unit, depth_scale, matte, depth_model, matte_model, stereo, baseline, tuple(anchor or ())
    )
    chosen, lens_source = choose_lens(
        lens,
        changes,
        fstop=fstop,
        focus=focus,
        focal=focal,
        sensor=sensor,
        blades=blades,
        curvature=curvature,
        rotation=rotation,
        starburst=starburst,
    )
    if as_json and (out == "-" or (out is None and photo == "-")):
        raise UsageError("--json and the picture cannot both go to standard output; name a file with -o")

    from .bokeh import warmup
    from .bokeh.io import save
    from .bokeh.io.atomic import abandon
    from .bokeh.io.write import check_hdr
    from .bokeh.render import RenderSettings, prepare
    from .bokeh.steps import Steps

    inputs = [*source.files, *filter(None, [lens])]
    steps = None if save_steps is None else Steps(save_steps, overwrite, [file for file in inputs if file != "-"])
    unfinished_in = set() if steps is None else {steps.folder, steps.folder.parent}
    run: Run = ctx.obj
    run.undo += [warmup.stop_saving, lambda: abandon(unfinished_in)]
    with ExitStack() as stack:
        bar = bar_of(stack, run, quiet, as_json)
        if bar is not None or verbose:
            warmup.announce(say if bar is None else bar.say)
        clock = Clock(run.begun, bar or unseen)
        with clock.stage("load"):
            loaded = source.load()
        warned: list[str] = []

        def warn(warning: str) -> None:
            warned.append(warning)
            if not quiet:
                (say if bar is None else bar.say)(f"rebokeh: warning: {warning}")

        for warning in loaded.meta.warnings:
            warn(warning)
        named = tag(chosen.f_number, style, chosen.glass.name)
        output = plan_output(photo, out, format, source_format=loaded.meta.format, tag=named)
        check_hdr(output.format, hdr)
        if output.path is not None:
            if steps is not None and os.path.realpath(output.path) == str(steps.folder):
                raise UsageError(f"{output.path} cannot be both the picture and the folder of its steps; rename one")
            refuse_unwritable(output.path, overwrite=overwrite, inputs=inputs)
            unfinished_in.add(Path(os.path.realpath(output.path)).parent)
        elif sys.stdout.isatty():
            raise UsageError("standard output is a terminal, and a picture is no text; name a file with -o")
        else:
            unfinished_in.add(Path(tempfile.gettempdir()))
        settings = RenderSettings(
            style=style,
            highlights=highlights,
            rendition="hdr" if output.format == "exr" or hdr == "pq" else "sdr",
            quality=quality,
            baked=baked,
        )
        with clock.stage("prepare"):
            scene = prepare(loaded, settings, clock)
        for warning in scene.warnings(chosen):
            warn(warning)
        with clock.stage("render"):
            picture = scene.render(chosen, steps, clock)
        report = scene.report(chosen)
        with clock.stage("save"), heard(warn):
            options: dict[str, Any] = {
                "strip": tuple(item.value for item in strip or ()),
                "format": output.format,
                "hdr": hdr,
                "quality": save_quality,
            }
            if output.path is None:
                save_to_stdout(save, picture, options)
            else:
                save(picture, output.path, overwrite=overwrite, **options)

    done = facts(photo, output, loaded, chosen, settings, report, clock.seconds, save_steps, clock.parts, lens_source)
    done["warnings"] = warned
    if as_json:
        print(json.dumps(done, allow_nan=False))
    if verbose:
        for line in in_words(done):
            say(line)
    elif not quiet:
        say(in_short(done))
    if timing:
        for line in timetable(clock.seconds, clock.parts):
            say(line)
    if warmup.trouble() and not quiet:
        say(f"rebokeh: {warmup.trouble()}")


app.command("warmup", add_help_option=False)(warmup_command)
app.command("bench", add_help_option=False)(bench_command)
app.command("compare", add_help_option=False)(compare_command)
app.command("inspect", add_help_option=False)(inspect_command)
app.command("extract", add_help_option=False)(extract_command)
app.command("rack", add_help_option=False)(rack_command)
app.add_typer(lens_app, name="lens")
app.add_typer(models_app, name="models")
