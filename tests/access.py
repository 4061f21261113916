"""Who may open which address: the list that every new address must enter."""

from collections.abc import Iterator

from django.test import Client
from django.urls import get_resolver

from audit.models import Entry
from tests.packed import LINK_TOKEN, PAGE_TOKEN

WHO = (
    "nobody", "citizen", "stranger", "requester", "owner", "approver", "reviewer", "auditor", "authority",
    "administrator",
)  # fmt: skip


def names(resolver=None) -> Iterator[str]:
    """The name of every address there is."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from names(pattern)
        else:
            yield pattern.name or f"unnamed {pattern.pattern}"


def clients(scene) -> dict[str, Client]:
    """A browser for each of the cast."""
    made = {}
    for who in WHO:
        made[who] = Client()
        if who != "nobody":
            made[who].force_login(getattr(scene, who), backend="django.contrib.auth.backends.ModelBackend")
    return made


def _of(name: str):
    return lambda scene: {"pk": getattr(scene, name).pk}


def _logged() -> int:
    """How wide the first tile is: a scene has less than 256 events."""
    return Entry.objects.count() or 1


def _none(_scene) -> dict:
    return {}


DECIDING = (
    "approve", "approve-less", "return", "refuse", "extend", "second", "disagree", "transfer", "escalate", "try",
)  # fmt: skip
CHECKING = ("receive", "consent", "deny")
REQUEST_ACTS = [
    f"api-request-{act}"
    for act in (
        "send", "submit", "send-back", "withdraw", "copy", "add-column", "answer", "receive", "return", "approve",
        "second", "disagree", "refuse", "extend", "consent", "deny", "transfer", "escalate", "end", "attest",
    )
]  # fmt: skip
# What stands in each address, in the scene of tests/scene.py.
ADDRESSES = {
    **dict.fromkeys(
        [
            "healthz",
            "readyz",
            "api-grants",
            "api-holdings",
            "api-deliveries",
            "api-delivery-vkey",
            "api-delivery-plans",
            "api-recipient-keys",
            "api-requests",
            "api-root",
            "api-datasets",
            "api-departments",
            "api-themes",
            "api-keys",
            "api-exports",
            "schema",
            "api-docs",
            "api-redoc",
            "sign-in",
            "second-step",
            "second-step-state",
            "authenticator",
            "recovery-renew",
            "authenticator-remove",
            "sign-out",
            "sign-up",
            "sign-up-citizen",
            "sign-up-enterprise",
            "sign-up-sent",
            "password-reset",
            "password-reset-sent",
            "password-change",
            "account",
            "keys",
            "key-new",
            "exports",
            "people",
            "person-new",
            "department-new",
            "enterprises",
            "department-list",
            "desk",
            "desk-datasets",
            "dataset-new",
            "messages",
            "grants",
            "api-calendar",
            "api-notices",
            "calendar",
            "acting",
            "boards",
            "calendar-set",
            "calendar-clear",
            "notices",
            "notices-read",
            "submissions",
            "home",
            "datasets",
            "departments",
            "themes",
            "about",
            "help",
            "developers",
            "problems",
            "log",
            "log-checkpoint",
            "log-vkey",
            "log-verifier",
            "audit",
            "audit-export",
            "retention",
            "retention-set",
            "details-erase",
            "hold-new",
        ],
        _none,
    ),
    **dict.fromkeys(
        ["api-grant", "api-grant-events", "grant-events", "api-grant-suspend", "api-grant-resume", "api-grant-revoke"],
        _of("grant"),
    ),
    **dict.fromkeys(["api-request", *REQUEST_ACTS], _of("asked")),
    **dict.fromkeys(["board", "api-board"], _of("parks")),
    "acting-end": _of("acting"),
    "board-list": lambda scene: {"pk": scene.parks.pk, "tile": "late"},
    **dict.fromkeys(["grant", "grant-suspend", "grant-resume", "grant-revoke", "grant-csv"], _of("grant")),
    **dict.fromkeys(["grant-renew", "grant-return", "grant-attest", "grant-key-new"], _of("grant")),
    **dict.fromkeys(["api-grant-renew", "api-grant-return", "api-grant-attest", "api-grant-keys"], _of("grant")),
    **dict.fromkeys(["grant-agree-renewal", "grant-decline-renewal"], _of("grant")),
    **dict.fromkeys(["api-grant-agree-renewal", "api-grant-decline-renewal"], _of("grant")),
    "grant-key-rotate": lambda scene: {"pk": scene.grant.pk, "key": scene.machine_key.pk},
    **dict.fromkeys(
        ["api-dataset-activate", "api-dataset-retire", "api-dataset-restore", "api-files", "api-columns"], _of("trees")
    ),
    **dict.fromkeys(["dataset", "contact", "dataset-versions", "dataset-history", "withdraw"], _of("trees")),
    **dict.fromkeys(
        ["api-dataset", "api-versions", "api-rows", "load", "dataset-desk", "dataset-edit", "dictionary", "links"],
        _of("residents"),
    ),
    "dataset-keeping": _of("residents"),
    **dict.fromkeys(["purge-new", "api-purges"], _of("residents")),
    "purges": _none,
    **dict.fromkeys(["purge", "purge-decide", "purge-refuse", "purge-withdraw"], _of("purge")),
    **dict.fromkeys(
        ["api-purge", "api-purge-withdraw", "api-purge-refuse", "api-purge-decide"],
        lambda scene: {"pk": scene.residents.pk, "purge": scene.purge.pk},
    ),
    **dict.fromkeys(["grant-new", "submit"], _of("residents")),
    **dict.fromkeys(
        ["source", "source-test", "source-trust", "source-key", "source-run", "source-pause", "source-resume"],
        _of("permits"),
    ),
    **dict.fromkeys(
        [
            "api-source",
            "api-source-test",
            "api-source-trust",
            "api-source-key",
            "api-source-run",
            "api-source-pause",
            "api-source-resume",
        ],
        _of("permits"),
    ),
    "source-remove": _of("permits"),
    "source-set": lambda scene: {"pk": scene.permits.pk, "kind": "postgresql"},
    **dict.fromkeys(["dataset-activate", "dataset-retire", "dataset-restore"], _of("plans")),
    "changes": lambda scene: {"pk": scene.residents.pk, "number": 1},
    "api-diff": _of("residents"),
    "api-table-diff": lambda scene: {"pk": scene.residents.pk, "table": "main"},
    "api-table-rows": lambda scene: {"pk": scene.residents.pk, "table": "main"},
    "api-retention": _of("residents"),
    **dict.fromkeys(
        ["api-version-check", "api-version-confirm", "api-version-discard"],
        lambda scene: {"pk": scene.residents.pk, "number": 1},
    ),
    "api-version-files": lambda scene: {"pk": scene.trees.pk, "number": 1},
    "api-version-rows": lambda scene: {"pk": scene.residents.pk, "number": 1},
    "api-version-table-rows": lambda scene: {"pk": scene.residents.pk, "number": 1, "table": "main"},
    "api-dataset-exports": _of("residents"),
    "api-table-exports": lambda scene: {"pk": scene.residents.pk, "table": "main"},
    "api-version-exports": lambda scene: {"pk": scene.residents.pk, "number": 1},
    "api-version-table-exports": lambda scene: {"pk": scene.residents.pk, "number": 1, "table": "main"},
    **dict.fromkeys(["api-export", "api-export-file", "export", "export-file", "export-end"], _of("export")),
    "export-new": _of("trees"),
    "api-key": _of("key"),
    "api-job": _of("job"),
    "api-nowhere": lambda scene: {"rest": "nothing"},
    "version-check": _of("version"),
    "bad-cells": lambda scene: {"pk": scene.version.pk, "table": "main"},
    "job": _of("job"),
    "sign-up-confirm": lambda scene: {"sealed": "x"},
    "password-reset-confirm": lambda scene: {"uidb64": "x", "token": "y-z"},
    "invitation": lambda scene: {"uidb64": "x", "token": "y-z"},
    "key-revoke": _of("key"),
    **dict.fromkeys(
        ["person", "person-invite", "role-give", "role-move", "person-close", "authenticator-reset"], _of("stranger")
    ),
    "role-end": _of("membership"),
    "department-edit": lambda scene: {"code": "parks"},
    "enterprise-verify": _of("enterprise"),
    "link-remove": lambda scene: {"pk": scene.trees.pk, "link": scene.link.pk},
    "message": _of("message"),
    **dict.fromkeys(["submission", "submission-return", "submission-withdraw"], _of("submission")),
    "manifest": lambda scene: {"pk": scene.release.pk},
    "file": lambda scene: {"pk": scene.distribution.pk, "name": "trees.csv"},
    "document": lambda scene: {"pk": scene.document.pk, "name": "a.txt"},
    "department": lambda scene: {"code": "parks"},
    "theme": lambda scene: {"code": "environment"},
    "problem": lambda scene: {"code": "not-found"},
    "language": lambda scene: {"code": "en"},
    "log-tile": lambda scene: {"level": "0", "number": "000", "width": _logged()},
    "log-entries": lambda scene: {"number": "000", "width": _logged()},
    "hold-lift": _of("hold"),
    **dict.fromkeys(["catalogue", "basket", "requests"], _none),
    "catalogue-dataset": _of("residents"),
    **dict.fromkeys(
        [
            "request",
            "request-draft",
            "request-check",
            "request-sent",
            "request-review",
            "request-send-back",
            "request-answer",
            "request-attest",
            "request-end",
            "request-column",
            "request-copy",
            "request-withdraw",
        ],
        _of("request"),
    ),
    "request-page": lambda scene: {"pk": scene.request.pk, "slug": "aim"},
    "inbox": _none,
    "api-dry-runs": _of("asked"),
    **dict.fromkeys(["inbox-request", *(f"inbox-{name}" for name in (*DECIDING, *CHECKING))], _of("asked")),
    **dict.fromkeys(["audit-event", "receipt"], lambda scene: {"pk": scene.event.uuid}),
}

# Packages of the grant, its plan, and the recipient's key.
ADDRESSES |= {
    **dict.fromkeys(
        ["api-delivery", "api-delivery-again", "api-delivery-links", "api-delivery-manifest"], _of("package")
    ),
    "api-delivery-plan": _of("plan"),
    "api-delivery-file": lambda scene: {"token": LINK_TOKEN},
    **dict.fromkeys(
        ["api-recipient-key", "api-recipient-key-confirm", "api-recipient-key-retire"], _of("recipient_key")
    ),
}

# Who gets which answer to a GET: named ones first, then everybody else.
OPENED_BY = {
    "healthz": "200",
    "readyz": "200",
    "api-grants": "401: nobody | 200",
    "api-holdings": "401: nobody | 200",
    "api-grant": "401: nobody | 200: requester owner approver | 404",
    "api-grant-events": "401: nobody | 200: requester owner approver | 404",
    "api-grant-suspend": "401: nobody | 405",
    "api-grant-resume": "401: nobody | 405",
    "api-grant-revoke": "401: nobody | 405",
    "api-deliveries": "401: nobody | 200",
    "api-delivery-vkey": "200",
    "api-dry-runs": "401: nobody | 200: approver | 403: owner requester authority auditor | 404",
    "api-delivery-plans": "401: nobody | 200",
    "api-delivery-plan": "401: nobody | 200: requester | 404",
    "api-delivery": "401: nobody | 200: requester | 404",
    "api-delivery-manifest": "401: nobody | 200: requester | 404",
    "api-delivery-file": "401: nobody | 200: requester | 404",
    "api-delivery-again": "401: nobody | 405",
    "api-delivery-links": "401: nobody | 405",
    "api-recipient-keys": "401: nobody | 200",
    "api-recipient-key": "401: nobody | 200: requester | 404",
    "api-recipient-key-confirm": "401: nobody | 405",
    "api-recipient-key-retire": "401: nobody | 405",
    "api-requests": "401: nobody | 200",
    "api-request": "401: nobody | 200: requester owner approver auditor authority | 404",
    **dict.fromkeys(REQUEST_ACTS, "401: nobody | 405"),
    "api-grant-renew": "401: nobody | 405",
    "api-grant-agree-renewal": "401: nobody | 405",
    "api-grant-decline-renewal": "401: nobody | 405",
    "api-grant-return": "401: nobody | 405",
    "api-grant-attest": "401: nobody | 405",
    "api-grant-keys": "401: nobody | 200: requester owner approver | 404",
    "api-root": "200",
    "api-datasets": "200",
    "api-dataset": "404: nobody citizen | 200",
    "api-dataset-activate": "405",
    "api-dataset-retire": "405",
    "api-dataset-restore": "405",
    "api-columns": "409: owner approver | 200",
    "api-files": "200",
    "api-versions": "404: nobody citizen | 200",
    "api-rows": "404: nobody citizen | 200: requester owner approver | 403",
    "api-diff": "404: nobody citizen requester owner approver | 403",  # there is one version only
    "api-table-diff": "404: nobody citizen requester owner approver | 403",
    "api-table-rows": "404: nobody citizen | 200: requester owner approver | 403",
    "api-version-files": "200",
    "api-version-rows": "404: nobody citizen | 200: requester owner approver | 403",
    "api-version-table-rows": "404: nobody citizen | 200: requester owner approver | 403",
    "api-retention": "401: nobody | 200: owner | 404: citizen | 403",
    "api-version-check": "401: nobody | 200: owner | 404: citizen | 403",
    "api-version-confirm": "401: nobody | 405",
    "api-version-discard": "401: nobody | 405",
    "api-departments": "200",
    "api-themes": "200",
    "api-keys": "401: nobody | 200",
    "api-key": "401: nobody | 200: owner | 404",
    "api-job": "401: nobody | 200: owner | 404",
    "api-dataset-exports": "401: nobody | 405",
    "api-table-exports": "401: nobody | 405",
    "api-version-exports": "401: nobody | 405",
    "api-version-table-exports": "401: nobody | 405",
    "api-exports": "401: nobody | 200",
    "api-export": "401: nobody | 200: requester | 404",
    "api-export-file": "401: nobody | 200: requester | 404",
    "schema": "200",
    "api-docs": "200",
    "api-redoc": "200",
    "api-nowhere": "404",
    "load": "sign-in: nobody | 404: citizen | 200: owner | 403",
    "version-check": "sign-in: nobody | 200: owner approver | 404",
    "bad-cells": "sign-in: nobody | 200: owner approver | 404",
    "job": "sign-in: nobody | 200: owner approver | 404",
    "sign-in": "200: nobody | 302",
    "second-step": f"sign-in: {' '.join(WHO)} | 302",  # nobody has just typed a right password
    "second-step-state": "sign-in: nobody | 200",
    "authenticator": "sign-in: nobody | 200",
    "recovery-renew": "sign-in: nobody | 200",
    "authenticator-remove": "sign-in: nobody | 200",
    "authenticator-reset": "sign-in: nobody | 200: administrator | 403",
    "sign-out": "405",
    "sign-up": "200",
    "sign-up-citizen": "200",
    "sign-up-enterprise": "200",
    "sign-up-sent": "200",
    "sign-up-confirm": "410",
    "password-reset": "200",
    "password-reset-sent": "200",
    "password-reset-confirm": "200",
    "password-change": "sign-in: nobody | 200",
    "invitation": "200",
    "account": "sign-in: nobody | 200",
    "keys": "sign-in: nobody | 200",
    "key-new": "sign-in: nobody | 200",
    "key-revoke": "sign-in: nobody | 200: owner | 404",
    "exports": "sign-in: nobody | 200",
    "export": "sign-in: nobody | 200: requester | 404",
    "export-file": "sign-in: nobody | 200: requester | 404",
    "export-end": "sign-in: nobody | 405",
    "export-new": "sign-in: nobody | 200",
    "people": "sign-in: nobody | 200: administrator | 403",
    "person-new": "sign-in: nobody | 200: administrator | 403",
    "person": "sign-in: nobody | 200: administrator | 403",
    "person-invite": "sign-in: nobody | 405: administrator | 403",
    "role-give": "sign-in: nobody | 200: administrator | 403",
    "role-move": "sign-in: nobody | 200: administrator | 403",
    "person-close": "sign-in: nobody | 200: administrator | 403",
    "role-end": "sign-in: nobody | 200: administrator | 403",
    "department-list": "sign-in: nobody | 200: administrator | 403",
    "department-new": "sign-in: nobody | 200: administrator | 403",
    "department-edit": "sign-in: nobody | 200: administrator | 403",
    "enterprises": "sign-in: nobody | 200: administrator | 403",
    "enterprise-verify": "sign-in: nobody | 200: administrator | 403",
    "desk": "sign-in: nobody | 200",
    "desk-datasets": "sign-in: nobody | 200",
    "dataset-new": "sign-in: nobody | 200: owner | 403",
    "dataset-desk": "sign-in: nobody | 200: owner approver | 404",
    "dataset-edit": "sign-in: nobody | 200: owner | 403: approver | 404",
    "dataset-activate": "sign-in: nobody | 200: owner | 403: approver | 404",
    "dataset-retire": "sign-in: nobody | 200: owner | 403: approver | 404",
    "dataset-restore": "sign-in: nobody | 200: owner | 403: approver | 404",
    "dictionary": "sign-in: nobody | 200: owner | 403: approver | 404",
    "links": "sign-in: nobody | 200: owner | 403: approver | 404",
    "dataset-keeping": "sign-in: nobody | 200: owner | 403: approver | 404",
    "link-remove": "sign-in: nobody | 405",
    "purges": "sign-in: nobody | 200",
    "purge-new": "sign-in: nobody | 404: citizen | 200: owner approver authority | 403",
    "purge": "sign-in: nobody | 200: owner approver auditor authority | 404",
    "purge-decide": "sign-in: nobody | 200: approver authority | 403: owner auditor | 404",
    "purge-refuse": "sign-in: nobody | 200: approver authority | 403: owner auditor | 404",
    "purge-withdraw": "sign-in: nobody | 200: owner approver authority | 403: auditor | 404",
    "api-purges": "401: nobody | 404: citizen | 200",
    "api-purge": "401: nobody | 200: owner approver auditor authority | 404",
    "api-purge-withdraw": "401: nobody | 405",
    "api-purge-refuse": "401: nobody | 405",
    "api-purge-decide": "401: nobody | 405",
    "api-source": "401: nobody | 200: owner | 404: citizen | 403",
    "api-source-test": "401: nobody | 405",
    "api-source-trust": "401: nobody | 405",
    "api-source-key": "401: nobody | 405",
    "api-source-run": "401: nobody | 405",
    "api-source-pause": "401: nobody | 405",
    "api-source-resume": "401: nobody | 405",
    "source": "sign-in: nobody | 200: owner | 403: approver | 404",
    "source-set": "sign-in: nobody | 200: owner | 403: approver | 404",
    "source-test": "sign-in: nobody | 405",
    "source-trust": "sign-in: nobody | 405",
    "source-key": "sign-in: nobody | 405",
    "source-run": "sign-in: nobody | 405",
    "source-pause": "sign-in: nobody | 405",
    "source-resume": "sign-in: nobody | 405",
    "source-remove": "sign-in: nobody | 200: owner | 403: approver | 404",
    "dataset-history": "sign-in: nobody | 200: owner approver | 404",
    "messages": "sign-in: nobody | 200",
    "message": "sign-in: nobody | 200: owner approver | 404",
    "grants": "sign-in: nobody | 200",
    "notices": "sign-in: nobody | 200",
    "api-notices": "401: nobody | 200",
    "api-calendar": "401: nobody | 200",
    "calendar": "sign-in: nobody | 403: citizen | 200",
    "acting": "sign-in: nobody | 200: approver | 404",
    "acting-end": "sign-in: nobody | 200: approver | 404",
    "boards": "sign-in: nobody | 200: owner approver auditor authority | 404",
    "board": "sign-in: nobody | 200: owner approver auditor authority | 404",
    "board-list": "sign-in: nobody | 200: owner approver auditor authority | 404",
    "api-board": "401: nobody | 200: owner approver auditor authority | 404",
    "calendar-set": "sign-in: nobody | 200: authority | 403",
    "calendar-clear": "sign-in: nobody | 200: authority | 403",
    "notices-read": "405",
    "grant": "sign-in: nobody | 200: requester owner approver | 404",
    "grant-events": "sign-in: nobody | 200: requester owner approver | 404",
    "grant-suspend": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "grant-resume": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "grant-revoke": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "grant-renew": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "grant-agree-renewal": "sign-in: nobody | 403: requester owner | 404",
    "grant-decline-renewal": "sign-in: nobody | 403: requester owner | 404",
    "grant-return": "sign-in: nobody | 403: owner approver | 200: requester | 404",
    "grant-attest": "sign-in: nobody | 403: owner approver | 200: requester | 404",
    "grant-key-new": "sign-in: nobody | 403: owner approver | 200: requester | 404",
    "grant-key-rotate": "sign-in: nobody | 403: owner approver | 200: requester | 404",
    "grant-csv": "sign-in: nobody | 200: requester | 403: owner approver | 404",
    "grant-new": "sign-in: nobody | 404: citizen | 200: approver | 403",
    "submit": "sign-in: nobody | 404: citizen | 200: owner | 403",
    "withdraw": "sign-in: nobody | 200: owner approver reviewer | 403",
    "submissions": "sign-in: nobody | 200",
    "submission": "sign-in: nobody | 200: owner approver reviewer | 404",
    "submission-return": "sign-in: nobody | 403: owner approver | 200: reviewer | 404",
    "submission-withdraw": "sign-in: nobody | 200: owner | 403: approver reviewer | 404",
    "manifest": "200",
    "file": "200",
    "document": "200: owner approver | 404",
    "home": "200",
    "datasets": "200",
    "dataset": "200",
    "contact": "200",
    "changes": "404",  # there is one version only
    "dataset-versions": "200",
    "departments": "200",
    "department": "200",
    "themes": "200",
    "theme": "200",
    "about": "200",
    "help": "200",
    "developers": "200",
    "problems": "200",
    "problem": "200",
    "language": "302",
    "log": "200",
    "log-checkpoint": "200",
    "log-vkey": "200",
    "log-tile": "200",
    "log-entries": "200: auditor | 404",
    "log-verifier": "200",
    "receipt": "200: requester owner approver auditor | 404",
    "audit": "sign-in: nobody | 200: auditor | 404",
    "retention": "sign-in: nobody | 200: auditor authority | 404",
    "retention-set": "sign-in: nobody | 200: authority | 403: auditor | 404",
    "details-erase": "sign-in: nobody | 200: authority | 403: auditor | 404",
    "hold-new": "sign-in: nobody | 200: auditor | 403: authority | 404",
    "hold-lift": "sign-in: nobody | 200: auditor | 403: authority | 404",
    "audit-event": "sign-in: nobody | 200: auditor | 404",
    "catalogue": "sign-in: nobody | 403: citizen | 200",
    "catalogue-dataset": "sign-in: nobody | 403: citizen | 200",
    "basket": "sign-in: nobody | 403: citizen | 200",
    "requests": "sign-in: nobody | 200",
    "request": "sign-in: nobody | 200: requester | 404",  # a draft: nobody else has heard of it
    "request-draft": "sign-in: nobody | 200: requester | 404",
    "request-page": "sign-in: nobody | 200: requester | 404",
    "request-check": "sign-in: nobody | 200: requester | 404",
    "request-sent": "sign-in: nobody | 302: requester | 404",
    "request-review": "sign-in: nobody | 403: requester | 404",
    "request-send-back": "sign-in: nobody | 403: requester | 404",
    "request-answer": "sign-in: nobody | 200: requester | 404",
    "request-end": "sign-in: nobody | 200: requester | 404",
    "request-attest": "sign-in: nobody | 200: requester | 404",
    "request-column": "sign-in: nobody | 200: requester | 404",
    "request-copy": "sign-in: nobody | 200: requester | 404",
    "request-withdraw": "sign-in: nobody | 200: requester | 404",
    "audit-export": "401: nobody | 200: auditor | 404",
    "inbox": "sign-in: nobody | 200",
    "inbox-request": "sign-in: nobody | 200: owner approver auditor authority | 404",
    **dict.fromkeys(
        [f"inbox-{name}" for name in DECIDING], "sign-in: nobody | 200: approver | 403: owner auditor authority | 404"
    ),
    **dict.fromkeys(
        [f"inbox-{name}" for name in CHECKING], "sign-in: nobody | 200: authority | 403: owner approver auditor | 404"
    ),
}

# Who may send a POST where not everybody may try; all others are refused whatever they send.
_OWNER, _APPROVER, _REVIEWER, _ADMINISTRATOR = ("owner",), ("approver",), ("reviewer",), ("administrator",)
_SIGNED_IN = tuple(who for who in WHO if who != "nobody")
POSTED_BY = {
    **dict.fromkeys(
        [
            "load",
            "dataset-new",
            "dataset-edit",
            "dataset-activate",
            "dataset-retire",
            "dataset-restore",
            "dictionary",
            "links",
            "dataset-keeping",
            "link-remove",
            "api-source",
            "api-source-test",
            "api-source-trust",
            "api-source-key",
            "api-source-run",
            "api-source-pause",
            "api-source-resume",
            "api-retention",
            "api-version-check",
            "api-version-confirm",
            "api-version-discard",
            "source",
            "source-set",
            "source-test",
            "source-trust",
            "source-key",
            "source-run",
            "source-pause",
            "source-resume",
            "source-remove",
            "submit",
            "submission-withdraw",
            "key-revoke",
            "api-dataset-activate",
            "api-dataset-retire",
            "api-dataset-restore",
            "api-versions",
            "api-key",
        ],
        _OWNER,
    ),
    **dict.fromkeys(
        [
            "grant-new",
            "grant-suspend",
            "grant-resume",
            "grant-revoke",
            "grant-renew",
            "grant-agree-renewal",
            "grant-decline-renewal",
            "api-grant-renew",
            "api-grant-agree-renewal",
            "api-grant-decline-renewal",
            "api-grant-suspend",
            "api-grant-resume",
            "api-grant-revoke",
        ],
        _APPROVER,
    ),
    **dict.fromkeys(
        ["api-dataset-exports", "api-table-exports", "api-version-exports", "api-version-table-exports"],
        ("requester", "owner", "approver"),
    ),
    "export-end": ("requester",),
    **dict.fromkeys(["api-deliveries", "api-delivery-plans", "api-recipient-keys"], _SIGNED_IN),
    **dict.fromkeys(["api-delivery-again", "api-delivery-links"], ("requester",)),
    "api-recipient-key-confirm": ("requester",),  # who knows of the key hears that a fingerprint is missing
    "api-recipient-key-retire": (),
    **dict.fromkeys(["api-delivery", "api-delivery-manifest", "api-delivery-file", "api-delivery-plan"], ()),
    "export-new": _SIGNED_IN,
    **dict.fromkeys(["notices", "notices-read"], _SIGNED_IN),
    **dict.fromkeys(["acting", "acting-end"], _APPROVER),
    **dict.fromkeys(["calendar-set", "calendar-clear"], ("authority",)),
    **dict.fromkeys(
        ["purge-new", "purge-withdraw", "api-purges", "api-purge-withdraw"], ("owner", "approver", "authority")
    ),
    **dict.fromkeys(
        ["purge-decide", "purge-refuse", "api-purge-refuse", "api-purge-decide"], ("approver", "authority")
    ),
    **dict.fromkeys(["purges", "purge", "api-purge"], ()),
    **dict.fromkeys([f"inbox-{name}" for name in DECIDING], _APPROVER),
    "api-dry-runs": _APPROVER,
    **dict.fromkeys([f"inbox-{name}" for name in CHECKING], ("authority",)),
    "submission": _REVIEWER,
    "submission-return": _REVIEWER,
    **dict.fromkeys(
        [
            "request-page",
            "request-check",
            "request-answer",
            "request-end",
            "request-attest",
            "request-column",
            "request-copy",
            "request-withdraw",
        ],
        ("requester",),
    ),
    **dict.fromkeys(["requests", "request", "request-draft", "request-sent"], ()),
    **dict.fromkeys(["request-review", "request-send-back"], ()),
    **dict.fromkeys(["catalogue-dataset", "basket"], tuple(who for who in WHO if who not in {"nobody", "citizen"})),
    **dict.fromkeys(
        ["grant-return", "grant-attest", "grant-key-new", "grant-key-rotate", "api-grant-return", "api-grant-attest"],
        ("requester",),
    ),
    "catalogue": (),
    "withdraw": ("owner", "approver", "reviewer"),
    **dict.fromkeys(["retention-set", "details-erase"], ("authority",)),
    **dict.fromkeys(["hold-new", "hold-lift"], ("auditor",)),
    "audit-event": ("auditor",),  # the button that checks
    "version-check": ("owner", "approver"),  # an approver sees the page again; the acts on it are the steward's
    "message": ("owner", "approver"),
    **dict.fromkeys(
        [
            "people",
            "person-new",
            "person",
            "person-invite",
            "role-give",
            "role-move",
            "person-close",
            "authenticator-reset",
            "role-end",
            "department-list",
            "department-new",
            "department-edit",
            "enterprises",
            "enterprise-verify",
        ],
        _ADMINISTRATOR,
    ),
    **dict.fromkeys(
        ["password-change", "account", "keys", "key-new", "desk", "desk-datasets", "messages", "grants", "submissions"],
        _SIGNED_IN,
    ),
    **dict.fromkeys(  # the forms come back: each asks for the password of the account
        ["authenticator", "recovery-renew", "authenticator-remove"], _SIGNED_IN
    ),
    **dict.fromkeys(["api-grants", "api-requests", "api-datasets", "api-keys"], _SIGNED_IN),
    **dict.fromkeys([f"api-request-{act}" for act in ("submit", "send-back")], ()),
    **dict.fromkeys(
        [f"api-request-{act}" for act in ("send", "withdraw", "copy", "add-column", "answer", "end", "attest")],
        ("requester",),
    ),
    **dict.fromkeys([f"api-request-{act}" for act in ("receive", "consent", "deny")], ("authority",)),
    **dict.fromkeys(
        [
            f"api-request-{act}"
            for act in ("return", "approve", "second", "disagree", "refuse", "extend", "transfer", "escalate")
        ],
        _APPROVER,
    ),
    "api-request": (),
    **dict.fromkeys(["grant", "grant-csv", "dataset-desk", "dataset-history", "job", "api-job"], ()),
}

# Pages of packages, of the recipient's keys, and of what a department holds.
ADDRESSES |= {
    **dict.fromkeys(["held", "recipient-keys", "recipient-key-new"], _none),
    **dict.fromkeys(["packages", "package-plan-new"], _of("grant")),
    **dict.fromkeys(["package", "package-again", "package-link", "package-manifest"], _of("package")),
    "package-file": lambda scene: {"token": PAGE_TOKEN},
    **dict.fromkeys(["package-plan-take", "package-plan-end"], _of("plan")),
    **dict.fromkeys(["recipient-key", "recipient-key-retire"], _of("recipient_key")),
}
OPENED_BY |= {
    "held": "sign-in: nobody | 200",
    "packages": "sign-in: nobody | 200: requester | 404",
    "package-plan-new": "sign-in: nobody | 200: requester | 404",
    "package": "sign-in: nobody | 200: requester | 404",
    "package-manifest": "sign-in: nobody | 200: requester | 404",
    "package-file": "sign-in: nobody | 200: requester | 404",
    "package-again": "sign-in: nobody | 405",
    "package-link": "sign-in: nobody | 405",
    "package-plan-take": "sign-in: nobody | 405",
    "package-plan-end": "sign-in: nobody | 405",
    "recipient-keys": "sign-in: nobody | 200",
    "recipient-key-new": "sign-in: nobody | 200: owner approver | 403",
    "recipient-key": "sign-in: nobody | 200: requester | 404",
    "recipient-key-retire": "sign-in: nobody | 403: requester | 404",
}
POSTED_BY |= {
    **dict.fromkeys(
        ["packages", "package-plan-new", "package-again", "package-link", "package-plan-take", "package-plan-end"],
        ("requester",),
    ),
    "recipient-key-new": ("owner", "approver"),
    "recipient-key": ("requester",),  # the form comes back
    **dict.fromkeys(["held", "recipient-keys", "package", "package-manifest", "package-file"], ()),
    "recipient-key-retire": (),
}

# Pages around the search: suggestions, the feed of a search, wishes, and what many look for in vain.
ADDRESSES |= dict.fromkeys(["suggestions", "datasets-feed", "dataset-wanted", "demand", "api-suggest"], _none)
OPENED_BY |= {
    "suggestions": "200",
    "datasets-feed": "200",
    "dataset-wanted": "200",
    "api-suggest": "200",
    "demand": "sign-in: nobody | 200: authority | 403",
}
POSTED_BY |= dict.fromkeys(["suggestions", "datasets-feed", "demand", "api-suggest"], ())

# Words that searches take for the same.
ADDRESSES |= dict.fromkeys(["search-words", "search-words-new"], _none)
OPENED_BY |= dict.fromkeys(["search-words", "search-words-new"], "sign-in: nobody | 200: authority | 403")
POSTED_BY |= {"search-words": (), "search-words-new": ("authority",)}
# Bridges between two grants, the second of which is over.
_BRIDGE_ACTS = ("agree", "refuse", "withdraw", "end")
ADDRESSES |= {
    **dict.fromkeys(["bridges", "api-bridges"], _none),
    "bridge-new": _of("grant"),
    **dict.fromkeys(["bridge", *(f"bridge-{act}" for act in _BRIDGE_ACTS)], _of("bridge")),
    **dict.fromkeys(["api-bridge", *(f"api-bridge-{act}" for act in _BRIDGE_ACTS)], _of("bridge")),
}
OPENED_BY |= {
    "bridges": "sign-in: nobody | 200",
    "bridge": "sign-in: nobody | 200: requester owner approver | 404",
    "bridge-new": "sign-in: nobody | 403: owner | 200: requester approver | 404",
    "bridge-agree": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "bridge-refuse": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "bridge-withdraw": "sign-in: nobody | 403: owner | 200: requester approver | 404",
    "bridge-end": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "api-bridges": "401: nobody | 200",
    "api-bridge": "401: nobody | 200: requester owner approver | 404",
    **dict.fromkeys([f"api-bridge-{act}" for act in _BRIDGE_ACTS], "401: nobody | 405"),
}
POSTED_BY |= {
    **dict.fromkeys(["bridges", "bridge", "api-bridge"], ()),
    "api-bridges": _SIGNED_IN,
    **dict.fromkeys(["bridge-new", "bridge-withdraw", "api-bridge-withdraw"], ("requester", "approver")),
    **dict.fromkeys([f"{kind}-{act}" for kind in ("bridge", "api-bridge") for act in ("agree", "refuse", "end")],
                    ("approver",)),
}  # fmt: skip


def answered(response):
    """The status; where the reader is sent to sign in, that."""
    if response.streaming:
        b"".join(response.streaming_content)
    if response.status_code == 302 and "/sign-in/" in response["Location"]:
        return "sign-in"
    return response.status_code
