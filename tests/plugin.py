"""Starts the servers of the tests before Django reads its settings (`-p tests.plugin` in pyproject.toml)."""

import os

from tests.engines import start_engines

os.environ.update(start_engines())
