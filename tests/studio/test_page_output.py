"""The studio's page in a browser: what is painted, saved, made of a folder, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.browser import CHROMIUM
from support.page import Tab

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = [
    pytest.mark.kernels,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]


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
