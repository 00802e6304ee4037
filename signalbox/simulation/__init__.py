"""The digital twin: a compiled event simulator of processes worked on by people and machines."""
