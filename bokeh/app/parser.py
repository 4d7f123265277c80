"""How the command line is read: the first word, and the options that several commands share."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from ..core.errors import UsageError
from ..core.threads import cores
from ..io.formats import FORMATS, WRITTEN, Hdr, holding
from .flags import print_json
from .guard import Run, guarded, guarded_apart, leave
from .own_process import set_up_process

_COMPLETION = ("--install-completion", "--show-completion")
_ZSH_FIRST = '[[ $zsh_eval_context[-1] == loadautofunc ]] && _rebokeh_completion "$@"'


def wants_completion() -> bool:
    """Whether the shell asks, or is to be taught to: to be ready for that takes longer than all else of ``--help``."""
    return "_REBOKEH_COMPLETE" in os.environ or any(word.startswith(_COMPLETION) for word in sys.argv[1:2])


def _complete_from_the_first_tab() -> None:
    """Have the script that was installed for zsh complete when it is loaded, too: else a shell's first Tab is lost."""
    script = Path("~/.zfunc/_rebokeh").expanduser()
    with contextlib.suppress(OSError):
        if _ZSH_FIRST not in (said := script.read_text("utf-8")):
            script.write_text(f"{said.rstrip()}\n{_ZSH_FIRST}\n", "utf-8")


class PhotoFirst(TyperGroup):
    """A group whose first word is a subcommand or a photo, and whose errors are one line each."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read ``rebokeh PHOTO`` as ``rebokeh render PHOTO``."""
        if ctx.resilient_parsing and not args:  # the shell asks what the first word may be
            return super().parse_args(ctx, args)
        if args and args[0].startswith(_COMPLETION):
            try:
                return super().parse_args(ctx, args)
            finally:
                _complete_from_the_first_tab()
        args = _one_by_one(args)
        if not args or args[0] not in self.commands:
            if args and not os.path.lexists(args[0]) and args[0].isidentifier():
                meant = did_you_mean(args[0], [name for name in self.commands if name != "render"])
                if meant:
                    raise UsageError(f"there is no command and no photo {args[0]!r}{meant}")
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

        begun.words = words
        if own_process and "_REBOKEH_COMPLETE" in os.environ:  # the shell asks, and nothing else is done
            return run(words, "rebokeh", complete_var, True, windows_expand_args, obj=begun, **extra)
        takes_picture = any(flag in ("-o", "--output") and to == "-" for flag, to in pairwise(words))
        debug, as_json = "--debug" in words, "--json" in words and not takes_picture
        if own_process:
            set_up_process()
            code = guarded_apart(call, begun, debug=debug, as_json=as_json)
        else:
            code = guarded(call, debug=debug, as_json=as_json)
        if not words and code == 0:
            code = UsageError.exit_code
        if not standalone_mode:
            return code
        if own_process and begun.may_end_at_once:
            leave(code)
        sys.exit(code)


class PhotoCommand(TyperCommand):
    """Says in its help how it is called, without its own name, and which other commands there are."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        formatter.write_usage("rebokeh", "PHOTO... [OPTIONS]")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, and then the options."""
        others = getattr(ctx.parent and ctx.parent.command, "commands", {})
        rows = [(name, other.get_short_help_str(200)) for name, other in others.items() if not other.hidden]
        if rows:
            with formatter.section("Commands (rebokeh help COMMAND)"):
                formatter.write_dl(sorted(rows))
        super().format_options(ctx, formatter)


def _one_by_one(args: Sequence[str]) -> list[str]:
    """Read ``--strip gps,depth`` as ``--strip gps --strip depth``."""
    words: list[str] = []
    for word in args:
        if words and words[-1] == "--strip" and "," in word:
            first, *others = filter(None, word.replace(" ", "").split(","))
            words += [first, *(part for other in others for part in ("--strip", other))]
        elif word.startswith("--strip=") and "," in word:
            words += [f"--strip={part}" for part in word.removeprefix("--strip=").replace(" ", "").split(",") if part]
        else:
            words.append(word)
    return words


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return "; did you mean inspect?" of a word that is nearly a name; '' of any other."""
    near = get_close_matches(word, list(names), 1, 0.75)
    return f"; did you mean {near[0]}?" if near else ""


def print_anything() -> None:
    """Have standard output take what its encoding does not hold, as standard error does: nothing ends for a letter."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def print_version(ctx: typer.Context, wanted: bool) -> None:
    """Print the versions that a fault may come from and leave, when they are asked for."""
    if not wanted:
        return
    from importlib.metadata import version

    import pillow_heif

    from ..io.metadata import render_mark

    found = {"numba": version("numba"), "Pillow": version("pillow"), "libheif": pillow_heif.libheif_version()}
    if isinstance(ctx.obj, Run) and "--json" in ctx.obj.words:
        print_json({"rebokeh": render_mark.version(), **{name.lower(): said for name, said in found.items()}})
    else:
        others = ", ".join(f"{name} {said}" for name, said in found.items())
        print(f"rebokeh {render_mark.version()} ({others})")
    raise typer.Exit()


def print_help(ctx: typer.Context, wanted: bool) -> None:
    """Print a command's help and leave, when it is asked for."""
    if wanted:
        print(ctx.get_help())
        raise typer.Exit()


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
        help="Distance (2.1m, 7ft), point from top left (0.4,0.6, 40%,60%, 1200x800px), eyes, face, subject or auto.",
    ),
]
StyleOption = Annotated[
    Literal["lens", "gaussian"], typer.Option(help="gaussian: one soft blur around the subject, as phones do.")
]
FormatOption = Annotated[
    str | None, typer.Option(metavar="|".join(WRITTEN), help="What to write, or an ending (jpg).  [default: as PHOTO]")
]
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
        help="Leave out where it was taken (gps and location alike), depth and mattes, or all metadata; or several: "
        "gps,depth.",
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
