"""Pure: who is told about what, when it is tried again, and what a mail server's answer means."""
