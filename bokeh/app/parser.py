"""How the command line is read: the first word, and the options that several commands share."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from ..core.errors import UsageError
from ..core.threads import cores
from ..io.formats import FORMATS, WRITTEN, Hdr, holding
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
        if own_process:
            print_anything()
        begun = Run.of_process() if own_process else Run()
        run = super().main

        def call() -> Any:
            cores()  # before anything is done: whether the bound that is set makes sense
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


def print_anything() -> None:
    """Have standard output take what its encoding does not hold, as standard error does: nothing ends for a letter."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def print_version(wanted: bool) -> None:
    """Print the versions that a fault may come from and leave, when they are asked for."""
    if not wanted:
        return
    from importlib.metadata import version

    import pillow_heif

    from ..io.metadata import render_mark

    print(
        f"rebokeh {render_mark.version()} (numba {version('numba')}, Pillow {version('pillow')}, "
        f"libheif {pillow_heif.libheif_version()})"
    )
    raise typer.Exit()


def print_help(ctx: typer.Context, wanted: bool) -> None:
    """Print a command's help and leave, when it is asked for."""
    if wanted:
        print(ctx.get_help())
        raise typer.Exit()


if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal[WRITTEN]  # the parser takes whatever the table of formats holds


class Strip(StrEnum):  # typer takes no list of Literal
    """What to leave out."""

    gps = "gps"
    location = "location"
    depth = "depth"
    all = "all"


FStop = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        help="F-number, full-frame equivalent; smaller is blurrier.  [default: the lens's widest, or 1.8]",
    ),
]
FocusOption = Annotated[
    str,
    typer.Option(
        metavar="WHERE",
        help="Focus distance (2.1m, 210cm, 7ft), a point x,y of the picture in 0..1 from the top left, or auto.",
    ),
]
StyleOption = Annotated[
    Literal["lens", "gaussian"], typer.Option(help="gaussian: one soft blur around the subject, as phones do.")
]
FormatOption = Annotated[FormatName | None, typer.Option(help="What to write.  [default: as PHOTO]")]
HdrOption = Annotated[
    Hdr,
    typer.Option(
        help="How light above white is kept: "
        + "".join(f"{kind}: {', '.join(holding(kind)).upper()}; " for kind in ("gain-map", "pq"))
        + "auto: as PHOTO."
    ),
]
_QUALITIES = [row.quality for row in FORMATS.values() if row.quality is not None]
SaveQuality = Annotated[
    int | None,
    typer.Option(
        metavar="1..100",
        min=1,
        max=100,
        help=f"How well to code the picture; HEIC is exact at 100.  [default: {min(_QUALITIES)} to {max(_QUALITIES)}]",
    ),
]
Stripped = Annotated[
    list[Strip] | None,
    typer.Option(
        "--strip",
        metavar="gps|location|depth|all",
        help="Leave out where it was taken (gps and location alike), depth and mattes, or all metadata.",
    ),
]
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
Help = Annotated[
    # typer's own --help imports pydantic to read its value: twice the wait for the text below.
    bool, typer.Option("--help", "-h", is_eager=True, callback=print_help, help="Show this message and exit.")
]
