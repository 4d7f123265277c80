"""Draw the pictures of README and of the gallery, a sample before and after: `python samples/before_after.py`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

import rebokeh as rk

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
GAP_PX = 8
QUALITY = 86
TABLE: dict[str, Any] = {"depth": HERE / "table_depth.png", "depth_unit": "m", "depth_scale": 0.001}

SIX = rk.Aperture(blades=6)
# Picture: its height in pixels, the sample, how it is loaded, the lenses after it.
DRAWN: dict[str, tuple[int, str, dict[str, Any], list[rk.Lens]]] = {
    "cafe.jpg": (760, "cafe.heic", {}, [rk.Lens(2.0)]),
    "before_after.jpg": (760, "portrait.heic", {}, [rk.Lens(1.8)]),
    "gallery_cafe.jpg": (
        480,
        "cafe.heic",
        {},
        [rk.Lens(2.0), rk.Lens(2.8, aperture=SIX), rk.lens_named("anamorphic-2x")],
    ),
    "gallery_table.jpg": (330, "table.jpg", TABLE, [rk.Lens(1.4, focus_m=1.3), rk.Lens(1.4, focus_m=3.0)]),
}


def shown(photo: rk.Photo, height_px: int) -> Image.Image:
    """Return a photo at a height."""
    picture = Image.fromarray(photo.profile.to_codes(photo.rgb, 8))
    return picture.resize((round(picture.width * height_px / picture.height), height_px), Image.Resampling.LANCZOS)


def row(pictures: Sequence[Image.Image]) -> Image.Image:
    """Put pictures of one size side by side."""
    step = pictures[0].width + GAP_PX
    whole = Image.new("RGB", (len(pictures) * step - GAP_PX, pictures[0].height), "white")
    for number, picture in enumerate(pictures):
        whole.paste(picture, (number * step, 0))
    return whole


def main() -> None:
    """Render each sample through its lenses, and put them beside it."""
    for name, (height_px, sample, given, lenses) in DRAWN.items():
        scene = rk.prepare(rk.load(HERE / sample, **given))
        pictures = [scene.photo, *(scene.render(lens) for lens in lenses)]
        profile = scene.photo.profile
        row([shown(one, height_px) for one in pictures]).save(DOCS / name, quality=QUALITY, icc_profile=profile.icc)


if __name__ == "__main__":
    main()
