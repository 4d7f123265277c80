"""Reading and writing of pictures, depth and mattes."""
