"""How long personal details behind events are kept, what may not be erased for now, and what must go on request."""
