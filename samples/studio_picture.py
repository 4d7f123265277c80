"""Draw the README's picture of the studio with the sample open in it: `python samples/studio_picture.py`.

A browser is needed (Chromium), and playwright from the `dev` extra.
"""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
SIZE = (1360, 850)
COLOURS = 256
FACE = (0.47, 0.38)
"""Where the page is clicked: on an eye, in shares of the picture."""


def shot(address: str, chromium: str) -> bytes:
    """Open the page, focus on the face at f/1.4, and take a picture of it once the full render is there."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-GB")
        page.goto(address)
        page.wait_for_selector("#stage[data-picture=full]", timeout=300_000)
        picture = page.locator(".view-canvas").bounding_box()
        assert picture is not None
        height = picture["height"] - 40
        width = height * 756 / 1008
        page.mouse.click(
            picture["x"] + picture["width"] / 2 + (FACE[0] - 0.5) * width,
            picture["y"] + picture["height"] / 2 + (FACE[1] - 0.5) * height,
        )
        page.locator("#ring").focus()
        for _ in range(2):
            page.keyboard.press("ArrowLeft")
        page.evaluate("document.activeElement.blur()")
        page.wait_for_selector("#stage[data-picture=draft]", timeout=60_000)
        page.wait_for_selector("#stage[data-picture=full]", timeout=60_000)
        page.wait_for_timeout(500)
        return page.screenshot()


def main() -> None:
    """Run the studio for as long as it takes."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("no Chromium is found")
    rebokeh = Path(sys.executable).parent / "rebokeh"
    words = [rebokeh, "studio", HERE / "portrait.heic", "--no-open"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as studio:
        try:
            assert studio.stderr is not None
            address = next(line for line in studio.stderr if "http://" in line).split()[-1]
            picture = Image.open(io.BytesIO(shot(address, chromium))).convert("RGB")
        finally:
            studio.send_signal(signal.SIGINT)
    palette = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2)
    few = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    few.save(HERE.parent / "docs" / "studio.png", optimize=True)


if __name__ == "__main__":
    main()
