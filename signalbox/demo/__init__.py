"""The demo: a service desk that exists only in its seed, and the terminal view onto it."""
