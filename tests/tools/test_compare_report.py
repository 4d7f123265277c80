"""The page of `rebokeh compare`: whole in itself, and in a browser it does what it should."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from support.browser import CHROMIUM, needs_chromium, opened, violations
from support.command import check_refused, rebokeh


def write_scene(folder: Path) -> None:
    """Write a person-like disc before a textured wall with lamps: photo.png, depth.npy, matte.png, phone.jpg."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:300, :400]
    wall = np.sum([ndimage.gaussian_filter(rng.normal(size=(300, 400)), s) * s for s in (0.8, 3, 9)], axis=0)
    codes = np.clip(110 + 35 * wall / wall.std(), 5, 240)[..., None] * np.array([1.0, 0.95, 0.85])
    for row, column in ((50, 60), (80, 330), (200, 350)):
        codes[np.hypot(y - row, x - column) < 3] = 255
    subject = np.hypot((y - 190) / 1.3, x - 190) < 75
    skin = np.clip(190 + 20 * rng.normal(size=(300, 400)), 0, 250)[..., None] * np.array([1.0, 0.8, 0.7])
    codes = np.where(subject[..., None], skin, codes)
    # In light, as phones do; near enough sRGB's.
    soft = 255.0 * ndimage.gaussian_filter((codes / 255.0) ** 2.2, (6, 6, 0)) ** (1 / 2.2)
    phone = np.where(subject[..., None], codes, soft)
    Image.fromarray(codes.astype(np.uint8)).save(folder / "photo.png")
    Image.fromarray(phone.astype(np.uint8)[8:-8, 10:-10]).save(folder / "phone.jpg", quality=95)
    Image.fromarray((subject * 255).astype(np.uint8)).save(folder / "matte.png")
    np.save(folder / "depth.npy", np.where(subject, 1.0, 3.0 + x / 200.0).astype(np.float32))


def found_in(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.S)
    assert found is not None
    return found.group(1)


def compared(folder: Path, *words: object):
    where = ["--depth", folder / "depth.npy", "--matte", folder / "matte.png", "--fstop", "1.4", "--focal", "50mm"]
    return rebokeh("compare", folder / "photo.png", *where, *words)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """Return a page and its figures."""
    folder = tmp_path_factory.mktemp("compare")
    write_scene(folder)
    done = compared(folder, folder / "phone.jpg", "-o", folder / "page.html", "--json", "-q")
    assert done.exit_code == 0, done.output
    return folder / "page.html", json.loads(done.stdout)


@pytest.mark.kernels
@pytest.mark.slow
def test_the_figures_tell_lens_and_phone_apart(page):
    _, facts = page
    ours, phone, gaussian = (facts["pictures"][name] for name in ("rebokeh", "phone", "gaussian"))
    assert facts["placement"]["scale"] == pytest.approx(1.0, abs=2e-3)
    assert (facts["placement"]["x_px"], facts["placement"]["y_px"]) == pytest.approx((10, 8), abs=0.7)
    assert ours["highlight_energy_kept"] > 0.9
    assert max(phone["highlight_energy_kept"], gaussian["highlight_energy_kept"]) < 0.15
    assert ours["edge"]["leak_px"] < 0.6 * phone["edge"]["leak_px"]
    assert ours["sharpness_in_focus"] == pytest.approx(1.0, abs=0.05)
    assert ours["blur"]["shape"] == "disc" and phone["blur"]["shape"] == gaussian["blur"]["shape"] == "gaussian"
    wall = [b["radius_px"] for b in phone["blur"]["bins"] if b["distance_m"] > 2]
    np.testing.assert_allclose(wall, 12.0, rtol=0.05)
    for b in ours["blur"]["bins"]:
        if b["distance_m"] > 2:
            assert b["radius_px"] == pytest.approx(b["thin_lens_px"], rel=0.05)


@pytest.mark.kernels
@pytest.mark.slow
def test_the_page_needs_nothing_else(page):
    text = page[0].read_text("utf-8")
    assert not re.search(r"""(src|href)\s*=\s*['"](?!data:)""", text)
    assert not re.search(r"https?://|@import|url\(", text)
    images = dict(re.findall(r"<img data-picture='([^']+)' alt='[^']+' src='([^']+)'>", text))
    assert {"original", "rebokeh", "phone", "gaussian", "rebokeh/0"} <= set(images)
    assert all(image.startswith("data:image/jpeg;base64,") for image in images.values())
    figures = json.loads(found_in(r"id='figures'>(.*?)</script>", text))
    assert figures["pictures"] == page[1]["pictures"]


@pytest.mark.kernels
@pytest.mark.slow
def test_the_page_says_whether_our_render_can_be_trusted(page):
    path, facts = page
    text = path.read_text("utf-8")
    shown = json.loads(found_in(r"id='figures'>(.*?)</script>", text))["check"]
    assert shown == facts["check"] and {"solid", "sharp", "light", "leak"} <= set(shown["figures"])
    assert shown["passed"] is all(figure["in_range"] for figure in shown["figures"].values())
    trust = found_in(r"Can our render be trusted\?</h2>(.*?)</table>", text)
    faults = sum(not figure["in_range"] for figure in shown["figures"].values())
    assert trust.count("class='fault'") == faults
    assert ("every figure is in its range" in trust) is shown["passed"]
    assert "Solid things" in trust and "up to 2.0 %" in trust


