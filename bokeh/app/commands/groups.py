"""Options that several commands take alike, each spelt once; `takes` puts them into a command's signature.

Those that say what gives a photo its depth are called as the fields of `LoadOptions` are, whatever their flag is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from inspect import Parameter, signature
from typing import Annotated, Any, Literal, TypeVar

import typer

from ...photo.load_options import SharedOptions
from ..parser import Changes

Quality = Literal["fast", "best"]
Baked = Literal["auto", "ignore"]
DepthUnit = Literal["m", "metres", "dioptre", "disparity", "relative"]
DepthNear = Literal["white", "black"]

Group = Mapping[str, Parameter]
Command = TypeVar("Command", bound=Callable[..., None])


def _group(template: Callable[..., None]) -> Group:
    return signature(template, eval_str=True).parameters


# Each group is the signature of a function that nobody calls, so that it reads as a command's own options do.
def _lens(
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
) -> None: ...


def _maps(
    depth: Annotated[
        str | None, typer.Option(metavar="FILE", help="Depth map: PNG, TIFF, EXR, NPY, NPZ or PFM.")
    ] = None,
    depth_unit: Annotated[
        DepthUnit | None,
        typer.Option(
            help="What the depth map's numbers are; disparity: larger is nearer, 0 is infinity; relative: larger is "
            "nearer.  [default: by the evidence]"
        ),
    ] = None,
    depth_scale: Annotated[
        float | None, typer.Option(metavar="K", help="The depth map's numbers times K are in that unit.")
    ] = None,
    depth_near: Annotated[
        DepthNear | None, typer.Option(help="What is nearest in a relative depth map.  [default: white]")
    ] = None,
    depth_channel: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Channel of an EXR that holds the depth, like Depth.Z.  [default: by name]"),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Layer or view of an EXR that is the picture.  [default: by name]"),
    ] = None,
    matte: Annotated[
        str | None, typer.Option(metavar="FILE", help="Picture of the subject's coverage, white on black.")
    ] = None,
    anchors: Annotated[
        list[str] | None,
        typer.Option(
            "--anchor", metavar="X,Y=DIST", help="A point whose distance is known, like 0.4,0.6=2.1m; may be repeated."
        ),
    ] = None,
    depth_model: Annotated[
        str | None,
        typer.Option(
            "--depth-model",
            metavar="MODEL",
            help="Predict the depth: depth-pro, depth-anything, their folder or FILE.onnx; rebokeh models list.",
        ),
    ] = None,
    matte_model: Annotated[
        str | None,
        typer.Option(
            "--matte-model",
            metavar="MODEL",
            help="Find the people: selfie or FILE.tflite; or what stands out, as a pet or food: salient or FILE.onnx.",
        ),
    ] = None,
    face_model: Annotated[
        str | None,
        typer.Option(
            "--face-model",
            metavar="MODEL",
            help="Find faces and eyes, for --focus: yunet or FILE.onnx, blazeface or FILE.tflite.",
        ),
    ] = None,
    edits: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|off",
            help="What is painted over depth, matte and lights.  [default: PHOTO.rebokeh.json beside the photo]",
        ),
    ] = None,
) -> None: ...


def _pair(
    stereo: Annotated[
        str | None,
        typer.Option(
            "--stereo",
            metavar="FILE",
            help="Measure the depth: the picture taken from further right; PHOTO again, if it holds both.",
        ),
    ] = None,
    baseline_m: Annotated[
        str | None,
        typer.Option(
            "--baseline", metavar="LENGTH", help="How far further right, like 14mm.  [default: as the file says]"
        ),
    ] = None,
) -> None: ...


def _rendering(
    highlights: Annotated[
        str,
        typer.Option(
            metavar="auto|gain-map|estimate|off|GAIN",
            help="Where the light above the clip comes from; a number scales what lights are given back.",
        ),
    ] = "auto",
    quality: Annotated[
        Quality, typer.Option(help="fast: what is blurred is made smaller; best: all at the photo's own size.")
    ] = "fast",
    baked: Annotated[
        Baked, typer.Option(help="A photo that is blurred already. auto: only what is missing is added; ignore: all.")
    ] = "auto",
    grain: Annotated[
        str,
        typer.Option(
            metavar="match|off|STRENGTH", help="Noise of the photo, put back where blur took it; 1 as it was."
        ),
    ] = "off",
) -> None: ...


LENS = _group(_lens)
"""What is rendered with, beside the f-number and the focus."""
MAPS = _group(_maps)
"""What gives a photo its depth and matte."""
SHARED = {one.name: MAPS[one.name] for one in fields(SharedOptions)}
"""Of these, what may be asked of any photo."""
PAIR = _group(_pair)
"""A second picture, which gives depth too."""
RENDERING = _group(_rendering)
"""How it is rendered."""


def takes(*groups: Group, before: str) -> Callable[[Command], Command]:
    """Make a command take groups of options, which reach it by their names in its ``**given``.

    Parameters
    ----------
    *groups : mapping of str to Parameter
    before : str
        The command's own parameter before which they stand, in ``--help`` too.
    """

    def taking(command: Command) -> Command:
        own = signature(command, eval_str=True)
        parameters: list[Parameter] = []
        for parameter in own.parameters.values():
            if parameter.name == before:
                parameters += [one for group in groups for one in group.values()]
            if parameter.kind is not Parameter.VAR_KEYWORD:
                parameters.append(parameter)
        vars(command)["__signature__"] = own.replace(parameters=parameters)
        return command

    return taking


def of(group: Group, given: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the options of a group."""
    return {name: given[name] for name in group}
