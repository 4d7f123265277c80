"""The command line: parse -> call -> print. No maths and no file formats live here.

Everything heavy is imported inside functions, so that ``rebokeh --help`` is there at once.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from .bokeh.errors import InputError, UsageError
from .bokeh.guard import Run, guarded, guarded_apart, say
from .bokeh.naming import plan_output, refuse_unwritable, tag
from .bokeh.progress import Bar, Clock, sees_progress, timetable, unseen
from .bokeh.report import facts, in_short, in_words
from .bokeh.units import parse_f_number, parse_focal_mm, parse_focus, parse_sensor_mm

if TYPE_CHECKING:
    from .bokeh.lens import Lens
    from .bokeh.photo import Photo

Style = Literal["lens", "gaussian"]
Quality = Literal["fast", "best"]
Highlights = Literal["auto", "gain-map", "estimate", "off"]
Format = Literal["heic", "jpeg", "png", "tiff", "exr", "avif"]
DepthUnit = Literal["m", "dioptre", "relative"]


class Strip(StrEnum):  # typer takes no list of Literal
    """Metadata to leave out."""

    gps = "gps"


class _PhotoFirst(TyperGroup):
    """A group whose first word is a subcommand or a photo, and whose errors are one line each."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read ``rebokeh PHOTO`` as ``rebokeh render PHOTO``."""
        if not args or args[0] not in self.commands:
            args = ["render", *args]
        return super().parse_args(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and turn whatever goes wrong into one line and an exit code."""
        words = list(sys.argv[1:] if args is None else args)
        own_process = args is None and standalone_mode
        begun = Run.of_process() if own_process else Run()
        run = super().main

        def call() -> Any:
            return run(words or ["--help"], "rebokeh", complete_var, False, windows_expand_args, obj=begun, **extra)

        debug = "--debug" in words
        code = guarded_apart(call, begun, debug=debug) if own_process else guarded(call, debug=debug)
        if not words and code == 0:
            code = UsageError.exit_code
        if not standalone_mode:
            return code
        sys.exit(code)


class _PhotoCommand(TyperCommand):
    """Says in its help how it is called: without its own name."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        formatter.write_usage("rebokeh", "PHOTO [OPTIONS]")


app = typer.Typer(
    cls=_PhotoFirst,
    add_completion=False,
    rich_markup_mode=None,  # rich takes longer to import than all of the rest of --help
    pretty_exceptions_enable=False,
    add_help_option=False,
)


@app.callback()
def _rebokeh() -> None:
    """Re-render a phone portrait with the defocus of a real, fast lens."""


def _print_help(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        print(ctx.get_help())
        raise typer.Exit()


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


@app.command("render", cls=_PhotoCommand, hidden=True, add_help_option=False)
def _render(
    ctx: typer.Context,
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is standard input.")],
    fstop: Annotated[
        str, typer.Option(metavar="N", help="F-number, full-frame equivalent; smaller is blurrier.")
    ] = "1.8",
    focus: Annotated[
        str,
        typer.Option(
            metavar="WHERE",
            help="Focus distance (2.1m, 210cm, 7ft), a point x,y of the picture in 0..1 from the top left, or auto.",
        ),
    ] = "auto",
    focal: Annotated[
        str | None,
        typer.Option(metavar="MM", help="Focal length, like 85mm; keeps the framing.  [default: the photo's]"),
    ] = None,
    sensor: Annotated[str | None, typer.Option(metavar="WxH", help="Literal sensor size in mm, like 36x24.")] = None,
    blades: Annotated[int, typer.Option(metavar="N", help="Aperture blades, 3 to 15; 0 is a circle.")] = 0,
    curvature: Annotated[float, typer.Option(metavar="C", help="Of the blades: 0 straight edges, 1 circle.")] = 0.0,
    rotation: Annotated[float, typer.Option(metavar="DEG", help="Of the aperture, counter-clockwise.")] = 0.0,
    depth: Annotated[str | None, typer.Option(metavar="FILE", help="Depth map: PNG, TIFF, EXR, NPY or PFM.")] = None,
    depth_unit: Annotated[
        DepthUnit | None, typer.Option(help="What the depth map's numbers are; relative: larger is nearer.")
    ] = None,
    depth_scale: Annotated[
        float | None, typer.Option(metavar="K", help="The depth map's numbers times K are in that unit.")
    ] = None,
    matte: Annotated[
        str | None, typer.Option(metavar="FILE", help="Picture of the subject's coverage, white on black.")
    ] = None,
    highlights: Annotated[Highlights, typer.Option(help="Where the light above the clip comes from.")] = "auto",
    style: Annotated[Style, typer.Option(help="gaussian: one soft blur around the subject, as phones do.")] = "lens",
    quality: Annotated[
        Quality, typer.Option(help="fast: what is blurred is made smaller; best: all at the photo's own size.")
    ] = "fast",
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
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    save_steps: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Also write each step of the render into this folder, as pictures to look at."
        ),
    ] = None,
    strip: Annotated[list[Strip] | None, typer.Option(metavar="gps", help="Leave this out of the metadata.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was done as one JSON object on standard output.")
    ] = False,
    timing: Annotated[bool, typer.Option("--timing", help="Say how long each stage took.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what was used, and how long.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print versions and exit.")
    ] = False,
    help: Annotated[
        # typer's own --help imports pydantic to read its value: twice the wait for the text below.
        bool, typer.Option("--help", "-h", is_eager=True, callback=_print_help, help="Show this message and exit.")
    ] = False,
) -> None:
    """Re-render a phone portrait with the defocus of a real, fast lens.

    The picture is written beside the photo, as IMG_0001_f1.8.heic for IMG_0001.heic. The photo is never changed.
    rebokeh bench measures how fast this machine renders.

    The first run compiles, which takes about a minute; rebokeh warmup does that beforehand.

    Exit codes: 0 done, 2 bad usage, 3 the photo has no depth, 4 unreadable input, 130 interrupted.
    """
    if verbose and quiet:
        raise UsageError("-v and -q contradict each other; give one")
    if timing and quiet:
        raise UsageError("--timing and -q contradict each other; give one")
    if depth is None and (depth_unit is not None or depth_scale is not None):
        raise UsageError("--depth-unit and --depth-scale speak of a depth map; name it with --depth")
    lens = _lens(fstop, focus, focal, sensor, blades, curvature, rotation)
    if as_json and (out == "-" or (out is None and photo == "-")):
        raise UsageError("--json and the picture cannot both go to standard output; name a file with -o")

    from .bokeh import warmup
    from .bokeh.io import load, save
    from .bokeh.io.atomic import abandon
    from .bokeh.render import RenderSettings, prepare
    from .bokeh.steps import Steps

    inputs = [file for file in (photo, depth, matte) if file]
    steps = None if save_steps is None else Steps(save_steps, overwrite, [file for file in inputs if file != "-"])
    unfinished_in = set() if steps is None else {steps.folder, steps.folder.parent}
    run: Run = ctx.obj
    run.undo += [warmup.stop_saving, lambda: abandon(unfinished_in)]
    with ExitStack() as stack:
        bar = _bar(stack, run, quiet, as_json)
        if bar is not None or verbose:
            warmup.announce(say if bar is None else bar.say)
        clock = Clock(run.begun, bar or unseen)
        with clock.stage("load"):
            source = _stdin_bytes() if photo == "-" else photo
            loaded = load(source, depth=depth, depth_unit=depth_unit, depth_scale=depth_scale, matte=matte)
        output = plan_output(photo, out, format, source_format=loaded.meta.format, tag=tag(lens.f_number, style))
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
            rendition="hdr" if output.format == "exr" else "sdr",
            quality=quality,
        )
        with clock.stage("prepare"):
            scene = prepare(loaded, settings, clock)
        with clock.stage("render"):
            picture = scene.render(lens, steps, clock)
        report = scene.report(lens)
        with clock.stage("save"):
            options: dict[str, Any] = {"strip": tuple(item.value for item in strip or ()), "format": output.format}
            if output.path is None:
                _save_to_stdout(save, picture, options)
            else:
                save(picture, output.path, overwrite=overwrite, **options)

    done = facts(photo, output, loaded, lens, settings, report, clock.seconds, save_steps, clock.parts)
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


