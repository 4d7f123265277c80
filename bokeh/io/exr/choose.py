"""Which channels of an EXR are the picture, and which one its depth: by name, layer, view and type.

Renderers name passes as they like. What is known: the picture's layer has no name, or one of a few; passes of light,
surfaces and numbers have names of their own; a `Z` beside `X` and `Y` is a direction or a place, not a depth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.errors import InputError, UsageError
from ...core.text import one_line
from .planes import ChannelPlane, ExrContent

_PICTURE = re.compile(
    r"(rgba?|beauty(pass)?|bty|c|ci|colou?r|combined|composite|comp|main|master(layer|beauty)?|final|image|default|"
    r"primary|rgbcolou?r|beautyrgba?|denoised(beauty)?)\d*"
)
"""Layers that hold the picture, in lower-case letters and digits alone."""

_PASS = re.compile(
    r"(n|p|pref|pworld|z|uvw?|st|ao|gi|sss|.*id|mv|motion.*|velocity|vectors?|.*normals?|.*position.*|.*occlusion|"
    r".*depth.*|z(buffer|pass)|mist|fog|atmos.*|.*crypto.*|.*index.*|.*object.*|.*material.*|.*matte.*|.*mask.*|alpha|"
    r".*shadow.*|diff.*|.*diffuse.*|gloss.*|.*spec.*|refl.*|refr.*|trans.*|subsurface.*|emi(t|ssion).*|env(ironment)?|"
    r"background|.*albedo|basecolou?r|(in)?direct.*|light.*|rawlight.*|volume.*|coat.*|sheen.*|.*noise.*|variance.*|"
    r"facing.*|fresnel|wire.*|tangents?|curvature|rough.*|bump.*|samples?.*|debug.*|cutout|denoising.*)\d*"
)
"""Layers that hold something else."""

_DEPTH = re.compile(
    r"(vray|rs|ai|fr|arnold|redshift|octane|corona|scene|pixel|linear|camera|render|raw|world)*"
    r"(z|pz|z?depth|depthz?|zbuffer|zpass|zfiltered|distance)(map|pass|aov|buffer|raw|meters|metres|m|linear)?\d*"
)
"""Names of distances from the camera."""

_FOG = re.compile(r"mist|fog|.*(depth|z).*(norm(alized|alised)?|01)|norm(alized|alised)?(depth|z)")
"""Names of what grows with the distance, in no unit."""

_LUMINANCE = (("Y", "RY", "BY"), ("Y", "Y", "Y"))
_COLOURS = (("R", "G", "B"), ("r", "g", "b"), ("red", "green", "blue"), ("Red", "Green", "Blue"), *_LUMINANCE)

_OF_ANOTHER, _GUESSED = 6, 5
"""Ranks of a depth that is another layer's, and of one by the end of its name alone."""


@dataclass(frozen=True, eq=False)
class PictureLayer:
    """The planes of red, green and blue; of luminance and its two chromas; or luminance thrice."""

    planes: tuple[ChannelPlane, ChannelPlane, ChannelPlane]
    rank: int

    @property
    def layer(self) -> tuple[str, ...]:
        """Words of its layer's name."""
        return self.planes[0].layer

    @property
    def view(self) -> str:
        """Which eye's it is, "" where the file does not say."""
        return self.planes[0].view

    @property
    def has_chroma(self) -> bool:
        """Whether it is luminance with two chromas."""
        return self.planes[1].leaf == "RY"

    def __str__(self) -> str:
        """Say where it is: like "ViewLayer.Combined, left eye"."""
        return _called(self.layer, self.view, ",".join(dict.fromkeys(plane.leaf for plane in self.planes)))


def _called(layer: Sequence[str], view: str, leaves: str) -> str:
    words = ".".join([*layer, leaves])
    return one_line(f"{words} ({view})" if view else words)


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def pictures(content: ExrContent) -> list[PictureLayer]:
    """List what may be the picture, the likeliest first."""
    found = []
    groups = list(dict.fromkeys((plane.layer, plane.view) for plane in content.planes))
    for layer, view in groups:
        here = {p.leaf: p for p in content.planes if (p.layer, p.view) == (layer, view) and p.is_number}
        for leaves in _COLOURS:
            if not set(leaves) <= set(here) or (leaves in _LUMINANCE and "X" in here):
                continue
            red, green, blue = (here[leaf] for leaf in leaves)
            subsampled = leaves == _LUMINANCE[0]
            if red.is_whole and (subsampled or (green.is_whole and blue.is_whole)):
                found.append(PictureLayer((red, green, blue), _rank(layer) + 10 * (leaves in _LUMINANCE)))
                break
    first = content.views[0] if content.views else ""
    eyes = {"": 0, first: 1}
    return sorted(found, key=lambda picture: (picture.rank, eyes.get(picture.view, 2), len(picture.layer)))


