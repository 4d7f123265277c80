"""What a save costs: time, size and loss of every setting that a picture could be written with.

`python benchmarks/speed/encoding.py [PHOTO ...]` prints a table. Without photos it is the project's own sample,
enlarged to `--megapixels` and given grain, so that it is no easier than a photo: the enlargement alone has none.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from encoding_codecs import Candidate, Codes, candidates, decoded
from numpy.typing import NDArray
from PIL import Image

import rebokeh as rk
from rebokeh.bokeh.tools.bench import in_columns

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "portrait.heic"
GRAIN = (1.5, 0.75)
"""Standard deviations in 8-bit codes, of the grain that all channels share and of what each adds of its own."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
MIDDLE_PX = 512
"""SSIM and FLIP look at a square of this side from the middle: at 12 MP they take longer than the codecs."""


@dataclass(frozen=True)
class Cost:
    """What one candidate takes and gives.

    Attributes
    ----------
    kind, settings : str
    seconds : float
        Median.
    cpu_s : float
        Of all cores; on a machine that does other things it is steadier.
    to_jpeg : float
        Seconds over those of our JPEG in the same run.
    bits_per_pixel : float
    psnr_db, luma_db, red_db : float
        Of all channels, of luma, and of red alone, against the 8-bit codes; infinite when lossless.
    ssim, flip : float
        Of the middle of the picture.
    """

    kind: str
    settings: str
    seconds: float
    cpu_s: float
    to_jpeg: float
    bits_per_pixel: float
    psnr_db: float = math.inf
    luma_db: float = math.inf
    red_db: float = math.inf
    ssim: float = 1.0
    flip: float = 0.0


def enlarged_sample(megapixels: float) -> rk.Photo:
    """Return the sample at another size, with grain between its codes too, for what holds more than 8 bits."""
    small = rk.load(SAMPLE)
    codes = small.profile.to_codes(small.rgb, 8)
    h, w = small.size
    scale = math.sqrt(megapixels * 1e6 / (h * w))
    large = Image.fromarray(codes).resize((round(w * scale), round(h * scale)), Image.Resampling.BICUBIC)
    rng = np.random.default_rng(1)
    shape = (large.height, large.width)
    grain = (
        rng.standard_normal((*shape, 1), np.float32) * GRAIN[0]
        + rng.standard_normal((*shape, 3), np.float32) * GRAIN[1]
    )
    grainy = np.clip((np.asarray(large) + grain) / 255, 0, 1).astype(np.float32)
    return rk.Photo(rgb=small.profile.to_linear(grainy), profile=small.profile)


def measured(candidate: Candidate, codes: Codes, repeats: int, jpeg_s: float | None) -> Cost:
    """Encode a few times; decode and compare what came out."""
    seconds, cpu, data = [], [], b""
    for _ in range(repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        data = candidate.encode(codes)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    median = statistics.median(seconds)
    figures = {} if candidate.lossless else loss(decoded(candidate.kind, data), codes)
    return Cost(
        candidate.kind, candidate.settings, median, statistics.median(cpu), median / (jpeg_s or median),
        8 * len(data) / (codes.shape[0] * codes.shape[1]), **figures,
    )  # fmt: skip


def loss(got: NDArray[np.float32], codes: Codes) -> dict[str, float]:
    """Compare codes 0..255 with what they should be."""
    from support.score import decibels, flip, similarity

    error = got - codes
    top, left = ((side - MIDDLE_PX) // 2 if side > MIDDLE_PX else 0 for side in codes.shape[:2])
    middle = (slice(top, top + MIDDLE_PX), slice(left, left + MIDDLE_PX))
    one, other = got[middle] / np.float32(255), codes[middle] / np.float32(255)
    return {
        "psnr_db": decibels(error**2, 255.0),
        "luma_db": decibels((error @ LUMA) ** 2, 255.0),
        "red_db": decibels(error[..., 0] ** 2, 255.0),
        "ssim": similarity(one, other),
        "flip": flip(one, other),
    }


def rows(costs: list[Cost]) -> list[list[str]]:
    """Return the table, its heading first."""
    heading = ["format", "settings", "s", "CPU s", "x JPEG", "bit/px", "PSNR dB", "luma dB", "red dB", "SSIM", "FLIP"]
    lines = [heading]
    for c in costs:
        figures = [f"{c.seconds:.2f}", f"{c.cpu_s:.2f}", f"{c.to_jpeg:.1f}", f"{c.bits_per_pixel:.2f}"]
        if math.isinf(c.psnr_db):
            seen = ["-"] * 5
        else:
            seen = [f"{v:.1f}" for v in (c.psnr_db, c.luma_db, c.red_db)] + [f"{c.ssim:.3f}", f"{c.flip:.3f}"]
        lines.append([c.kind, c.settings, *figures, *seen])
    return lines


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO", help="encode these, at their own size")
    parser.add_argument("--megapixels", type=float, default=12.0, help="of the enlarged sample (%(default)g)")
    parser.add_argument("--only", default="", help="only formats with this in their name")
    parser.add_argument("--repeats", type=int, default=1, help="encode so often, take the median (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="only what `save` does, and HEIC's quality")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    parser.add_argument("--json", action="store_true", help="one object per photo and candidate, a line each")
    return parser.parse_args(words)


def main() -> int:
    """Run the benchmark."""
    given = parse()
    named = [(str(path), rk.load(path)) for path in given.photos]
    for name, photo in named or [("the sample, enlarged, with grain", enlarged_sample(given.megapixels))]:
        codes = photo.profile.to_codes(photo.rgb, 8)
        costs: list[Cost] = []
        for candidate in candidates(photo):
            # The first is our JPEG, which the others are held against.
            if costs and (given.only not in candidate.kind or (given.quick and not candidate.quick)):
                continue
            costs.append(measured(candidate, codes, given.repeats, costs[0].seconds if costs else None))
            print(f"{candidate.kind} {candidate.settings}: {costs[-1].seconds:.2f} s", file=sys.stderr, flush=True)
        if given.json:
            print("\n".join(json.dumps({"photo": name, **asdict(cost)}) for cost in costs))
        else:
            print(f"{name}: {photo.size[1]}x{photo.size[0]}\n\n{in_columns(rows(costs), given.markdown)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
