"""What gain-map metadata means: closed forms, both kinds of it, and what is broken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import android, gain

import rebokeh as rk
from rebokeh.bokeh.hdr.gain_map import without_offsets
from rebokeh.bokeh.hdr.restore import gained
from rebokeh.bokeh.io.found_maps import UnusableMapError
from rebokeh.bokeh.io.metadata import gain_map
from rebokeh.bokeh.io.metadata.gain_map import GainMapError, GainMetadata
from rebokeh.bokeh.photo.photo import GainMap

pytestmark = pytest.mark.kernels

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)
SLIGHT = (1 / 64, 1 / 64, 1 / 64)
XMP: dict[str, object] = {
    "GainMapMin": -0.5, "GainMapMax": 3.25, "Gamma": 1.5, "OffsetSDR": 0.0625, "OffsetHDR": 0.03125,
    "HDRCapacityMin": 0.25, "HDRCapacityMax": 3.5,
}  # fmt: skip
ISO = [(-0.5, 3.25, 1.5, 0.0625, 0.03125)]


def test_the_codes_are_stops_by_the_closed_form():
    found = gain_map.from_xmp(gain.hdrgm(XMP))
    assert found is not None and not found.base_is_hdr
    got = found.gain_map(RAMP)
    np.testing.assert_allclose(got.log2_gain, -0.5 + 3.75 * (RAMP / 255) ** (1 / 1.5), atol=1e-6)
    assert got.headroom == pytest.approx(2**3.5)
    assert got.offset_base == (0.0625,) * 3 and got.offset_alternate == (0.03125,) * 3


@pytest.mark.parametrize("common", [0, 10_000 * 2**5])
def test_both_kinds_of_metadata_say_the_same(common):
    words, block = gain_map.from_xmp(gain.hdrgm(XMP)), gain_map.from_iso(gain.iso(ISO, (0.25, 3.5), common=common))
    assert words == block
    assert gain_map.from_xmp(gain.hdrgm(XMP, sequences=True)) == words


def test_three_channels():
    rows = [(0.0, 1.0, 1.0, 0.0, 0.0), (0.0, 2.0, 2.0, 0.25, 0.125), (-1.0, 3.0, 0.5, 0.5, 0.0)]
    words = gain.hdrgm({
        "GainMapMin": (0, 0, -1), "GainMapMax": (1, 2, 3), "Gamma": (1, 2, 0.5), "OffsetSDR": (0, 0.25, 0.5),
        "OffsetHDR": (0, 0.125, 0), "HDRCapacityMax": 3,
    })  # fmt: skip
    found = gain_map.from_xmp(words)
    assert found == gain_map.from_iso(gain.iso(rows, (0, 3)))
    assert found is not None
    for codes in (RAMP, np.stack([RAMP, RAMP.T, 255 - RAMP], axis=-1)):
        got, each = found.gain_map(codes).log2_gain, codes if codes.ndim == 3 else np.stack([codes] * 3, axis=-1)
        for c, (low, high, gamma, _, _) in enumerate(rows):
            np.testing.assert_allclose(got[..., c], low + (high - low) * (each[..., c] / 255) ** (1 / gamma), atol=1e-6)


def test_what_is_left_out_is_as_the_specification_has_it():
    found = gain_map.from_xmp(gain.hdrgm({"GainMapMax": 2}))
    assert found == GainMetadata((0.0, 0.0, 0.0), (2.0, 2.0, 2.0), alternate_headroom=2.0)
    assert gain_map.from_xmp(gain.hdrgm({})) is None, "the primary's own XMP may have the version alone"
    assert gain_map.from_xmp(None) is None


@given(
    st.tuples(*[st.floats(-4, 0)] * 3), st.tuples(*[st.floats(0, 8)] * 3), st.tuples(*[st.floats(0.25, 4)] * 3),
    st.tuples(*[st.floats(0, 0.5)] * 3), st.floats(0, 8), st.booleans(),
)  # fmt: skip
@settings(max_examples=50)
def test_what_is_written_reads_back(low, high, gamma, offset, headroom, own):
    said = GainMetadata(low, high, gamma, offset, offset[::-1], 0.0, headroom, own)
    again = gain_map.from_iso(gain_map.to_iso(said))
    for name in ("low", "high", "gamma", "offset_base", "offset_alternate", "alternate_headroom"):
        np.testing.assert_allclose(getattr(again, name), getattr(said, name), atol=2e-6)
    assert again.in_base_colour == own
    words: dict[str, object] = {k: v if len(v) != 1 else next(iter(v)) for k, v in gain_map.to_xmp_values(said).items()}
    assert gain_map.from_xmp(gain.hdrgm(words)) == GainMetadata(low, high, gamma, offset, offset[::-1], 0.0, headroom)


@pytest.mark.parametrize("end", range(0, 61))
def test_a_block_that_is_cut_off_is_an_error(end):
    whole = gain.iso(ISO, (0.25, 3.5))
    assert len(whole) == 61
    if end < len(whole):
        with pytest.raises(GainMapError):
            gain_map.from_iso(whole[:end])


@given(st.binary(max_size=150))
@settings(max_examples=300)
def test_any_bytes_are_metadata_or_an_error(block):
    for bits in (block, bytes(4) + block):
        try:
            found = gain_map.from_iso(bits)
        except GainMapError:
            continue
        assert np.isfinite(found.gain_map(RAMP).log2_gain).all()


@pytest.mark.parametrize(
    "values",
    [
        {"GainMapMax": "much"}, {"GainMapMax": "nan"}, {"GainMapMax": 1e9}, {"GainMapMax": (1, 2)}, {"GainMapMax": -1},
        {"GainMapMax": 2, "Gamma": 0}, {"GainMapMax": 2, "OffsetSDR": 1e6}, {"GainMapMax": 2, "GainMapMin": 3},
    ],
)  # fmt: skip
def test_numbers_that_no_picture_has_are_an_error(values):
    with pytest.raises(GainMapError):
        gain_map.from_xmp(gain.hdrgm(values))


def test_a_newer_version_and_a_zero_denominator_are_errors():
    with pytest.raises(GainMapError, match="version 1"):
        gain_map.from_iso(gain.iso(ISO, (0, 3), version=1))
    block = bytearray(gain.iso(ISO, (0, 3)))
    block[9:13] = bytes(4)
    with pytest.raises(GainMapError):
        gain_map.from_iso(bytes(block))


def test_maps_that_are_of_no_use_are_noted():
    for metadata, said in (
        (None, "no metadata"),
        (
            gain_map.from_xmp(gain.hdrgm({"GainMapMax": 2, "HDRCapacityMax": 2, "BaseRenditionIsHDR": "True"})),
            "down to SDR",
        ),
        (gain_map.from_xmp(gain.hdrgm({"GainMapMax": 0})), "brightens nothing"),
    ):
        with pytest.raises(UnusableMapError, match=said):
            gain_map.usable(metadata, "Ultra HDR")


@given(st.integers(0, 999), st.floats(0, 0.3), st.floats(0, 0.3), st.booleans())
@settings(max_examples=20)
def test_radiance_with_offsets_is_the_closed_form(seed, base, alternate, colour):
    rng = np.random.default_rng(seed)
    rgb = rng.random((20, 30, 3)).astype(np.float32)
    stops = rng.uniform(-1, 4, (20, 30, 3) if colour else (20, 30)).astype(np.float32)
    offsets = np.array([base, 0.5 * base, 0.0]), np.array([0.0, alternate, 0.5 * alternate])
    found = GainMap(stops, 16.0, tuple(offsets[0]), tuple(offsets[1]))  # type: ignore[arg-type]
    extra = gained(rgb, found)
    assert extra is not None
    each = stops if colour else stops[..., None]
    radiance = (rgb + offsets[0]) * np.exp2(each) - offsets[1]
    np.testing.assert_allclose(rgb + extra, np.maximum(radiance, rgb), atol=1e-5)


@pytest.mark.parametrize("offset", [1 / 64, 6.695587, 10.3])
def test_offsets_of_any_size_are_read(offset):
    """Adobe writes offsets of several times white: stops are then few, and the radiance is the same."""
    values: dict[str, object] = {"GainMapMax": 0.8, "OffsetSDR": offset, "OffsetHDR": offset, "HDRCapacityMax": 3}
    for found in (
        gain_map.from_xmp(gain.hdrgm(values)),
        gain_map.from_iso(gain.iso([(0, 0.8, 1, offset, offset)], (0, 3))),
    ):
        assert found is not None and found.offset_base == pytest.approx((offset,) * 3)
        rgb = np.full((16, 16, 3), 0.9, np.float32)
        extra = gained(rgb, found.gain_map(np.full((16, 16), 255, np.uint8)))
        assert extra is not None
        np.testing.assert_allclose(rgb + extra, (0.9 + offset) * 2**0.8 - offset, rtol=1e-5)


def test_a_map_without_offsets_leads_to_the_same_radiance():
    rng = np.random.default_rng(5)
    rgb = np.repeat(rng.uniform(0.02, 1.0, (20, 30, 1)), 3, axis=2).astype(np.float32)
    stops = rng.uniform(0.0, 0.6, (20, 30)).astype(np.float32)
    found = GainMap(stops, 64.0, (6.7, 6.7, 6.7), (6.6, 6.6, 6.6))
    plain, extra = without_offsets(found, rgb), gained(rgb, found)
    assert plain.offset_base == plain.offset_alternate == (0.0,) * 3 and extra is not None
    again = gained(rgb, plain)
    assert again is not None
    # As much as the headroom allows: next to black an offset gives light that no factor gives.
    np.testing.assert_allclose(rgb + again, np.minimum(rgb + extra, 64.0 * rgb), rtol=1e-4)
    assert without_offsets(plain, rgb) is plain


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"GainMapMax": 2, "OffsetSDR": 1e6}, "out of all range"),
        ({"GainMapMax": "much"}, "not a number"),
        ({"GainMapMax": 2, "BaseRenditionIsHDR": "True"}, "down to SDR"),
        ({}, "no metadata"),
        ({"GainMapMax": 0}, ""),  # it brightens nothing, so nothing is lost
    ],
)
def test_every_refused_gain_map_warns(values, said):
    primary, small = (android.coded(np.full(size, 90, np.uint8)) for size in ((96, 128, 3), (48, 64)))
    texts = {k: str(v) for k, v in values.items()}
    photo = rk.load(android.ultra_hdr(primary, small, texts))
    assert photo.gain_map is None and [said in w and "light above white is lost" in w for w in photo.meta.warnings] == [
        True
    ] * bool(said)
    assert said in " ".join(photo.meta.notes)
    assert not rk.load(android.ultra_hdr(primary, small, {"GainMapMax": "2"})).meta.warnings


def test_a_gain_map_that_is_spoken_of_and_is_not_there_warns():
    primary, small = (android.coded(np.full(size, 90, np.uint8)) for size in ((96, 128, 3), (48, 64)))
    whole = android.ultra_hdr(primary, small, {"GainMapMax": "2"})
    photo = rk.load(whole[: whole.rindex(b"\xff\xd8\xff")])
    assert photo.gain_map is None and "not in the file" in " ".join(photo.meta.warnings)
    assert not rk.load(primary).meta.warnings


def test_no_gain_and_equal_offsets_add_nothing():
    rgb = np.random.default_rng(1).random((20, 30, 3)).astype(np.float32)
    assert gained(rgb, GainMap(np.zeros((10, 15), np.float32), 4.0, SLIGHT, SLIGHT)) is None
    assert rk.Photo(rgb=rgb, gain_map=GainMap(np.zeros((10, 15), np.float32), 4.0)).gain_map is not None


def test_adobes_own_file_is_hdr(shared):
    path = shared / "faults" / "adobe_gainmap_offset_05.jpg"
    if not path.exists():
        pytest.skip("no such file here")
    photo = rk.load(path)
    assert photo.gain_map is not None and not photo.meta.warnings
    assert photo.gain_map.offset_base == pytest.approx((6.695587,) * 3, abs=1e-6)
