"""Data files, contracts and doors' models to and from the domain. Pure."""
