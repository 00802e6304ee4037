"""A scripted model server: test equipment that speaks the chat-completions wire, right or wrong.

It has no model and no intelligence, it answers by script and says so in every response. Started
by ``python -m evals.scripted --port 0`` in a process of its own, on loopback only.
"""
