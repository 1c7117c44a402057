"""Rooms that return an IOTable or reshape one: the noun, its audit, and the readers."""
