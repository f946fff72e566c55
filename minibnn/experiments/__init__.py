"""Measurements and drawings made with the library."""
