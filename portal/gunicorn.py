"""How gunicorn serves Causeway: `gunicorn --config python:portal.gunicorn portal.wsgi:application`.

Threads, so that a slow download does not hold up its neighbours; the application is loaded once and forked.
"""

import gc
import os

from django.db import connections
from django.urls import get_resolver
from django.utils.module_loading import import_string

bind = os.environ.get("BIND") or f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "4"))
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_connections = threads  # no worker takes in more than it serves: nobody waits behind slow readers of one worker
preload_app = True

timeout = 60  # of a worker that stopped turning; a long stream does not stop it
graceful_timeout = 5
keepalive = 0  # an idle connection would take a place
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  (heartbeats: memory, not disk)

accesslog = os.environ.get("ACCESS_LOG") or None  # citizens are not tracked unless somebody decides so
errorlog = "-"
control_socket_disable = True  # it would be shared by all the checkouts of an account
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
proc_name = "causeway"


def when_ready(server):
    """Load what the first request would load, once for all workers."""
    _ = get_resolver().url_patterns
    gc.freeze()


def post_worker_init(worker):
    """Each worker lets go by itself of what was destroyed by law."""
    import_string("catalog.copies.watch")()  # by name: this file is read before there are any models


def pre_fork(server, worker):
    """No connection of the parent may be shared by its workers."""
    connections.close_all()
