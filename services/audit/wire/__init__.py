"""Between messages, rows, the domain and answers. Pure."""
