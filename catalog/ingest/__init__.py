"""Reads a hostile uploaded file into typed tables, in a process of its own. Knows nothing of the rest of Causeway."""
