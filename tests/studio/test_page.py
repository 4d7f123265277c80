"""The studio's page in a browser: every control by mouse and by keyboard, on a real server."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import CHROMIUM, studio
from support.paths import ROOT

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]

WIDE, NARROW = (1280, 800), (390, 844)


class Tab:
    """A page, what it asked its server for, and what went wrong in it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.trouble: list[str] = []
        self.allowed: list[str] = []
        self.asked: list[str] = []
        self.drafts: list[dict] = []
        self.strokes: list[dict] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(message.text)

    def _request(self, request: Any) -> None:
        self.asked.append(request.url)
        if request.url.endswith("/draft"):
            self.drafts.append(request.post_data_json)
        if request.url.endswith("/strokes"):
            self.strokes.append(request.post_data_json)

    def open(self) -> Tab:
        self.page.goto(self.address)
        return self.ready()

    def until(self, expression: str, within_s: float = 20.0) -> None:
        """Wait until something holds: asked from here, as the page's policy lets nothing be evaluated in it."""
        end = time.monotonic() + within_s
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, expression
            self.page.wait_for_timeout(40)

    def ready(self) -> Tab:
        """Wait until a draft is drawn, and nothing is on its way."""
        self.until(
            "document.querySelector('#reading').textContent.includes('m')"
            " && document.querySelector('#stage').getAttribute('aria-busy') === 'false'"
            " && document.querySelector('#stage-state').hidden",
            within_s=120,
        )
        return self

    def rest(self) -> Tab:
        """Wait until the full picture is drawn."""
        self.until("document.querySelector('#stage').dataset.picture === 'full'", within_s=60)
        self.page.wait_for_timeout(150)
        return self

    def settings(self) -> dict[str, Any]:
        """Return the settings that were asked for last."""
        return self.drafts[-1]["settings"]

    def drafted(self, act: Callable[[], object]) -> dict[str, Any]:
        """Do something, and return the settings of the draft that comes of it, once it rests."""
        with self.page.expect_request(
            lambda one: one.url.endswith("/draft") and not one.post_data_json["moving"], timeout=10_000
        ):
            act()
        self.ready()
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
    tab.page.locator(".view-cross").wait_for()  # it is drawn with the next frame
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
    slider.focus()
    by_key = tab.drafted(lambda: page.keyboard.press(press))
    assert key in by_key
    box = slider.bounding_box()
    by_mouse = tab.drafted(lambda: page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2))
    assert by_mouse[key] != by_key[key]
    reset = page.locator(".row", has=slider).locator(".row-reset")
    assert key not in tab.drafted(reset.click)
    assert reset.is_disabled()


def test_lenses_by_mouse_and_keys(tab):
    page = tab.page
    assert tab.drafted(lambda: page.click(".lens:has([value=petzval])"))["lens"] == "petzval"
    assert tab.text("#f-number") == "f/2.2" and "Petzval" in tab.text("#lens-note")
    assert tab.drafted(lambda: page.keyboard.press("ArrowRight"))["lens"] == "phone"
    assert page.locator(".lens img").count() == 11
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
    for step in range(60):
        tab.page.mouse.move(box["x"] + 10 + 4 * step, box["y"] + 20)
        tab.page.wait_for_timeout(15)
    tab.drafted(tab.page.mouse.up)
    sequences = [draft["sequence"] for draft in tab.drafts]
    assert sequences == sorted(set(sequences))
    assert max(most) == 1
    assert len(tab.drafts) > 3 and not tab.drafts[-1]["moving"]
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
    with tab.page.expect_response(lambda one: "/api/renders/" in one.url and one.ok, timeout=60_000):
        tab.page.keyboard.press("]")
    tab.rest()
    boxes = [list(map(int, url.rsplit("/", 1)[1].split(","))) for url in tiles()]
    assert max(box[2] for box in boxes) == 756 and max(box[3] for box in boxes) == 1008


def zoom_of(tab: Tab) -> int:
    return int(tab.text("#zoom-value").removesuffix(" %"))


