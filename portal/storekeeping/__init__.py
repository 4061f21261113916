"""Keeping watch over the stored files: what ought to be there, what is, what can be mended."""
