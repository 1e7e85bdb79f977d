"""Pure decisions of intake: tracking codes, what a petition must say, places, files, and how far a petition has come."""
