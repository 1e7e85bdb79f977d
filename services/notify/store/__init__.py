"""The only SQL of this service: what is known, what is to be sent, what was tried."""
