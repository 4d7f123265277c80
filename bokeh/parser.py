"""How the command line is read: the first word, and the options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from .errors import UsageError
from .guard import Run, guarded, guarded_apart


class PhotoFirst(TyperGroup):
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


class PhotoCommand(TyperCommand):
    """Says in its help how it is called: without its own name."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        formatter.write_usage("rebokeh", "PHOTO [OPTIONS]")


def print_help(ctx: typer.Context, wanted: bool) -> None:
    """Print a command's help and leave, when it is asked for."""
    if wanted:
        print(ctx.get_help())
        raise typer.Exit()


Quality = Literal["fast", "best"]
Baked = Literal["auto", "ignore"]
DepthUnit = Literal["m", "dioptre", "relative"]
Style = Literal["lens", "gaussian"]
Hdr = Literal["auto", "off", "gain-map", "pq"]
Format = Literal["heic", "jpeg", "png", "tiff", "exr", "avif"]


class Strip(StrEnum):  # typer takes no list of Literal
    """Metadata to leave out."""

    gps = "gps"


FStop = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        help="F-number, full-frame equivalent; smaller is blurrier.  [default: the lens's widest, or 1.8]",
    ),
]
Focus = Annotated[
    str,
    typer.Option(
        metavar="WHERE",
        help="Focus distance (2.1m, 210cm, 7ft), a point x,y of the picture in 0..1 from the top left, or auto.",
    ),
]
Focal = Annotated[
    str | None,
    typer.Option(metavar="MM", help="Focal length, like 85mm; keeps the framing.  [default: the photo's]"),
]
Sensor = Annotated[str | None, typer.Option(metavar="WxH", help="Literal sensor size in mm, like 36x24.")]
LensName = Annotated[
    str | None,
    typer.Option(metavar="NAME|FILE", help="A lens with its character; rebokeh lens list shows the names."),
]
Blades = Annotated[
    int | None,
    typer.Option(metavar="N", help="Aperture blades, 3 to 15; 0 is a circle.  [default: the lens's, or 0]"),
]
Curvature = Annotated[
    float | None,
    typer.Option(metavar="C", help="Of the blades: 0 straight edges, 1 circle.  [default: the lens's, or 0]"),
]
Rotation = Annotated[
    float | None,
    typer.Option(metavar="DEG", help="Of the aperture, counter-clockwise.  [default: the lens's, or 0]"),
]
Starburst = Annotated[
    str | None,
    typer.Option(
        metavar="GAIN|off", help="Diffraction around lights: 1 as strong as it is.  [default: the lens's, or 1]"
    ),
]
DepthFile = Annotated[str | None, typer.Option(metavar="FILE", help="Depth map: PNG, TIFF, EXR, NPY or PFM.")]
DepthUnitOption = Annotated[
    DepthUnit | None, typer.Option(help="What the depth map's numbers are; relative: larger is nearer.")
]
DepthScale = Annotated[
    float | None, typer.Option(metavar="K", help="The depth map's numbers times K are in that unit.")
]
MatteFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="Picture of the subject's coverage, white on black.")
]
Anchors = Annotated[
    list[str] | None,
    typer.Option(metavar="X,Y=DIST", help="A point whose distance is known, like 0.4,0.6=2.1m; may be repeated."),
]
HighlightsFrom = Annotated[
    str,
    typer.Option(
        metavar="auto|gain-map|estimate|off|GAIN",
        help="Where the light above the clip comes from; a number scales what lights are given back.",
    ),
]
GrainOption = Annotated[
    str,
    typer.Option(metavar="match|off|STRENGTH", help="Noise of the photo, put back where blur took it; 1 as it was."),
]
QualityOption = Annotated[
    Quality, typer.Option(help="fast: what is blurred is made smaller; best: all at the photo's own size.")
]
BakedOption = Annotated[
    Baked, typer.Option(help="A photo that is blurred already. auto: only what is missing is added; ignore: all.")
]
StyleOption = Annotated[Style, typer.Option(help="gaussian: one soft blur around the subject, as phones do.")]
FormatOption = Annotated[Format | None, typer.Option(help="What to write.  [default: as PHOTO]")]
HdrOption = Annotated[
    Hdr, typer.Option(help="How light above white is kept: gain-map: HEIC, JPEG; pq: HEIC, AVIF; auto: as PHOTO.")
]
SaveQuality = Annotated[
    int | None,
    typer.Option(
        metavar="1..100",
        min=1,
        max=100,
        help="How well to code the picture; HEIC is exact at 100.  [default: 80 to 95]",
    ),
]
Stripped = Annotated[list[Strip] | None, typer.Option("--strip", metavar="gps", help="Leave this out of the metadata.")]
PresetFile = Annotated[
    str | None,
    typer.Option("--preset", metavar="FILE", help="Flags as TOML, with rules for some photos; given flags win."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was done as one JSON object on standard output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="KEY=VALUE", help="Change a value of the lens, like pupil.squeeze=1.5; repeatable."),
]
DepthModel = Annotated[
    str | None,
    typer.Option(
        "--depth-model",
        metavar="MODEL",
        help="Predict the depth: depth-pro, depth-anything, their folder or FILE.onnx; rebokeh models list.",
    ),
]
MatteModel = Annotated[
    str | None, typer.Option("--matte-model", metavar="MODEL", help="Find the people: selfie or FILE.tflite.")
]
Stereo = Annotated[
    str | None,
    typer.Option("--stereo", metavar="FILE", help="Measure the depth: the picture taken from further right."),
]
Baseline = Annotated[str | None, typer.Option("--baseline", metavar="LENGTH", help="How far further right, like 14mm.")]
Help = Annotated[
    # typer's own --help imports pydantic to read its value: twice the wait for the text below.
    bool, typer.Option("--help", "-h", is_eager=True, callback=print_help, help="Show this message and exit.")
]
