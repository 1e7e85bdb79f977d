"""What a petition's recorded life tells: order and causes, lateness, gaps, oddities. Pure."""
