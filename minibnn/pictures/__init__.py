"""Figures and drawings: what the lessons and the commands show."""
