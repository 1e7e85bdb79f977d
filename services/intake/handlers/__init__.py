"""Use cases of intake: lodge, attach, import, read by right, hear."""