def test_zoom_and_pan(tab):
    page = tab.page
    fits = zoom_of(tab)
    page.keyboard.press("1")
    assert zoom_of(tab) == 100
    page.keyboard.press("+")
    assert zoom_of(tab) == 125
    page.keyboard.press("0")
    assert zoom_of(tab) == fits
    page.mouse.move(*tab.at(0.5, 0.35))
    for _ in range(30):
        page.mouse.wheel(0, -240)
    tab.until("document.querySelector('#zoom-value').textContent === '800 %'")
    page.click("#zoom-out")
    assert zoom_of(tab) == 640
    # A point stays under the pointer that drags it.
    middle = centre(page, ".view-canvas")
    clip = {"x": middle[0] - 20, "y": middle[1] - 20, "width": 40, "height": 40}
    page.wait_for_timeout(150)
    before = page.screenshot(clip=clip)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 30, steps=4)
    page.mouse.up()
    page.mouse.move(5, 5)
    page.wait_for_timeout(150)
    assert page.screenshot(clip={**clip, "x": clip["x"] + 60, "y": clip["y"] + 30}) == before
    page.click("#zoom-value")
    assert zoom_of(tab) == fits
    page.click("#zoom-value")
    assert zoom_of(tab) == 100


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
    assert zoom_of(tab) == pytest.approx(3 * before, rel=0.05)
    tab.page.click("#zoom-value")
    tab.drafted(lambda: tab.page.touchscreen.tap(*tab.at(0.9, 0.45)))
    assert re.fullmatch(r"0\.\d+,0\.\d+", tab.settings()["focus"])


def test_before_while_held_and_beside(tab):
    page = tab.page
    tab.rest()
    after = tab.pixels(0.16, 0.25)
    page.keyboard.down("b")
    page.wait_for_timeout(400)
    before = tab.pixels(0.16, 0.25)
    assert before != after and page.get_attribute("#look-before", "aria-pressed") == "true"
    page.keyboard.up("b")
    page.wait_for_timeout(200)
    assert tab.pixels(0.16, 0.25) == after

    page.click("#look-split")
    page.wait_for_timeout(200)
    assert tab.pixels(0.16, 0.25) == before
    divider = page.locator(".view-divider")
    divider.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(200)
    assert divider.get_attribute("aria-valuenow") == "0" and tab.pixels(0.16, 0.25) == after
    left = divider.bounding_box()
    page.mouse.move(left["x"] + 22, left["y"] + 300)
    page.mouse.down()
    page.mouse.move(tab.at(0.5, 0)[0], left["y"] + 300, steps=4)
    page.mouse.up()
    assert int(divider.get_attribute("aria-valuenow")) == pytest.approx(50, abs=1)
    page.keyboard.press("c")
    page.wait_for_timeout(200)
    assert not divider.is_visible() and tab.pixels(0.16, 0.25) == after
    assert page.locator("#look-phone").is_disabled()  # this file holds no picture of the phone's own


