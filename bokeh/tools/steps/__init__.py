"""The steps of a render as a folder of pictures to look at."""
