"""What a running case will do next, and how long it will take: learned from an event log."""
