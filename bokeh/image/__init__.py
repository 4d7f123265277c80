"""What is done to pictures whatever they show: regions, tiles, inpainting, sizes."""
