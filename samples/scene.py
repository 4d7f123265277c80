"""Path-trace the samples' scenes: `python scene.py portrait|table|cafe [--scale 0.25] [--samples 48]`.

Needs Blender's Python module (see README.md here). Writes build/<scene>.exr: R, G, B (linear Rec.709
radiance, 1 = the clip), Z (planar depth in metres through the pixel centres), and the mattes
subject, hair, front. pack.py makes the photos of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import scene_kit as kit

HERE = Path(__file__).parent
# (picture size, 35 mm equivalent focal length); pack.py writes the latter into the EXIF.
PORTRAIT = ((1512, 2016), 65.0)
TABLE = ((1512, 1134), 52.0)
CAFE = ((1512, 2016), 52.0)


def portrait(detail: float) -> None:
    """Build a woman on an evening street, 1.6 m away; leaves at 0.7 m, lights from 4 to 30 m."""
    import person
    import street

    street.build()
    person.build((-0.035, 1.62, 1.565), 0.37, 0.0012 / detail)
    kit.lamp("key", (-1.3, 0.15, 2.35), (-0.04, 1.6, 1.52), 0.9, 33, (1.0, 0.84, 0.70))
    kit.lamp("fill", (0.9, 0.5, 1.6), (0.0, 1.6, 1.5), 0.8, 5, (1.0, 0.75, 0.58))
    kit.lamp("rim", (0.75, 2.75, 2.35), (-0.03, 1.62, 1.58), 0.35, 34, (1.0, 0.62, 0.30))
    kit.lamp("cool rim", (-1.0, 2.8, 2.2), (-0.03, 1.62, 1.55), 0.6, 8, (0.55, 0.70, 1.0))
    size, f35 = PORTRAIT
    kit.camera((0.0, 0.0, 1.52), (0.0, 1.6, 1.475), f35, size)


def table(detail: float) -> None:
    """Build a long table laid for the evening, slanting through focus; nobody there."""
    import still_life

    still_life.build(detail)
    size, f35 = TABLE
    kit.camera((0.0, 0.0, 1.16), (0.0, 1.55, 0.90), f35, size)


def cafe(_: float) -> None:
    """Build a cup of coffee on a table at night, half a metre away; the street's lights behind it."""
    import cafe

    cafe.build()
    size, f35 = CAFE
    kit.camera((0.0, 0.02, 1.0), (0.0, 1.0, 0.856), f35, size)


SCENES = {"portrait": (portrait, PORTRAIT), "table": (table, TABLE), "cafe": (cafe, CAFE)}


def main() -> None:
    """Parse the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", choices=tuple(SCENES))
    parser.add_argument("--scale", type=float, default=1.0, help="fraction of the full size")
    parser.add_argument("--samples", type=int, default=64, help="paths per pixel")
    parser.add_argument("--out", type=Path, default=HERE / "build")
    given = parser.parse_args()
    kit.reset()
    build, (size, _) = SCENES[given.scene]
    build(min(1.0, max(given.scale, 0.45)))
    kit.render(given.out / f"{given.scene}.exr", size, given.scale, given.samples)


if __name__ == "__main__":
    main()
