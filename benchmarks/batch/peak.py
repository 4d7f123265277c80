"""Print how much memory a worker takes for a photo, against its pixels: ``python benchmarks/batch/peak.py``.

The photos are samples/portrait.heic, enlarged; other files may be named.
`bokeh/batch/executors/memory.py` estimates by this.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SIZES_MP = (0.75, 3.0, 12.0)
SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "portrait.heic"


def enlarged(megapixels: float, path: Path) -> Path:
    """Write the sample with so many megapixels, with its depth and matte as they are."""
    from scipy import ndimage

    import rebokeh as rk

    photo = rk.load(SAMPLE)
    by = (megapixels * 1e6 / (photo.rgb.shape[0] * photo.rgb.shape[1])) ** 0.5
    rgb = np.maximum(np.asarray(ndimage.zoom(photo.rgb, (by, by, 1), order=1), np.float32), 0.0)
    rk.save(rk.Photo(rgb=rgb, depth=photo.depth, matte=photo.matte, profile=photo.profile), path)
    return path


def one(path: str) -> None:
    """Render one photo as a worker does, and print what that took."""
    import ctypes

    from rebokeh.bokeh.batch.executors.memory import estimate_bytes, resident_bytes
    from rebokeh.bokeh.develop import develop
    from rebokeh.bokeh.io.decoded import announced
    from rebokeh.bokeh.optics.lens import Lens
    from rebokeh.bokeh.settings.recipe import Recipe

    pixels: list[int] = []
    with announced(pixels.append):
        develop(path, lambda _: Recipe(lens=Lens(f_number=1.8)))
    ctypes.CDLL(None).malloc_trim(0)
    rest, peak = resident_bytes(os.getpid()), _peak_bytes()
    print(
        f"{pixels[0] / 1e6:8.2f} {rest / 1e6:10.0f} {peak / 1e6:10.0f} {(peak - rest) / 1e6:10.0f} "
        f"{estimate_bytes(pixels[0]) / 1e6:10.0f}  {Path(path).name}",
        flush=True,
    )


def _peak_bytes() -> int:
    # The kernel's count; what getrusage says begins with what the parent held.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    """Measure each photo in a process of its own, with one thread."""
    environment = os.environ | {"NUMBA_NUM_THREADS": "1", "REBOKEH_THREADS": "1"}
    print("      MP    rest MB    peak MB    more MB   estimate", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        named = sys.argv[1:] or [str(enlarged(size, Path(folder, f"{size:g}mp.heic"))) for size in SIZES_MP]
        for path in named:
            subprocess.run([sys.executable, __file__, "--one", path], env=environment, check=True)


if __name__ == "__main__":
    one(sys.argv[2]) if sys.argv[1:2] == ["--one"] else main()
