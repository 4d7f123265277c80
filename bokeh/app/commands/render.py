"""``rebokeh PHOTO``: one photo as a real lens would have taken it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...core.errors import OutputError, UsageError
from ...core.progress import Clock, unseen
from ...core.text import printable
from ...core.threads import beside
from ...settings.outputs import Output, is_folder, plan_output, tag
from ..flags import print_json
from ..guard import Run, say
from ..parser import (
    AsJson,
    Debug,
    FocusOption,
    FormatOption,
    FStop,
    HdrOption,
    Help,
    Overwrite,
    PresetFile,
    Quiet,
    SaveQuality,
    Stripped,
    StyleOption,
    print_version,
)
from ..progress_bar import timetable
from ..report import report_lines, summary_line, to_json
from .given import choose_preset
from .groups import LENS, MAPS, PAIR, RENDERING, takes
from .several import check_shared, photos_of, render_several
from .source import Source
from .streams import bar_of

if TYPE_CHECKING:
    from ...photo.load_options import LoadOptions
    from ...photo.photo import Photo
    from ...settings.recipe import Recipe
    from ...tools.steps.steps import StepRecorder

_OF_A_MAP = ("depth_unit", "depth_near", "depth_channel")
"""Options that speak of a photo's own map, where there is one, and not of what all photos have."""


@takes(LENS, MAPS, PAIR, RENDERING, before="style")
def render_command(
    ctx: typer.Context,
    photos: Annotated[
        list[str], typer.Argument(metavar="PHOTO...", help="The photo, or several, or a pattern; - is standard input.")
    ],
    fstop: FStop = None,
    focus: FocusOption = "auto",
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
        bool, typer.Option("--version", is_eager=True, callback=print_version, help="Print versions and exit.")
    ] = False,
    help: Help = False,
    **given: Any,
) -> None:
    """Re-render a phone portrait with the defocus of a real, fast lens.

    The picture is written beside the photo, as IMG_0001_f1.8.heic for IMG_0001.heic; its name says what else was asked
    for, like IMG_0001_f1.8_2.1m.heic. The photo is never changed.
    rebokeh lens list lists the lenses by name; rebokeh lens show NAME shows one. rebokeh bench measures how fast this
    machine renders.
    Several photos are rendered as a batch, each beside itself; rebokeh batch takes folders and URLs.

    The first run compiles, which takes up to a minute; rebokeh warmup does that beforehand. rebokeh
    --install-completion has the shell complete commands and options.

    Exit codes: 0 done, 2 bad usage, 3 the photo has no depth, 4 unreadable input, 130 interrupted. Of several photos,
    as of a batch: 0 all is done, or skipped with its reason; 1 some failed.
    """
    wanted = _Words(as_json, timing, verbose, quiet)
    photo, *others = photos_of(photos)
    if others:
        check_shared(given, save_steps=save_steps, timing=timing)
        settings = choose_preset(ctx, preset)
        render_several(
            ctx.obj, [photo, *others], settings,
            out=out, preset=preset, overwrite=overwrite, as_json=as_json, quiet=quiet,
        )  # fmt: skip
        return
    source = Source.of(photo, given)
    of_a_map = source.options.depth is not None or source.options.depth_channel is not None
    settings = choose_preset(ctx, preset, without=("edits", *(_OF_A_MAP if of_a_map else ())))
    if as_json and (out == "-" or (out is None and photo == "-")):
        raise UsageError("--json and the picture cannot both go to standard output; name a file with -o")

    inputs = [*source.files, *filter(None, [given["lens"], preset])]
    target = _Target(
        photo, out, overwrite, inputs, _recorder(save_steps, overwrite, inputs), settings.flags.said, preset
    )
    run: Run = ctx.obj
    with ExitStack() as stack:
        stack.callback(target.forget)
        bar = bar_of(stack, run, quiet, as_json)
        tell = say if bar is None else bar.say
        clock = Clock(run.begun, bar or unseen)
        with clock.stage("load"), _opening(source, settings.load_options, clock) as decoded:
            clock.part("imports")
            from ... import warmup
            from ...develop import develop
            from ...io.files.atomic import abandon

            run.undo += [warmup.stop_saving, lambda: abandon(target.unfinished_in), target.forget]
            stack.enter_context(warmup.compilers(None if quiet else tell, bar or unseen))
            load_loops = stack.enter_context(warmup.loading())
            clock.part("decode")
            opened = decoded()

        def recipe_for(shown: Photo) -> Recipe:
            load_loops(shown)
            return target.settled(settings.recipe_for(shown), shown.meta.format)

        picture = develop(
            opened,
            recipe_for,
            load_options=source.options,
            of_exr=settings.load_options,
            steps=target.steps,
            clock=clock,
            warn=lambda warning: quiet or tell(f"rebokeh: warning: {warning}"),
            write=target.write,
        )
    wanted.tell(to_json(photo, target.output, picture, clock, save_steps), clock)
    run.may_end_at_once = True


