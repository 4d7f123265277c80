"""OpenEXR: which of its channels are the picture and its depth, whose primaries it has, and what its header says."""
