"""EXIF, XMP, maker notes, code points and gain-map metadata: read, edited and written."""
