"""HTTP doors of routing: acts of officers, queues, the directory, our own services."""
