"""What a scene holds for any lens: depth at the photo's size, the subject's matte, light above the clip, lights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..core.arrays import FloatArray
from ..core.errors import NoDepthError
from ..core.progress import Progress, unseen
from ..core.text import printable
from ..core.threads import ONE_AT_A_TIME, asked_once, beside
from ..depth.depth_mapping import DepthMapping
from ..depth.doubt import doubted_share, without_doubt
from ..depth.existing_blur import CellBlur, ExistingBlur, existing_blur_of, missing_blur
from ..depth.flat_map import flat_map_warnings
from ..depth.matting import refine
from ..depth.painted import painted_depth, painted_matte
from ..depth.perceptual import perceptual
from ..depth.rendition_blur import blur_of_rendition
from ..depth.upsample import CleanMap, resize_matte
from ..hdr.restore import GainedLight, Mode, Restoration, above_clip
from ..optics.lens import ThinLens
from ..photo.photo import Photo
from .clipped_spots import Spots
from .layered import LayeredScene
from .light_energy import SceneLight
from .lights import Lights, lights_of, spots_of
from .painted_subject import with_subject_depth
from .subject_range import SUBJECT_SHARE
from .withheld import surface_light

Maps = tuple[FloatArray | None, FloatArray | None]
"""Depth in dioptres and the subject's coverage, float32 (H, W) each; None for what a photo lacks."""

ToldByPicture = tuple[CellBlur | None, Restoration | None]


@dataclass(frozen=True, eq=False)
class PreparedScene:
    """What a scene holds for any lens.

    Attributes
    ----------
    photo : Photo
    dioptres : float32 (H, W), or None
        Depth at the photo's resolution; None where the photo holds none.
    matte : float32 (H, W), or None
        Coverage of the subject, 0..1.
    extra : GainedLight, or None
        What a gain map adds to what the photo shows.
    lights : Lights, or None
    sources : dict of str to str
        Where depth, matte and highlights came from, and what the lights were told by, in words.
    existing_blur : ExistingBlur, or None
        Blur that is in the photo already.
    rendition_blur : ExistingBlur, or None
        Blur of the phone's own picture, where the photo is the sharp original beside it.
    moved_from : (PreparedScene, DepthMapping), or None
        The scene as photographed and how its depths were moved, where they were.
    uses_up : bool
        Whether no other lens is to see the scene as photographed: its layers are then the moved one's. They are made
        anew if one does.
    """

    photo: Photo
    dioptres: FloatArray | None
    matte: FloatArray | None
    extra: GainedLight | None
    lights: Lights | None
    sources: dict[str, str]
    existing_blur: ExistingBlur | None
    rendition_blur: ExistingBlur | None = None
    moved_from: tuple[PreparedScene, DepthMapping] | None = field(default=None, repr=False)
    uses_up: bool = False
    _lights: dict[bool, SceneLight] = field(default_factory=dict, init=False, repr=False)
    _layered: dict[tuple[bool, bool], LayeredScene] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def depth_range(self) -> tuple[float, float]:
        """Smallest and largest dioptres."""
        assert self.dioptres is not None
        return float(self.dioptres.min()), float(self.dioptres.max())

    @cached_property
    def doubted(self) -> float:
        """Share of the picture where the photo's matte was in doubt: that is not taken for the subject."""
        return 0.0 if self.matte is None else doubted_in(self.photo)

    @cached_property
    def flatness(self) -> tuple[str, ...]:
        """Warnings of a depth map that is one flat surface."""
        return flat_map_warnings(self.photo)

    def light(self, keeps_extra: bool) -> SceneLight:
        """Return the scene's light; it is kept for the next lens.

        Parameters
        ----------
        keeps_extra : bool
            Whether what is in focus shows its radiance above the clip too.
        """
        if keeps_extra not in self._lights:
            assert self.dioptres is not None
            if self.moved_from is None:
                found = SceneLight(self.photo.rgb, self.dioptres, self.matte, self.extra, self.lights, keeps_extra)
            else:
                scene, depths = self.moved_from
                found = scene.light(keeps_extra).moved(depths, self.dioptres, self.lights)
            self._lights[keeps_extra] = found
        return self._lights[keeps_extra]

    def layered(self, keeps_extra: bool, dense: bool) -> LayeredScene:
        """Return the scene without its lights, taken apart; it is kept for the next lens.

        Parameters
        ----------
        keeps_extra : bool
            As of `light`.
        dense : bool
            As of `LayeredScene.of`.
        """
        key = keeps_extra, dense
        if key not in self._layered:
            light = self.light(keeps_extra)
            if self.moved_from is None:
                self._layered[key] = LayeredScene.of(light, dense)
            else:
                scene, depths = self.moved_from
                self._layered[key] = scene.layered(keeps_extra, dense).moved(depths, light, self.uses_up)
                if self.uses_up:
                    del scene._layered[key]
        return self._layered[key]

    @cached_property
    def layered_surfaces(self) -> LayeredScene | None:
        """What a gain map adds to surfaces, as a smaller scene, taken apart; None where it adds nothing."""
        if self.moved_from is not None:
            scene, depths = self.moved_from
            found = scene.layered_surfaces
            return None if found is None else found.moved(depths)
        surface = surface_light(self.light(keeps_extra=False))
        return None if surface is None else LayeredScene.of(surface)

    def with_highlights(
        self,
        highlights: Mode | float | None,
        found: Restoration | None = None,
        spots: tuple[Spots | None, str] | None = None,
    ) -> PreparedScene:
        """Return the scene with light above the clip, and lights, from where they are wanted, as of `prepare_scene`.

        `found` is what `hdr.restore.above_clip` finds, and `spots` what `lights.spots_of` does, where they are at hand.
        """
        if highlights is None:
            extra, lights, highlights_source, lights_source = None, None, "clipped", "none"
        else:
            assert self.dioptres is not None
            with ONE_AT_A_TIME:
                found = above_clip(self.photo, highlights) if found is None else found
                extra, highlights_source = found.extra, found.words
                lights, lights_source = lights_of(self.photo, self.dioptres, self.matte, found, spots)
        sources = {**self.sources, "highlights_source": highlights_source, "lights_source": lights_source}
        return replace(self, extra=extra, lights=lights, sources=sources)

    def less_existing_blur(self, lens: ThinLens, uses_up: bool = False) -> PreparedScene:
        """Return the scene at depths that a lens blurs by what is missing to its blur in the photo.

        No less than the phone blurred its own picture, unless the focus lies where that is blurred. The scene is not
        taken apart again: its depths move within their order. `uses_up` is the new scene's.
        """
        least = self.rendition_blur
        if least is not None and least.is_blurred_at(lens.focus_dioptres):
            least = None
        if (self.existing_blur is None and least is None) or self.dioptres is None:
            return self
        depths = missing_blur(lens, self.depth_range, self.existing_blur, least)
        lights = self.lights
        if lights is not None:
            lights = replace(lights, dioptres=depths(lights.dioptres))
        return replace(self, dioptres=depths(self.dioptres), lights=lights, moved_from=(self, depths), uses_up=uses_up)


