"""What is asked of a photo beside its file: said once, and the same for the library, the recipe and the flags."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from typer.main import get_command

import rebokeh as rk
from rebokeh.bokeh import load as loading
from rebokeh.bokeh.app.commands.groups import MAPS, PAIR
from rebokeh.bokeh.app.commands.source import Source
from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.photo.load_options import Anchor, LoadOptions
from rebokeh.bokeh.settings.flags import flag_of
from rebokeh.cli import app

NAMES = [one.name for one in fields(LoadOptions)]


def test_load_takes_just_these():
    own = signature(rk.load).parameters
    assert [name for name in own if name not in ("path", "max_pixels")] == NAMES
    assert {name: own[name].default for name in NAMES} == vars(LoadOptions())
    hints, theirs = get_type_hints(LoadOptions), get_type_hints(rk.load)
    assert {name: theirs[name] for name in NAMES} == {name: hints[name] for name in NAMES}


def test_load_passes_all_of_them_on(monkeypatch):
    monkeypatch.setattr(loading, "LoadOptions", dict)
    monkeypatch.setattr(loading, "opened", lambda path, options, *, max_pixels: path)
    monkeypatch.setattr(loading, "completed", lambda photo, options, *, max_pixels: options)
    given: dict[str, Any] = {name: f"as {name}" for name in NAMES}
    assert rk.load("a.heic", **given) == given


def test_load_explains_all_of_them():
    said = (rk.load.__doc__ or "").splitlines()
    assert all(any(line.startswith(f"{name} : ") for line in said) for name in [*NAMES, "path", "max_pixels"])


def test_every_one_is_a_flag():
    assert {*MAPS, *PAIR} == set(NAMES)
    command = get_command(app).commands["render"]  # pyright: ignore[reportAttributeAccessIssue]
    flags = {parameter.name: parameter.opts for parameter in command.params}
    assert {name: flags[name] for name in NAMES} == {name: [flag_of(name).split()[0]] for name in NAMES}


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({"depth": "a", "stereo": "b", "baseline_m": 1.0}, "`depth` and `stereo`"),
        ({"depth": "a", "depth_model": "b"}, "`depth` and `depth_model`"),
        ({"matte": "a", "matte_model": "b"}, "`matte` and `matte_model`"),
        ({"depth_unit": "m"}, "`depth_unit` .* `depth_model`, or the `depth` of one photo"),  # a batch has no `depth`
        ({"depth_unit": "m", "depth_scale": 1.0, "depth_model": "b"}, "`depth_scale` .* `depth`"),
        ({"baseline_m": 1.0}, "`stereo` and `baseline_m`"),
    ],
)
def test_contradictions_are_refused(given, arguments):
    with pytest.raises(UsageError, match=arguments):
        LoadOptions(**given)


def test_a_photo_s_own_map_stands_before_the_recipe_s_models():
    recipe = LoadOptions(depth_model="net.onnx", depth_unit="m", matte_model="selfie")
    assert LoadOptions().before(recipe) == recipe
    assert LoadOptions(depth="a.png").before(recipe) == LoadOptions(depth="a.png", matte_model="selfie")
    assert LoadOptions(depth="a.png", depth_unit="relative").before(recipe).depth_unit == "relative"
    assert LoadOptions(matte="a.png").before(recipe) == LoadOptions(
        matte="a.png", depth_model="net.onnx", depth_unit="m"
    )
    pair = LoadOptions(stereo="b.png", baseline_m=0.01)
    assert pair.before(recipe) == LoadOptions(stereo="b.png", baseline_m=0.01, matte_model="selfie")


def test_a_recipe_holds_words_and_no_pictures():
    options = LoadOptions(depth=b"map", depth_scale=0.0, anchors=[Anchor(0.5, 0.25, float("inf"))], matte=Path("m.png"))
    assert options.to_json() == {"depth_scale": 0.0, "anchors": [{"x": 0.5, "y": 0.25, "distance_m": "inf"}]}
    assert options.files == [Path("m.png")]
    assert LoadOptions(depth_model=Path("net.onnx")).to_json() == {"depth_model": "net.onnx"}


def test_flags_are_read_into_the_same():
    source = Source.of("a.heic", {"anchors": ["0.5,0.25=2m"], "stereo": "b.heic", "baseline_m": "14mm", "matte": None})
    assert source.options == LoadOptions(stereo="b.heic", baseline_m=0.014, anchors=(Anchor(0.5, 0.25, 2.0),))
    assert source.files == ["a.heic", "b.heic"]


def test_flags_of_numbers_are_read_as_numbers(monkeypatch):
    monkeypatch.setattr(LoadOptions, "__post_init__", lambda self: None)  # one at a time, though some go in pairs
    numbers = [name for name, hint in get_type_hints(LoadOptions).items() if hint == float | None]
    flags = {name: get_args({**MAPS, **PAIR}[name].annotation)[0] for name in numbers}
    for name, kind in flags.items():
        typed = "250cm" if kind == str | None else 2.5
        assert getattr(Source.of("a.heic", {name: typed}).options, name) == 2.5, name
    assert numbers
