"""Draw the README's picture, the sample as the phone took it and through a lens: `python samples/before_after.py`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import rebokeh as rk

HERE = Path(__file__).parent
HEIGHT_PX = 760
GAP_PX = 8


def shown(photo: rk.Photo) -> Image.Image:
    """Return a photo at the README's size."""
    picture = Image.fromarray(photo.profile.to_codes(photo.rgb, 8))
    return picture.resize((round(picture.width * HEIGHT_PX / picture.height), HEIGHT_PX), Image.Resampling.LANCZOS)


def main() -> None:
    """Render the sample at f/1.8 and put it beside itself."""
    photo = rk.load(HERE / "portrait.heic")
    before, after = shown(photo), shown(rk.render(photo, rk.Lens(f_number=1.8)))
    both = Image.new("RGB", (before.width + GAP_PX + after.width, HEIGHT_PX), "white")
    both.paste(before, (0, 0))
    both.paste(after, (before.width + GAP_PX, 0))
    both.save(HERE.parent / "docs" / "before_after.jpg", quality=88, icc_profile=photo.profile.icc)


if __name__ == "__main__":
    main()
