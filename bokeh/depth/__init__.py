"""Depth in dioptres: brought to the photo's resolution, repaired, made metric; mattes; blur that is there already."""
