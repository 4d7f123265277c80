"""Colour spaces, profiles and transfer curves."""