def told_by_picture(
    photo: Photo, highlights: Mode | float | None, picture: Callable[[], FloatArray] | None = None
) -> ToldByPicture:
    """Find what a photo's picture tells, whatever its depth: its blur cell by cell, and what is above its clip.

    `picture` gives the photo's `perceptual`, if that is at hand.
    """
    seen = None if photo.depth is None else CellBlur.asked_of(photo, picture)
    return seen, None if highlights is None else above_clip(photo, highlights)


def prepare_scene(
    photo: Photo,
    highlights: Mode | float | None,
    progress: Progress = unseen,
    maps: Maps | None = None,
    by_picture: ToldByPicture | None = None,
) -> PreparedScene:
    """Do all that does not depend on the lens.

    Parameters
    ----------
    photo : Photo
    highlights : {"auto", "gain-map", "estimate", "off"}, float or None
        Where radiance above the clip comes from, see `hdr.restore.above_clip`. None: neither it nor lights are wanted,
        and a matte may stand for depth.
    progress : Progress, optional
        Is told before each step, while no other render of this process need wait.
    maps : (float32 (H, W), float32 (H, W)), optional
        What `unpainted` makes of the photo, where it is at hand.
    by_picture : (CellBlur or None, Restoration or None), optional
        What `told_by_picture` finds, where it is at hand.

    Returns
    -------
    PreparedScene

    Raises
    ------
    NoDepthError
        When the photo holds no depth; without highlights, when it holds no matte of a subject either.
    """
    _refuse_without_depth(photo, matte_will_do=highlights is None)
    progress("depth", 0.0)

    spots: list[tuple[Spots | None, str]] = []

    def find_spots(matte: FloatArray | None) -> None:
        restoration = told()[1]
        if restoration is not None and photo.edits is None:
            spots.append(spots_of(photo, matte, restoration))

    picture = asked_once(lambda: perceptual(photo.rgb))
    with ONE_AT_A_TIME, beside(lambda: by_picture or told_by_picture(photo, highlights, picture)) as told:
        dioptres, matte = painted(photo, unpainted(photo, find_spots, picture) if maps is None else maps)
        if dioptres is None and matte is None:
            raise NoDepthError(
                f"{_name(photo)} holds no depth, and its matte covers next to nothing, so there is no subject to keep "
                "sharp; give a map with `depth`, or another `matte`"
            )
        seen, found = told()
    progress("baked", 0.5)
    with ONE_AT_A_TIME:
        existing_blur = None if dioptres is None else existing_blur_of(photo, dioptres, seen)
        rendition_blur = None if dioptres is None else blur_of_rendition(photo, dioptres)
    sources = {
        "depth_source": photo.meta.depth_source or ("given" if photo.depth is not None else "none"),
        "matte_source": _matte_source(photo) if matte is not None else "none",
    }
    progress("lights", 0.7)
    scene = PreparedScene(photo, dioptres, matte, None, None, sources, existing_blur, rendition_blur)
    return scene.with_highlights(highlights, found, spots[0] if spots else None)


