"""Numba loops: scalars and arrays in, arrays out."""
