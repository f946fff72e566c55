"""What is measured and drawn with the library."""
