"""What every room uses and that uses no room: errors, arrays, threads, progress, words."""
