"""What the tests of the benchmarks share with the others."""

from support.loops import loops_are_announced

__all__ = ["loops_are_announced"]