@contextmanager
def _opening(source: Source, of_exr: LoadOptions, clock: Clock) -> Iterator[Callable[[], Photo]]:
    """Decode the photo beside whatever else is done; yields what waits for it, and raises what is wrong with it."""
    from ...load import opened

    content = source.content

    def decode() -> Photo:
        with clock.aside("decode"):
            return opened(content, source.options, of_exr=of_exr)

    with beside(decode) as decoded:
        yield decoded


@dataclass(frozen=True)
class _Words:
    """What is said of a render when it is done.

    Raises
    ------
    UsageError
        When somebody wants it said and not said.
    """

    as_json: bool
    timing: bool
    verbose: bool
    quiet: bool

    def __post_init__(self) -> None:
        for flag, wanted in (("-v", self.verbose), ("--timing", self.timing)):
            if wanted and self.quiet:
                raise UsageError(f"{flag} and -q contradict each other; give one")

    def tell(self, done: Mapping[str, Any], clock: Clock) -> None:
        from ... import warmup

        if self.as_json:
            print_json(done)
        lines = report_lines(done) if self.verbose else [] if self.quiet else [summary_line(done)]
        if self.timing:
            lines += timetable(clock)
        if warmup.trouble() and not self.quiet:
            lines.append(f"rebokeh: {warmup.trouble()}")
        for line in lines:
            say(line)


@dataclass
class _Target:
    """Where the picture goes: settled once the photo is known, and written when the picture is coded."""

    photo: str
    out: str | None
    overwrite: bool
    inputs: list[str]
    steps: StepRecorder | None
    said: Mapping[str, Any] = field(default_factory=dict)
    preset: str | None = None
    output: Output = field(default_factory=lambda: Output(None, ""))
    unfinished_in: set[Path] = field(default_factory=set)
    made: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.steps is not None:
            self.unfinished_in |= {self.steps.folder, self.steps.folder.parent}

    def settled(self, recipe: Recipe, source_format: str) -> Recipe:
        """Settle the output, and refuse now what would stop it from being written later; the format that it has."""
        named = tag(
            recipe.lens.f_number,
            recipe.settings.style,
            recipe.lens.glass.name,
            said=self.said,
            preset=self.preset or "",
        )
        self.output = plan_output(self.photo, self.out, recipe.format, source_format=source_format, tag=named)
        path = self.output.path
        if path is not None and self.out is not None and is_folder(self.out):
            self._make_folder(path.parent)
        if path is None:
            if sys.stdout.isatty():
                raise UsageError("standard output is a terminal, and a picture is no text; name a file with -o")
        else:
            if self.steps is not None and os.path.realpath(path) == str(self.steps.folder):
                raise UsageError(f"{path} cannot be both the picture and the folder of its steps; rename one")
            self.unfinished_in.add(self._place(path).parent)
        return replace(recipe, format=self.output.format)

    def write(self, data: bytes) -> None:
        """Write the picture."""
        from ...io.files.atomic import write_atomic

        if self.output.path is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            write_atomic(self._place(self.output.path), data)

    def _make_folder(self, folder: Path) -> None:
        """Make the folder that was named; `forget` takes it away where nothing comes into it."""
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            said = err.strerror or err
            raise OutputError(f"{printable(folder)}: the folder cannot be made ({said}); choose another") from err
        self.made += missing

    def forget(self) -> None:
        """Take away the folders that were made, as far as they are empty."""
        for folder in self.made:
            with suppress(OSError):
                folder.rmdir()

    def _place(self, path: Path) -> Path:
        from ...io.files.atomic import check_output

        return check_output(path, overwrite=self.overwrite, inputs=self.inputs)


def _recorder(folder: str | None, overwrite: bool, inputs: list[str]) -> StepRecorder | None:
    """Make what records the steps, if they are wanted."""
    if folder is None:
        return None
    from ...tools.steps.steps import StepRecorder

    return StepRecorder(folder, overwrite, [file for file in inputs if file != "-"])
