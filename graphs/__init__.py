"""The spine every decision travels, and the kinds of decision that travel it."""
