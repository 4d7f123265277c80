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
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .bokeh.errors import UsageError
from .bokeh.guard import Run, say
from .bokeh.naming import plan_output, refuse_unwritable, tag
from .bokeh.parser import (
    AsJson,
    Baseline,
    Changes,
    Debug,
    DepthModel,
    Help,
    MatteModel,
    Overwrite,
    PhotoCommand,
    PhotoFirst,
    Quiet,
    Stereo,
)
from .bokeh.progress import Clock, timetable, unseen
from .bokeh.report import facts, in_short, in_words
from .bokeh.units import (
    parse_anchor,
    parse_f_number,
    parse_focal_mm,
    parse_focus,
    parse_length_m,
    parse_sensor_mm,
    parse_starburst,
)
from .commands.bench import bench_command
from .commands.extract import extract_command
from .commands.inspect import inspect_command
from .commands.lens import lens_app
from .commands.models import models_app
from .commands.rack import rack_command
from .commands.streams import bar_of, heard, save_to_stdout, stdin_bytes
from .commands.warmup import warmup_command

if TYPE_CHECKING:
    from .bokeh.lens import Lens

Style = Literal["lens", "gaussian"]
Quality = Literal["fast", "best"]
Baked = Literal["auto", "ignore"]
Highlights = Literal["auto", "gain-map", "estimate", "off"]
Hdr = Literal["auto", "off", "gain-map", "pq"]
Format = Literal["heic", "jpeg", "png", "tiff", "exr", "avif"]
DepthUnit = Literal["m", "dioptre", "relative"]


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
    fstop: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="F-number, full-frame equivalent; smaller is blurrier.  [default: the lens's widest, or 1.8]",
        ),
    ] = None,
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
    lens: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="A lens with its character; rebokeh lens list shows the names."),
    ] = None,
    changes: Changes = None,
    blades: Annotated[
        int | None,
        typer.Option(metavar="N", help="Aperture blades, 3 to 15; 0 is a circle.  [default: the lens's, or 0]"),
    ] = None,
    curvature: Annotated[
        float | None,
        typer.Option(metavar="C", help="Of the blades: 0 straight edges, 1 circle.  [default: the lens's, or 0]"),
    ] = None,
    rotation: Annotated[
        float | None,
        typer.Option(metavar="DEG", help="Of the aperture, counter-clockwise.  [default: the lens's, or 0]"),
    ] = None,
    starburst: Annotated[
        str | None,
        typer.Option(
            metavar="GAIN|off", help="Diffraction around lights: 1 as strong as it is.  [default: the lens's, or 1]"
        ),
    ] = None,
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
    anchor: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y=DIST", help="A point whose distance is known, like 0.4,0.6=2.1m; may be repeated."),
    ] = None,
    depth_model: DepthModel = None,
    matte_model: MatteModel = None,
    stereo: Stereo = None,
    baseline: Baseline = None,
    highlights: Annotated[Highlights, typer.Option(help="Where the light above the clip comes from.")] = "auto",
    style: Annotated[Style, typer.Option(help="gaussian: one soft blur around the subject, as phones do.")] = "lens",
    quality: Annotated[
        Quality, typer.Option(help="fast: what is blurred is made smaller; best: all at the photo's own size.")
    ] = "fast",
    baked: Annotated[
        Baked, typer.Option(help="A photo that is blurred already. auto: only what is missing is added; ignore: all.")
    ] = "auto",
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
    if depth is None and (depth_scale is not None or (depth_unit is not None and depth_model is None)):
        raise UsageError("--depth-unit and --depth-scale speak of a depth map; name it with --depth")
    baseline_m = None if baseline is None else parse_length_m(baseline, "baseline")
    where = parse_focus(focus)
    known = [parse_anchor(text) for text in anchor or ()]
    chosen, lens_source = _lens(
        lens,
        changes or [],
        f_number=None if fstop is None else parse_f_number(fstop),
        focus_m=where.metres,
        focus_point=where.point,
        focal_mm=None if focal is None else parse_focal_mm(focal),
        sensor_mm=None if sensor is None else parse_sensor_mm(sensor),
        blades=blades,
        curvature=curvature,
        rotation_deg=rotation,
        starburst=None if starburst is None else parse_starburst(starburst),
    )
    if as_json and (out == "-" or (out is None and photo == "-")):
        raise UsageError("--json and the picture cannot both go to standard output; name a file with -o")

    from .bokeh import warmup
    from .bokeh.anchor import Anchor
    from .bokeh.io import load, save
    from .bokeh.io.atomic import abandon
    from .bokeh.io.write import check_hdr
    from .bokeh.render import RenderSettings, prepare
    from .bokeh.steps import Steps

    inputs = [file for file in (photo, depth, matte, lens, depth_model, matte_model, stereo) if file]
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
            source = stdin_bytes() if photo == "-" else photo
            loaded = load(
                source,
                depth=depth,
                depth_unit=depth_unit,
                depth_scale=depth_scale,
                matte=matte,
                depth_model=depth_model,
                matte_model=matte_model,
                stereo=stereo,
                baseline_m=baseline_m,
                anchors=[Anchor(*point) for point in known],
            )
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


def _lens(named: str | None, changes: list[str], **given: Any) -> tuple[Lens, str | None]:
    """Find the lens and where it comes from; what is not None in `given` overrides it."""
    if named is None and changes:
        raise UsageError("--with changes a value of a lens; name the lens with --lens")
    from .bokeh.lens import Lens
    from .bokeh.lens_file import overridden, read_lens, with_values

    if named is None:
        return overridden(Lens(), **given), None
    lens_file = with_values(read_lens(named), changes)
    return lens_file.lens(**given), lens_file.where


app.command("warmup", add_help_option=False)(warmup_command)
app.command("bench", add_help_option=False)(bench_command)
app.command("inspect", add_help_option=False)(inspect_command)
app.command("extract", add_help_option=False)(extract_command)
app.command("rack", add_help_option=False)(rack_command)
app.add_typer(lens_app, name="lens")
app.add_typer(models_app, name="models")
