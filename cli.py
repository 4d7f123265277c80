"""The command line: parse -> call -> print. No maths and no file formats live here; subcommands are in commands/.

Everything heavy is imported inside functions, so that ``rebokeh --help`` is there at once.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .bokeh.app.commands.batch import batch_command
from .bokeh.app.commands.bench import bench_command
from .bokeh.app.commands.compare import compare_command
from .bokeh.app.commands.extract import extract_command
from .bokeh.app.commands.given import choose_preset
from .bokeh.app.commands.groups import LENS, MAPS, PAIR, RENDERING, takes
from .bokeh.app.commands.inspect import inspect_command
from .bokeh.app.commands.lens import lens_app
from .bokeh.app.commands.models import models_app
from .bokeh.app.commands.rack import rack_command
from .bokeh.app.commands.source import Source
from .bokeh.app.commands.streams import bar_of
from .bokeh.app.commands.warmup import warmup_command
from .bokeh.app.guard import Run, say
from .bokeh.app.outputs import Output, plan_output, refuse_unwritable, tag
from .bokeh.app.parser import (
    AsJson,
    Debug,
    Focus,
    FormatOption,
    FStop,
    HdrOption,
    Help,
    Overwrite,
    PhotoCommand,
    PhotoFirst,
    PresetFile,
    Quiet,
    SaveQuality,
    Stripped,
    StyleOption,
)
from .bokeh.app.progress_bar import timetable
from .bokeh.app.report import facts, in_short, in_words
from .bokeh.core.errors import UsageError
from .bokeh.core.progress import Clock, unseen

if TYPE_CHECKING:
    from .bokeh.photo.photo import Photo
    from .bokeh.settings.recipe import Recipe

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
@takes(LENS, MAPS, PAIR, RENDERING, before="style")
def _render(
    ctx: typer.Context,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    fstop: FStop = None,
    focus: Focus = "auto",
    style: StyleOption = "lens",
    out: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="File or folder to write; - is standard output.  [default: beside PHOTO]",
        ),
    ] = None,
    format: FormatOption = None,
    hdr: HdrOption = "auto",
    preset: PresetFile = None,
    overwrite: Overwrite = False,
    save_steps: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Also write each step of the render into this folder, as pictures to look at."
        ),
    ] = None,
    save_quality: SaveQuality = None,
    strip: Stripped = None,
    as_json: AsJson = False,
    timing: Annotated[bool, typer.Option("--timing", help="Say how long each stage took.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what was used, and how long.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print versions and exit.")
    ] = False,
    help: Help = False,
    **given: Any,
) -> None:
    """Re-render a phone portrait with the defocus of a real, fast lens.

    The picture is written beside the photo, as IMG_0001_f1.8.heic for IMG_0001.heic. The photo is never changed.
    rebokeh lens list lists the lenses by name; rebokeh lens show NAME shows one. rebokeh bench measures how fast this
    machine renders.

    The first run compiles, which takes a minute or two; rebokeh warmup does that beforehand.

    Exit codes: 0 done, 2 bad usage, 3 the photo has no depth, 4 unreadable input, 130 interrupted.
    """
    if verbose and quiet:
        raise UsageError("-v and -q contradict each other; give one")
    if timing and quiet:
        raise UsageError("--timing and -q contradict each other; give one")
    source = Source.of(photo, given)
    settings = choose_preset(ctx, preset, without=() if source.depth is None else ("depth_unit",))
    if as_json and (out == "-" or (out is None and photo == "-")):
        raise UsageError("--json and the picture cannot both go to standard output; name a file with -o")

    from .bokeh import warmup
    from .bokeh.develop import develop
    from .bokeh.io.files.atomic import abandon, check_output, write_atomic
    from .bokeh.load import LoadOptions
    from .bokeh.tools.steps.steps import StepRecorder

    # Flags that contradict each other are refused; a preset's models yield to a photo's own maps.
    LoadOptions(**source.options)
    inputs = [*source.files, *filter(None, [given["lens"], preset])]
    steps = (
        None if save_steps is None else StepRecorder(save_steps, overwrite, [file for file in inputs if file != "-"])
    )
    unfinished_in = set() if steps is None else {steps.folder, steps.folder.parent}
    run: Run = ctx.obj
    run.undo += [warmup.stop_saving, lambda: abandon(unfinished_in)]
    with ExitStack() as stack:
        bar = bar_of(stack, run, quiet, as_json)
        if bar is not None or verbose:
            warmup.announce(say if bar is None else bar.say)
        clock = Clock(run.begun, bar or unseen)
        output = Output(None, "")

        def warn(warning: str) -> None:
            if not quiet:
                (say if bar is None else bar.say)(f"rebokeh: warning: {warning}")

        def recipe_for(shown: Photo) -> Recipe:
            nonlocal output
            recipe = source.before(settings.recipe_for(shown))
            named = tag(recipe.lens.f_number, recipe.settings.style, recipe.lens.glass.name)
            output = plan_output(photo, out, recipe.format, source_format=shown.meta.format, tag=named)
            if output.path is not None:
                if steps is not None and os.path.realpath(output.path) == str(steps.folder):
                    raise UsageError(
                        f"{output.path} cannot be both the picture and the folder of its steps; rename one"
                    )
                refuse_unwritable(output.path, overwrite=overwrite, inputs=inputs)
                unfinished_in.add(Path(os.path.realpath(output.path)).parent)
            elif sys.stdout.isatty():
                raise UsageError("standard output is a terminal, and a picture is no text; name a file with -o")
            return replace(recipe, format=output.format)

        def write(data: bytes) -> None:
            if output.path is None:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            else:
                write_atomic(check_output(output.path, None if photo == "-" else photo, overwrite), data)

        picture = develop(
            source.content, recipe_for, beside=source.beside, steps=steps, clock=clock, warn=warn, write=write
        )

    recipe = picture.recipe
    done = facts(
        photo, output, picture.photo, recipe.lens, recipe.settings, picture.report,
        clock.seconds, save_steps, clock.parts, recipe.lens_source,
    )  # fmt: skip
    done["warnings"] = picture.warnings
    done["source_sha256"], done["recipe"] = picture.digests
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
app.command("batch", add_help_option=False)(batch_command)
app.command("bench", add_help_option=False)(bench_command)
app.command("compare", add_help_option=False)(compare_command)
app.command("inspect", add_help_option=False)(inspect_command)
app.command("extract", add_help_option=False)(extract_command)
app.command("rack", add_help_option=False)(rack_command)
app.add_typer(lens_app, name="lens")
app.add_typer(models_app, name="models")
