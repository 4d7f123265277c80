"""A sheet of thumbnails: the photo and everything that lies beside it in the file, each with its scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ...colour.to_srgb import srgb_codes
from ...core.arrays import CodeArray, FloatArray
from ...depth.upsample import repair_holes
from ...image.resize import resize, size_within
from ...optics.lens import Lens, mount
from ...photo.metadata import UnitRect
from ...photo.photo import Photo
from ..drawing.false_colour import HOLE, NEAR_TO_FAR, blur, grey, ramp
from ..drawing.montage import BACKGROUND, GAP_PX, INK, TEXT_PX, below, beside, padded, save_montage, text_block
from .facts import clipped_pixels, named_mattes
from .histogram import Histogram
from .report import histogram_of, metres_of, report_lines

LONGEST_PX, ROW_PX = 560, 1716
"""Longer side of a thumbnail, and width of the sheet, about."""

BAR_PX, TICKS = 14, 5
HISTOGRAM_PX = 220

AUTOFOCUS, FACE, CLIPPED, FOCUS = (255, 230, 0), (90, 220, 255), (255, 0, 255), (255, 255, 255)
MARK_PX = 3
GRID_INK, GRID_SHARE = (255, 255, 255), 0.35

GRID = tuple(k / 10 for k in range(1, 10))
"""Where the lines of the grid lie that points are read from, as shares of the picture."""

EMPTY = 5e-4
"""Share of the frame below which a matte is not worth a picture."""

LEAST_SEEN = 0.3
"""How strongly a spot of clipped light is coloured that fills next to nothing of a pixel."""

MARGIN_PX = 16


def draw_thumbnails(photo: Photo, found: Mapping[str, Any]) -> CodeArray:
    """Draw the sheet.

    Parameters
    ----------
    photo : Photo
    found : mapping
        What `inspect_photo` says of it.

    Returns
    -------
    uint8 (H, W, 3)
        sRGB codes.
    """
    size = thumbnail_size(photo.size)
    cells = [_photo(photo, found, size)]
    if photo.depth is not None:
        cells.append(_depth(photo.depth, histogram_of(found["depth"]), found, size))
        cells.append(_blur(photo, photo.depth, found, size))
    cells += [
        _cell(f"matte: {name}, covers {matte.mean():.1%}", _grey(matte, 1.0, size))
        for name, matte in named_mattes(photo).items()
        if matte.mean() > EMPTY
    ]
    if photo.gain_map is not None:
        cells.append(_gain(photo.gain_map.planes.max(axis=2), size))
    if found["clipped"]:
        cells.append(_clipped(photo, found["clipped"], size))
    most = max(1, (ROW_PX + 2 * GAP_PX) // (size[1] + 2 * GAP_PX))
    across = -(-len(cells) // -(-len(cells) // most))  # rows as long as each other
    rows = [beside(cells[k : k + across], 2 * GAP_PX) for k in range(0, len(cells), across)]
    width = max(max(row.shape[1] for row in rows), 2 * LONGEST_PX)
    if photo.depth is not None:
        rows.append(_histogram(histogram_of(found["depth"]), found, width))
    facts = [
        text_block(line, width) for line in report_lines(found) if not line.startswith(("  ", "picture by distance"))
    ]
    heading = text_block(Path(found["input"]).name or "photo", width, size=TEXT_PX + 6)
    return padded(below([heading, *rows, below(facts, 0)], 2 * GAP_PX), MARGIN_PX)


def save_thumbnails(
    photo: Photo,
    found: Mapping[str, Any],
    path: str | Path,
    *,
    inputs: Iterable[str | Path] = (),
    overwrite: bool = False,
) -> Path:
    """Draw the sheet and write it as PNG or JPEG, whole or not at all; as `montage.save_montage`."""
    return save_montage(lambda: draw_thumbnails(photo, found), path, inputs=inputs, overwrite=overwrite)


def thumbnail_size(photo: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the thumbnails of a photo of this height and width: enlarged where it is small."""
    return size_within(photo, LONGEST_PX)


def _photo(photo: Photo, found: Mapping[str, Any], size: tuple[int, int]) -> CodeArray:
    image = Image.fromarray(srgb_codes(photo.rgb, photo.profile, size))
    image = _with_grid(image)
    focus, faces = found["autofocus"], found["faces"]
    for face in faces:
        _frame(image, face, FACE)
    if focus is not None:
        _frame(image, focus["area"], AUTOFOCUS)
    marks = ["grid in tenths, x,y from the top left"]
    marks += ["autofocus yellow"] if focus else []
    marks += ["faces blue"] if faces else []
    return _cell(f"photo: {', '.join(marks)}", np.asarray(image))


