"""The web application as it is served, and beside it what its engine does: queries at work, memory of the process."""

import json
from pathlib import Path

from catalog.rows.engine import running
from portal.wsgi import application as served

PAGE = 4096


def application(environ, start_response):
    """Answers `/running` itself; the rest is the application's."""
    if environ["PATH_INFO"] != "/running":
        return served(environ, start_response)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"running": running(), "megabytes": pages * PAGE // 2**20}).encode()]