@pytest.mark.parametrize("key, kind", [("d", "depth"), ("s", "sharp"), ("m", "matte")])
def test_overlays(tab, key, kind):
    page = tab.page
    tab.rest()
    plain = tab.pixels(0.5, 0.62)  # the scarf
    with page.expect_response(lambda one: one.url.endswith("/overlay") and one.ok):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert tab.pixels(0.5, 0.62) != plain
    assert page.get_attribute(f"[data-overlay={kind}]", "aria-pressed") == "true" and tab.text("#stage-legend")
    page.click(f"[data-overlay={kind}]")
    page.wait_for_timeout(300)
    assert tab.pixels(0.5, 0.62) == plain and not page.locator("#stage-legend").is_visible()


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
    assert page.get_attribute("[data-kind=not-subject]", "aria-pressed") == "false"
    tab.drafted(lambda: page.keyboard.press("]"))
    stop = tab.settings()["fstop"]

    assert tab.drafted(lambda: page.keyboard.press("Control+z"))["fstop"] != stop
    for _ in range(2):
        with page.expect_response(lambda one: one.url.endswith("/undo") and one.ok):
            page.click("#undo")
    assert not list(folder.glob("one*.rebokeh.json"))  # nothing is painted any more
    assert "fstop" not in tab.drafted(lambda: page.keyboard.press("Control+z"))
    assert page.locator("#undo").is_disabled()
    tab.drafted(lambda: page.keyboard.press("Control+Shift+z"))
    for _ in range(2):
        with page.expect_response(lambda one: one.url.endswith("/redo") and one.ok):
            page.click("#redo")
    assert tab.drafted(lambda: page.click("#redo"))["fstop"] == stop
    assert page.locator("#redo").is_disabled()
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
        " || document.querySelector('#save-message').classList.contains('save-failed')",
        within_s=120,
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
    assert not page.locator("#save").is_visible()


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
    assert page.locator("#save-go").is_disabled()  # no planes are marked yet
    page.keyboard.press("Escape")
    page.click("#plane-from")
    tab.drafted(lambda: page.mouse.click(*tab.at(0.12, 0.93)))
    page.click("#plane-to")
    page.click("#open-save")
    page.click("label:has([value=rack])")
    assert "→" in page.inner_text("#save-planes")
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
    assert page.locator(".film li").count() >= 2
    tab.drafted(lambda: page.keyboard.press("]"))
    page.keyboard.press(".")
    tab.until("document.querySelector('#photo-name').textContent === 'two.heic'")
    tab.ready()
    assert page.get_attribute(".film li:nth-child(2) button", "aria-current") == "true"
    tab.drafted(lambda: page.keyboard.press("]"))
    page.click(".film li:nth-child(1) button")
    tab.until("document.querySelector('#photo-name').textContent === 'one.heic'")
    tab.ready()
    assert tab.text("#f-number") == "f/2"  # each has its own
    page.click("#open-save")
    page.click("#save-more")
    page.click("#save-none")
    assert page.locator("#save-go").is_disabled()
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
    assert tab.text("#open-save") == save
    assert tab.page.get_attribute("html", "lang") == language
    tab.page.reload()
    tab.ready()
    assert tab.text("#open-save") == save
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_tour(tab):
    page = tab.page
    page.keyboard.press("?")
    steps = int(page.inner_text("#tour-count").split("/")[1])
    seen = set()
    for _ in range(steps):
        seen.add(page.inner_text("#tour-text"))
        card = page.locator("#tour").bounding_box()
        assert card["x"] >= 0 and card["y"] >= 0
        assert card["x"] + card["width"] <= WIDE[0] and card["y"] + card["height"] <= WIDE[1]
        page.keyboard.press("Enter")
    assert len(seen) == steps and not page.locator("#tour").is_visible()


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
            assert page.locator(f".panel [data-group={name}]").first.is_visible()
        assert page.locator("#ring").is_visible() and page.locator("#ruler").is_visible()
    page.click("#open-save")
    box = page.locator("#save").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= size[0] and box["y"] + box["height"] <= size[1]


def test_every_control_is_reached_by_tab_and_shows_it(tab):
    page = tab.page
    for summary in page.locator("summary").all():
        summary.click()
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


def violations(page: Any) -> list[str]:
    import axe_playwright_python

    script = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
    page.evaluate(script)
    found = page.evaluate("axe.run()")
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found["violations"]]


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_axe_finds_nothing(new_tab, size):
    pytest.importorskip("axe_playwright_python")
    tab = new_tab(size).open()
    page = tab.page
    assert violations(page) == []
    if size == WIDE:
        for summary in page.locator("summary").all():
            summary.click()
    for name in ("lens", "light", "repair") if size == NARROW else ():
        page.click(f".tabs [data-tab={name}]")
        assert violations(page) == []
    if size == WIDE:
        page.click("#look-split")
        page.click("[data-overlay=depth]")
        page.click("[data-kind=same]")
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.click("#open-save")
    for what in ("photo", "photos", "rack", "preset"):
        page.click(f"label:has([name=what][value={what}])")
        page.wait_for_timeout(100)
        assert violations(page) == []
    page.keyboard.press("Escape")
    page.click("#open-tour")
    assert violations(page) == []
    page.keyboard.press("End")
    assert violations(page) == []


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
    shown = [one.inner_text() for one in tab.page.locator("#warning-list li").all()]
    assert shown == list(dict.fromkeys(said)), json.dumps(said)
