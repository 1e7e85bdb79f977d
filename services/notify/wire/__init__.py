"""Pure: events to news, notices to mails, and the words that people read."""
