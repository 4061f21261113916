"""Two addresses for those who watch over the machines: is the process alive, and can it serve?"""

import logging
import secrets
from collections.abc import Callable
from functools import cache

from django.core.cache import caches
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit.guards import too_little, too_much
from catalog.search import rebuilding
from catalog.store import store

log = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process is alive, whatever becomes of the services that it needs."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve; 503 with the names of the checks that fail, and never their inner details.

    A warning is work that waits: it takes no process out of service.
    """
    answers = {name: answer(check) for name, check in CHECKS.items()}
    ready = all(state == "ok" for state in answers.values())
    warned = {name: said for name, check in WARNINGS.items() if ready and (said := answer(check)) != "ok"}
    told = {"ready": ready, "checks": answers} | ({"warnings": warned} if warned else {})
    return JsonResponse(told, status=200 if ready else 503)


def answer(check: Callable[[], str]) -> str:
    """The check's own words, or that it failed; what exactly went wrong stands in the log of this process."""
    try:
        return check() or "ok"
    except Exception:  # whatever a service throws at us means the same: not ready
        log.exception("The readiness check %s failed", check.__name__)
        return "failed"


def check_database() -> str:
    """The database answers, and its tables are those of this code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    missing = known_migrations() - set(MigrationRecorder(connection).applied_migrations())
    return "not migrated: run manage.py migrate --database owner" if missing else ""


@cache
def known_migrations() -> set[tuple[str, str]]:
    """The migrations that this code brings."""
    return set(MigrationLoader(None).disk_migrations)


def check_events() -> str:
    """The application's role may add events and read them, and do nothing else to them."""
    if too_much(connection):
        return "the application's role can change events: run manage.py lockdown"
    return "the application's role cannot add events: run manage.py lockdown" if too_little(connection) else ""


def check_cache() -> str:
    """The cache gives back what it was given."""
    cache, key, word = caches["default"], f"readyz-{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(key, word, 10)
    found = cache.get(key)
    cache.delete(key)
    return "" if found == word else "failed"


def check_storage() -> str:
    """Files can be written, read and removed."""
    name, word = f".readyz-{secrets.token_hex(8)}", secrets.token_bytes(8)
    with store().open(name, "wb") as file:
        file.write(word)
    try:
        with store().open(name) as file:
            return "" if file.read() == word else "failed"
    finally:
        store().remove(name)


def check_search() -> str:
    """The search index was made by the rules that hold."""
    return rebuilding.due()


CHECKS = {"database": check_database, "events": check_events, "cache": check_cache, "storage": check_storage}
WARNINGS = {"search": check_search}
