"""From a scene and a lens to the picture."""
