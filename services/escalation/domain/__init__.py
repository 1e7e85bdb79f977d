"""Pure time: calendars, rules of law, deadlines and their life. Standard library and shared.kernel only."""
