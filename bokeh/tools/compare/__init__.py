"""Our render beside the phone's own blur and a plain Gaussian: measured, and shown on a page."""
