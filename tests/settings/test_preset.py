"""Presets: the same words as the flags, rules for some photos, and what a broken one is told."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

import rebokeh as rk
from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.photo.load_options import LoadOptions
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.settings.options import Options
from rebokeh.bokeh.settings.preset import Preset, When, read_preset

PLAIN = rk.Photo(rgb=np.full((30, 40, 3), 0.3, np.float32), depth=np.full((30, 40), 0.5, np.float32))


def photo(people: bool = False, **meta) -> rk.Photo:
    matte = np.ones((30, 40), np.float32) if people else None
    return replace(PLAIN, meta=Metadata(**meta), matte=matte)


@pytest.fixture
def written(tmp_path):
    """Return what reads a preset of this text."""

    def write(text: str, flags: Options | None = None) -> Preset:
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return read_preset(path, flags)

    return write


def test_keys_are_the_flags(written):
    preset = written(
        """
        fstop = 2.2
        focus = "2.1m"
        lens = "petzval"
        with = ["pupil.squeeze=1.1"]
        style = "gaussian"
        quality = "best"
        hdr = "off"
        format = "jpeg"
        save_quality = 90
        strip = "gps"
        """
    )
    recipe, lens = preset.recipe_for(photo()), preset.recipe_for(photo()).lens
    assert (lens.f_number, lens.focus_m, lens.glass.pupil.squeeze, lens.glass.name) == (2.2, 2.1, 1.1, "petzval")
    assert (recipe.settings.style, recipe.settings.quality) == ("gaussian", "best")
    assert (recipe.format, recipe.hdr, recipe.save_quality, recipe.strip) == ("jpeg", "off", 90, ("gps",))
    assert preset.format == "jpeg"


def test_a_preset_says_what_an_exr_is_opened_by(written):
    text = 'layer = "beauty"\ndepth_channel = "Mist.Z"\ndepth_unit = "relative"\ndepth_near = "black"\n'
    asked = LoadOptions(layer="beauty", depth_channel="Mist.Z", depth_unit="relative", depth_near="black")
    preset = written(text, Options(layer="right"))
    assert preset.load_options == replace(asked, layer="right")
    assert preset.recipe_for(photo()).load_options == preset.load_options
    # A map that is given with the photo stands before the preset's channel, and what is said of that.
    assert LoadOptions(depth="d.png").before(asked) == LoadOptions(depth="d.png", layer="beauty")


RULES = """
fstop = 4
[[rule]]
when = { camera = "iPhone 13*" }
fstop = 2
focus = "1m"
[[rule]]
when = { f35_mm = ">=50", people = true }
fstop = 1.4
"""


def test_later_rules_win_and_flags_win_over_all(written):
    def chosen(preset: Preset, **meta) -> tuple[float, float | None]:
        lens = preset.recipe_for(photo(**meta)).lens
        return lens.f_number, lens.focus_m

    preset = written(RULES)
    assert chosen(preset) == (4.0, None)
    assert chosen(preset, camera="Apple iPhone 13 Pro") == (2.0, 1.0)
    assert chosen(preset, camera="Apple iPhone 13 Pro", f35_mm=77.0, people=True) == (1.4, 1.0)
    assert chosen(preset, f35_mm=77.0, people=True) == (1.4, None) and chosen(preset, f35_mm=77.0) == (4.0, None)
    flagged = written(RULES, Options(fstop="8"))
    assert chosen(flagged, camera="Apple iPhone 13 Pro", f35_mm=77.0, people=True) == (8.0, 1.0)


@pytest.mark.parametrize(
    ("when", "yes", "no"),
    [
        ({"camera": ("*IPHONE*", "*pixel*")}, {"camera": "Google Pixel 9"}, {"camera": "Nikon Z8"}),
        ({"lens": ("*wide*",)}, {"lens": "iPhone 13 back dual wide camera"}, {}),
        ({"format": ("heic",)}, {"format": "heic"}, {"format": "jpeg"}),
        ({"f35_mm": "26"}, {"f35_mm": 26.2}, {"f35_mm": 27.0}),
        ({"f35_mm": "24..35"}, {"f35_mm": 35.0}, {"f35_mm": 35.1}),
        ({"f35_mm": "<30"}, {"f35_mm": 29.9}, {"f35_mm": 30.0}),
        ({"f35_mm": "<30"}, {"f35_mm": 1.0}, {}),
        ({"f35_mm": ">= 50"}, {"f35_mm": 50.0}, {"f35_mm": 49.0}),
        ({"people": True}, {"people": True}, {"people": False}),
        ({"people": True}, {"faces": ((0.1, 0.1, 0.1, 0.1),)}, {}),
        ({"people": False}, {}, {"people": True}),
    ],
)
def test_conditions(when, yes, no):
    assert When(**when).matches(photo(**yes)) and not When(**when).matches(photo(**no))


def test_size_and_depth_are_conditions_too():
    assert When(megapixels="<1", depth=True).matches(PLAIN) and not When(megapixels=">1").matches(PLAIN)
    assert When(depth=False).matches(replace(PLAIN, depth=None)) and not When(depth=False).matches(PLAIN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fstopp = 2", "fstopp is unknown; did you mean fstop"),
        ("save-quality = 2", "did you mean save_quality"),
        ("overwrite = true", "Known are fstop, focus"),
        ("fstop = 'wide'", "wide"),
        ("fstop = true", "fstop is true; expected a number or words"),
        ("blades = 2.5", "blades is 2.5; expected a whole number"),
        ("strip = [1]", "a list of them"),
        ("strip = 'exif'", "cannot strip 'exif'"),
        ("style = 'oil'", "style is 'oil'"),
        ("format = 'gif'", "'gif' is not written"),
        ("lens = 'petzvall'", "did you mean petzval"),
        ("rule = 1", "[[rule]]"),
        ("[[rule]]\nfstop = 2", "rule 1: it says not for which photos"),
        ("[[rule]]\nwhen = {}\nfstop = 2", "rule 1: it says not for which photos"),
        ("[[rule]]\nwhen = { lense = 'a' }", "rule 1: lense is unknown; did you mean lens"),
        ("[[rule]]\nwhen = { people = 1 }", "people is 1; expected true or false"),
        ("[[rule]]\nwhen = { f35_mm = 'long' }", "f35_mm is 'long'"),
        ("[[rule]]\nwhen = { f35_mm = '>24..35' }", "f35_mm is '>24..35'"),
        ("[[rule]]\nwhen = { people = true }\nformat = 'png'", "rule 1: format cannot change"),
        ("[[rule]]\nwhen = { people = true }\nlayer = 'beauty'", "rule 1: `layer`, `depth_channel` and what its"),
        (
            "depth_channel = 'Z'\n[[rule]]\nwhen = { people = true }\ndepth_unit = 'relative'",
            "cannot change from photo to photo",
        ),
        ("depth_near = 'grey'\ndepth_channel = 'Z'", "depth_near is 'grey'"),
        ("depth_near = 'black'", "`depth_near` speaks of a depth map"),
        ("lens = 'petzval'\n[[rule]]\nwhen = { people = true }\nfstop = 1", "rule 1: f-number is 1"),
        ("[[rule]]\nwhen = { people = true }\n[[rule]]\nwhen = { people = true }\nblade = 1", "rule 2: blade"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_the_rule_and_the_key(written, text, said):
    with pytest.raises(UsageError, match=r"mine\.toml: ") as caught:
        written(text)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_wrong_flag_is_not_the_files_fault(written):
    with pytest.raises(UsageError) as caught:
        written("fstop = 2", Options(fstop="wide"))
    assert "mine.toml" not in str(caught.value)


def test_no_toml_is_no_preset(written, tmp_path):
    with pytest.raises(InputError, match="not TOML"):
        written("fstop = ")
    with pytest.raises(InputError, match="no such preset"):
        read_preset(tmp_path / "none.toml")


def test_a_preset_travels_with_its_lenses(tmp_path, written):
    lens = tmp_path / "mine_lens.toml"
    lens.write_text('title = "A lens"\nsource = "Made up"\nf_number = 2.0\n')
    preset = written(f"lens = '{lens}'")
    before = preset.digest
    lens.write_text('title = "A lens"\nsource = "Made up"\nf_number = 3.0\n')
    there = pickle.loads(pickle.dumps(preset))
    assert there.recipe_for(photo()).lens.f_number == 2.0 and there.digest == before
    assert written(f"lens = '{lens}'").digest != before


def test_the_digest_is_of_what_is_said(written):
    assert written("fstop = 2").digest == Preset(Options(fstop="2")).digest == Preset(flags=Options(fstop="2")).digest
    texts = ["", "fstop = 2", RULES, RULES.replace("1.4", "1.8"), RULES.replace(">=50", ">50")]
    assert len({written(text).digest for text in texts}) == len(texts)
    assert Preset(flags=Options(fstop="2")).digest != Preset(flags=Options(fstop="2", style="gaussian")).digest
