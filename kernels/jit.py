"""The decorator of every loop here: compiled at the first call with the types of that call, and kept for later runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core import config
from numba.core.dispatcher import Dispatcher

from .cache import KernelCache, store

# The loops write a pixel's channels one after the other: taken together they are one or two wide instructions. numba
# leaves that off, and a kernel cannot ask for it.
config.SLP_VECTORIZE = 1  # pyright: ignore[reportAttributeAccessIssue]

# Shorter arithmetic that keeps NaN and infinity what they are.
QUICK = {"contract", "reassoc", "arcp", "afn", "nsz"}


def jit(*, allocates: bool = True, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a loop with numba, without the interpreter's lock, and keep the machine code where the store says.

    Parameters
    ----------
    allocates : bool
        False where who holds an array need not be counted: in a loop made of many small functions that can take longer
        than what they do. Such a loop makes no arrays (numba would not compile it), and must return none (numba would
        not notice: the memory would be freed twice).
    **options
        Of `numba.njit`: parallel, fastmath, inline.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        counting = {} if allocates else {"_nrt": False}
        kernel: Any = numba.njit(nogil=True, **counting, **options)(function)
        # NUMBA_DISABLE_JIT leaves the function as it is.
        if isinstance(kernel, Dispatcher) and store().folder is not None:
            kernel._cache = KernelCache(function)  # pyright: ignore[reportAttributeAccessIssue]
        return kernel

    return compiled
