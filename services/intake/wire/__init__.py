"""Contracts and doors' models to and from the domain, both ways. Pure."""
