"""Radiance above the clip: from the gain map, or restored."""
