"""Lens files: those in the package, what a broken one is told, and what overrides what."""

from __future__ import annotations

import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paths import ROOT

import rebokeh as rk
from rebokeh.bokeh.core.errors import InputError, RebokehError, UsageError
from rebokeh.bokeh.core.toml import MOST_BYTES
from rebokeh.bokeh.optics.lens_file import (
    keys,
    lens_named,
    lens_names,
    lines_of,
    overridden,
    read_lens,
    table_of,
    with_values,
)

NAMES = lens_names()
KEYS = list(keys())
LEAST = 'title = "A lens"\nsource = "Made up"\nf_number = 2.0\n'


@pytest.fixture
def written(tmp_path):
    """Return what writes a lens file of this text, and names it."""

    def write(text: str | bytes, name: str = "mine.toml") -> str:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


# Those in the package


def test_there_are_lenses_from_clean_to_characterful():
    wanted = "anamorphic-2x cine-prime gauss-58 macro-100 mirror-500 modern-85 petzval phone stf triplet vintage-50"
    assert set(wanted.split()) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_lens_of_the_package(name):
    lens_file = read_lens(name)
    assert lens_file.name == name and name in lens_file.where
    assert len(lens_file.source) > 100 and "estimate" in lens_file.source  # what is measured, and what is not
    lens = rk.lens_named(name)
    assert lens.f_number == lens.glass.f_number == lens_file.f_number
    assert lens.glass.name == name
    assert rk.lens_named(name, f_number=14.0).f_number == 14.0
    curvature = lens.aperture.at(lens.f_number).curvature
    assert lens.aperture.blades == 0 or curvature == 1.0  # an iris is a circle when it is wide open


def test_what_gives_each_its_look():
    glass = {name: lens_named(name).glass for name in NAMES}
    assert glass["triplet"].wavefront.spherical_um > 0
    assert glass["anamorphic-2x"].pupil.squeeze == 2.0
    assert glass["mirror-500"].pupil.obstruction > 0.3 and len(set(glass["mirror-500"].wavefront.axial_um)) == 1
    assert glass["petzval"].wavefront.field_curvature_um == min(g.wavefront.field_curvature_um for g in glass.values())
    # the share of the light that the filter lets through, worked out from its stops
    density = glass["stf"].pupil.apodisation
    assert (1 - math.exp(-density)) / density == pytest.approx((2.8 / 4.5) ** 2, rel=0.03)


# Files


