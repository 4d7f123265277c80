"""The studio's page in a browser: every control by mouse and by keyboard, on a real server."""

from __future__ import annotations

import itertools
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import CHROMIUM, studio
from support.paths import ROOT

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = [
    pytest.mark.kernels,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]

WIDE, NARROW = (1280, 800), (390, 844)

PATIENCE_S = 120.0
"""How long a state is waited for: what comes by an event, a frame or an answer comes late on a machine that is busy."""


class Tab:
    """A page, what it asked its server for, and what went wrong in it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.trouble: list[str] = []
        self.allowed: list[str] = []
        self.asked: list[str] = []
        self.drafts: list[dict] = []
        self.strokes: list[dict] = []
        self.flying: set[Any] = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("request", self._request)
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: self.flying.discard(request))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(message.text)

    def _request(self, request: Any) -> None:
        self.asked.append(request.url)
        if request.is_navigation_request():
            self.flying.clear()  # with the page that asked
        if not request.url.endswith("/api/events"):
            self.flying.add(request)
        if request.url.endswith("/draft"):
            self.drafts.append(request.post_data_json)
        if request.url.endswith("/strokes"):
            self.strokes.append(request.post_data_json)

    def open(self) -> Tab:
        self.page.goto(self.address)
        return self.ready()

    def until(self, expression: str) -> None:
        """Wait until something holds: asked from here, as the page's policy lets nothing be evaluated in it."""
        self.holds(lambda: self.page.evaluate(expression), expression)

    def holds(self, look: Callable[[], object], said: str = "") -> None:
        """Wait until something holds that is looked at from here."""
        end = time.monotonic() + PATIENCE_S
        while not look():
            assert time.monotonic() < end, said
            self.page.wait_for_timeout(40)

    def ready(self) -> Tab:
        """Wait until a draft is drawn, and nothing is on its way."""
        self.until(
            "document.querySelector('#reading').textContent.includes('m')"
            " && document.querySelector('#stage').getAttribute('aria-busy') === 'false'"
            " && document.querySelector('#stage-state').hidden"
        )
        return self

    def rest(self) -> Tab:
        """Wait until the full picture is drawn, and all else that was asked for is there."""
        self.until("document.querySelector('#stage').dataset.picture === 'full'")
        return self.still()

    def still(self) -> Tab:
        """Wait until nothing is asked for, nothing moves, and what has come is drawn."""
        self.holds(lambda: not self.flying, "requests on their way")
        self.until("document.getAnimations().every((one) => one.playState !== 'running')")
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self

    def settings(self) -> dict[str, Any]:
        """Return the settings that were asked for last."""
        return self.drafts[-1]["settings"]

    def drafted(self, act: Callable[[], object]) -> dict[str, Any]:
        """Do something, and return the settings of the draft that comes of it, once it rests."""
        with self.page.expect_request(lambda one: one.url.endswith("/full")) as full:
            act()
        self.ready()
        assert full.value.post_data_json["settings"] == self.settings()
        return self.settings()

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text().replace("\xa0", " ")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the picture lies on the page, for a photo that fits: (x, y) in shares."""
        box = self.page.locator(".view-canvas").bounding_box()
        padding = 0 if self.page.viewport_size["width"] < 820 else 20
        scale = min((box["width"] - 2 * padding) / 756, (box["height"] - 2 * padding) / 1008)
        left, top = (box["width"] - 756 * scale) / 2, (box["height"] - 1008 * scale) / 2
        return box["x"] + left + x * 756 * scale, box["y"] + top + y * 1008 * scale

    def pixels(self, x: float, y: float, size: int = 12) -> bytes:
        """Look at the screen around a point of the picture."""
        left, top = self.at(x, y)
        return self.page.screenshot(clip={"x": left, "y": top, "width": size, "height": size})

    def resting_pixels(self, look: Callable[[], bytes]) -> bytes:
        """Return what the screen shows, once it shows the same twice."""
        last, now = b"", self.still() and look()
        while now != last:
            last, now = now, self.still() and look()
        return now


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two photos."""
    where = tmp_path_factory.mktemp("photos")
    for name in ("one.heic", "two.heic"):
        shutil.copy(ROOT / "samples" / "portrait.heic", where / name)
    return where


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with studio(folder, cwd=folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    expect.set_options(timeout=1000 * PATIENCE_S)
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def new_tab(browser: Any, address: str) -> Iterator[Callable[..., Tab]]:
    """Return what makes a tab; each is held to silence on its console, and to its own server."""
    made = []

    def make(size: tuple[int, int] = WIDE, **more: Any) -> Tab:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB", **more)
        context.set_default_timeout(1000 * PATIENCE_S)
        made.append((context, Tab(context.new_page(), address)))
        return made[-1][1]

    yield make
    for context, tab in made:
        context.close()
        unforeseen = [text for text in tab.trouble if not any(re.search(one, text) for one in tab.allowed)]
        assert unforeseen == []
        elsewhere = [url for url in tab.asked if not url.startswith((address.split("#")[0], "blob:"))]
        assert elsewhere == []


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    """Return a wide page with the first photo."""
    return new_tab().open()


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


def stroke(tab: Tab, kind: str, act: Callable[[], object]) -> dict[str, Any]:
    """Take a brush, draw, and return what was asked for."""
    if tab.page.get_attribute(f"[data-kind={kind}]", "aria-pressed") == "false":
        tab.page.click(f"[data-kind={kind}]")
    tab.drafted(act)
    return tab.strokes[-1]


def across(tab: Tab, begin: tuple[float, float], end: tuple[float, float]) -> None:
    tab.page.mouse.move(*tab.at(*begin))
    tab.page.mouse.down()
    tab.page.mouse.move(*tab.at(*end), steps=12)
    tab.page.mouse.up()


def test_brush_undo_and_redo_in_one_history_with_settings(tab, folder):
    page = tab.page
    page.click("#repair summary")
    tab.drafted(lambda: page.keyboard.press("]"))
    drawn = stroke(tab, "farther", lambda: across(tab, (0.3, 0.8), (0.6, 0.85)))
    assert drawn["kind"] == "farther" and 0 < drawn["amount"] < 1 and 0 <= drawn["softness"] <= 1
    xs, ys = zip(*drawn["points"], strict=True)
    assert (xs[0], ys[0]) == pytest.approx((0.3, 0.8), abs=0.01) and xs[-1] == pytest.approx(0.6, abs=0.01)
    assert (folder / "one.rebokeh.json").exists() or list(folder.glob("one*.rebokeh.json"))
    dab = stroke(tab, "not-subject", lambda: (page.locator(".view-canvas").focus(), page.keyboard.press("Enter")))
    assert dab["kind"] == "not-subject" and len(dab["points"]) == 1
    page.keyboard.press("Escape")
    expect(page.locator("[data-kind=not-subject]")).to_have_attribute("aria-pressed", "false")
    tab.drafted(lambda: page.keyboard.press("]"))
    stop = tab.settings()["fstop"]

    assert tab.drafted(lambda: page.keyboard.press("Control+z"))["fstop"] != stop
    for _ in range(2):
        with page.expect_response(lambda one: one.url.endswith("/undo") and one.ok):
            tab.drafted(lambda: page.click("#undo"))
    assert not list(folder.glob("one*.rebokeh.json"))  # nothing is painted any more
    assert "fstop" not in tab.drafted(lambda: page.keyboard.press("Control+z"))
    expect(page.locator("#undo")).to_be_disabled()
    tab.drafted(lambda: page.keyboard.press("Control+Shift+z"))
    for _ in range(2):
        with page.expect_response(lambda one: one.url.endswith("/redo") and one.ok):
            tab.drafted(lambda: page.click("#redo"))
    assert tab.drafted(lambda: page.click("#redo"))["fstop"] == stop
    expect(page.locator("#redo")).to_be_disabled()
    tab.drafted(lambda: page.click("#edits-reset"))
    assert not list(folder.glob("one*.rebokeh.json"))
    tab.drafted(lambda: page.keyboard.press("Control+z"))
    assert list(folder.glob("one*.rebokeh.json"))
    tab.drafted(lambda: page.click("#edits-reset"))


def test_a_brush_of_the_same_depth_as_there(tab):
    page = tab.page
    page.click("#repair summary")
    page.click("[data-kind=same]")
    page.mouse.click(*tab.at(0.9, 0.45))
    tab.until("document.querySelector('#toast').textContent.includes('depth of')")
    drawn = stroke(tab, "same", lambda: across(tab, (0.1, 0.9), (0.2, 0.95)))
    assert 0 < drawn["dioptres"] < 0.5
    page.locator("#brush-radius").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#brush-softness").focus()
    page.keyboard.press("End")
    larger = stroke(tab, "same", lambda: across(tab, (0.1, 0.9), (0.2, 0.95)))
    assert larger["radius"] > drawn["radius"] and larger["softness"] == 1
    tab.drafted(lambda: page.click("#edits-reset"))


def saved(tab: Tab) -> str:
    tab.until(
        "document.querySelector('#save-message').textContent.startsWith('Saved')"
        " || document.querySelector('#save-message').classList.contains('save-failed')"
    )
    return tab.page.inner_text("#save-message")


def test_save_by_keys_alone(tab, folder):
    page = tab.page
    page.keyboard.press("Control+s")
    tab.until("document.querySelector('#save-command').textContent.startsWith('rebokeh ')")
    page.select_option("#save-format", "png")
    page.locator("#save-name").focus()
    page.keyboard.type("mine.png")
    tab.until("document.querySelector('#save-command').textContent.includes('mine.png')")
    page.keyboard.press("Enter")
    assert saved(tab).startswith("Saved: ") and (folder / "mine.png").exists()
    # Never over a file unasked, and then only when asked.
    was = (folder / "mine.png").stat().st_mtime_ns
    tab.allowed.append("Failed to load resource")
    page.keyboard.press("Enter")
    page.wait_for_selector("#save-message.save-failed")
    assert (folder / "mine.png").stat().st_mtime_ns == was
    page.locator("#save-overwrite").focus()
    page.keyboard.press("Space")
    page.locator("#save-go").focus()
    page.keyboard.press("Enter")
    assert saved(tab).startswith("Saved") and (folder / "mine.png").stat().st_mtime_ns != was
    page.keyboard.press("Escape")
    expect(page.locator("#save")).to_be_hidden()


def test_the_command_can_be_copied(new_tab):
    tab = new_tab(permissions=["clipboard-read", "clipboard-write"]).open()
    tab.drafted(lambda: tab.page.keyboard.press("]"))
    tab.page.click("#open-save")
    tab.until("document.querySelector('#save-command').textContent.includes('--fstop')")
    tab.page.click("#save-copy")
    tab.until("document.querySelector('#save-message').textContent === 'Copied'")
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied == tab.page.inner_text("#save-command") and copied.startswith("rebokeh ") and "--fstop 2" in copied


def test_a_preset_and_a_focus_pull(tab, folder):
    page = tab.page
    page.click("#open-save")
    page.click("label:has([value=rack])")
    expect(page.locator("#save-go")).to_be_disabled()  # no planes are marked yet
    page.keyboard.press("Escape")
    expect(page.locator("#save")).to_be_hidden()
    page.click("#plane-from")
    tab.drafted(lambda: page.mouse.click(*tab.at(0.12, 0.93)))
    page.click("#plane-to")
    page.click("#open-save")
    page.click("label:has([value=rack])")
    expect(page.locator("#save-planes")).to_contain_text("→")
    page.fill("#save-seconds", "0.5")
    page.select_option("#save-film", "gif")
    page.click("#save-go")
    assert saved(tab).startswith("Saved") and list(folder.glob("*.gif"))
    page.click("label:has([value=preset])")
    page.fill("#save-preset", "evening")
    page.click("#save-go")
    tab.until("document.querySelector('#save-message').textContent.includes('evening')")
    assert list(folder.glob("evening*.toml"))


def test_a_folder(tab, folder):
    page = tab.page
    tab.holds(lambda: page.locator(".film li").count() >= 2)
    tab.drafted(lambda: page.keyboard.press("]"))
    page.keyboard.press(".")
    tab.until("document.querySelector('#photo-name').textContent === 'two.heic'")
    tab.ready()
    expect(page.locator(".film li:nth-child(2) button")).to_have_attribute("aria-current", "true")
    tab.drafted(lambda: page.keyboard.press("]"))
    page.click(".film li:nth-child(1) button")
    tab.until("document.querySelector('#photo-name').textContent === 'one.heic'")
    tab.ready()
    assert tab.text("#f-number") == "f/2"  # each has its own
    page.click("#open-save")
    page.click("#save-more")
    page.click("#save-none")
    expect(page.locator("#save-go")).to_be_disabled()
    page.click("#save-all")
    page.select_option("#save-format", "jpeg")
    page.click("#save-go")
    assert saved(tab).startswith("Saved")
    assert len(list(folder.glob("*.jp*g"))) >= 2


def test_what_was_set_outlives_a_reload_and_a_new_page(tab, new_tab):
    page = tab.page
    tab.drafted(lambda: page.keyboard.press("]"))
    kept = tab.drafted(lambda: page.mouse.click(*tab.at(0.9, 0.45)))
    distance = tab.text("#reading")
    page.reload()
    tab.ready()
    assert tab.settings() == kept and tab.text("#reading") == distance
    tab.drafted(lambda: page.keyboard.press("Control+z"))
    assert "focus" not in tab.settings() and tab.settings()["fstop"] == kept["fstop"]
    assert tab.drafted(lambda: page.click("#reset-all")) == {}
    tab.drafted(lambda: page.keyboard.press("Control+z"))
    # Another page of the same browser begins with the same look.
    other = Tab(page.context.new_page(), tab.address).open()
    assert other.settings() == {"fstop": kept["fstop"]} and other.trouble == []


def test_a_photo_dragged_in(tab):
    page = tab.page
    code = (ROOT / "samples" / "portrait.heic").read_bytes().hex()
    page.evaluate(
        """(hex) => {
          const bytes = new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
          const carried = new DataTransfer();
          carried.items.add(new File([bytes], "dragged é.heic"));
          for (const name of ["dragenter", "dragover", "drop"]) {
            const how = { dataTransfer: carried, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent(name, how));
          }
        }""",
        code,
    )
    tab.until("document.querySelector('#photo-name').textContent === 'dragged é.heic'")
    tab.ready()
    page.set_input_files("#file", {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    tab.allowed.append("Failed to load resource")
    tab.until(
        "!document.querySelector('#stage-state').hidden"
        " || document.querySelector('#toast').textContent.includes('broken')"
    )


@pytest.mark.parametrize(
    "language, save", [("de", "Sichern"), ("fr", "Enregistrer"), ("es", "Guardar"), ("ja", "保存")]
)
def test_languages(tab, language, save):
    tab.page.select_option("#language", language)
    expect(tab.page.locator("#open-save")).to_have_text(save)
    expect(tab.page.locator("html")).to_have_attribute("lang", language)
    tab.page.reload()
    tab.ready()
    expect(tab.page.locator("#open-save")).to_have_text(save)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_tour(tab):
    page = tab.page
    page.keyboard.press("?")
    expect(page.locator("#tour")).to_be_visible()
    steps = int(page.inner_text("#tour-count").split("/")[1])
    seen = set()
    for step in range(steps):
        expect(page.locator("#tour-count")).to_have_text(f"{step + 1} / {steps}")
        tab.still()
        seen.add(page.inner_text("#tour-text"))
        card = page.locator("#tour").bounding_box()
        assert card["x"] >= 0 and card["y"] >= 0
        assert card["x"] + card["width"] <= WIDE[0] and card["y"] + card["height"] <= WIDE[1]
        page.keyboard.press("Enter")
    expect(page.locator("#tour")).to_be_hidden()
    assert len(seen) == steps


@pytest.mark.parametrize("size", [WIDE, NARROW, (1024, 640), (740, 390)])
def test_all_fits_the_window(new_tab, size):
    tab = new_tab(size).open()
    page = tab.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    stage = page.locator("#stage").bounding_box()
    assert stage["width"] * stage["height"] > 0.25 * size[0] * size[1]
    if size[0] < 820:
        for name in ("lens", "light", "repair", "focus"):
            page.click(f".tabs [data-tab={name}]")
            expect(page.locator(f".panel [data-group={name}]").first).to_be_visible()
        expect(page.locator("#ring")).to_be_visible()
        expect(page.locator("#ruler")).to_be_visible()
    page.click("#open-save")
    expect(page.locator("#save")).to_be_visible()
    tab.still()
    box = page.locator("#save").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= size[0] and box["y"] + box["height"] <= size[1]


def test_every_control_is_reached_by_tab_and_shows_it(tab):
    page = tab.page
    for summary in page.locator("summary").all():
        summary.click()
    tab.rest()
    page.evaluate("document.activeElement.blur()")
    expected = page.evaluate(
        """[...document.querySelectorAll("button, input, select, summary, [tabindex='0']")]
          .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled
            && !(one.type === "radio" && !one.checked)).length"""
    )
    reached = page.evaluate("[]")
    for _ in range(expected + 5):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """(() => {
              const one = document.activeElement;
              if (one === document.body) return null;
              one.dataset.reached ??= String(document.querySelectorAll("[data-reached]").length);
              const shows = (part) => part && (getComputedStyle(part).outlineStyle !== "none"
                || getComputedStyle(part, "::after").boxShadow !== "none");
              const seen = shows(one) || shows(one.closest("label, .language"));
              return [one.dataset.reached, Boolean(seen), one.outerHTML];
            })()"""
        )
        if found is None:  # the browser's own controls
            continue
        assert found[1], found[2][:120]
        reached.append(found[0])
    assert len(set(reached)) == expected


def violations(tab: Tab) -> list[str]:
    import axe_playwright_python

    page = tab.still().page
    script = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
    page.evaluate(script)
    found = page.evaluate("axe.run()")
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found["violations"]]


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_axe_finds_nothing(new_tab, size):
    pytest.importorskip("axe_playwright_python")
    tab = new_tab(size).open()
    page = tab.page
    assert violations(tab) == []
    if size == WIDE:
        for summary in page.locator("summary").all():
            summary.click()
    for name in ("lens", "light", "repair") if size == NARROW else ():
        page.click(f".tabs [data-tab={name}]")
        assert violations(tab) == []
    if size == WIDE:
        page.click("#look-split")
        page.click("[data-overlay=depth]")
        page.click("[data-kind=same]")
        assert violations(tab) == []
        page.keyboard.press("Escape")
    page.click("#open-save")
    for what in ("photo", "photos", "rack", "preset"):
        page.click(f"label:has([name=what][value={what}])")
        assert violations(tab) == []
    page.keyboard.press("Escape")
    page.click("#open-tour")
    assert violations(tab) == []
    page.keyboard.press("End")
    assert violations(tab) == []


def test_a_wrong_key_is_said(new_tab, address):
    tab = new_tab()
    tab.allowed.append("Failed to load resource")
    tab.page.goto(address.split("#")[0] + "#token=wrong")
    tab.until("document.querySelector('#stage-state-text').textContent.includes('key')")


def test_warnings_are_the_servers_words(tab):
    said = tab.page.evaluate(
        """async () => {
          const token = new URLSearchParams(location.hash.slice(1)).get("token");
          const ask = async (path) => (await fetch(path, { headers: { "X-Rebokeh-Token": token } })).json();
          const { photos } = await ask("/api/session");
          return (await ask(`/api/photos/${photos[0].id}`)).warnings;
        }"""
    )
    expect(tab.page.locator("#warning-list li")).to_have_text(list(dict.fromkeys(said)))
