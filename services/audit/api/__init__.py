"""Doors: HTTP, JSON."""
