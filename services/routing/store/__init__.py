"""The only SQL of this service: rows to domain and back, in sets."""