@app.command("warmup", add_help_option=False)
def _warmup(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    help: Annotated[
        bool, typer.Option("--help", "-h", is_eager=True, callback=_print_help, help="Show this message and exit.")
    ] = False,
) -> None:
    """Compile all that a render needs, and keep it, so that the first photo need not wait."""
    from .bokeh import warmup

    run: Run = ctx.obj
    run.undo.append(warmup.stop_saving)
    with ExitStack() as stack:
        styles = warmup.warm_up(_bar(stack, run, quiet, as_json) or unseen)
    seconds, folder = round(time.perf_counter() - run.begun, 3), warmup.kept_in()
    if as_json:
        kept = None if folder is None else str(folder)
        print(json.dumps({"seconds": seconds, "cache": kept, "styles": styles, "trouble": warmup.trouble()}))
    if warmup.trouble() and not quiet:
        say(f"rebokeh: {warmup.trouble()}")
    elif not quiet:
        say(f"compiled in {seconds:.1f} s, kept in {folder}")


def _bar(stack: ExitStack, run: Run, quiet: bool, as_json: bool) -> Bar | None:
    """Show how far the run is until the stack is left, if there is somebody to see it."""
    if not sees_progress(quiet, as_json):
        return None
    bar = stack.enter_context(Bar(sys.stderr))
    run.undo.insert(0, bar.erase)
    return bar


