"""Use cases of routing: load the directory, route what is lodged, act on it, look at it."""
