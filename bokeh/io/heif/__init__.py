"""HEIC: read and laid out item by item, with the maps beside its picture."""
