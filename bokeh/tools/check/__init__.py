"""Whether a picture can be trusted: what must hold of any render, whatever the scene."""
