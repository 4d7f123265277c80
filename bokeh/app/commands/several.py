"""``rebokeh PHOTO PHOTO...``: several photos, each rendered beside its source, as one batch."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from glob import glob
from typing import TYPE_CHECKING, Any

import typer

from ...core.errors import FAILED, InputError, UsageError
from ...core.text import printable
from ...io.formats import format_of
from ...photo.load_options import LoadOptions, SharedOptions
from ...settings.flags import flag_of
from ...settings.outputs import is_folder, plan_output, tag
from ..guard import Run, say
from .follow import Follower, how_it_went, stop_gently
from .streams import bar_of

if TYPE_CHECKING:
    from ...settings.preset import Preset

_MAGIC = frozenset("*?[")
_CHANGES_THE_NAME = {"fstop", "lens", "style"}


def photos_of(words: Sequence[str]) -> list[str]:
    """Name the photos that words mean: files, and patterns that the shell has left.

    Raises
    ------
    InputError
        Of a folder or a URL, which `batch` takes; of a pattern that matches nothing.
    UsageError
        Of several words of which one is no file.
    """
    photos: list[str] = []
    for word in words:
        if os.path.isdir(word):
            raise InputError(f"{printable(word)} is a folder; {_batch(word)} renders all below it")
        if os.path.lexists(word) or word == "-":
            photos.append(word)
        elif "://" in word:
            from ...batch.stores.url import shown

            raise InputError(f"{shown(word)} is a URL, and no file's name; {_batch(shown(word))} renders what it names")
        elif _MAGIC.intersection(word):
            matches = sorted(match for match in glob(word, recursive=True) if not os.path.isdir(match))
            if not matches:
                raise InputError(f"{printable(word)}: no file has a name like this")
            photos += matches
        elif len(words) == 1:
            photos.append(word)  # the reader says what is wrong with it
        else:
            raise UsageError(
                f"there is no photo {word!r}; a value or a name with a blank in it needs quotes; see rebokeh --help"
            )
    if len(photos) > 1 and "-" in photos:
        raise UsageError("- is standard input, which is one photo; render it by itself")
    return photos


def _batch(word: str) -> str:
    quoted = f'"{word}"' if " " in word else word
    return f"rebokeh batch {quoted} -o OUT"


def check_shared(given: dict[str, Any], **others: object) -> None:
    """Refuse options that speak of one photo.

    Parameters
    ----------
    given : dict
        What the command was given of `LoadOptions`.
    **others
        More options that speak of one photo, by their flags' names.

    Raises
    ------
    UsageError
    """
    own = LoadOptions.__dataclass_fields__.keys() - SharedOptions.__dataclass_fields__.keys()
    said = [
        name for name, value in (given | others).items() if name in own | set(others) and value not in (None, False)
    ]
    if said:
        raise UsageError(f"{flag_of(said[0])} speaks of one photo, and several are named; render them one by one")


def render_several(
    run: Run,
    photos: Sequence[str],
    settings: Preset,
    *,
    out: str | None,
    preset: str | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Render each photo into a file beside it, named as `rebokeh PHOTO` names it, or into a folder.

    Raises
    ------
    UsageError
        When `out` is no folder, two photos would become one file, or a file would take an input's place.
    typer.Exit
        With 1, when photos failed.
    """
    folder = _folder(out)
    from ...batch.library import Library
    from ...batch.tally import Tally
    from ...warmup import FIRST_RUN

    named = _tag(settings, preset)

    def name_of(photo: str, format: str) -> str:
        return str(plan_output(photo, folder, format, source_format=format, tag=named).path)

    begun = time.perf_counter()
    with ExitStack() as stack:
        bar = bar_of(stack, run, quiet, as_json)
        tell = say if bar is None else bar.say
        library = Library(
            photos, "", settings, overwrite=overwrite, name_of=name_of,
            tell=lambda _: quiet or tell(f"rebokeh: {FIRST_RUN}"),
        )  # fmt: skip
        stop_gently(run, library, tell)
        tally = Tally(len(library.plan.jobs) + len(library.plan.known))
        follower = Follower("", bar, tell, as_json, verbose=True, quiet=quiet)
        for _ in follower.follow(library.run(), tally):
            pass
    if not quiet:
        say(f"{tally.total} photos: {how_it_went(tally.counts, time.perf_counter() - begun)}")
    if tally.failures:
        raise typer.Exit(FAILED)


def _folder(out: str | None) -> str | None:
    """Return the folder to write into, with a slash; None for beside each photo."""
    from ...batch.stores.url import is_url, shown

    if out is None or is_folder(out):
        return out
    if is_url(out):
        raise UsageError(f"{shown(out)} is a URL; rebokeh batch writes to those")
    if out == "-" or os.path.lexists(out) or format_of(out) is not None:
        raise UsageError(f"{printable(out)} is one file, and several photos are named; name a folder with -o")
    return out + "/"


def _tag(settings: Preset, preset: str | None) -> str:
    """Tell the renders from their photos: as for one, but for what a preset's rules change from photo to photo."""
    recipe, said = settings.usual, settings.flags.said
    by_rules = {name for rule in settings.rules for name in rule.options.said} - set(said)
    if by_rules & _CHANGES_THE_NAME:
        return tag(None, said=said, preset=preset or "")
    return tag(recipe.lens.f_number, recipe.settings.style, recipe.lens.glass.name, said=said, preset=preset or "")
