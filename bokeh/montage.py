"""Pictures and words side by side and below each other, as uint8 (H, W, 3) of sRGB codes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

BACKGROUND, INK = 24, 200
LINE_PX, TEXT_PX, GAP_PX = 22, 14, 6


def words(text: str, width: int, size: int = TEXT_PX) -> Picture:
    """Write words from the left of a picture of this width, in as many lines as they take."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    legible = text.encode("latin-1", "replace").decode("latin-1")  # what every default font has
    lines = [""]
    for word in legible.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    line_px = math.ceil(size * LINE_PX / TEXT_PX)
    image = Image.new("RGB", (width, line_px * len(lines)), (BACKGROUND,) * 3)
    for index, line in enumerate(lines):
        ImageDraw.Draw(image).text((0, index * line_px), line, fill=(INK,) * 3, font=font)
    return np.asarray(image)


def below(parts: list[Picture], gap: int = GAP_PX) -> Picture:
    """Put pictures below each other, from the left."""
    height = sum(part.shape[0] for part in parts) + gap * (len(parts) - 1)
    sheet = np.full((height, max(part.shape[1] for part in parts), 3), BACKGROUND, np.uint8)
    top = 0
    for part in parts:
        sheet[top : top + part.shape[0], : part.shape[1]] = part
        top += part.shape[0] + gap
    return sheet


def beside(parts: list[Picture], gap: int = GAP_PX) -> Picture:
    """Put pictures beside each other, from the top."""
    return below([part.transpose(1, 0, 2) for part in parts], gap).transpose(1, 0, 2)


def padded(sheet: Picture, margin: int) -> Picture:
    """Add a margin in pixels."""
    return np.pad(sheet, ((margin, margin), (margin, margin), (0, 0)), constant_values=BACKGROUND)
