"""The desk: what waits for a person, and the pages on which a department keeps its datasets."""
