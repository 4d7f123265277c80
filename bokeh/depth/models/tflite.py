"""TFLite models that look at one picture, as ai-edge-litert runs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.arrays import FloatArray
from ...core.errors import InputError
from ...core.extras import needed
from ...core.foreign import decoding, silence
from ...core.text import printable


@dataclass(frozen=True)
class Network:
    """An opened model.

    Attributes
    ----------
    name : str
        Of its file, for errors.
    size : (int, int)
        Height and width of the picture that it looks at.
    outputs : list of dict
        What it says of each output, as ``shape`` and ``index``.
    """

    name: str
    size: tuple[int, int]
    outputs: list[dict[str, Any]]
    _interpreter: Any
    _entry: int

    def run(self, picture: FloatArray, indices: list[int]) -> list[NDArray]:
        """Show it a picture, float32 (h, w, 3), and return the outputs of these indices.

        Raises
        ------
        InputError
            When it fails.
        """
        with decoding(self.name, "model"), silence():
            self._interpreter.set_tensor(self._entry, picture[None])
            self._interpreter.invoke()
            return [np.array(self._interpreter.get_tensor(index)) for index in indices]


def opened(path: Path, of_this_kind: str) -> Network:
    """Open a model whose input is one picture, float32 (1, h, w, 3).

    Parameters
    ----------
    path : Path
    of_this_kind : str
        What to do when it is another model, for the error.

    Raises
    ------
    UsageError
        When ai-edge-litert is not installed.
    InputError
        When the file is damaged, or has another input.
    """
    name = printable(path)
    litert = needed("ai_edge_litert.interpreter", "matte", f"{name}: the model")
    with decoding(name, "model"), silence():
        interpreter = litert.Interpreter(model_path=str(path))
        interpreter.allocate_tensors()
        (entry, *others), outputs = interpreter.get_input_details(), interpreter.get_output_details()
    shape = tuple(int(n) for n in entry["shape"])
    if others or len(shape) != 4 or shape[0] != 1 or shape[3] != 3 or entry["dtype"] is not np.float32:
        raise InputError(f"{name}: the model's input is {shape}, not a picture (1, h, w, 3); {of_this_kind}")
    return Network(name, (shape[1], shape[2]), outputs, interpreter, entry["index"])
