"""JPEG and what phones append to it."""
