"""Ids, the clock and refusals: the words every part shares. Standard library only."""
