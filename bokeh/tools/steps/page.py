"""The page that shows an album: plain HTML, beside its pictures; it needs no script and no network."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: dark; }
body { background: #1c1c1c; color: #ddd; font: 15px/1.45 system-ui, sans-serif; margin: 2rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem;
     border-top: 1px solid #444; padding-top: .8rem; }
section { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1.2rem; }
figure { margin: 0; } img { width: 100%; height: auto; display: block; background: #000; }
figcaption b { color: #fff; } figcaption, .scale { font-size: .85rem; margin-top: .3rem; }
.bar { height: .6rem; border: 1px solid #555; } .ends { display: flex; justify-content: space-between; }
.unit { color: #999; } .key { display: inline-block; width: .8em; height: .8em; border: 1px solid #555; }
a { color: inherit; } a:focus-visible { outline: 3px solid #6bb5e8; outline-offset: 2px; }
nav ul { columns: 18rem; padding-left: 1.2rem; }
"""


def page(listing: Mapping[str, Any]) -> str:
    """Write the page of an album's list.

    Parameters
    ----------
    listing : mapping
        "photo" and "pictures" (their names and sizes), "sections" (each with a "title"), "steps" in order: each with
        "file", "step", "section", "shows", "kind" ("light" or "map"), "unit", and its "scale", a list of "colour" and
        "value".

    Returns
    -------
    str
        HTML.
    """
    photo, pictures = listing["photo"], listing["pictures"]
    title = f"The steps of {photo['name'] or 'a render'}"
    size = f"The photo has {photo['width']} x {photo['height']} pixels"
    if pictures["reduced_by"] > 1:
        size += (
            f"; the pictures are reduced to 1/{pictures['reduced_by']} of its sides, {pictures['width']} x "
            f"{pictures['height']}. Radii are in pixels of the photo"
        )
    lens = f"f/{listing['f_number']:.3g}, focal length {listing['focal_mm']:.3g} mm, "
    focus = listing["focus_m"]
    lens += f"focus {focus:.3g} m" if isinstance(focus, float) and focus < 1e4 else "focus at infinity"
    lines = [
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(lens)}. {escape(size)}. Follow the light: the photo, its depth and matte; what each pixel shows "
        "first and what lies behind that; then slice after slice from near to far, each seen through what the "
        "nearer leave clear; the lights last. What the lens blurs is made at a fraction of the photo's size, where "
        "a slice's title says so. "
        "Colours of light are the photo's own, and what is brighter than white looks white; each other picture has its "
        "scale below it. Checks mean that nothing is there. A click shows a picture alone.</p>",
    ]
    named = [f"<li><a href='#section{n}'>{escape(one['title'])}</a></li>" for n, one in enumerate(listing["sections"])]
    lines.append(f"<nav aria-label='sections'><ul>{''.join(named)}</ul></nav>")
    for number, section in enumerate(listing["sections"]):
        steps = [step for step in listing["steps"] if step["section"] == number]
        lines.append(f"<h2 id='section{number}'>{escape(section['title'])}</h2>")
        lines.append(f"<section aria-labelledby='section{number}'>")
        lines += [_figure(step, pictures) for step in steps]
        lines.append("</section>")
    return "\n".join([*lines, "</main>\n</body>\n</html>\n"])


def _figure(step: Mapping[str, Any], pictures: Mapping[str, Any]) -> str:
    file, name = escape(step["file"], quote=True), escape(step["step"].replace("_", " "))
    alt = escape(f"{step['step'].replace('_', ' ')}: {step['shows']}", quote=True)
    return (
        f"<figure><a href='{file}'><img src='{file}' alt='{alt}' loading='lazy' "
        f"width='{pictures['width']}' height='{pictures['height']}'></a>"
        f"<figcaption><b>{name}</b>: {escape(step['shows'])}</figcaption>{_legend(step)}</figure>"
    )


def _legend(step: Mapping[str, Any]) -> str:
    """Draw the scale: a bar of the colours with the values at its ends, and a key for each colour that stands alone."""
    if step["kind"] == "light":
        return ""
    numbers = [stop for stop in step["scale"] if step["smooth"] and not isinstance(stop["value"], str)]
    keys = [stop for stop in step["scale"] if stop not in numbers]
    out = []
    if numbers:
        low, high = numbers[0]["value"], numbers[-1]["value"]
        places = [100.0 * (stop["value"] - low) / (high - low) if high != low else 0.0 for stop in numbers]
        colours = ", ".join(f"{stop['colour']} {at:.1f}%" for stop, at in zip(numbers, places, strict=True))
        middle = "<span>0</span>" if low < 0.0 < high else ""
        out.append(f"<div class='bar' style='background: linear-gradient(to right, {colours})'></div>")
        unit = f"<span class='unit'>{escape(step['unit'])}</span>"
        out.append(f"<div class='ends'><span>{low:.3g}</span>{middle or unit}<span>{high:.3g}</span></div>")
        if middle:
            out.append(f"<div>{unit}</div>")
    out += [
        f"<div><span class='key' style='background: {k['colour']}'></span> {escape(str(k['value']))}</div>"
        for k in keys
    ]
    return f"<div class='scale'>{''.join(out)}</div>"
