"""Other programs that blur by depth, when they are installed: GEGL's lens-blur and Blender's Defocus node.

Both take the exact blur radius of each pixel, in linear light. GEGL has no blades; Blender's do not turn over in front
of focus, so they stand as those of the greater part of the blur should.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from support.pictures import Picture, read_exr, write_exr

FloatArray = NDArray[np.float32]

SCRIPT = Path(__file__).parent / "blender_defocus.py"


def programs(bpy_python: str | None) -> tuple[dict[str, Callable[[Picture], FloatArray]], list[str]]:
    """Find the programs.

    Parameters
    ----------
    bpy_python : str, optional
        An interpreter with Blender's module.

    Returns
    -------
    dict
        Renderers by name.
    list of str
        A word on each that is missing.
    """
    found: dict[str, Callable[[Picture], FloatArray]] = {}
    missing = []
    if shutil.which("gegl"):
        found["gegl"] = gegl
    else:
        missing.append("gegl is skipped: no program of that name")
    if bpy_python and shutil.which(bpy_python):
        found["blender"] = partial(blender, python=bpy_python)
    else:
        missing.append("blender is skipped: --bpy names no Python that has bpy")
    return found, missing


def gegl(picture: Picture) -> FloatArray:
    """Blur by `gegl:lens-blur`, the map of radii on its second input."""
    radius = np.abs(picture.radius)
    largest = float(radius.max())

    def command(photo: Path, share: Path, out: Path) -> list[str]:
        blur = ["lens-blur", f"radius={largest}", "linear-mask=true", "aux=[", "load", f"path={share}", "]"]
        return ["gegl", "--", "load", f"path={photo}", *blur, "save", f"path={out}"]

    return _run(picture.rgb, (radius / largest).astype(np.float32), command)


def blender(picture: Picture, python: str) -> FloatArray:
    """Blur by the Defocus node, the radii instead of a Z-buffer."""
    aperture, radius = picture.lens.aperture, np.abs(picture.radius)
    rotation_deg = aperture.rotation_deg + (180.0 if picture.radius.mean() < 0.0 else 0.0)

    def command(photo: Path, pixels: Path, out: Path) -> list[str]:
        facts = (aperture.blades, rotation_deg, float(radius.max()) + 1.0)
        return [python, str(SCRIPT), str(photo), str(pixels), str(out), *map(str, facts)]

    return _run(picture.rgb, radius, command)


def _run(rgb: FloatArray, guide: FloatArray, command: Callable[[Path, Path, Path], list[str]]) -> FloatArray:
    with tempfile.TemporaryDirectory() as folder:
        photo, second, out = (Path(folder) / f"{name}.exr" for name in ("photo", "guide", "out"))
        write_exr(photo, {"RGB": rgb})
        write_exr(second, {"RGB": np.repeat(guide[..., None], 3, axis=2)})
        done = subprocess.run(command(photo, second, out), capture_output=True, text=True, timeout=600, check=False)
        if not out.exists():
            raise RuntimeError(f"{done.args[0]} wrote no picture: {(done.stderr or done.stdout).strip()[-300:]}")
        channels = read_exr(out)
    return channels["RGB"] if "RGB" in channels else channels["RGBA"][..., :3]
