"""Options that several commands take alike, each spelt once; `takes` puts them into a command's signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any, TypeVar

from ..bokeh.parser import (
    Anchors,
    BakedOption,
    Baseline,
    Blades,
    Changes,
    Curvature,
    DepthFile,
    DepthModel,
    DepthScale,
    DepthUnitOption,
    Focal,
    GrainOption,
    HighlightsFrom,
    LensName,
    MatteFile,
    MatteModel,
    QualityOption,
    Rotation,
    Sensor,
    Starburst,
    Stereo,
)

Group = Mapping[str, Parameter]
Command = TypeVar("Command", bound=Callable[..., None])


def _group(template: Callable[..., None]) -> Group:
    return signature(template, eval_str=True).parameters


# Each group is the signature of a function that nobody calls, so that it reads as a command's own options do.
def _lens(
    focal: Focal = None,
    sensor: Sensor = None,
    lens: LensName = None,
    changes: Changes = None,
    blades: Blades = None,
    curvature: Curvature = None,
    rotation: Rotation = None,
    starburst: Starburst = None,
) -> None: ...


def _maps(
    depth: DepthFile = None,
    depth_unit: DepthUnitOption = None,
    depth_scale: DepthScale = None,
    matte: MatteFile = None,
    anchor: Anchors = None,
    depth_model: DepthModel = None,
    matte_model: MatteModel = None,
) -> None: ...


def _pair(stereo: Stereo = None, baseline: Baseline = None) -> None: ...


def _rendering(
    highlights: HighlightsFrom = "auto",
    quality: QualityOption = "fast",
    baked: BakedOption = "auto",
    grain: GrainOption = "off",
) -> None: ...


LENS = _group(_lens)
"""What is rendered with, beside the f-number and the focus."""
MAPS = _group(_maps)
"""What gives a photo its depth and matte."""
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
