"""What a lens does, on one sheet: points of light over the picture and through focus, and its iris at each stop."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..colour.profile import named_profile
from ..core.arrays import CodeArray
from ..optics.aperture import Aperture, boundary
from ..optics.lens import FULL_FRAME_DIAGONAL_MM
from ..optics.lens_file import LensFile
from ..optics.psf import psf
from .drawing.montage import BACKGROUND, GAP_PX, TEXT_PX, below, beside, padded, save_montage, text_block

DIAGONAL_PX = 5000.0
"""Of the picture that the points of light lie in: one of 12 MP."""

RADII_PX = (-40, -20, -10, 0, 10, 20, 40)

PLACES = {
    "middle": (0.0, 0.0),
    "half way": (0.4, -0.3),
    "corner": (0.8, -0.6),
    "left edge": (-0.8, 0.0),
    "top edge": (0.0, -0.6),
    "other corner": (-0.8, 0.6),
}
"""Where in a picture of 4:3, from its middle in half diagonals."""

IN_FOCUS_SCALE = 4
"""How many times larger a point in focus is shown."""

MOST_HALF_PX = 96  # no cell shows more to each side of a point
BRIGHTEST_SHARE = 0.995  # of a point's lit pixels; what is brighter may clip, or one caustic would leave the rest black

STOPS = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0)
IRIS_RADIUS_PX, STAR_RADIUS_PX = 44, 160
STAR_DECADES = 7

LABEL_WIDTH_PX, WORDS_WIDTH_PX = 120, 700


def contact_sheet(lens_file: LensFile) -> CodeArray:
    """Draw a lens's contact sheet.

    Parameters
    ----------
    lens_file : LensFile

    Returns
    -------
    uint8 (H, W, 3)
        sRGB codes.
    """
    sections = [_points(lens_file), _irises(lens_file), _starbursts(lens_file)]
    width = max(section.shape[1] for section in sections)
    heading = text_block(f"{lens_file.name}: {lens_file.title}", width, size=TEXT_PX + 4)
    return padded(below([heading, *sections], gap=3 * GAP_PX), GAP_PX)


def save_contact_sheet(
    lens_file: LensFile, path: str | Path, *, inputs: Iterable[str | Path] = (), overwrite: bool = False
) -> Path:
    """Draw a lens's contact sheet and write it as a PNG, whole or not at all.

    Parameters
    ----------
    lens_file : LensFile
    path : str or path
        Ends in ``.png``.
    inputs : iterable of str or path
        Files that are never written, like the lens file.
    overwrite : bool
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        Where the file really stands.

    Raises
    ------
    OutputError
        When the file exists, or cannot be written.
    UsageError
        When its name does not end in ``.png``.
    """
    return save_montage(lambda: contact_sheet(lens_file), path, (".png",), inputs=inputs, overwrite=overwrite)


def stops_of(lens_file: LensFile) -> list[float]:
    """List a lens's f-numbers: the widest, and the full stops from there to f/16 that a mirror leaves light at."""
    widest, hidden = lens_file.f_number, lens_file.pupil.obstruction
    return [widest, *(stop for stop in STOPS if stop > 1.05 * widest and stop * hidden < 0.9 * widest)]


def iris_coverage(iris: Aperture, f_number: float, radius_px: int) -> NDArray[np.float32]:
    """Draw an iris at an f-number, as it looks in the disc of a light behind focus.

    Returns
    -------
    float32 (2 radius_px + 3, 2 radius_px + 3)
        0 outside, 1 inside, the circle of the f-number `radius_px` from the middle.
    """
    y, x = np.mgrid[-radius_px - 1 : radius_px + 2, -radius_px - 1 : radius_px + 2].astype(np.float64)
    edge_px = radius_px * boundary(iris.at(f_number), np.arctan2(-y, x))
    return np.clip(edge_px - np.hypot(x, y) + 0.5, 0.0, 1.0).astype(np.float32)


