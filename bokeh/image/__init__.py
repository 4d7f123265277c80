"""What is done to pictures whatever they show: regions, boxes, tiles, inpainting, sizes."""
