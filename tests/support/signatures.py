"""Which loops a warm-up calls, with which types, for which part of the work: what `kernels/signatures.jsonl` lists.

Where a loop's arguments have changed, ``python tests/support/signatures.py`` writes the list again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rebokeh.bokeh.warmup import warm_up
from rebokeh.kernels.ahead import spelt
from rebokeh.kernels.cache import KernelCache

LIST = Path(__file__).resolve().parents[2] / "kernels" / "signatures.jsonl"


def called() -> list[str]:
    """Return the lines of the list, in the order in which the loops are called first.

    A loop is looked for in the cache when it is called first, and those that it calls only when it is not there.
    """
    compiled = "from rebokeh.bokeh.warmup import warm_up; warm_up()"
    subprocess.run([sys.executable, "-c", compiled], check=True)
    part, lines = "", []
    look = KernelCache.load_overload

    def noted(self: Any, sig: Any, target_context: Any) -> Any:
        module, name = self._py_func.__module__.rpartition(".")[2], self._py_func.__name__
        lines.append(json.dumps([f"{module}.{name}", part, [spelt(one) for one in sig]]))
        return look(self, sig, target_context)

    def begin(name: str) -> None:
        nonlocal part
        part = name

    KernelCache.load_overload = noted
    threads, os.environ["REBOKEH_THREADS"] = os.environ.get("REBOKEH_THREADS", ""), "1"  # one order, always
    try:
        warm_up(begin=begin)
    finally:
        os.environ["REBOKEH_THREADS"] = threads
        KernelCache.load_overload = look
    return lines


if __name__ == "__main__":
    LIST.write_text("".join(f"{line}\n" for line in called()), "utf-8")