def test_a_file_says_only_what_it_must(written):
    lens = lens_named(written(LEAST))
    assert lens == rk.Lens(2.0, glass=rk.Glass(2.0, name="mine"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_is_the_lens_file(name, written):
    shown = "\n".join(lines_of(read_lens(name)))
    again = read_lens(written(shown, f"{name}.toml"))
    assert again.lens() == lens_named(name)
    assert table_of(again) == table_of(read_lens(name))


def test_a_byte_order_mark_and_windows_lines_are_no_trouble(written):
    assert lens_named(written(b"\xef\xbb\xbf" + LEAST.replace("\n", "\r\n").encode())).f_number == 2.0


@pytest.mark.parametrize(
    ("more", "mention"),
    [
        ("[wavefront]\ncomma_um = 1", "wavefront.comma_um is unknown; did you mean wavefront.coma_um?"),
        ("[iris]\ncoma_um = 1", "iris.coma_um is unknown; did you mean wavefront.coma_um?"),
        ("[lamp]", "lamp is unknown; known here: title, source, f_number"),
        ("[pupil]\nfront = { radius = 0.5 }", "pupil.front.radius is 0.5; a rim's goes from 1"),
        ("[pupil]\nfront = { radius = 1.2, shift = 2 }", "pupil.front.shift is 2"),
        ("[pupil]\nrear = 3", "pupil.rear is 3; expected a table of radius, shift"),
        ("[pupil.squeeze]\nx = 2", "pupil.squeeze is a table; expected a number"),
        ("pupil = []", "pupil is []; expected a table"),
        ("[[wavefront]]\ncoma_um = 1", "wavefront is"),
        ("[pupil]\nobstruction = 1.0", "pupil.obstruction is 1"),
        ("[iris]\nblades = 16", "iris.blades is 16"),
        ("[iris]\nblades = true", "iris.blades is true; expected a whole number"),
        ("[iris]\nblades = 7.0", "iris.blades is 7.0; expected a whole number"),
        ("[iris]\ncurvature = [[2.8, 0.5], [2.0, 1.0]]", "iris.curvature is"),
        ("[iris]\ncurvature = [[2.0, 1.0, 3.0]]", "iris.curvature is [2.0, 1.0, 3.0]; expected a list of 2 numbers"),
        ("[iris]\ncurvature = []", "iris.curvature is"),
        ('[iris]\nrotation_deg = "15"', 'iris.rotation_deg is "15"; expected a number'),
        ("[iris]\nrotation_deg = 1979-05-27", "iris.rotation_deg is"),
        ("[wavefront]\nspherical_um = nan", "wavefront.spherical_um is nan"),
        ("[wavefront]\nspherical_um = 1e999", "wavefront.spherical_um is inf"),
        (f"[wavefront]\nspherical_um = 1{400 * '0'}", "wavefront.spherical_um is inf"),
        ("[wavefront]\nspherical_um = 1001", "wavefront.spherical_um is 1001"),
        ("[wavefront]\naxial_um = [1, 0]", "wavefront.axial_um is [1, 0]; expected a list of 3 numbers"),
        ("[wavefront]\naxial_um = 1", "wavefront.axial_um is 1; expected a list of 3 numbers"),
        ("[wavefront]\nripple_rings = 51", "wavefront.ripple_rings is 51"),
        ("starburst = -1", "starburst is -1"),
        ("name = 'x'", "name is unknown"),
    ],
)
def test_an_error_names_the_file_and_the_key(written, more, mention):
    path = written(f"{LEAST}{more}\n")
    with pytest.raises(UsageError) as caught:
        lens_named(path)
    assert str(caught.value).startswith(f"{path}: {mention}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["title", "source", "f_number"])
def test_what_every_file_says(written, key):
    lines = [line for line in LEAST.splitlines() if not line.startswith(key)]
    with pytest.raises(UsageError, match=f"mine.toml: {key} is missing"):
        lens_named(written("\n".join(lines)))


@pytest.mark.parametrize("text", ['""', '" \\n "', '"bell \\u0007"', "7"])
def test_a_source_is_words(written, text):
    with pytest.raises(UsageError, match=r"mine.toml: source"):
        lens_named(written(LEAST.replace('"Made up"', text)))


@pytest.mark.parametrize("number", ["0", "-2.0", "nan", "inf", "false"])
def test_an_f_number_is_above_zero(written, number):
    with pytest.raises(UsageError, match="mine.toml: f_number is"):
        lens_named(written(LEAST.replace("2.0", number)))


@pytest.mark.parametrize(
    ("data", "mention"),
    [
        (b"title = ", "not TOML"),
        (b"title = 'a'\ntitle = 'b'", "not TOML"),
        (b"\xff\xd8\xff\xe0" * 10, "no text"),
        (b"\0" * 10, "not TOML"),
        (b"x = " + b"[" * 100_000, "not TOML"),
        (b"x = " + b"9" * 10_000, "not TOML"),
        (b"#" * (MOST_BYTES + 1), "larger than 1 MB"),
    ],
    ids=["cut off", "twice", "binary", "zeros", "deep", "long number", "huge"],
)
def test_what_is_no_lens_file(written, data, mention):
    path = written(data)
    with pytest.raises(InputError, match=mention) as caught:
        read_lens(path)
    assert str(caught.value).startswith(path) and "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="folder"):
        read_lens(f"{tmp_path}/")
    with pytest.raises(InputError, match="no such lens file"):
        read_lens(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_lens("a\0b.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_lens("x" * 5000 + ".toml")


@pytest.mark.parametrize("name", ["petzvall", "Petzval", "petzva"])
def test_an_unknown_name_suggests_close_ones(name):
    with pytest.raises(UsageError, match="did you mean petzval.*rebokeh lens list"):
        read_lens(name)


@pytest.mark.parametrize("name", ["", "\0", "..", "zzz", "-"])
def test_an_unknown_name(name):
    with pytest.raises(UsageError, match="rebokeh lens list"):
        read_lens(name)


# Values and overrides


def test_with_values():
    before = read_lens("petzval")
    after = with_values(before, ["wavefront.spherical_um=.5", "iris.blades = 7", "wavefront.axial_um=[1, 0, 2]"])
    assert after.wavefront.spherical_um == 0.5 != before.wavefront.spherical_um
    assert after.wavefront.axial_um == (1.0, 0.0, 2.0)
    assert after.iris.blades == 7
    assert after.pupil == before.pupil
    assert (
        after.where == f"{before.where}, with wavefront.spherical_um=.5, iris.blades = 7, wavefront.axial_um=[1, 0, 2]"
    )
    assert with_values(before, []) == before
    assert lens_named("petzval", ["iris.blades=7"]).aperture.blades == 7


def test_a_value_in_a_table_that_the_file_leaves_out(written):
    lens = lens_named(written(LEAST), ["pupil.front.shift=0.5"])
    assert lens.glass.pupil.front == rk.Rim(1.0, 0.5)


@pytest.mark.parametrize(
    "item",
    ["", "=", "x", "x=", "=1", "iris.blades", "iris.blades=true", "iris.blades=3\nf_number=1", "..=1", "a.b.c=1"],
)
def test_values_that_are_refused(item):
    with pytest.raises(UsageError, match="`changes`") as caught:
        with_values(read_lens("petzval"), [item])
    assert "\n" not in str(caught.value)


@given(
    st.sampled_from(KEYS), st.one_of(st.floats().map(repr), st.text(max_size=12), st.sampled_from(["{}", "[]", "0"]))
)
def test_any_value_makes_a_lens_or_an_error_that_names_the_key(key, text):
    try:
        lens = with_values(read_lens("petzval"), [f"{key}={text}"]).lens()
    except UsageError as error:
        # a rim's shift is judged with its radius
        named = key if "radius" not in key else key.rpartition(".")[0]
        assert named in str(error) and "\n" not in str(error)
    else:
        assert isinstance(lens, rk.Lens)


@given(st.text(max_size=60), st.sampled_from(KEYS))
def test_any_text_makes_a_lens_or_one_line(tmp_path_factory, text, key):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(f"{LEAST}{key} = {text}", "utf-8", errors="replace")
    try:
        read_lens(path)
    except RebokehError as error:
        assert "any.toml" in str(error)


def test_overrides():
    lens = lens_named("gauss-58", f_number=2.8, focus_m=2.1, focal_mm=58.0, starburst=0.0, curvature=0.3)
    assert (lens.f_number, lens.focus_m, lens.focal_mm, lens.starburst) == (2.8, 2.1, 58.0, 0.0)
    own = lens_named("gauss-58")
    assert lens.glass == own.glass
    assert lens.aperture.curvature == 0.3
    assert (lens.aperture.blades, lens.aperture.rotation_deg) == (own.aperture.blades, own.aperture.rotation_deg)
    assert lens_named("gauss-58", f_number=None, blades=None) == own
    assert overridden(rk.Lens(), blades=6, focus_m=1.0) == rk.Lens(focus_m=1.0, aperture=rk.Aperture(blades=6))


def test_a_lens_opens_no_wider_than_it_does():
    with pytest.raises(UsageError, match="petzval opens to f/2.2"):
        lens_named("petzval", f_number=1.8)


# The page


def test_every_key_is_documented():
    page = (ROOT / "docs" / "lens_files.md").read_text("utf-8")
    assert [key for key in KEYS if f"\n| `{key}` |" not in page] == []


def test_the_example_of_the_page_is_a_lens(written):
    page = (ROOT / "docs" / "lens_files.md").read_text("utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert set(tomllib.loads(example)) == {"title", "source", "f_number", "iris", "pupil", "wavefront"}
    assert lens_named(written(example)).aperture.blades == 8
