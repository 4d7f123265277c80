"""Pictures one after the other, as a file that plays: MP4, GIF or APNG, by imageio."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..core.arrays import CodeArray
from ..core.errors import OutputError
from ..core.extras import needed
from ..io.files.atomic import passing_folder

_CRF = 16
"""Of x264: no compression is seen."""

Pictures = Iterator[NDArray[np.uint8]]


def check_can_write(suffix: str) -> None:
    """Refuse an ending for which something is missing.

    Raises
    ------
    UsageError
    """
    if suffix == ".mp4":
        needed("imageio_ffmpeg", "video", "an MP4")


def frame_size(suffix: str, size: tuple[int, int]) -> tuple[int, int]:
    """Height and width that pictures of this size have in the file: H.264 with colour at half size has even sides."""
    return (size[0] // 2 * 2, size[1] // 2 * 2) if suffix == ".mp4" else size


def animation(suffix: str, pictures: Pictures, fps: float) -> bytes:
    """Code pictures, uint8 (h, w, 3) in sRGB, of the size that `frame_size` gives.

    Parameters
    ----------
    suffix : str
        A key of `WRITERS`.
    pictures : iterator of uint8 (h, w, 3)
    fps : float
        Pictures a second.

    Raises
    ------
    OutputError
        When they cannot be coded.
    """
    try:
        return WRITERS[suffix](pictures, fps)
    except OSError as err:
        said = " ".join(str(err).split())[-120:]
        raise OutputError(f"the pictures cannot be coded as {suffix[1:].upper()} ({said}); write a .gif") from err


def _mp4(pictures: Pictures, fps: float) -> bytes:
    """H.264 of pictures, as every player has it: 4:2:0, tagged as what it is."""
    from imageio import v2

    tags = [word for key in ("colorspace", "color_primaries", "color_trc") for word in (f"-{key}", "bt709")]
    options = ["-vf", "scale=out_color_matrix=bt709", "-crf", str(_CRF), *tags, "-movflags", "+faststart"]
    with passing_folder() as folder:
        video = folder / "video.mp4"
        with v2.get_writer(
            video, format="FFMPEG", mode="I", fps=fps, codec="libx264", quality=None, macro_block_size=1,
            output_params=options,
        ) as writer:  # fmt: skip
            for picture in pictures:
                writer.append_data(np.ascontiguousarray(picture))  # pyright: ignore[reportAttributeAccessIssue]
        return video.read_bytes()


def _gif(pictures: Pictures, fps: float) -> bytes:
    """GIF of pictures, for ever; of one palette and without dither, for either would flicker from one to the next."""
    # GIF counts hundredths of a second, and viewers slow down what is quicker than two of them.
    return _by_pillow(_of_one_palette(list(pictures)), ".gif", max(10 * round(100.0 / fps), 20))


def _apng(pictures: Pictures, fps: float) -> bytes:
    """APNG of pictures, for ever, without loss."""
    return _by_pillow(list(pictures), ".png", 1000.0 / fps)


def _by_pillow(pictures: list[CodeArray], extension: str, duration_ms: float) -> bytes:
    from imageio import v3

    written = v3.imwrite(
        "<bytes>", np.stack(pictures), extension=extension, plugin="pillow", is_batch=True, duration=duration_ms, loop=0
    )
    assert isinstance(written, bytes)
    return written


def _of_one_palette(pictures: list[CodeArray]) -> list[CodeArray]:
    """Bring pictures to the 256 colours that the first, the middle and the last need most."""
    sample = np.concatenate([pictures[k] for k in (0, len(pictures) // 2, -1)])
    palette = Image.fromarray(sample).quantize(256, Image.Quantize.MEDIANCUT)
    return [
        np.asarray(Image.fromarray(one).quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB"))
        for one in pictures
    ]


WRITERS: dict[str, Callable[[Pictures, float], bytes]] = {".mp4": _mp4, ".gif": _gif, ".apng": _apng, ".png": _apng}
"""What writes each ending of a file's name."""