@app.command("bench", add_help_option=False)
def _bench(
    seconds: Annotated[float, typer.Option(metavar="S", help="Time to take, beside that of compiling.")] = 50.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    help: Annotated[
        bool, typer.Option("--help", "-h", is_eager=True, callback=_print_help, help="Show this message and exit.")
    ] = False,
) -> None:
    """Measure on this machine how fast a render is, next to Gaussian blurs of the same picture."""
    from .bokeh.bench import lines, measure

    measured = measure(seconds)
    print(json.dumps(measured) if as_json else "\n".join(lines(measured)))


def _lens(
    fstop: str, focus: str, focal: str | None, sensor: str | None, blades: int, curvature: float, rotation: float
) -> Lens:
    # What is written wrong is refused before NumPy is even imported.
    f_number, where = parse_f_number(fstop), parse_focus(focus)
    focal_mm = None if focal is None else parse_focal_mm(focal)
    sensor_mm = None if sensor is None else parse_sensor_mm(sensor)
    from .bokeh.aperture import Aperture
    from .bokeh.lens import Lens

    return Lens(
        f_number=f_number,
        focus_m=where.metres,
        focus_point=where.point,
        focal_mm=focal_mm,
        sensor_mm=sensor_mm,
        aperture=Aperture(blades=blades, curvature=curvature, rotation_deg=rotation),
    )


def _stdin_bytes() -> bytes:
    data = sys.stdin.buffer.read() if sys.stdin is not None else b""
    if not data:
        raise InputError("standard input is empty; pipe a photo into it, or name a file")
    return data


def _save_to_stdout(save: Callable[..., Path], picture: Photo, options: dict[str, Any]) -> None:
    # Through a file: TIFF and EXR are written by seeking, which a pipe cannot.
    from .bokeh.io.atomic import passing_folder

    with passing_folder() as folder:
        path = save(picture, folder / "picture", **options)
        with open(path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
