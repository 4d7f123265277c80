"""Readers of PNG, TIFF, EXR, AVIF and DNG, what they share, and PNG of single planes."""
