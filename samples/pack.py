"""Make the sample photos of the rendered scenes: `python pack.py portrait|table|cafe` after `scene.py`.

The portrait and the cafe become iPhone-structured HEICs, the table a JPEG with a 16-bit depth PNG beside it.
Runs in rebokeh's own environment; Blender is not needed.
"""

from __future__ import annotations

import argparse
import io
import struct
from pathlib import Path

import numpy as np
from heic import pack_heic
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

HERE = Path(__file__).parent
F35 = {"portrait": 65, "table": 52, "cafe": 52}
CUP = (500, 970, 160, 60)
"""Where the phone focused in the cafe: centre and size of the cup's near rim, in pixels of cafe.heic."""
HEADROOM = 16.0  # four stops above the clip

# Chromaticities of red, green, blue and white (x, y).
REC709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), (0.3127, 0.3290))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.3127, 0.3290))
D50 = np.array([0.9642, 1.0, 0.8249])


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def rgb_to_xyz(primaries) -> NDArray[np.float64]:
    """Matrix (3, 3) from linear RGB of the given chromaticities to XYZ."""
    columns = np.stack([_xyz(*xy) for xy in primaries[:3]], -1)
    return columns * np.linalg.solve(columns, _xyz(*primaries[3]))


def p3_profile() -> bytes:
    """Return a small ICC profile (version 4): Display P3's primaries with sRGB's curve."""
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    to_d50 = bradford @ D50 / (bradford @ _xyz(*DISPLAY_P3[3]))
    adapt = np.linalg.solve(bradford, to_d50[:, None] * bradford)
    columns = adapt @ rgb_to_xyz(DISPLAY_P3)

    def fixed(values) -> bytes:
        return b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)

    def text(words: str) -> bytes:
        body = words.encode("utf-16-be")
        return b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(body), 28) + body

    curve = b"para" + struct.pack(">IHH", 0, 3, 0) + fixed((2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    tags = {
        b"desc": text("rebokeh sample, P3 D65"),
        b"cprt": text("No rights reserved"),
        b"wtpt": b"XYZ " + bytes(4) + fixed(D50),
        b"chad": b"sf32" + bytes(4) + fixed(adapt.ravel()),
        b"rXYZ": b"XYZ " + bytes(4) + fixed(columns[:, 0]),
        b"gXYZ": b"XYZ " + bytes(4) + fixed(columns[:, 1]),
        b"bXYZ": b"XYZ " + bytes(4) + fixed(columns[:, 2]),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body, seen = struct.pack(">I", len(tags)), b"", {}
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        if data not in seen:  # the three curves share one copy
            seen[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", seen[data], len(data))
    when = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = struct.pack(
        ">I4sI4s4s4s12s4s", start + len(body), bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ ", when, b"acsp"
    )
    head += bytes(28) + fixed(D50)
    return head + bytes(128 - len(head)) + table + body


def srgb_encode(linear: NDArray) -> NDArray:
    """Return the sRGB code values 0..1 of linear 0..1."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def clip_and_gain(rgb: NDArray[np.float32], headroom: float) -> tuple[NDArray, NDArray]:
    """Split radiance (H, W, 3) into what stands below the clip and a half-size linear gain 0..1.

    The clip keeps the hue (all channels by one factor), as a phone's tone mapping does: one gain per pixel
    can then restore the lamp's own colour, base * (1 + (headroom - 1) * gain).
    """
    peak = rgb.max(-1)
    base = rgb / np.maximum(peak, 1)[..., None]
    h, w = peak.shape[0] // 2, peak.shape[1] // 2
    half = [v[: 2 * h, : 2 * w].reshape(h, 2, w, 2).mean((1, 3)) for v in (peak, base.max(-1))]
    gain = (half[0] / np.maximum(half[1], 1e-4) - 1) / (headroom - 1)
    return base, gain.clip(0, 1)


def half_size(matte: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average a matte over blocks of 2 x 2."""
    h, w = matte.shape[0] // 2, matte.shape[1] // 2
    return matte[: 2 * h, : 2 * w].reshape(h, 2, w, 2).mean((1, 3))


def phone_depth(z: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return dioptres (h, w) as a phone would see them: one surface per sample, thin things lost, edges soft."""
    dioptres = 1 / np.clip(z, 0.05, 1e4)
    h, w = size
    rows = ((np.arange(h) + 0.5) * z.shape[0] / h).astype(int)
    columns = ((np.arange(w) + 0.5) * z.shape[1] / w).astype(int)
    coarse = ndimage.median_filter(dioptres, 5)[np.ix_(rows, columns)]
    return ndimage.gaussian_filter(ndimage.median_filter(coarse, 5), 0.7).astype(np.float32)


def exif(size: tuple[int, int], f35_mm: int, face: tuple[int, int, int, int] | None, model: str) -> bytes:
    """EXIF block of a picture of `size` (height, width); `face` is (x, y, width, height) of its centre and size."""
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = "rebokeh", model, 1
    block[0x0131], block[0x013B], block[0x8298] = "Cycles, pack.py", "rebokeh", "Apache-2.0"
    inner = block.get_ifd(0x8769)
    inner[0x920A], inner[0xA405] = round(f35_mm * 0.16, 2), f35_mm
    inner[0x829D], inner[0x8827] = 16.0, 50  # as good as a pinhole
    inner[0xA002], inner[0xA003] = size[1], size[0]
    inner[0x9003] = "2026:01:01 18:30:00"
    inner[0xA434] = f"{model} pinhole"
    if face:
        inner[0x9214] = face
    return block.tobytes()


def read_scene(path: Path) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Colour (H, W, 3) and the other channels of what `scene.py` wrote."""
    import OpenEXR

    channels = OpenEXR.File(str(path), separate_channels=True).parts[0].channels
    planes = {name: np.asarray(c.pixels, np.float32) for name, c in channels.items()}
    return np.stack([planes.pop(c) for c in "RGB"], -1), planes


def face_area(rgb_size: tuple[int, int], matte: NDArray, hair: NDArray) -> tuple[int, int, int, int]:
    """Centre and size of the face: the upper part of the sitter that is not hair."""
    h, w = rgb_size
    skin = (matte > 0.9) & (hair < 0.1)
    rows = np.flatnonzero((hair > 0.5).sum(1) > 0.05 * w)
    top, bottom = rows[0], rows[0] + (rows[-1] - rows[0]) * 6 // 10
    y, x = np.nonzero(skin[top:bottom])
    side = int(0.75 * (bottom - top))
    return int(np.median(x)), int(top + np.median(y)), side, side


def pack_portrait(build: Path, out: Path) -> list[Path]:
    """Write portrait.heic."""
    rgb, planes = read_scene(build / "portrait.exr")
    to_p3 = np.linalg.solve(rgb_to_xyz(DISPLAY_P3), rgb_to_xyz(REC709))
    base, gain = clip_and_gain(np.maximum(rgb @ to_p3.T.astype(np.float32), 0), HEADROOM)
    size = (rgb.shape[0], rgb.shape[1])
    codes = np.rint(srgb_encode(base) * 255).astype(np.uint8)
    subject, hair = planes["subject"], planes["hair"]
    path = pack_heic(
        codes,
        phone_depth(planes["Z"], (768, 576)),
        {"portrait": half_size(subject), "hair": half_size(hair)},
        gain,
        HEADROOM,
        exif(size, F35["portrait"], face_area(size, subject, hair), "sample portrait"),
        out / "portrait.heic",
        icc=p3_profile(),
        f35_mm=F35["portrait"],
    )
    return [path]


def pack_table(build: Path, out: Path) -> list[Path]:
    """Write table.jpg and table_depth.png (16 bits: millimetres)."""
    rgb, planes = read_scene(build / "table.exr")
    base, _ = clip_and_gain(np.maximum(rgb, 0), HEADROOM)
    sink = io.BytesIO()
    codes = np.rint(srgb_encode(base) * 255).astype(np.uint8)
    size = (rgb.shape[0], rgb.shape[1])
    block = exif(size, F35["table"], None, "sample table")
    Image.fromarray(codes).save(sink, "JPEG", quality=90, subsampling=2, optimize=True, exif=block)
    photo, depth = out / "table.jpg", out / "table_depth.png"
    photo.write_bytes(sink.getvalue())
    metres = 1 / phone_depth(planes["Z"], (576, 768))
    Image.fromarray(np.rint(np.clip(metres * 1000, 1, 65535)).astype(np.uint16)).save(depth, optimize=True)
    return [photo, depth]


def pack_cafe(build: Path, out: Path) -> list[Path]:
    """Write cafe.heic: nobody is in it, so that it holds no matte."""
    rgb, planes = read_scene(build / "cafe.exr")
    to_p3 = np.linalg.solve(rgb_to_xyz(DISPLAY_P3), rgb_to_xyz(REC709))
    base, gain = clip_and_gain(np.maximum(rgb @ to_p3.T.astype(np.float32), 0), HEADROOM)
    size = (rgb.shape[0], rgb.shape[1])
    path = pack_heic(
        np.rint(srgb_encode(base) * 255).astype(np.uint8),
        phone_depth(planes["Z"], (768, 576)),
        {},
        gain,
        HEADROOM,
        exif(size, F35["cafe"], CUP, "sample cafe"),
        out / "cafe.heic",
        icc=p3_profile(),
        f35_mm=F35["cafe"],
    )
    return [path]


PACKERS = {"portrait": pack_portrait, "table": pack_table, "cafe": pack_cafe}


def main() -> None:
    """Parse the command line and pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", choices=tuple(PACKERS))
    parser.add_argument("--build", type=Path, default=HERE / "build", help="where scene.py wrote")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    for path in PACKERS[given.scene](given.build, given.out):
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
