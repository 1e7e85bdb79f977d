"""The names that everything here agrees on."""

SERVICES = ("intake", "routing", "escalation", "notify", "audit")
DATABASE = "caunoi"
AUDIENCE = "caunoi"
LOOPBACK = "127.0.0.1"
PAGES_CLIENT = "caunoi-pages"
"""What the demo issuer calls the pages."""
