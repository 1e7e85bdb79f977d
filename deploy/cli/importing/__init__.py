"""Importing petitions from a file: reading its rows, and sending them so that it may be interrupted at any moment."""
