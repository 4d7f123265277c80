"""Draw the README's gallery, the evening sample through every lens of the package: `python samples/gallery.py`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import rebokeh as rk
from rebokeh.bokeh.optics.lens_file import lens_names

HERE = Path(__file__).parent
SIZE_PX = (300, 400)
COLUMNS = 4
LABEL_PX = 22

FOCAL_MM = 85.0
"""The pupil of a portrait lens: at the phone's own focal length little is blurred by a slow lens."""


def main() -> None:
    """Render the sample with each lens, wide open, and put them side by side; the last is a lens without flaws."""
    scene = rk.prepare(rk.load(HERE / "portrait.heic"))
    named = [(name, rk.lens_named(name, focal_mm=FOCAL_MM)) for name in lens_names()]
    lenses = [*named, ("no flaws", rk.Lens(f_number=2.0, focal_mm=FOCAL_MM))]
    width, height = SIZE_PX
    rows = -(-len(lenses) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * width, rows * (height + LABEL_PX)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for number, (name, lens) in enumerate(lenses):
        left, top = number % COLUMNS * width, number // COLUMNS * (height + LABEL_PX)
        picture = scene.render(lens)
        codes = Image.fromarray(picture.profile.to_codes(picture.rgb, 8))
        sheet.paste(codes.resize(SIZE_PX, Image.Resampling.LANCZOS), (left, top + LABEL_PX))
        draw.text((left + 6, top + 3), f"{name}, f/{lens.f_number:g}", fill="black", font=font)
    sheet.save(HERE.parent / "docs" / "lenses.jpg", quality=85, icc_profile=scene.photo.profile.icc)


if __name__ == "__main__":
    main()
