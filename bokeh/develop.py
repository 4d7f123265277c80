"""One photo from bytes to bytes: the same function for one picture, for a batch, and on a cluster."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .api import prepare
from .core.errors import RebokehWarning
from .core.progress import Clock
from .core.text import printable
from .io.encode import encode
from .io.formats import saved_as
from .io.metadata.render_mark import signed
from .load import completed, opened
from .photo.load_options import LoadOptions
from .photo.photo import Photo
from .settings.recipe import Recipe
from .tools.steps.steps import StepsLike


@dataclass(frozen=True, eq=False)
class Picture:
    """What became of a photo.

    Attributes
    ----------
    data : bytes
        The file to write.
    photo : Photo
        As it was rendered from.
    recipe : Recipe
        Settled.
    report : dict
        What the render used.
    warnings : list of str
        In the order in which they were told.
    digests : (str, str)
        Of the source and of the recipe, as the mark has them.
    """

    data: bytes = field(repr=False)
    photo: Photo = field(repr=False)
    recipe: Recipe
    report: dict[str, Any]
    warnings: list[str]
    digests: tuple[str, str]


def develop(
    source: str | Path | bytes | Photo,
    recipe_for: Callable[[Photo], Recipe],
    *,
    load_options: LoadOptions | None = None,
    of_exr: LoadOptions | None = None,
    max_pixels: int | None = None,
    name: str | None = None,
    beside: bytes | None = None,
    steps: StepsLike = None,
    clock: Clock | None = None,
    warn: Callable[[str], object] | None = None,
    write: Callable[[bytes], object] | None = None,
) -> Picture:
    """Make the picture of one photo.

    Its bytes depend on the source's bytes, the recipe and what lies beside it only: not on the number of threads, nor
    on what was made before.

    Parameters
    ----------
    source : str, Path, bytes or Photo
        One that is `opened` already is a photo; what that was told need not be told again.
    recipe_for : callable
        Is shown the photo as its file is, and says what to do with it; what it raises ends the work.
    load_options : LoadOptions, optional
        This photo's own, which stand before the recipe's: its depth map, matte, anchors.
    of_exr : LoadOptions, optional
        The recipe's, by which a photo is opened.
    max_pixels : int, optional
        As for `load`.
    name : str, optional
        For messages, of bytes.
    beside : bytes, optional
        The file of edits that lies beside a photo that is given as bytes.
    steps : path-like or StepRecorder, optional
        As for `render`.
    clock : Clock, optional
        Times the stages.
    warn : callable, optional
        Is told each warning as it comes.
    write : callable, optional
        Puts the coded picture into its place.

    Returns
    -------
    Picture

    Raises
    ------
    InputError, DepthError
        When the photo cannot be read.
    NoDepthError
        When it holds no depth.
    UsageError
        When the settings contradict each other, or do not go with this photo.
    OutputError
        When the picture cannot be coded.
    """
    clock = clock or Clock(time.perf_counter())
    own = load_options or LoadOptions()
    warned: list[str] = []

    def tell(warning: str) -> None:
        warned.append(warning)
        if warn is not None:
            warn(warning)

    with clock.stage("load"):
        photo = source
        if not isinstance(photo, Photo):
            clock.part("decode")
            photo = opened(photo, own, of_exr=of_exr, max_pixels=max_pixels, name=name, beside=beside)
        clock.part("maps")
        recipe = recipe_for(photo).settled(photo.meta.format)
        photo = completed(photo, own.before(recipe.load_options), max_pixels=max_pixels)
    for warning in photo.meta.warnings:
        tell(warning)
    with clock.stage("prepare"):
        scene = prepare(photo, recipe.settings, clock)
    for warning in scene.warnings(recipe.lens):
        tell(warning)
    with clock.stage("render"):
        picture = scene.render(recipe.lens, steps, clock, last=True)
    report = scene.report(recipe.lens)
    del scene  # half of the memory that a photo takes; to code the picture takes as much again
    with clock.stage("save"), heard(tell):
        clock.part("encode")
        data = coded(picture, recipe, name)
        clock.part("write")
        if write is not None:
            write(data)
    assert recipe.format is not None  # settled
    rendered = signed(picture.meta, saved_as(recipe.format, **recipe.save_options))
    digests = ("", "") if rendered is None else (rendered.source, rendered.recipe)
    return Picture(data, photo, recipe, report, warned, digests)


def coded(picture: Photo, recipe: Recipe, name: str | None = None) -> bytes:
    """Return the bytes of the file that a recipe, settled, makes of a picture rendered by it; errors as of `encode`."""
    if recipe.format is None:
        raise ValueError("the recipe is not settled")
    return encode(picture, recipe.format, **recipe.save_options, name=name or printable(picture.meta.path))


@contextmanager
def heard(tell: Callable[[str], object]) -> Iterator[None]:
    """Hand every warning of ours to `tell` as it comes."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, RebokehWarning):
                tell(str(message))
            else:
                others(message, category, *where, **more)

        warnings.simplefilter("always", RebokehWarning)
        warnings.showwarning = show
        yield
