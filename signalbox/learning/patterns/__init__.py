"""What an event log shows of a process: paths, waits, rework, handovers, contrasts, change."""
