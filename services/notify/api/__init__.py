"""Doors: HTTP."""