def _with_grid(image: Image.Image) -> Image.Image:
    """Draw faint lines over a picture, and their places, to read points from."""
    drawn = image.copy()
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(TEXT_PX - 3)
    for share in GRID:
        x, y = round(share * image.width), round(share * image.height)
        pen.line([(x, 0), (x, image.height)], fill=GRID_INK)
        pen.line([(0, y), (image.width, y)], fill=GRID_INK)
    drawn = Image.blend(image, drawn, GRID_SHARE)
    pen = ImageDraw.Draw(drawn)
    for share in GRID:
        text, outline = f"{share:g}", {"stroke_width": 2, "stroke_fill": (0, 0, 0)}
        pen.text((round(share * image.width), 2), text, fill=GRID_INK, font=font, anchor="ma", **outline)
        pen.text((3, round(share * image.height)), text, fill=GRID_INK, font=font, anchor="lm", **outline)
    return drawn


def _frame(image: Image.Image, box: UnitRect, colour: tuple[int, int, int]) -> None:
    x, y, width, height = box
    corners = [x * image.width, y * image.height, (x + width) * image.width - 1, (y + height) * image.height - 1]
    ImageDraw.Draw(image).rectangle([round(c) for c in corners], outline=colour, width=MARK_PX)


def _depth(depth: FloatArray, counted: Histogram, found: Mapping[str, Any], size: tuple[int, int]) -> CodeArray:
    plane = resize(depth, size, "nearest")
    codes = _codes(colours_of(plane, counted))
    codes[~np.isfinite(plane)] = HOLE
    holes = ", holes magenta" if found["depth"]["holes"] else ""
    label = "depth" if found["depth_kind"] == "absolute" else f"depth, {found['depth_kind']}"
    return _cell(f"{label}{holes}", codes, _depth_scale(counted, found["depth_kind"], size[1]))


def _blur(photo: Photo, depth: FloatArray, found: Mapping[str, Any], size: tuple[int, int]) -> CodeArray:
    """Draw what the automatic focus makes sharp, and how much a lens blurs the rest."""
    lens = Lens()
    thin = mount(lens, photo.size, photo.meta.f35_mm, found["focus_m"])
    plane = resize(repair_holes(depth), size)
    radius_px = ((thin.focus_dioptres - plane) * thin.px_per_dioptre).astype(np.float32)
    most_px = max(float(np.abs(radius_px).max()), 1.0)
    along = np.linspace(-most_px, most_px, size[1]).astype(np.float32)
    labels = [f"{r:+.2g}" if r else "sharp" for r in np.linspace(-most_px, most_px, TICKS)]
    where = f" {metres_of(1.0 / found['focus_m'])}" if found["depth_kind"] != "unitless" else ""
    label = f"blur in px at f/{lens.f_number:g}, focus{where}: {found['focus_source']}"
    return _cell(
        label,
        _codes(blur(radius_px, most_px)),
        _scale(_codes(blur(along, most_px)), [*labels[:-1], labels[-1] + " px"]),
    )


def _codes(shares: FloatArray) -> CodeArray:
    return np.rint(255.0 * shares).astype(np.uint8)


def colours_of(dioptres: FloatArray, counted: Histogram) -> FloatArray:
    """Colour depths, codes 0..1 (..., 3): red the nearest, violet the farthest of the histogram."""
    near, far = counted.edges[0], counted.edges[-1]
    return ramp(np.clip((near - np.nan_to_num(dioptres)) / (near - far), 0.0, 1.0), NEAR_TO_FAR)


def _depth_scale(counted: Histogram, kind: str, width: int) -> CodeArray:
    at = np.linspace(counted.edges[0], counted.edges[-1], width)
    return _scale(_codes(colours_of(at.astype(np.float32), counted)), _labels(counted, kind))


def _labels(counted: Histogram, kind: str) -> list[str]:
    at = np.linspace(counted.edges[0], counted.edges[-1], TICKS)
    return [f"{d:.2g}" if kind == "unitless" else metres_of(float(d)) for d in at]


