"""The library: one word of the field per file."""
