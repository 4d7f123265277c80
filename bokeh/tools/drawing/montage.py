"""Pictures and words set beside and below each other on one sheet, and the sheet written whole or not at all."""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ...core.arrays import CodeArray
from ...core.errors import UsageError

BACKGROUND, INK = 24, 200
LINE_PX, TEXT_PX, GAP_PX = 22, 14, 6

# What Unicode does not take apart.
_LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d",
            "Đ": "D", "ð": "d", "þ": "th", "ı": "i", "–": "-", "—": "-", "×": "x", "·": "-", "’": "'"}  # fmt: skip

KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
JPEG_QUALITY = 90


def save_montage(
    draw: Callable[[], CodeArray],
    path: str | Path,
    kinds: tuple[str, ...] = tuple(KINDS),
    *,
    inputs: Iterable[str | Path] = (),
    overwrite: bool = False,
    comment: str = "",
) -> Path:
    """Draw a sheet and write it, whole or not at all; what cannot be written is not drawn.

    Parameters
    ----------
    draw : callable
        Draws it: uint8 (H, W, 3), sRGB codes.
    path : str or path
        Its suffix says the format.
    kinds : tuple of str
        Keys of `KINDS`: the suffixes that do.
    inputs : iterable of str or path
        Files that are never written.
    overwrite : bool
        Whether an existing file may be replaced.
    comment : str
        Stands near the file's beginning, where nobody sees it.

    Returns
    -------
    Path
        Where the file really stands.

    Raises
    ------
    OutputError
        When the file exists, or cannot be written.
    UsageError
        When its suffix is another.
    """
    real = check_montage(path, kinds, inputs=inputs, overwrite=overwrite)
    from PIL import Image, PngImagePlugin

    from ...io.files.atomic import write_atomic

    kind = KINDS[Path(path).suffix.lower()]
    said = PngImagePlugin.PngInfo()
    if comment:
        said.add_text("Comment", comment)
    more = {"quality": JPEG_QUALITY, "comment": comment.encode()} if kind == "JPEG" else {"pnginfo": said}
    encoded = io.BytesIO()
    Image.fromarray(draw()).save(encoded, kind, **more)
    write_atomic(real, encoded.getvalue())
    return real


def check_montage(
    path: str | Path,
    kinds: tuple[str, ...] = tuple(KINDS),
    *,
    inputs: Iterable[str | Path] = (),
    overwrite: bool = False,
) -> Path:
    """Refuse what `save_montage` would refuse, before any work is done; returns where the file will stand."""
    from ...io.files.atomic import check_output

    if Path(path).suffix.lower() not in kinds:
        raise UsageError(f"{path}: a sheet is a picture; give it a name that ends in {' or '.join(kinds)}")
    return check_output(path, overwrite=overwrite, inputs=inputs)


def text_block(text: str, width: int, size: int = TEXT_PX) -> CodeArray:
    """Write words from the left, in as many lines as the width takes."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    lines = [""]
    for word in plain_letters(text).split():
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


def plain_letters(text: str) -> str:
    """Say a text in ASCII, which is all that the default font has: letters without their accents, ? for others."""
    apart = unicodedata.normalize("NFKD", "".join(_LETTERS.get(c, c) for c in text))
    return "".join(c for c in apart if not unicodedata.combining(c)).encode("ascii", "replace").decode()


def below(pictures: list[CodeArray], gap: int = GAP_PX) -> CodeArray:
    """Set pictures below each other, from the left."""
    height = sum(picture.shape[0] for picture in pictures) + gap * (len(pictures) - 1)
    sheet = np.full((height, max(picture.shape[1] for picture in pictures), 3), BACKGROUND, np.uint8)
    top = 0
    for picture in pictures:
        sheet[top : top + picture.shape[0], : picture.shape[1]] = picture
        top += picture.shape[0] + gap
    return sheet


def beside(pictures: list[CodeArray], gap: int = GAP_PX) -> CodeArray:
    """Set pictures beside each other, from the top."""
    return below([picture.transpose(1, 0, 2) for picture in pictures], gap).transpose(1, 0, 2)


def padded(sheet: CodeArray, margin: int) -> CodeArray:
    """Leave a margin around a sheet."""
    return np.pad(sheet, ((margin, margin), (margin, margin), (0, 0)), constant_values=BACKGROUND)
