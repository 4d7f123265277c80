"""The studio: a page on this machine that shows at once what a lens makes of a photo, rendered by the same code."""
