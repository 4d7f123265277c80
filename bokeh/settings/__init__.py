"""What a user can set, as options, recipes and presets, with their units."""
