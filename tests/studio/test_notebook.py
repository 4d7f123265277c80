"""The widget of notebooks: a trait that is set is a picture that changes; and in a browser, by click and slider."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.browser import CHROMIUM
from support.portrait import portrait_arrays
from support.studio import PATIENCE_S, wait_until

import rebokeh as rk
from rebokeh.bokeh.core.errors import NoDepthError, UsageError
from rebokeh.bokeh.settings.options import Options

pytest.importorskip("anywidget", reason="the extra notebook is not installed")
pytestmark = pytest.mark.kernels

SIZE = (192, 256)


@pytest.fixture(scope="module")
def photo() -> rk.Photo:
    codes, metres, _ = portrait_arrays(*SIZE)
    return rk.Photo(rgb=rk.Profile().to_linear(codes), depth=(1.0 / metres).astype(np.float32))


def codes_of(shown: Any) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(shown.picture))).astype(int)


def test_a_wider_aperture_is_another_picture(photo):
    shown = rk.widget(photo, f_number=16.0)
    narrow, count = codes_of(shown), shown.shown
    shown.f_number = 1.2
    assert shown.shown == count + 1 and codes_of(shown).shape == (*SIZE, 3)
    wall = codes_of(shown)[:40], narrow[:40]
    assert wall[0].std() < 0.8 * wall[1].std()


def test_a_point_is_focused_and_its_distance_is_said(photo):
    shown = rk.widget(photo, f_number=1.4)
    shown.focus_point = (0.5, 0.5)
    assert shown.text == "1 m" and shown.lens.focus_point == pytest.approx((0.5, 0.5))
    subject = shown.picture
    shown.focus_point = (0.05, 0.05)
    assert shown.text == "4 m" and shown.picture != subject
    shown.focus_point = (1.0, 1.0)  # the last pixel
    assert shown.text == "4 m"


def test_its_lens_renders_what_it_shows(photo):
    shown = rk.widget(photo, f_number=1.4, blades=6)
    shown.focus_point = (0.05, 0.05)
    assert shown.lens.aperture.blades == 6
    picture = rk.render(photo, shown.lens).srgb8().astype(int)
    assert np.abs(picture - codes_of(shown)).mean() < 4.0  # a JPEG


def test_it_begins_with_the_aperture_of_its_lens(photo):
    assert rk.widget(photo).f_number == rk.Lens().f_number
    shown = rk.widget(photo, lens="petzval")
    assert shown.f_number == rk.lens_named("petzval").f_number
    picture = shown.picture
    shown.f_number = 1.0
    assert "no wider" in shown.text and shown.picture == picture
    with pytest.raises(UsageError, match="no wider"):
        rk.widget(photo, f_number=1.0, lens="petzval")


def test_a_scene_will_do_and_what_has_no_depth_will_not(photo):
    assert rk.widget(rk.prepare(photo)).size == (SIZE[1], SIZE[0])
    with pytest.raises(NoDepthError):
        rk.widget(rk.Photo(rgb=np.ones((*SIZE, 3), np.float32)))


def test_a_focus_that_cannot_be_is_told_and_the_picture_stays(photo):
    shown = rk.widget(photo)
    before, count = shown.picture, shown.shown
    shown._options = Options(focus="1mm")
    shown.f_number = 2.0
    assert (shown.shown, shown.picture) == (count + 1, before) and "mm" in shown.text


@pytest.mark.parametrize(
    ("more", "mentions"),
    [
        ({"fstop": "2"}, "'fstop' is no option"),
        ({"colour": 1}, "'colour'"),
        ({"focus": "x"}, "x"),
        ({"blades": 99}, "99"),
    ],
)
def test_options_that_make_no_sense_are_refused(photo, more, mentions):
    with pytest.raises(UsageError, match=mentions):
        rk.widget(photo, **more)


def test_numbers_are_options_as_presets_have_them(photo):
    assert rk.widget(photo, highlights=0.5, curvature=0.5, blades=5).lens.aperture.curvature == 0.5


def test_without_its_extra_it_says_which(photo, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(UsageError, match=r"pip install .*\(rebokeh's extra notebook\)"):
        rk.widget(photo)


def test_its_module_is_in_one_piece_and_asks_the_network_for_nothing():
    from rebokeh.bokeh.studio.focus_widget import module, style

    assert "import " not in module().replace("important", "") and "createView" in module()
    assert "http" not in module() + style() and ".view-canvas" in style()


def test_photo_and_scene_show_themselves_small(photo):
    large = rk.Photo(rgb=np.full((600, 1200, 3), 0.2, np.float32))
    assert Image.open(io.BytesIO(large._repr_png_())).size == (512, 256)
    assert Image.open(io.BytesIO(photo._repr_png_())).size == (SIZE[1], SIZE[0])
    both = np.asarray(Image.open(io.BytesIO(rk.prepare(photo)._repr_png_())))
    assert both.shape == (SIZE[0], 2 * SIZE[1], 3)
    depth = both[:, SIZE[1] :, 0]
    assert depth[96, 128] == 255 and depth[5, 5] == 0


# --- in a browser

MODEL = """
import widget from "./widget.mjs";
const values = JSON.parse(document.querySelector("#values").textContent);
values.picture = new DataView(Uint8Array.from(atob(values.picture), (c) => c.charCodeAt(0)).buffer);
const heard = {};
window.sent = [];
window.model = {
  get: (name) => values[name],
  set: (name, value) => { values[name] = value; window.sent.push([name, value]); },
  save_changes: () => {},
  on: (name, call) => { (heard[name] ??= []).push(call); },
  off: () => {},
  answer: (more) => {
    Object.assign(values, more);
    values.shown += 1;
    heard["change:shown"].forEach((call) => call());
  },
};
window.stop = widget.render({ model: window.model, el: document.querySelector("#here") });
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_click_focuses_and_the_slider_turns_the_aperture(photo, tmp_path: Path):
    sync = pytest.importorskip("playwright.sync_api")
    from rebokeh.bokeh.studio.focus_widget import module, style

    shown = rk.widget(photo)
    values = {"picture": base64.b64encode(shown.picture).decode(), "focus_point": None, "text": shown.text}
    values |= {"f_number": 1.8, "shown": 1, "size": list(shown.size)}
    pages = {
        "/": f"<!doctype html><style>{style()}</style><div id=here style='width:600px'></div>"
        f"<script type=application/json id=values>{json.dumps(values)}</script>"
        "<script type=module src=model.mjs></script>",
        "/model.mjs": MODEL,
        "/widget.mjs": module(),
    }

    def answer(route: Any) -> None:
        path = "/" + route.request.url.rpartition("/")[2]
        kind = "text/html" if path == "/" else "text/javascript"
        found = pages.get(path)
        route.fulfill(status=200 if found else 404, body=found or "", content_type=kind)

    with sync.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        sync.expect.set_options(timeout=1000 * PATIENCE_S)
        page.set_default_timeout(1000 * PATIENCE_S)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and "favicon" not in said.text and wrong.append(said.text))
        page.route("**/*", answer)
        page.goto("http://widget.test/")
        page.wait_for_selector(".rebokeh[data-shown='1']")
        box = page.locator(".view-canvas").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
        slider = page.get_by_role("slider", name="f-number")
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        wait_until(lambda: slider.get_attribute("aria-valuetext") == "f/2.2")
        sent = page.evaluate("window.sent")
        # One at a time: the f-number waits until the picture of the focus is there, and only the last of it goes.
        assert [name for name, _ in sent] == ["focus_point"] and sent[0][1] == pytest.approx([0.25, 0.5], abs=0.01)
        page.evaluate("window.model.answer({ text: '4 m' })")
        assert page.evaluate("window.sent.slice(1)") == [["f_number", 2.2]]
        page.evaluate("window.model.answer({ text: '4 m' })")
        page.wait_for_selector(".rebokeh[data-shown='3']")
        sync.expect(page.locator(".rebokeh-text")).to_have_text("4 m")
        sync.expect(page.locator(".rebokeh-f")).to_have_text("f/2.2")
        sync.expect(page.locator(".view-marker-text")).to_have_text("4 m")
        page.screenshot(path=str(tmp_path / "widget.png"))
        browser.close()
    assert wrong == []
