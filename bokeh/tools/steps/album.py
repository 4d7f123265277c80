"""A folder of pictures with a list of what they show, that appears whole or not at all."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...io.files.folder import Contents, Filling

LIST, PAGE = "steps.json", "index.html"
STEPS = Contents(LIST, "steps", re.compile(r"\d{3}_[a-z0-9_]+\.png"), (PAGE,), "the steps", "step of a render")

_EFFORT = 1  # of zlib: these are looked at and thrown away


class Album(Filling):
    """An album that is being filled, out of sight until it is done.

    Parameters
    ----------
    folder : Path
        As `check_folder` returns it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, STEPS)

    def add(self, name: str, codes: NDArray[np.uint8] | NDArray[np.uint16], icc: bytes | None = None) -> None:
        """Write a picture, as PNG.

        Parameters
        ----------
        name : str
            Of the file.
        codes : uint8 (H, W, 3), or uint16 (H, W)
            8-bit colour, or 16-bit grey.
        icc : bytes, optional
            The profile that the colours belong to; None = sRGB.

        Raises
        ------
        OutputError
        """
        file = io.BytesIO()
        Image.fromarray(codes).save(file, "PNG", compress_level=_EFFORT, **({"icc_profile": icc} if icc else {}))
        self.write(name, file.getbuffer())

    def finish(self, listing: Mapping[str, Any], page: str) -> None:
        """Add the page (HTML) and the list, and put the album in its place.

        Raises
        ------
        OutputError
        """
        self.write(PAGE, page.encode())
        self.close(listing)