def _rank(layer: tuple[str, ...]) -> int:
    """0: has no name; 1: is called as pictures are; 2: anything; 3: is called as another pass."""
    if not layer:
        return 0
    word = _plain(layer[-1])
    return 1 if _PICTURE.fullmatch(word) else 3 if _PASS.fullmatch(word) else 2


def choose_picture(content: ExrContent, wanted: str | None, name: str) -> tuple[PictureLayer, list[str], list[str]]:
    """Choose the picture.

    Parameters
    ----------
    content : ExrContent
    wanted : str, optional
        Layer, view or both, as `LoadOptions.layer` has it.
    name : str
        For messages.

    Returns
    -------
    PictureLayer, list of str, list of str
        Notes and warnings.

    Raises
    ------
    UsageError
        When no layer is called so.
    InputError
        When nothing is sure to be the picture.
    """
    found = pictures(content)
    layers = ", ".join(dict.fromkeys(str(picture) for picture in found))
    if wanted is not None:
        matching = [picture for picture in found if _matches(picture, wanted)]
        if not matching:
            raise UsageError(f"{name}: no layer is called {wanted!r}; it has {layers or 'none with R, G, B'}")
        return matching[0], [f"colour from {matching[0]}, as `layer` asks"], []
    if not found:
        said = f"(channels: {_listed(content)}); it may serve as `depth`"
        raise InputError(f"{name}: the EXR holds no R, G, B {said}")
    best = found[0]
    if best.rank % 10 == 3:
        raise InputError(f"{name}: none of the EXR's layers is sure to be the picture: {layers}; say which by `layer`")
    notes = [] if _is_only(best) and len(found) == 1 else [f"colour from {best}"]
    alike = [p for p in found[1:] if p.rank == best.rank and p.view == best.view]
    warnings = []
    if alike:
        others = ", ".join(map(str, alike[:4]))
        warnings.append(f"the EXR holds several pictures: {best} is taken, not {others}; `layer` says which")
    elif best.view and len(content.views) > 1:
        others = ", ".join(view for view in content.views if view != best.view)
        warnings.append(f"the EXR holds several views: {best.view} is taken, not {others}; `layer` says which")
    return best, notes, warnings


def _is_only(picture: PictureLayer) -> bool:
    return not picture.layer and picture.planes[0].leaf == "R"


def _matches(picture: PictureLayer, wanted: str) -> bool:
    """Whether a layer is meant: by its name or the end of it, by its view, or by both."""
    asked = [word for word in wanted.lower().split(".") if word]
    layer, view = [word.lower() for word in picture.layer], picture.view.lower()
    if view and view in asked:
        asked.remove(view)
        return not asked or layer[len(layer) - len(asked) :] == asked
    return bool(asked) and layer[max(len(layer) - len(asked), 0) :] == asked


