"""Models in the layout of transformers: a folder with config.json and safetensors weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...core.arrays import FloatArray
from ...core.errors import InputError
from ...core.extras import needed
from ...core.foreign import decoding
from ...core.text import printable


def read_config(folder: Path) -> dict[str, Any]:
    """Read a model's ``config.json``.

    Raises
    ------
    InputError
        When it is missing or no JSON object.
    """
    path = folder / "config.json"
    name = printable(path)
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError as err:
        raise InputError(f"{name}: there is no such file, so {printable(folder)} holds no model") from err
    except (ValueError, OSError) as err:
        raise InputError(f"{name}: cannot be read ({type(err).__name__}); get a fresh copy of the model") from err
    if not isinstance(config, dict):
        raise InputError(f"{name}: not a model's configuration; get a fresh copy of the model")
    return config


def run(folder: Path, architecture: str, pixels: FloatArray) -> dict[str, Any]:
    """Load a model and show it one picture.

    Parameters
    ----------
    folder : Path
        What transformers saves: config.json and safetensors. Nothing is looked for anywhere else.
    architecture : str
        Class of transformers.
    pixels : float32 (1, 3, h, w)

    Returns
    -------
    dict
        The model's outputs as NumPy arrays, the first of each batch.

    Raises
    ------
    UsageError
        When torch or transformers is not installed.
    InputError
        When weights are missing, damaged or another model's.
    """
    name = printable(folder)
    torch, transformers = (needed(package, "depth", f"{name}: the model") for package in ("torch", "transformers"))
    if not any(folder.glob("*.safetensors")):
        raise InputError(f"{name}: config.json but no safetensors weights; get the model's *.safetensors files too")
    with decoding(name, "model"), _quiet(transformers):
        # Apple's weights are stored in half precision, which few processors compute in.
        model, loaded = getattr(transformers, architecture).from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True, dtype=torch.float32
        )
        missing = sorted(loaded["missing_keys"])
        if missing:
            # transformers fills these with random numbers, and goes on.
            raise InputError(
                f"{name}: {len(missing)} weights of the model are missing ({missing[0]}, ...); get a fresh copy of it"
            )
        with torch.inference_mode():
            outputs = model.eval()(pixel_values=torch.from_numpy(pixels))
        return {key: value[0].float().numpy() for key, value in outputs.items() if isinstance(value, torch.Tensor)}


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Keep transformers from talking and drawing bars on standard error; leave it as it was."""
    log = transformers.utils.logging
    verbosity, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(verbosity)
        if bars:
            log.enable_progress_bar()
