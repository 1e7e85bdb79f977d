"""What notify asks outside: a mail server, and our own services for addresses and answers."""