@dataclass(frozen=True, eq=False)
class DepthChannel:
    """The channel of depth, and what is to be said of its choice."""

    plane: ChannelPlane
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say which it is."""
        return _called(self.plane.layer, self.plane.view, self.plane.leaf)

    @property
    def is_fog(self) -> bool:
        """Whether its name says that it grows with the distance, in no unit."""
        return any(_FOG.fullmatch(_plain(word)) for word in (*self.plane.layer, self.plane.leaf))


def named_channel(content: ExrContent, wanted: str, view: str, name: str) -> DepthChannel:
    """Find the channel that is called so: whole, or by the end of its name, or by a layer that holds it alone.

    Parameters
    ----------
    content : ExrContent
    wanted : str
    view : str
        The picture's, whose channel is preferred.
    name : str
        For messages.

    Raises
    ------
    UsageError
        When none is, or several are.
    """
    asked = wanted.lower()
    whole = [plane for plane in content.planes if plane.is_whole]
    ways = (
        [plane for plane in whole if plane.name == wanted],
        [plane for plane in whole if plane.name.lower() == asked],
        [plane for plane in whole if f".{plane.name.lower()}".endswith("." + asked)],
        [p for p in whole if f".{'.'.join(p.layer).lower()}".endswith("." + asked) and len(content.layer(p)) == 1],
    )
    for found in ways:
        eye = [plane for plane in found if plane.view == view] or found
        if len(eye) == 1:
            return DepthChannel(eye[0])
        if eye:
            said = ", ".join(one_line(plane.name) for plane in eye[:6])
            raise UsageError(f"{name}: several channels are called {wanted!r}: {said}; give the whole name of one")
    raise UsageError(f"{name}: no channel is called {wanted!r}; it has {_listed(content, 40)}")


def choose_depth(content: ExrContent, picture: PictureLayer | None) -> tuple[DepthChannel | None, list[str]]:
    """Choose the channel of depth.

    Parameters
    ----------
    content : ExrContent
    picture : PictureLayer, optional
        Whose layer and view it goes with.

    Returns
    -------
    DepthChannel or None, list of str
        None where none is sure to be one; then the second says what may be.
    """
    ranked: list[tuple[int, bool, ChannelPlane]] = []
    for plane in content.planes:
        if picture is not None and plane in picture.planes:
            continue
        if plane.is_number and plane.is_whole and (rank := _depth_rank(content, plane, picture)) is not None:
            ranked.append((rank, plane.pixels.dtype.itemsize < 4, plane))
    if ranked:
        ranked.sort(key=lambda one: one[:2])
        best = ranked[0][0]
        chosen = DepthChannel(ranked[0][2])
        others = [DepthChannel(plane) for rank, _, plane in ranked[1:] if rank == best]
        warnings = []
        if others:
            warnings.append(
                f"depth is taken from {chosen}, not {', '.join(map(str, others[:4]))}; `depth_channel` says which"
            )
        elif best >= _OF_ANOTHER and picture is not None:
            warnings.append(f"depth is taken from {chosen}, colour from {picture}; `depth_channel` says which")
        elif best == _GUESSED:
            warnings.append(f"{chosen} is taken for depth by the end of its name; `depth_channel` says which")
        return DepthChannel(chosen.plane, tuple(warnings)), []
    fog = [DepthChannel(plane) for plane in content.planes if plane.is_whole and DepthChannel(plane).is_fog]
    other_eye = [
        DepthChannel(plane)
        for plane in content.planes
        if picture is not None and plane.view not in ("", picture.view) and _is_depth_name(content, plane)
    ]
    said = [f"{one} is no distance in metres, so it is not used; `depth_channel` takes it all the same" for one in fog]
    said += [f"{one} is of another view than the picture, so it is not used" for one in other_eye]
    return None, said[:3]


def _is_depth_name(content: ExrContent, plane: ChannelPlane) -> bool:
    """Whether its own name, or that of the layer that it fills alone, is a distance's."""
    word, layer = _plain(plane.leaf), _plain(plane.layer[-1]) if plane.layer else ""
    beside = {_plain(one.leaf) for one in content.layer(plane) if one is not plane}
    if word == "z" and "x" in beside:
        return False  # a direction or a place; a grey picture with its depth is Y and Z
    if _FOG.fullmatch(word) or _FOG.fullmatch(layer):
        return False
    if _DEPTH.fullmatch(layer):
        if word == "r" and beside >= {"g", "b"}:
            return is_grey(content.layer(plane))
        return not beside - {"a", "alpha"} or _DEPTH.fullmatch(word) is not None
    return _DEPTH.fullmatch(word) is not None and (word != "z" or not plane.layer or _rank(plane.layer) < 3)


def is_grey(layer: Sequence[ChannelPlane]) -> bool:
    """Whether red, green and blue are the same: a number, written as a colour."""
    named = {_plain(plane.leaf): plane.pixels for plane in layer}
    return all(np.array_equal(named["r"], named[leaf], equal_nan=True) for leaf in "gb")


def _depth_rank(content: ExrContent, plane: ChannelPlane, picture: PictureLayer | None) -> int | None:
    """How likely a channel is the picture's depth, 0 the likeliest; None: it is not."""
    if not _is_depth_name(content, plane):
        return None
    if picture is None:
        return 0 if not plane.layer else 1
    if plane.view not in ("", picture.view):
        return None
    word, layer = _plain(plane.leaf), plane.layer
    if layer == picture.layer:
        return 0
    named = bool(layer) and _DEPTH.fullmatch(_plain(layer[-1])) is not None
    above = layer[:-1] if named else layer
    if above == picture.layer[:-1] or above == picture.layer:
        return 1
    if not above:
        return 2
    if not named and word == "z" and _rank(layer) == 2:
        return _GUESSED if not picture.layer else _OF_ANOTHER
    return _OF_ANOTHER if picture.layer else 3


def _listed(content: ExrContent, most: int = 8) -> str:
    names = [one_line(plane.name) for plane in content.planes]
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "") or "none"
