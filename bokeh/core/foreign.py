"""Decoders of others, kept quiet and their failures told as ours."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import InputError, RebokehError


@contextmanager
def decoding(name: str, what: str = "picture") -> Iterator[None]:
    """Turn whatever a decoder raises on bad bytes into an `InputError`, and keep it from talking.

    Only calls into foreign decoders belong inside: they raise nearly anything on damaged bytes (ValueError,
    EOFError, SyntaxError, struct.error, KeyError, ...), and errors of our own code must not be hidden.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of each damaged tag it steps over
            yield
    except RebokehError:
        raise
    except MemoryError as err:
        raise InputError(f"{name}: the {what} does not fit into memory") from err
    except Exception as err:
        said = " ".join(str(err).split())[:120]
        raise InputError(
            f"{name}: the {what} is truncated or damaged ({said or type(err).__name__}); get a fresh copy of the file"
        ) from err


@contextmanager
def silence() -> Iterator[None]:
    """Send the process's standard error nowhere: libtiff and OpenEXR print to it from C what they also report."""
    try:
        kept = os.dup(2)
    except OSError:  # closed, as under some window systems
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
