"""The writers, a file for each format: ``write`` makes an `EncodeJob` the bytes of a file."""
