"""Doors: the clock."""
