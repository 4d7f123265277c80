"""Lenses: iris, glass, rays and the images of points that they make."""
