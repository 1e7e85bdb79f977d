"""Doors: HTTP, HTML. What an auditor looks at in a browser (docs/pages.md)."""
