"""The comparison as one page that needs nothing else: pictures, script and style are in it, and it asks no network.

Each picture stands in it once, as an image that is seen without the script; the script lays them over each other.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping
from html import escape
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ...colour.profile import Profile, named_profile
from ...core.arrays import CodeArray, FloatArray
from ...core.jsonable import plain
from ...image.resize import resize_codes, size_within
from ..check.report import MEANINGS, fault_words, range_words, value_words
from .chart import Axis, Line, chart
from .crops import Crop, crops, difference
from .explanations import blur_caption, figure_rows
from .measure import GAUSSIAN, ORIGINAL, OURS, PHONE, Comparison, differing

KEYS = "before and after: arrow keys move the picture, plus and minus zoom, 0 shows it whole"
SHOWN_LENGTH = 1600
"""Pictures are shown at this length at most; the crops at their own size."""

JPEG_QUALITY = 86
COLOURS = {OURS: "#0072b2", PHONE: "#d55e00", GAUSSIAN: "#b0589a"}
LENS_COLOUR = "#8a9097"

APART = ((0, 0, 0), (60, 20, 110), (200, 50, 90), (250, 160, 50), (255, 250, 200))
"""From no difference to the largest."""

FARTHEST_M = 100.0

# Where it is wider than the screen it scrolls, by keys too.
_WIDE = "<div class='wide' tabindex='0' role='region' aria-label='{}'>"


def report(comparison: Comparison) -> str:
    """Write the page.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    str
        HTML.
    """
    profile = comparison.scene.photo.profile
    profile = named_profile("sRGB") if profile.is_linear else profile
    codes = {name: profile.to_codes(shown.rgb, 8) for name, shown in comparison.pictures.items()}
    apart = difference(comparison, codes)
    places = crops(comparison, apart)
    images = {name: _jpeg(_fitted(picture), profile) for name, picture in codes.items()}
    for number, crop in enumerate(places):
        for name, picture in codes.items():
            images[f"{name}/{number}"] = _jpeg(
                picture[crop.y : crop.y + crop.side, crop.x : crop.x + crop.side], profile
            )
    titles = {name: shown.title for name, shown in comparison.pictures.items()}
    title = f"Blur compared: {comparison.scene.photo.meta.path.rsplit('/', 1)[-1] or 'a photo'}"
    room = files(__package__ or "")
    style, script = (room.joinpath(f"page.{kind}").read_text("utf-8") for kind in ("css", "js"))
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p class='faint'>{escape(_lens_line(comparison))}</p>",
        *(f"<p>Note: {escape(note)}.</p>" for note in comparison.notes),
        _before_after(comparison),
        "<h2>All pictures</h2><p class='faint live'>Zoom and place are those above.</p>",
        _all(comparison, images),
        "<h2>Where they differ most</h2>" if places else "",
        f"<div class='grid-of large'>{''.join(_crop(n, crop, titles, images) for n, crop in enumerate(places))}</div>",
        _map(comparison, apart),
        _plots(comparison),
        "<h2>In figures</h2>",
        _table(comparison),
        _checks(comparison),
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>",
            "<meta name='viewport' content='width=device-width, initial-scale=1'>",
            # Nothing that a page could ask for from elsewhere, not even the icon that browsers look for.
            "<link rel='icon' href='data:,'>",
            f"<title>{escape(title)}</title>\n<style>{style}</style>",
            "<script>document.documentElement.classList.add('js');</script>\n</head>\n<body>\n<main>",
            *body,
            "</main>",
            _data("figures", plain(comparison.facts)),
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


def _data(name: str, value: object) -> str:
    # "</script>" in a name would end the script.
    text = json.dumps(value, allow_nan=False).replace("</", "<\\/")
    return f"<script type='application/json' id='{name}'>{text}</script>"


def _lens_line(comparison: Comparison) -> str:
    lens, placement = comparison.lens, comparison.placement
    focus = f"{lens.focus_m:.3g} m" if math.isfinite(lens.focus_m) else "infinity"
    said = f"f/{lens.f_number:.3g}, {lens.focal_mm:.3g} mm, focus {focus}."
    if comparison.report.get("distances"):
        said += f" Distances: {comparison.report['distances']}."
    if placement is not None:
        moved = (
            f"scaled by {placement.scale:.4g} and placed at ({placement.x_px:.1f}, {placement.y_px:.1f}) px"
            if placement.scale != 1.0 or placement.x_px or placement.y_px
            else "pixel on pixel"
        )
        tone = f", its exposure changed by {placement.exposure_stops:+.2f} stops" if placement.tone_changed else ""
        said += f" The phone's picture lies {moved}{tone}; black is beyond its crop."
    return said


def _frame(identity: str, crop: int | None, aspect: str) -> str:
    of = "" if crop is None else f" data-crop='{crop}'"
    moves = " moves" if crop is None else ""
    keys = f" tabindex='0' role='group' aria-label='{KEYS}'" if crop is None else ""
    return (
        f"<div class='frame{moves}' id='{identity}'{keys} style='aspect-ratio:{aspect};--aspect:{aspect};--split:50%'>"
        f"<div class='pane'><img alt='' data-side='0'{of}></div>"
        f"<div class='pane over'><img alt='' data-side='1'{of}></div>"
        "<div class='seam'></div><span class='tag left'></span><span class='tag right'></span></div>"
        f"<input type='range' min='0' max='100' step='0.1' value='50' data-frame='{identity}' "
        "aria-label='how much of the left picture is shown'>"
    )


def _before_after(comparison: Comparison) -> str:
    ours, other = differing(comparison.pictures)

    def select(side: str, chosen: str) -> str:
        options = "".join(
            f"<option value='{name}'{' selected' if name == chosen else ''}>{escape(shown.title)}</option>"
            for name, shown in comparison.pictures.items()
        )
        return f"<label>{side} <select id='{side}'>{options}</select></label>"

    return (
        f"<div class='live'><div class='bar'>{select('left', other)}{select('right', ours)}"
        "<span><button id='out' aria-label='zoom out'>−</button> <button id='in' aria-label='zoom in'>+</button> "
        "<button id='whole'>whole</button> <span id='zoom' role='status'></span></span></div>"
        + _frame("main", None, _aspect(comparison))
        + "</div>"
    )


def _aspect(comparison: Comparison) -> str:
    height, width = comparison.scene.photo.size
    return f"{width}/{height}"


def _all(comparison: Comparison, images: Mapping[str, str]) -> str:
    figures = [
        f"<figure><div class='frame moves' style='aspect-ratio:{_aspect(comparison)}'>"
        f"<div class='pane'>{_picture(name, shown.title, images[name])}</div></div>"
        f"<figcaption>{escape(shown.title)}</figcaption></figure>"
        for name, shown in comparison.pictures.items()
    ]
    return f"<div class='grid-of'>{''.join(figures)}</div>"


def _picture(name: str, title: str, image: str) -> str:
    title = escape(title, quote=True)
    return f"<img data-picture='{name}' alt='{title}' src='{image}'>"


def _crop(number: int, crop: Crop, titles: Mapping[str, str], images: Mapping[str, str]) -> str:
    stills = "".join(
        f"<div>{_picture(f'{name}/{number}', title, images[f'{name}/{number}'])}{escape(title)}</div>"
        for name, title in titles.items()
    )
    return (
        f"<figure><h3>{escape(crop.title)}</h3><div class='live'>{_frame(f'crop{number}', number, '1/1')}</div>"
        f"<div class='stills'>{stills}</div>"
        f"<figcaption class='faint'>{crop.side} px from ({crop.x}, {crop.y}); on average {crop.difference:.0f} of 255 "
        "codes apart</figcaption></figure>"
    )


def _map(comparison: Comparison, apart: FloatArray) -> str:
    most = max(float(np.quantile(apart, 0.999)), 1.0)
    stops = np.linspace(0.0, 1.0, len(APART))
    small = _fitted(apart)
    colours = np.stack([np.interp(small / most, stops, [c[k] for c in APART]) for k in range(3)], axis=2)
    image = _jpeg(np.rint(colours).astype(np.uint8), named_profile("sRGB"))
    bar = ", ".join("rgb({},{},{})".format(*c) for c in APART)
    one, other = (comparison.pictures[name].title for name in differing(comparison.pictures))
    return (
        f"<h2>Difference map</h2><p>How far {escape(one)} and {escape(other)} are apart at each pixel, mean of red, "
        f"green and blue in codes of 0 to 255.</p><img class='map' alt='difference map' src='{image}'>"
        f"<div class='scale' style='background:linear-gradient(to right,{bar})'></div>"
        f"<div class='ends'><span>0</span><span>{most:.0f} and more</span></div>"
    )


def _plots(comparison: Comparison) -> str:
    bins = [b for shown in comparison.pictures.values() if shown.curve for b in shown.curve.bins]
    sections = []
    if bins:
        metres = [min(1.0 / max(b.dioptres, 1e-6), FARTHEST_M) for b in bins] + [
            min(comparison.lens.focus_m, FARTHEST_M)
        ]
        low, high = 0.9 * min(metres), 1.1 * max(metres)
        along = np.geomspace(low, high, 160)
        lens = [(float(m), comparison.expected_px(1.0 / float(m))) for m in along]
        top = 1.08 * max([y for _, y in lens] + [b.radius_px for b in bins])
        lines = [Line("thin lens", LENS_COLOUR, lens, marked=False)]
        for name, shown in comparison.pictures.items():
            if shown.curve and shown.curve.bins:
                points = [(1.0 / max(b.dioptres, 1e-6), b.radius_px) for b in reversed(shown.curve.bins)]
                lines.append(Line(shown.title, COLOURS[name], points))
        across, up = Axis("distance, m", low, high, is_log=True), Axis("radius of the blur, px", 0.0, top)
        drawn = chart("blur against distance", across, up, lines)
        sections.append(f"<h2>Blur against distance</h2><p>{escape(blur_caption(comparison))}</p>{drawn}")
    edges = {name: shown.edge for name, shown in comparison.pictures.items() if shown.edge is not None}
    if edges:
        far = max(edge.distances_px[-1] for edge in edges.values())
        lines = [
            Line(
                comparison.pictures[name].title,
                COLOURS[name],
                list(zip(edge.distances_px, [100.0 * min(max(x, 0.0), 1.0) for x in edge.leak], strict=True)),
            )
            for name, edge in edges.items()
        ]
        up = Axis("light of the subject, %", 0.0, 100.0)
        drawn = chart("leak", Axis("distance from the outline, px", 0.0, far), up, lines)
        sections.append(
            "<h2>Leak beside the outline</h2><p>Share of the background's light that is the subject's, by the distance "
            "from its outline. A lens focused on the subject shows none; one soft blur of everything begins at 50 %, "
            f"and that is the glow around people in phone portraits.</p>{drawn}"
        )
    return "".join(sections)


def _table(comparison: Comparison) -> str:
    names = [name for name in comparison.pictures if name != ORIGINAL]
    head = "".join(f"<th scope='col'>{escape(comparison.pictures[name].title)}</th>" for name in names)
    lines = []
    for row in figure_rows(comparison):
        cells = "".join(
            f"<td data-of='{escape(comparison.pictures[name].title)}'>{escape(row.values[name])}</td>" for name in names
        )
        lines.append(f"<tr><td>{escape(row.title)}<small>{escape(row.meaning)}</small></td>{cells}</tr>")
    return (
        f"{_WIDE.format('figures')}<table><thead><tr><th scope='col'>figure</th>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _checks(comparison: Comparison) -> str:
    found = comparison.check
    lines = []
    for figure in found.figures:
        title, meaning = MEANINGS[figure.name]
        fault = fault_words(figure)
        said = f"<strong class='fault'>{escape(fault)}</strong>" if fault else "in range"
        lines.append(
            f"<tr><td>{escape(title)}<small>{escape(meaning)}</small></td>"
            f"<td data-of='measured'>{escape(value_words(figure))}</td>"
            f"<td data-of='in range'>{escape(range_words(figure))}</td>"
            f"<td data-of='verdict'>{'–' if figure.value is None else said}</td></tr>"
        )
    said = "every figure is in its range" if found.passed else "not everywhere: some figure is out of its range"
    return (
        f"<h2>Can our render be trusted?</h2><p id='trust'>What must hold of any picture, whatever is on it: {said}. "
        "Measured through a lens without flaws; places are columns and rows of the photo.</p>"
        f"{_WIDE.format('checks')}<table><thead><tr><th scope='col'>check</th><th scope='col'>measured</th>"
        "<th scope='col'>in range</th><th scope='col'>verdict</th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _fitted(picture: NDArray) -> NDArray:
    """Reduce a picture (H, W) or (H, W, 3) to the length that is shown."""
    size = (picture.shape[0], picture.shape[1])
    return picture if max(size) <= SHOWN_LENGTH else resize_codes(picture, size_within(size, SHOWN_LENGTH))


def _jpeg(codes: CodeArray, profile: Profile) -> str:
    """Encode 8-bit codes (H, W, 3) as the address of an inline picture."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(codes).save(out, "JPEG", quality=JPEG_QUALITY, icc_profile=profile.icc)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
