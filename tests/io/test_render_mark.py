"""A picture that rebokeh rendered says so, in every format; rendering it again warns."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support import iphone
from support.command import rebokeh

from rebokeh.bokeh.api import render
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.io.formats import WRITTEN
from rebokeh.bokeh.io.heif import boxes, graft
from rebokeh.bokeh.io.heif.carried_items import GraftError
from rebokeh.bokeh.io.metadata import render_mark
from rebokeh.bokeh.load import load
from rebokeh.bokeh.optics.lens import Lens
from rebokeh.bokeh.photo.metadata import Metadata, Rendering
from rebokeh.bokeh.photo.photo import Photo

pytestmark = pytest.mark.kernels

CODES = np.random.default_rng(4).integers(60, 200, (64, 96, 3)).astype(np.uint8)
DONE = Rendering(1.8, 2.1, "9.9")
WORDS = iphone.xmp(tiff_Make="Apple")


def photo_of(rendered: Rendering | None = DONE, **meta) -> Photo:
    return Photo(rgb=np.full((64, 96, 3), 0.3, np.float32), meta=Metadata(rendered=rendered, **meta))


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("xmp", [None, WORDS])
def test_every_format_says_so(kind, xmp):
    meta = load(encode(photo_of(xmp=xmp), kind)).meta
    assert meta.rendered == DONE and "rendered by rebokeh: f/1.8 at 2.1 m, rebokeh 9.9" in meta.notes
    assert kind == "exr" or xmp is None or b"Apple" in (meta.xmp or b"")
    untouched = load(encode(photo_of(None, xmp=xmp), kind)).meta
    assert untouched.rendered is None


def test_a_source_with_xmp_of_its_own_keeps_it_beside_the_mark():
    source = load(iphone.heic(CODES, picture_xmp=WORDS))
    once = encode(replace(source, meta=replace(source.meta, rendered=DONE)), "heic")
    again = load(once)
    assert again.meta.xmp == render_mark.marked(WORDS, DONE) and again.meta.rendered == DONE
    twice = encode(replace(again, meta=replace(again.meta, rendered=Rendering(4.0, math.inf))), "heic")
    last = load(twice).meta
    assert last.rendered == Rendering(4.0, math.inf, render_mark.version())
    assert last.xmp == render_mark.marked(WORDS, last.rendered)
    # One mark takes the other's place.
    assert len(boxes.read_meta(twice).items) == len(boxes.read_meta(once).items)


@pytest.mark.parametrize("xmp", [None, WORDS])
def test_a_mark_in_the_xmp_gives_way_to_the_next(xmp):
    again = load(encode(photo_of(xmp=xmp), "heic"))
    for kind in ("heic", "jpeg"):
        data = encode(replace(again, meta=replace(again.meta, rendered=Rendering(4.0, 1.0))), kind)
        assert load(data).meta.rendered == Rendering(4.0, 1.0, render_mark.version()) and data.count(b"FNumber") == 1


def test_marking_adds_and_changes_nothing():
    for xmp in (WORDS, b"<?xpacket begin=''?>\n" + WORDS + b"\n<?xpacket end='w'?>"):
        marked = render_mark.marked(xmp, DONE) or b""
        at = xmp.index(b"</rdf:RDF>")
        assert render_mark.read(marked) == DONE and marked.startswith(xmp[:at]) and marked.endswith(xmp[at:])
        assert render_mark.marked(marked, DONE) == marked


@pytest.mark.parametrize("xmp", [b"", b"junk", "<rdf:RDF/>".encode("utf-16"), WORDS.replace(b"rdf:", b"r:")])
def test_xmp_that_is_no_plain_packet_is_left_alone(xmp):
    assert render_mark.marked(xmp or None, None) == (xmp or None)
    if xmp:
        assert render_mark.marked(xmp, DONE) == xmp


@pytest.mark.parametrize("said", ['FNumber="x"', 'FNumber="-1"', 'FNumber="nan"', 'FocusM="2"', ""])
def test_half_a_mark_is_none(said):
    packet = (
        (render_mark.marked(None, DONE) or b"").replace(b'FNumber="1.8"', b"").replace(b'rebokeh:Version="9.9"', b"")
    )
    assert render_mark.read(packet.replace(b"rebokeh:FocusM", f"rebokeh:{said} rebokeh:FocusM".encode())) is None


def test_a_render_marks_its_picture():
    depth = np.full((32, 48), 0.5, np.float32)
    picture = render(Photo(rgb=np.full((64, 96, 3), 0.3, np.float32), depth=depth), Lens(f_number=2.0, focus_m=1.5))
    assert picture.meta.rendered == Rendering(2.0, 1.5)
    assert picture.meta.depth_map is not None and picture.meta.depth_map.shape == (32, 48)


def test_the_command_line_warns_of_blur_on_blur(portrait):
    first = portrait.photo.with_name("photo_f1.8.png")
    given = ("--depth", portrait.depth, "--depth-unit", "m")
    assert rebokeh(portrait.photo, *given).stderr.count("warning") == 0
    again = rebokeh(first, *given, "-o", first.with_name("b.png"))
    assert again.exit_code == 0
    assert "rebokeh: warning: this photo is rendered by rebokeh already, f/1.8 at " in again.stderr
    assert again.stderr.count("warning") == 1


def test_the_command_line_says_what_a_save_leaves_behind(portrait, monkeypatch):
    photo = portrait.photo.with_name("a.heic")
    photo.write_bytes(iphone.heic(CODES, depth=CODES[..., 0]))
    monkeypatch.setattr(graft, "from_source", broken)
    result = rebokeh(photo)
    assert result.exit_code == 0, result.output
    assert result.stderr.count("rebokeh: warning: ") == 1 and "not taken over as they are (torn)" in result.stderr


def broken(*_: object) -> None:
    raise GraftError("torn")
