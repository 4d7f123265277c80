"""The studio's page in a browser: dragged photos, languages, the tour, windows of any size, keys and readers alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.browser import CHROMIUM
from support.page import NARROW, WIDE, Tab
from support.paths import ROOT

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = [
    pytest.mark.kernels,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]


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
