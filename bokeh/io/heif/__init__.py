"""HEIC, box by box."""
