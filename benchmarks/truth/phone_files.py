"""Write the truth set's scenes as a phone would have: `python benchmarks/truth/phone_files.py FOLDER`.

A HEIC of 13 megapixels for each scene, laid out as an iPhone's: picture in 8 bits, depth, matte, gain map, and the
focal length in its EXIF. `run.py --columns heic` renders these, through every door that a user's photo comes through.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from phone import PHONES, resized
from PIL import Image
from support.heic import pack_heic
from support.pictures import Picture, load, names
from support.score import srgb

import rebokeh as rk
from rebokeh.bokeh.image.resize import block_means

FloatArray = NDArray[np.float32]

ENLARGED = 7
"""How many pixels of the file, along each side, one of the truth set's becomes: 4480x2989 of 640x427."""

MOST_GAIN = 1000.0
"""A phone's gain map ends at eight times white. This one holds nearly all of a lamp's light: what the file costs is to
be seen, not what nobody can know."""

F35_TAG = 0xA405
"""EXIF's focal length as of 35 mm film."""

ROUNDS = 5
"""So often the enlarged picture is corrected."""


def write(picture: Picture, phone: str, path: Path, by: int = ENLARGED) -> Path:
    """Write a picture's photo as a simulated phone would have.

    Parameters
    ----------
    picture : Picture
    phone : str
        Whose depth and matte: one of `PHONES`.
    path : Path
    by : int
        Enlarged so many times.
    """
    maps = PHONES[phone](picture.dioptres, picture.matte, picture.scene)
    large = np.stack([enlarged(picture.rgb[..., c], by) for c in range(3)], axis=2)
    half = large.shape[0] // 2, large.shape[1] // 2
    # Beyond white the picture keeps its colour, as phones' do, and the gain map has the rest.
    above = np.clip(large.max(axis=2), 1.0, MOST_GAIN)
    headroom = max(float(above.max()), 2.0)
    gain = (resized(above, half) - 1.0) / (headroom - 1.0)
    focal_mm = picture.lens.focal_mm
    assert focal_mm is not None
    exif = Image.Exif()
    exif.get_ifd(0x8769)[F35_TAG] = round(focal_mm)
    codes = np.rint(255.0 * srgb(large / above[..., None])).astype(np.uint8)
    # A scene without a subject has no matte.
    mattes = {"portrait": resized(maps.matte, half)} if maps.matte.max() > 0.5 else {}
    return pack_heic(codes, maps.depth, mattes, gain, headroom, exif.tobytes(), path, f35_mm=focal_mm)


def enlarged(plane: FloatArray, by: int) -> FloatArray:
    """Enlarge a plane such that means over `by` x `by` pixels are what it was: smooth, and nothing of it lost."""
    size = plane.shape[0] * by, plane.shape[1] * by
    coarse = np.asarray(plane, np.float64)
    large = np.maximum(resized(coarse, size), 0.0)
    for _ in range(ROUNDS):
        coarse = coarse + (plane - block_means(large, by))
        large = np.maximum(resized(coarse, size), 0.0)
    # Beside a lamp nothing can be less than black; what is left is each pixel's own share.
    left = plane / np.maximum(block_means(large, by), 1e-6)
    return (large * np.kron(left, np.ones((by, by)))).astype(np.float32)


def rendered(path: Path, picture: Picture) -> FloatArray:
    """Read a file, render it through the picture's lens, and return all its light at the picture's size."""
    made = rk.render(rk.load(path), picture.lens, rk.RenderSettings(rendition="hdr"))
    return block_means(made.rgb, made.rgb.shape[0] // picture.rgb.shape[0])


def file_of(picture: Picture, folder: Path, phone: str = "calibrated") -> Path:
    """Return a scene's file in a folder; it is written when it is not there."""
    path = folder / f"{picture.scene}_{phone}.heic"
    return path if path.exists() else write(picture, phone, path)


def main(words: list[str] | None = None) -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to; what is there already stays")
    parser.add_argument("--set", type=Path, default=Path(__file__).parent / "set", help="folder of the truth set")
    parser.add_argument("--phone", choices=list(PHONES), default="calibrated", help="whose maps (%(default)s)")
    parser.add_argument("--only", default="", help="only scenes with this in their name")
    given = parser.parse_args(words)
    given.folder.mkdir(parents=True, exist_ok=True)
    scenes: dict[str, str] = {}
    for name in names(given.set, given.only):
        scenes.setdefault(name.split("/")[0], name)
    for name in scenes.values():
        print(file_of(load(given.set, name), given.folder, given.phone))
    return 0 if scenes else 2


if __name__ == "__main__":
    sys.exit(main())
