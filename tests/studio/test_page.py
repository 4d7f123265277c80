"""The studio's page in a browser: focus, aperture, lens and light, and what is seen of it."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from support.browser import CHROMIUM
from support.page import NARROW, Tab

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = [
    pytest.mark.kernels,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]


def test_a_click_focuses_there_and_says_what_that_means(tab):
    near = tab.drafted(lambda: tab.page.mouse.click(*tab.at(0.12, 0.93)))  # the leaves in front
    assert [float(one) for one in near["focus"].split(",")] == pytest.approx([0.12, 0.93], abs=0.01)
    distance = tab.text("#reading")
    assert 0.4 < float(distance.removesuffix(" m")) < 1.0
    assert tab.text(".view-marker-text") == distance
    assert tab.page.get_attribute("#ruler", "aria-valuetext").replace("\xa0", " ") == distance
    assert tab.page.get_attribute("[data-focus=auto]", "aria-pressed") == "false"
    tab.still()
    ring = tab.page.locator(".view-marker").bounding_box()
    assert (ring["x"], ring["y"]) == pytest.approx(tab.at(0.12, 0.93), abs=2)

    far = tab.drafted(lambda: tab.page.mouse.click(*tab.at(0.9, 0.45)))
    assert far["focus"] != near["focus"]
    assert float(tab.text("#reading").removesuffix(" m")) > 2.0
    assert "focus" not in tab.drafted(lambda: tab.page.click("[data-focus=auto]"))


def test_a_key_focuses_at_the_cross(tab):
    tab.page.locator(".view-canvas").focus()
    for _ in range(4):
        tab.page.keyboard.press("ArrowDown")
    # It is drawn with the next frame. Its own box is empty, which a browser's driver takes for hidden.
    expect(tab.page.locator(".view-cross:not([hidden])")).to_have_count(1)
    focus = tab.drafted(lambda: tab.page.keyboard.press("Enter"))["focus"]
    x, y = map(float, focus.split(","))
    assert x == pytest.approx(0.5, abs=0.01) and 0.55 < y < 0.8


def drag(page: Any, selector: str, by: float, **more: Any) -> None:
    box = page.locator(selector).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=6)
    page.mouse.up(**more)


def test_the_f_number_by_mouse_and_keys(tab):
    page = tab.page
    assert tab.text("#f-number") == "f/1.8"
    wider = float(tab.drafted(lambda: drag(page, "#ring", 60))["fstop"])
    assert 0.95 <= wider < 1.8 and tab.text("#f-number") == f"f/{wider:g}"
    page.locator("#ring").focus()
    at = tab.drafted(lambda: page.keyboard.press("Home"))["fstop"]
    assert at == "0.95"
    assert tab.drafted(lambda: page.keyboard.press("ArrowRight"))["fstop"] == "1"
    finer = float(tab.drafted(lambda: page.keyboard.press("Shift+ArrowRight"))["fstop"])
    assert 1 < finer < 1.1
    assert tab.drafted(lambda: page.keyboard.press("ArrowRight"))["fstop"] == "1.1"
    assert tab.drafted(lambda: page.keyboard.press("End"))["fstop"] == "22"
    assert tab.drafted(lambda: page.keyboard.press("["))["fstop"] == "20"
    page.mouse.move(*[sum(pair) for pair in zip(centre(page, "#ring"), (0, 0), strict=True)])
    assert tab.drafted(lambda: page.mouse.wheel(0, -100))["fstop"] == "18"


def centre(page: Any, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_plane_of_focus_by_mouse_and_keys(tab):
    page = tab.page
    dragged = tab.drafted(lambda: drag(page, "#ruler", 60))["focus"]
    assert float(dragged.removesuffix("m")) == pytest.approx(float(tab.text("#reading").removesuffix(" m")), abs=0.01)
    page.locator("#ruler").focus()
    farther = tab.drafted(lambda: page.keyboard.press("ArrowRight"))["focus"]
    assert float(farther.removesuffix("m")) > float(dragged.removesuffix("m"))
    nearest = tab.drafted(lambda: page.keyboard.press("Home"))["focus"]
    assert float(nearest.removesuffix("m")) < 0.8
    page.keyboard.press("End")
    tab.drafted(lambda: page.keyboard.press("ArrowLeft"))
    assert float(page.get_attribute("#ruler", "aria-valuenow")) == pytest.approx(99, abs=0.2)


@pytest.mark.parametrize(
    "key, press",
    [
        ("blades", "ArrowRight"),
        ("curvature", "ArrowRight"),
        ("rotation", "ArrowRight"),
        ("highlights", "ArrowLeft"),
        ("starburst", "ArrowRight"),
        ("grain", "ArrowRight"),
    ],
)
def test_a_slider_by_mouse_and_keys_and_back(tab, key, press):
    page = tab.page
    group = page.locator("details", has=page.locator(f"#control-{key}"))
    group.locator("summary").focus()
    page.keyboard.press("Enter")
    slider = page.locator(f"#control-{key}")
    expect(slider).to_be_visible()
    slider.focus()
    by_key = tab.drafted(lambda: page.keyboard.press(press))
    assert key in by_key
    box = slider.bounding_box()
    there = {"x": 0.8 * box["width"], "y": box["height"] / 2}
    by_mouse = tab.drafted(lambda: slider.click(position=there))
    assert by_mouse[key] != by_key[key]
    reset = page.locator(".row", has=slider).locator(".row-reset")
    assert key not in tab.drafted(reset.click)
    expect(reset).to_be_disabled()


def test_lenses_by_mouse_and_keys(tab):
    page = tab.page
    assert tab.drafted(lambda: page.click(".lens:has([value=petzval])"))["lens"] == "petzval"
    assert tab.text("#f-number") == "f/2.2" and "Petzval" in tab.text("#lens-note")
    assert tab.drafted(lambda: page.keyboard.press("ArrowRight"))["lens"] == "phone"
    expect(page.locator(".lens img")).to_have_count(11)
    tab.until("[...document.querySelectorAll('.lens img')].every((one) => one.naturalWidth >= 64)")


def test_quality_and_where_to_focus(tab):
    page = tab.page
    page.locator("details:has(#best) summary").click()
    assert tab.drafted(lambda: page.click("#best"))["quality"] == "best"
    assert "quality" not in tab.drafted(lambda: page.keyboard.press("Space"))
    assert tab.drafted(lambda: page.click("#ignore-blur"))["baked"] == "ignore"
    page.locator("[data-focus=subject]").focus()
    assert tab.drafted(lambda: page.keyboard.press("Enter"))["focus"] == "subject"


def test_drafts_come_in_order_and_one_at_a_time(tab):
    flying = []
    most = []
    tab.page.on("request", lambda one: one.url.endswith("/draft") and (flying.append(one), most.append(len(flying))))
    for end in ("requestfinished", "requestfailed"):
        tab.page.on(end, lambda one: one in flying and flying.remove(one))
    box = tab.page.locator("#ring").bounding_box()
    tab.page.mouse.move(box["x"] + 10, box["y"] + 20)
    tab.page.mouse.down()
    for step in itertools.count():  # on and on, until some drafts have come: how soon they do is the machine's
        across = abs(step % 120 - 60)
        tab.page.mouse.move(box["x"] + 10 + 4 * across, box["y"] + 20)
        tab.page.wait_for_timeout(15)
        if step >= 60 and len(tab.drafts) > 3:
            break
    tab.drafted(tab.page.mouse.up)
    sequences = [draft["sequence"] for draft in tab.drafts]
    assert sequences == sorted(set(sequences))
    assert max(most) == 1
    assert tab.text("#f-number") == f"f/{tab.settings()['fstop']}"


def test_a_draft_whose_place_was_taken_is_asked_for_again(tab):
    tab.allowed.append("409")
    left = [2]

    def answer(route):
        if not left[0]:
            return route.continue_()
        left[0] -= 1
        return route.fulfill(status=409, json={"code": "Stale", "error": "something newer was asked for since"})

    tab.page.route("**/draft", answer)
    tab.page.keyboard.press("]")
    tab.rest()
    assert left == [0] and [draft["settings"] for draft in tab.drafts[-3:]] == 3 * [{"fstop": "2"}]


def test_the_full_picture_comes_tile_by_tile_at_rest(tab):
    tiles = lambda: [url for url in tab.asked if "/api/renders/" in url]  # noqa: E731
    with tab.page.expect_response(lambda one: "/api/renders/" in one.url and one.ok):
        tab.page.keyboard.press("]")
    tab.rest()
    boxes = [list(map(int, url.rsplit("/", 1)[1].split(","))) for url in tiles()]
    assert max(box[2] for box in boxes) == 756 and max(box[3] for box in boxes) == 1008


def test_the_full_picture_is_as_fine_as_it_is_shown(new_tab):
    tab = new_tab(NARROW).open()
    reductions = lambda: [int(url.split("/")[-2]) for url in tab.asked if re.search("/api/renders/.*/", url)]  # noqa: E731
    tab.rest()
    assert set(reductions()) == {2}
    tab.page.keyboard.press("1")
    tab.holds(lambda: 1 in reductions())
    tab.rest()
    tab.page.keyboard.press("0")
    tab.page.keyboard.press("1")
    tab.page.wait_for_timeout(500)
    assert reductions() == [2, 1]  # what is there is not asked for again


def zoom_of(tab: Tab) -> int:
    return int(tab.text("#zoom-value").removesuffix(" %"))


def zooms_to(tab: Tab, percent: int) -> None:
    expect(tab.page.locator("#zoom-value")).to_have_text(re.compile(rf"^{percent}\s%$"))


def test_zoom_and_pan(tab):
    page = tab.page
    tab.rest()
    fits = zoom_of(tab)
    page.keyboard.press("1")
    zooms_to(tab, 100)
    page.keyboard.press("+")
    zooms_to(tab, 125)
    page.keyboard.press("0")
    zooms_to(tab, fits)
    page.mouse.move(*tab.at(0.5, 0.35))
    for _ in range(30):
        page.mouse.wheel(0, -240)
    zooms_to(tab, 800)
    page.click("#zoom-out")
    zooms_to(tab, 640)
    # A point stays under the pointer that drags it.
    middle = centre(page, ".view-canvas")
    clip = {"x": middle[0] - 20, "y": middle[1] - 20, "width": 40, "height": 40}
    before = tab.resting_pixels(lambda: page.screenshot(clip=clip))
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 30, steps=4)
    page.mouse.up()
    page.mouse.move(5, 5)
    moved = {**clip, "x": clip["x"] + 60, "y": clip["y"] + 30}
    tab.holds(lambda: page.screenshot(clip=moved) == before)
    page.click("#zoom-value")
    zooms_to(tab, fits)
    page.click("#zoom-value")
    zooms_to(tab, 100)


def test_two_fingers_zoom(new_tab):
    tab = new_tab(NARROW, has_touch=True, is_mobile=True).open()
    before = zoom_of(tab)
    session = tab.page.context.new_cdp_session(tab.page)
    x, y = centre(tab.page, ".view-canvas")

    def touch(kind: str, apart: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 30)
    for apart in range(35, 95, 5):
        touch("touchMove", apart)
    touch("touchEnd", 0)
    tab.holds(lambda: zoom_of(tab) == pytest.approx(3 * before, rel=0.05))
    tab.page.click("#zoom-value")
    zooms_to(tab, before)
    tab.drafted(lambda: tab.page.touchscreen.tap(*tab.at(0.9, 0.45)))
    assert re.fullmatch(r"0\.\d+,0\.\d+", tab.settings()["focus"])


def test_before_while_held_and_beside(tab):
    page = tab.page
    tab.rest()
    look = lambda: tab.pixels(0.16, 0.25)  # noqa: E731
    after = tab.resting_pixels(look)
    page.keyboard.down("b")
    expect(page.locator("#look-before")).to_have_attribute("aria-pressed", "true")
    before = tab.resting_pixels(look)
    assert before != after
    page.keyboard.up("b")
    tab.holds(lambda: look() == after)

    page.click("#look-split")
    tab.holds(lambda: look() == before)
    divider = page.locator(".view-divider")
    divider.focus()
    page.keyboard.press("Home")
    expect(divider).to_have_attribute("aria-valuenow", "0")
    tab.holds(lambda: look() == after)
    left = divider.bounding_box()
    page.mouse.move(left["x"] + 22, left["y"] + 300)
    page.mouse.down()
    page.mouse.move(tab.at(0.5, 0)[0], left["y"] + 300, steps=4)
    page.mouse.up()
    tab.holds(lambda: int(divider.get_attribute("aria-valuenow")) == pytest.approx(50, abs=1))
    page.keyboard.press("c")
    expect(divider).to_be_hidden()
    tab.holds(lambda: look() == after)
    expect(page.locator("#look-phone")).to_be_disabled()  # this file holds no picture of the phone's own


@pytest.mark.parametrize("key, kind", [("d", "depth"), ("s", "sharp"), ("m", "matte")])
def test_overlays(tab, key, kind):
    page = tab.page
    tab.rest()
    look = lambda: tab.pixels(0.5, 0.62)  # the scarf  # noqa: E731
    plain = tab.resting_pixels(look)
    with page.expect_response(lambda one: one.url.endswith("/overlay") and one.ok):
        page.keyboard.press(key)
    tab.holds(lambda: look() != plain)
    expect(page.locator(f"[data-overlay={kind}]")).to_have_attribute("aria-pressed", "true")
    assert tab.text("#stage-legend")
    page.click(f"[data-overlay={kind}]")
    expect(page.locator("#stage-legend")).to_be_hidden()
    tab.holds(lambda: look() == plain)