def _points(lens_file: LensFile) -> CodeArray:
    lens = lens_file.lens()
    spreads = {
        place: [psf(lens, float(radius_px), field, DIAGONAL_PX) for radius_px in RADII_PX]
        for place, field in PLACES.items()
    }
    shown = {
        place: [
            _enlarged(spread, 1 if radius_px else IN_FOCUS_SCALE)
            for radius_px, spread in zip(RADII_PX, row, strict=True)
        ]
        for place, row in spreads.items()
    }
    half_px = min(MOST_HALF_PX, max(cell.shape[0] // 2 for row in shown.values() for cell in row))
    side = 2 * half_px + 1
    heads = [text_block(f"{radius_px:+d} px" if radius_px else "in focus", side) for radius_px in RADII_PX]
    rows = [beside([text_block("", LABEL_WIDTH_PX), *heads])]
    for place, row in shown.items():
        of_light = float(spreads[place][-1].sum(axis=(0, 1)).mean())
        label = below(
            [text_block(place, LABEL_WIDTH_PX), text_block(f"{of_light:.0%} of light", LABEL_WIDTH_PX)], gap=0
        )
        rows.append(beside([label, *(_cropped(_exposed(cell), half_px) for cell in row)]))
    width = rows[0].shape[1]
    says = (
        f"Points of light at f/{lens.f_number:g}, by blur radius (+ behind focus) in a picture of {DIAGONAL_PX:.0f} px "
        f"along the diagonal. Each exposed for itself; in focus {IN_FOCUS_SCALE} x as large."
    )
    return below([text_block(says, width), *rows])


def _irises(lens_file: LensFile) -> CodeArray:
    side = 2 * IRIS_RADIUS_PX + 3
    cells = []
    for f_number in stops_of(lens_file):
        light = iris_coverage(lens_file.iris, f_number, IRIS_RADIUS_PX)
        cells.append(below([text_block(f"f/{f_number:g}", side), _codes(np.repeat(light[..., None], 3, axis=2))]))
    row = beside(cells)
    says = "Iris, each as large as the others, as in the disc of a light behind focus"
    return below([text_block(says, max(row.shape[1], WORDS_WIDTH_PX)), row])


def _starbursts(lens_file: LensFile) -> CodeArray:
    from ..optics.diffraction import starburst

    pitch_um = 1000.0 * FULL_FRAME_DIAGONAL_MM / DIAGONAL_PX
    stops = stops_of(lens_file)
    cells = []
    for f_number in dict.fromkeys([stops[0], stops[-1]]):
        star = starburst(lens_file.lens(f_number=f_number), pitch_um, "sRGB", STAR_RADIUS_PX)
        cells.append(below([text_block(f"f/{f_number:g}", star.shape[1]), _codes(_by_decades(star))]))
    says = f"Starburst of a light in focus, brightness by powers of ten from its middle: black is 1e-{STAR_DECADES}"
    return below([text_block(says, WORDS_WIDTH_PX), beside(cells)])


def _by_decades(star: NDArray[np.float32]) -> NDArray[np.float32]:
    """Show light (H, W, 3) over many powers of ten, each pixel in its own colour."""
    brightest = star.max(axis=2, keepdims=True)
    share = np.maximum(brightest / max(float(brightest.max()), 1e-30), 10.0**-STAR_DECADES)
    return star / np.maximum(brightest, np.float32(1e-30)) * (1.0 + np.log10(share) / STAR_DECADES).astype(np.float32)


def _enlarged(spread: NDArray[np.float32], times: int) -> NDArray[np.float32]:
    return spread.repeat(times, axis=0).repeat(times, axis=1)


def _exposed(spread: NDArray[np.float32]) -> CodeArray:
    light = spread.max(axis=2)
    lit = light[light > light.max(initial=0.0) * 1e-3]
    white = float(np.quantile(lit, BRIGHTEST_SHARE)) if lit.size else 1.0
    return _codes(spread / np.float32(white))


def _codes(light: NDArray[np.float32]) -> CodeArray:
    codes = named_profile("sRGB").to_codes(np.clip(light, 0.0, 1.0), 8)
    return np.maximum(codes, BACKGROUND // 2).astype(np.uint8)  # a cell is seen where it is dark, too


def _cropped(cell: CodeArray, half_px: int) -> CodeArray:
    """Cut or fill up a cell to `half_px` on each side of its middle."""
    side, middle = 2 * half_px + 1, cell.shape[0] // 2
    if middle >= half_px:
        start = middle - half_px
        return cell[start : start + side, start : start + side]
    missing = half_px - middle
    filled = np.full((side, side, 3), BACKGROUND // 2, np.uint8)
    filled[missing : missing + cell.shape[0], missing : missing + cell.shape[1]] = cell
    return filled
