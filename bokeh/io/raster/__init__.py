"""PNG, TIFF, EXR, AVIF, DNG and single maps."""
