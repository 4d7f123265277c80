"""How soon the studio shows what was asked for, in a real browser: ``python benchmarks/studio/run.py PHOTO``.

A headless Chromium opens the page, drags the f-number and the plane of focus, and lets go. Measured is the time from an
input event to the first draft drawn that knows of it, with the wait for the draft before it. An event that changes
nothing, where the hand turns or between two stops, asks for no draft, and is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

MOVES_PER_S = 30.0
FIRST_S, MEDIAN_MS, MOST_MS, FULL_MORE_S = 1.0, 150.0, 300.0, 0.3

WATCH = """
(() => {
  const log = (window.studioLog = { inputs: [], drafts: [], tiles: [] });
  const values = () => [...document.querySelectorAll("[role=slider]")].map((one) => one.ariaValueNow).join();
  let last = "";
  for (const kind of ["pointermove", "pointerdown", "pointerup", "keydown", "input"])
    addEventListener(kind, ({ timeStamp, buttons = 0 }) => { // after whoever it was meant for
      const now = values();
      log.inputs.push({ kind, at: timeStamp, buttons, changed: now !== last });
      last = now;
    });
  const plain = window.fetch.bind(window);
  const blobs = new WeakMap();
  const timing = (answer) => answer.headers.get("Server-Timing") ?? "";
  window.fetch = async (where, more) => {
    const begun = performance.now(), path = String(where);
    const answer = await plain(where, more);
    const kind = path.endsWith("/draft") ? "drafts" : path.includes("/api/renders/") ? "tiles" : "";
    if (kind && answer.ok) {
      const one = { kind, begun, answered: performance.now(), timing: timing(answer), path };
      if (kind === "drafts") {
        one.sequence = Number(answer.headers.get("X-Sequence"));
        one.facts = JSON.parse(answer.headers.get("X-Facts"));
      }
      const blob = answer.blob.bind(answer);
      answer.blob = async () => { const found = await blob(); blobs.set(found, one); return found; };
    }
    return answer;
  };
  const decode = window.createImageBitmap.bind(window);
  window.createImageBitmap = async (source, ...more) => {
    const bitmap = await decode(source, ...more);
    const one = blobs.get(source);
    // Drawn by whoever waits for it, and shown with the frame that comes then.
    if (one) setTimeout(() => requestAnimationFrame(() => { one.drawn = performance.now(); log[one.kind].push(one); }));
    return bitmap;
  };
})();
"""


def main() -> int:
    """Measure, print, and say by the exit code whether it is soon enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each drag takes")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--screenshot", type=Path, help="also keep a picture of the page at the end")
    given = parser.parse_args()
    rebokeh = Path(sys.executable).parent / "rebokeh"
    server = subprocess.Popen(
        [rebokeh, "studio", given.photo, "--no-open", "--keep"], stderr=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert server.stderr is not None
        address = server.stderr.readline().split()[-1]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=given.chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(WATCH)
            found = measured(page, address, given.seconds)
            if given.screenshot is not None:
                page.screenshot(path=given.screenshot)
            browser.close()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    print(json.dumps(found, indent=2) if given.json else "\n".join(lines_of(found)))
    return 0 if all(found["held"].values()) else 1


def measured(page: Page, address: str, seconds: float) -> dict[str, Any]:
    """Do what a user does, and return the figures."""
    begun = time.perf_counter()
    page.goto(address)
    while not log_of(page)["drafts"]:  # by evaluate: the page's policy lets nothing be compiled in it
        time.sleep(0.02)
    opened_s = time.perf_counter() - begun
    first = log_of(page)["drafts"][0]
    first_s = sum(durations(first).values()) / 1000.0
    wait_for_rest(page)
    drags = {
        "f-number": dragged(page, "#ring", seconds),
        "focus": dragged(page, "#ruler", seconds),
    }
    found: dict[str, Any] = {"opened_s": opened_s, "first_draft_s": first_s, "drags": drags}
    held = {"first draft": first_s <= FIRST_S}
    for name, one in drags.items():
        held[f"{name}: median"] = one["median_ms"] <= MEDIAN_MS
        held[f"{name}: 95 %"] = one["most_ms"] <= MOST_MS
        held[f"{name}: in order"] = one["out_of_order"] == 0
        held[f"{name}: full picture"] = one["full_s"] <= one["render_s"] + FULL_MORE_S
    return {**found, "held": held}


def dragged(page: Page, selector: str, seconds: float) -> dict[str, Any]:
    """Drag to and fro along a control, let go, and wait for the full picture."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    before = log_of(page)
    count = round(seconds * MOVES_PER_S)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    page.mouse.down()
    start = time.perf_counter()
    for number in range(count):
        share = 0.5 + 0.4 * np.sin(2.0 * np.pi * number / MOVES_PER_S / 4.0)
        page.mouse.move(box["x"] + float(share) * box["width"], middle)
        time.sleep(max(0.0, start + (number + 1) / MOVES_PER_S - time.perf_counter()))
    page.mouse.up()
    wait_for_rest(page)
    log = log_of(page)
    drafts = log["drafts"][len(before["drafts"]) :]
    tiles = log["tiles"][len(before["tiles"]) :]
    inputs = log["inputs"][len(before["inputs"]) :]
    moves = [one["at"] for one in inputs if one["kind"] == "pointermove" and one["buttons"] and one["changed"]]
    released = next(one["at"] for one in reversed(inputs) if one["kind"] == "pointerup")
    latencies = []
    for at in moves:
        shown = [one["drawn"] for one in drafts if one["begun"] >= at]
        if shown:
            latencies.append(min(shown) - at)
    sequences = [one["sequence"] for one in sorted(drafts, key=lambda one: one["drawn"])]
    last = [one for one in tiles if one["begun"] > released]
    spent = [durations(one) for one in drafts if one["begun"] < released]
    names = list(dict.fromkeys(name for one in spent for name in one))
    return {
        "moves": len(moves),
        "drafts": len(drafts),
        "median_ms": float(np.median(latencies)),
        "most_ms": float(np.quantile(latencies, 0.95)),
        "out_of_order": int(sum(b < a for a, b in zip(sequences, sequences[1:], strict=False))),
        "megapixels": float(np.median([np.prod(one["facts"]["size"]) * 1e-6 for one in drafts])),
        "server_ms": {name: float(np.median([one.get(name, 0.0) for one in spent])) for name in names},
        "browser_ms": float(np.median([one["drawn"] - one["begun"] - sum(durations(one).values()) for one in drafts])),
        "full_s": (max(one["drawn"] for one in last) - released) / 1000.0 if last else float("nan"),
        "render_s": max(durations(one).get("render", 0.0) for one in last) / 1000.0 if last else float("nan"),
    }


def durations(one: dict[str, Any]) -> dict[str, float]:
    """Read what the server says that an answer took, milliseconds by stage."""
    found = {}
    for stage in one["timing"].split(", "):
        name, _, taken = stage.partition(";dur=")
        if taken and name != "start":
            found[name] = float(taken)
    return found


def log_of(page: Page) -> dict[str, Any]:
    """Return what was seen so far."""
    return page.evaluate("window.studioLog")


def wait_for_rest(page: Page, rest_s: float = 1.5, most_s: float = 120.0) -> None:
    """Wait until nothing has been drawn for a while, and the full picture is there."""
    until, seen, since = time.perf_counter() + most_s, -1, time.perf_counter()
    while time.perf_counter() < until:
        log = log_of(page)
        count = len(log["drafts"]) + len(log["tiles"])
        if count != seen:
            seen, since = count, time.perf_counter()
        last_draft = max((one["begun"] for one in log["drafts"]), default=0.0)
        has_full = any(one["begun"] > last_draft for one in log["tiles"])
        if has_full and time.perf_counter() - since > rest_s:
            return
        time.sleep(0.1)
    raise TimeoutError("the full picture did not come")


def lines_of(found: dict[str, Any]) -> list[str]:
    """Say it in words."""
    lines = [
        f"opened, prepared, first draft drawn: {found['opened_s']:.1f} s",
        f"first draft, once prepared: {found['first_draft_s']:.2f} s",
    ]
    for name, one in found["drags"].items():
        server = ", ".join(f"{stage} {taken:.0f}" for stage, taken in one["server_ms"].items())
        lines += [
            f"drag of {name}: {one['moves']} changes, {one['drafts']} drafts of {one['megapixels']:.2f} MP",
            f"  input to drawn: median {one['median_ms']:.0f} ms, 95 % {one['most_ms']:.0f} ms, "
            f"{one['out_of_order']} out of order",
            f"  of a draft: {server} ms in the server, {one['browser_ms']:.0f} ms around it",
            f"  full picture {one['full_s']:.2f} s after release, {one['render_s']:.2f} s of it the render",
        ]
    missed = [name for name, held in found["held"].items() if not held]
    return [*lines, "all in time" if not missed else f"too late: {', '.join(missed)}"]


if __name__ == "__main__":
    sys.exit(main())
