"""Random rule sets and hostile facts, a third opinion, and a process that may crash."""
