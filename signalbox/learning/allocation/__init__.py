"""Who does which work next: policies, and the search that tunes one on a simulated process."""
