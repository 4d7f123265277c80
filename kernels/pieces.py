"""What is joined into pieces, as in a union-find: each points to another of its piece, and the first to itself."""

from .jit import jit


@jit(inline="always")
def first_of(parent, n):
    """Find what stands for the piece of something; the ways there are halved."""
    while parent[n] != n:
        parent[n] = parent[parent[n]]
        n = parent[n]
    return n


@jit(inline="always")
def join(parent, one, two):
    """Make one piece of those of two things."""
    a, b = first_of(parent, one), first_of(parent, two)
    # What comes first stands for all: it is there before what hangs on it.
    if a < b:
        parent[b] = a
    else:
        parent[a] = b
