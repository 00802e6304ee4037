"""The HTTP surface: thin routes over the composed engine."""