def _scale(bar: CodeArray, labels: list[str]) -> CodeArray:
    """Draw a bar (width, 3) of colours, and labels spread evenly below it."""
    font = ImageFont.load_default(TEXT_PX)
    image = Image.new("RGB", (bar.shape[0], TEXT_PX + 6), (BACKGROUND,) * 3)
    room = [bar.shape[0] - font.getlength(text) for text in labels]
    for k, text in enumerate(labels):
        middle = k * (bar.shape[0] - 1) / (len(labels) - 1) - 0.5 * font.getlength(text)
        ImageDraw.Draw(image).text((min(max(middle, 0.0), room[k]), 0), text, fill=(INK,) * 3, font=font)
    return below([np.broadcast_to(bar, (BAR_PX, *bar.shape)), np.asarray(image)], 2)


def _gain(stops: FloatArray, size: tuple[int, int]) -> CodeArray:
    most = max(float(stops.max()), 0.1)
    shades = np.repeat(np.linspace(0, 255, size[1]).round().astype(np.uint8)[:, None], 3, axis=1)
    labels = [f"{stop:.2g}" for stop in np.linspace(0.0, most, TICKS)]
    labels[-1] += " stops"
    return _cell("gain map", _grey(stops, most, size), _scale(shades, labels))


def _clipped(photo: Photo, share: float, size: tuple[int, int]) -> CodeArray:
    """Clipped light in one colour over the dimmed photo; a single pixel of it is seen."""
    dimmed = srgb_codes(photo.rgb, photo.profile, size).mean(axis=2, keepdims=True) * 0.5
    alpha = seen_shares(clipped_pixels(photo), size)[..., None]
    codes = dimmed + alpha * (np.asarray(CLIPPED) - dimmed)
    return _cell(f"clipped, {share:.2%}: magenta", np.rint(codes).astype(np.uint8))


def seen_shares(mask: NDArray[np.bool_], size: tuple[int, int]) -> FloatArray:
    """Reduce a mask to (height, width): shares 0..1, float32, of which none is so small that it is not seen."""
    share = resize(mask, size, "area")
    return np.where(share > 0.0, np.maximum(share, np.float32(LEAST_SEEN)), share)


def _histogram(counted: Histogram, found: Mapping[str, Any], width: int) -> CodeArray:
    """Bars from near to far in the colours of the depth, and where the autofocus measured."""
    plot = np.full((HISTOGRAM_PX, width, 3), BACKGROUND // 2, np.uint8)
    starts = np.linspace(0, width, len(counted.shares) + 1).round().astype(int)
    edges = np.asarray(counted.edges)
    colours = _codes(colours_of((0.5 * (edges[1:] + edges[:-1])).astype(np.float32), counted))
    for k, share in enumerate(counted.shares):
        height = round(share / max(counted.shares) * (HISTOGRAM_PX - 4))
        plot[HISTOGRAM_PX - height :, starts[k] : starts[k + 1] - 1] = colours[k]
    label = f"share of the picture by depth, even steps of dioptres; the highest bar is {max(counted.shares):.0%}"
    for what, distance_m, colour in _marks(found):
        share = (edges[0] - 1.0 / distance_m) / (edges[0] - edges[-1])
        if 0.0 <= share <= 1.0:
            at = round(share * (width - MARK_PX))
            plot[:, at : at + MARK_PX] = colour
            label += f"; {what}, {metres_of(1.0 / distance_m)}"
    return _cell(label, plot, _depth_scale(counted, found["depth_kind"], width))


def _marks(found: Mapping[str, Any]) -> list[tuple[str, float, tuple[int, int, int]]]:
    """List the distances that stand out: their names, metres and colours."""
    if found["depth_kind"] == "unitless":
        return []
    measured = (found["autofocus"] or {}).get("distance_m")
    marks = [("yellow: the autofocus", measured, AUTOFOCUS), ("white: automatic focus", found["focus_m"], FOCUS)]
    return [mark for mark in marks if isinstance(mark[1], float)]


def _grey(plane: FloatArray, white: float, size: tuple[int, int]) -> CodeArray:
    codes = (grey(resize(plane, size), 0.0, white) >> 8).astype(np.uint8)
    return np.repeat(codes[..., None], 3, axis=2)


def _cell(label: str, *pictures: CodeArray) -> CodeArray:
    return below([text_block(label, pictures[0].shape[1]), *pictures], 4)
