"""The public page of the log: what it is, where it stands, and how anybody checks it."""

import base64
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit import verify
from audit.witnesses import read_policy
from portal.pages.caching import revalidated
from portal.pages.calls import Call
from portal.pages.log.picture import levels, levels_in_words
from portal.pages.log.state import LogNow, log_now


@require_safe
@revalidated
def log(request: HttpRequest) -> HttpResponse:
    """The current checkpoint, the keys, open alarms, and what to type to check all of it."""
    now = log_now()
    size = now.point.size if now.point else 0
    shown = {
        "section": "about",
        "now": now,
        "root": base64.b64encode(now.point.root).decode() if now.point else "",
        "entries_public": settings.LOG_ENTRIES_PUBLIC,
        "commands": commands(settings.ADDRESS.rstrip("/")),
        "witness": witness(now),
        "witnesses": _witnesses(now),
        "tree": levels(size),
        "tree_words": levels_in_words(size),
    }
    return render(request, "log/log.html", shown)


def commands(address: str) -> list[Call]:
    """What a reader types, by what it is for."""
    fetch = f"curl -O {address}/log/verify.py\ncurl -o log.vkey {address}/log/vkey\npip install cryptography"
    keep = f'curl -o "checkpoint-$(date +%s)" {address}/log/checkpoint'
    return [
        Call(_("Get the verifier and the key, once"), fetch),
        Call(
            _("Verify a receipt; the network may be off"), "python -I verify.py receipt EVENT.tlog-proof --key log.vkey"
        ),
        Call(_("Keep a checkpoint, today and then again"), keep),
        Call(
            _("Verify that the log only grew since the one that you kept"),
            f"python -I verify.py log {address}/log --hashes-only --key log.vkey --since CHECKPOINT",
        ),
    ]


def witness(now: LogNow) -> str:
    """How a witness of this log is made and started."""
    keys = " ".join(f"--log '{key}'" for key in now.keys) or "--log LOG-KEY"
    return (
        "python manage.py witness --key-file witness.key --new-key witness.example.org\n"
        f"python manage.py witness --key-file witness.key --listen 0.0.0.0:8101 {keys}"
    )


def _witnesses(now: LogNow) -> list[dict]:
    seen = {(one.name, one.id) for one in now.point.note.signatures} if now.point else set()
    return [
        {"name": name, "key": str(one.key), "seen": (one.key.name, one.key.id) in seen}
        for name, one in read_policy().witnesses.items()
    ]


@require_safe
@revalidated
def verifier(request: HttpRequest) -> HttpResponse:
    """The one file that verifies everything that the log says, as text."""
    return HttpResponse(Path(verify.__file__).read_bytes(), content_type="text/plain; charset=utf-8")
