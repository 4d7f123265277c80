"""What tests and benchmarks share: files as phones write them, scenes, the command, other machines."""
