"""The sample city of demo mode: reads its description files and invents its residents."""
