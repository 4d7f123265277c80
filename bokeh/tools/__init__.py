"""What is made of photos beside the picture through a lens: pages, sheets, steps, focus pulls."""