@pytest.mark.kernels
@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("width", [1280, 375])
def test_the_page_in_a_browser(page, width):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": 800})
        trouble, asked = [], []
        tab.on(
            "console", lambda message: trouble.append(message.text) if message.type in ("error", "warning") else None
        )
        tab.on("pageerror", lambda error: trouble.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page[0].as_uri())
        tab.wait_for_function("[...document.images].every((img) => img.complete && img.naturalWidth > 0)")

        split = tab.locator("input[data-frame=main]")
        split.scroll_into_view_if_needed()
        box = split.bounding_box()
        tab.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
        over = "getComputedStyle(document.querySelector('#main .over')).clipPath"
        shown = float(found_in(r"([\d.]+)%\)", tab.evaluate(over)))
        assert shown == pytest.approx(25.0, abs=3.0)

        places = "[...document.querySelectorAll('.moves img')].map((i) => i.getBoundingClientRect())"
        frames = "[...document.querySelectorAll('.moves img')].map((i) => i.closest('.frame').getBoundingClientRect())"

        def shares() -> np.ndarray:
            """Say how each picture lies in its frame, in shares of the frame: x, y, width."""
            pairs = zip(tab.evaluate(places), tab.evaluate(frames), strict=True)
            return np.array(
                [
                    ((i["x"] - f["x"]) / f["width"], (i["y"] - f["y"]) / f["height"], i["width"] / f["width"])
                    for i, f in pairs
                ]
            )

        np.testing.assert_allclose(shares(), np.tile([0, 0, 1], (6, 1)), atol=1e-3)
        tab.click("#in")
        tab.click("#in")
        zoomed = shares()
        np.testing.assert_allclose(zoomed[:, 2], 2.25, atol=0.01)
        frame = tab.locator("#main").bounding_box()
        x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
        tab.mouse.move(x, y)
        tab.mouse.down()
        tab.mouse.move(x + 0.1 * frame["width"], y, steps=4)
        tab.mouse.up()
        moved = shares()
        np.testing.assert_allclose(moved[:, 0] - zoomed[:, 0], 0.1, atol=0.01)
        np.testing.assert_allclose(moved, np.tile(moved[0], (6, 1)), atol=2e-3)

        tab.select_option("#left", "gaussian")
        assert tab.locator("#main .tag.left").inner_text() == "one Gaussian around the subject"
        tab.click("#whole")
        np.testing.assert_allclose(shares()[:, 2], 1.0, atol=1e-3)
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert trouble == []
        assert (
            all(url.startswith(("file:", "data:")) for url in asked) and sum(u.startswith("file:") for u in asked) == 1
        )
        browser.close()


@pytest.mark.kernels
@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_for_everybody(page, width, dark):
    with opened(page[0], width, dark=dark) as tab:
        assert violations(tab) == []


@needs_chromium
def test_what_shuts_somebody_out_is_told(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<html><title>a page</title><h1>a</h1><img src='data:,'><p style='color: #ccc'>faint</p></html>")
    with opened(page, 800) as tab:
        rules = {line.partition(":")[0] for line in violations(tab)}
    assert {"image-alt", "html-has-lang", "color-contrast", "landmark-one-main"} <= rules


@pytest.mark.kernels
@pytest.mark.slow
@needs_chromium
def test_the_page_is_used_by_keyboard_alone(page):
    with opened(page[0], 1280) as tab:
        for _ in range(20):
            tab.keyboard.press("Tab")
            if tab.evaluate("document.activeElement.id") == "main":
                break
        assert tab.evaluate("document.activeElement.id") == "main"
        zoom = tab.locator("#zoom")
        tab.keyboard.press("+")
        assert zoom.inner_text() == "1.5×"
        place = "getComputedStyle(document.documentElement).getPropertyValue('--x')"
        before = float(tab.evaluate(place))
        tab.keyboard.press("ArrowRight")
        assert float(tab.evaluate(place)) < before
        tab.keyboard.press("0")
        assert zoom.inner_text() == "1.0×"
        tab.keyboard.press("Tab")
        tab.keyboard.press("ArrowLeft")
        assert tab.evaluate("document.activeElement.dataset.frame") == "main"
        assert float(tab.evaluate("document.activeElement.value")) < 50.0


@pytest.mark.kernels
@pytest.mark.slow
@needs_chromium
def test_the_page_shows_all_without_its_script(page):
    with opened(page[0], 1280, script=False) as tab:
        images = tab.locator("img[data-picture]")
        assert images.count() == len(set(re.findall(r"data-picture='([^']+)'", page[0].read_text("utf-8")))) > 8
        assert all(one.is_visible() for one in images.all())
        assert tab.locator("table").count() == 2
        assert not tab.locator("#main").is_visible() and not tab.locator("button").first.is_visible()


def test_what_is_wrong_is_said_in_a_line(tmp_path):
    write_scene(tmp_path)
    rng = np.random.default_rng(6)
    noise = ndimage.gaussian_filter(rng.normal(size=(200, 260, 3)), (3, 3, 0))
    Image.fromarray(np.clip(120 + 300 * noise, 0, 255).astype(np.uint8)).save(tmp_path / "other.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    out = tmp_path / "page.html"
    check_refused(compared(tmp_path, tmp_path / "other.png", "-o", out), 4, "other.png are not the same scene")
    check_refused(compared(tmp_path, tmp_path / "broken.jpg", "-o", out), 4, "broken.jpg")
    check_refused(compared(tmp_path, tmp_path / "missing.jpg", "-o", out), 4, "missing.jpg")
    check_refused(rebokeh("compare", tmp_path / "photo.png", "-o", out), 3, "photo.png holds no depth", "--depth")
    check_refused(compared(tmp_path, "-o", tmp_path / "photo.png"), 2, "an input")
    assert not out.exists()
    out.write_text("mine")
    check_refused(compared(tmp_path, "-o", out), 2, "the file exists", "--overwrite")
    assert out.read_text() == "mine"
