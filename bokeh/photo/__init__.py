"""The photo that passes through all rooms, and what is known of the camera that took it."""
