"""What files say of a picture in EXIF, XMP and maker notes."""
