"""JPEG, and the adapters for what phones of each make put into it or behind it."""
