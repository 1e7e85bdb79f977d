"""What two or more services use, and nothing else. Nothing in here knows a service."""
