"""Read every broken variant of every family of files, each in a process that it may take down; print what became of it.

    python benchmarks/corpus/run.py [FAMILY ...] [--list]

A variant fails when a decoder crashes, when an error is none of rebokeh's own, after 2 s of processor time, or beyond
500 MB of resident memory, interpreter and libraries included. "other" gave another picture and said why; "silent" gave
what its changed number says, another valid file. --list prints these, and what failed.
"""

from __future__ import annotations

import argparse
from collections import Counter

from support.corpus import FAMILIES, Outcome, Worker, variants

_KINDS = ("error", "same", "note", "no depth", "other", "silent", "FAIL")


def main() -> int:
    """Run the corpus."""
    parser = argparse.ArgumentParser()
    parser.add_argument("families", nargs="*", help=", ".join(FAMILIES))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--match", default="", help="only variants whose name holds this word")
    asked = parser.parse_args()
    print(f"{'family':18}{'variants':>9}" + "".join(f"{k:>9}" for k in _KINDS) + "   slowest   largest")
    total: Counter[str] = Counter()
    with Worker() as worker:
        for family in asked.families or FAMILIES:
            found: list[tuple[str, Outcome]] = []
            for name, data in variants(family):
                if asked.match in name:
                    found.append((name, worker.judge(family, data)))
            if not found:
                continue
            counts = Counter(o.kind for _, o in found)
            total += counts
            slowest, largest = max(o.seconds for _, o in found), max(o.peak_bytes for _, o in found)
            print(
                f"{family:18}{len(found):9}" + "".join(f"{counts[k]:9}" for k in _KINDS)
                + f"{slowest:8.2f} s{largest / 1e6:7.0f} MB", flush=True,
            )  # fmt: skip
            if asked.list:
                for name, o in found:
                    if o.kind in ("other", "silent", "FAIL"):
                        print(f"    {o.kind}: {name}: {o.detail}")
    print(f"{'all':18}{total.total():9}" + "".join(f"{total[k]:9}" for k in _KINDS))
    return 1 if total["FAIL"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