def at_full_size(photo: Photo) -> tuple[FloatArray | None, FloatArray | None]:
    """Bring depth (dioptres) and matte to the photo's resolution, float32 (H, W) each; None for what it lacks.

    A matte of next to nothing is none. What is painted over either is painted last: elsewhere nothing changes.
    """
    return painted(photo, unpainted(photo))


def unpainted(
    photo: Photo,
    meanwhile: Callable[[FloatArray | None], object] | None = None,
    picture: Callable[[], FloatArray] | None = None,
) -> Maps:
    """Bring depth and matte to the photo's resolution, without what is painted over them.

    `meanwhile` is given the matte, and does something of its own while the depth is made. `picture` gives the photo's
    `perceptual`, if that is at hand.
    """
    with ONE_AT_A_TIME, beside(lambda: _matte_of(photo)) as matte:
        clean = None if photo.depth is None else CleanMap.of(photo.depth, photo.rgb, picture=picture)
        covered = matte()
        with beside(lambda: None if meanwhile is None else meanwhile(covered)) as done:
            dioptres = None if clean is None else clean.at_photo(covered)
            done()
        return dioptres, covered


def _matte_of(photo: Photo) -> FloatArray | None:
    """Bring the matte to the photo's resolution, with the strands that the picture shows; None for one of nothing."""
    if photo.matte is None:
        return None
    matte = resize_matte(_sure_matte(photo.matte, photo), photo.size)
    return refine(matte, photo.rgb)[0] if _is_subject(matte) else None


def painted(photo: Photo, maps: Maps) -> Maps:
    """Paint over depth and matte of a photo, at its resolution, what its edits say."""
    dioptres, matte = maps
    with ONE_AT_A_TIME:
        covered = painted_matte(matte, photo.edits, photo.rgb)
        if dioptres is not None:
            dioptres = painted_depth(with_subject_depth(dioptres, matte, covered), photo.edits, photo.rgb)
        return dioptres, covered if covered is matte or _is_subject(covered) else None


def _is_subject(matte: FloatArray | None) -> bool:
    return matte is not None and int(np.count_nonzero(matte > 0.5)) / matte.size >= SUBJECT_SHARE


def doubted_in(photo: Photo) -> float:
    """Share of the picture where a photo's matte is in doubt."""
    return 0.0 if photo.matte is None else doubted_share(photo.matte, _sure_matte(photo.matte, photo))


def _sure_matte(matte: FloatArray, photo: Photo) -> FloatArray:
    """Take a matte for what it knows of coverage."""
    return matte if photo.depth is None else without_doubt(matte, photo.depth, photo.mattes.get("hair"))


def _refuse_without_depth(photo: Photo, matte_will_do: bool) -> None:
    if photo.depth is not None:
        return
    name = _name(photo)
    if not matte_will_do:
        why = next((f" ({note})" for note in photo.meta.notes if "depth" in note.lower()), "")
        raise NoDepthError(
            f"{name} holds no depth{why}; give a map with `depth`, a model with `depth_model`, "
            "or use `style` gaussian with a `matte`"
        )
    if not photo.has_subject:
        raise NoDepthError(f"{name} holds neither depth nor a matte; give `depth` or `matte`")


def _matte_source(photo: Photo) -> str:
    return "painted" if photo.matte is None else photo.meta.matte_source or "given"


def _name(photo: Photo) -> str:
    return printable(photo.meta.path) if photo.meta.path else "the photo"
