"""What a file holds beside its picture, and what can be made of it, as files."""
