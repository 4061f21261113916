"""Who may open which address: the list that every new address must enter."""

from collections.abc import Iterator

from django.test import Client
from django.urls import get_resolver

from audit.models import Entry

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


# What stands in each address, in the scene of tests/scene.py.
ADDRESSES = {
    **dict.fromkeys(
        [
            "healthz",
            "readyz",
            "api-grants",
            "api-root",
            "api-datasets",
            "api-departments",
            "api-themes",
            "api-keys",
            "schema",
            "api-docs",
            "api-redoc",
            "sign-in",
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
    **dict.fromkeys(["grant", "grant-suspend", "grant-resume", "grant-revoke", "grant-csv"], _of("grant")),
    **dict.fromkeys(
        ["api-dataset-activate", "api-dataset-retire", "api-dataset-restore", "api-files", "api-columns"], _of("trees")
    ),
    **dict.fromkeys(["dataset", "contact", "dataset-versions", "dataset-history", "withdraw"], _of("trees")),
    **dict.fromkeys(
        ["api-dataset", "api-versions", "api-rows", "load", "dataset-desk", "dataset-edit", "dictionary", "links"],
        _of("residents"),
    ),
    **dict.fromkeys(["grant-new", "submit"], _of("residents")),
    **dict.fromkeys(["dataset-activate", "dataset-retire", "dataset-restore"], _of("plans")),
    "api-table-rows": lambda scene: {"pk": scene.residents.pk, "table": "main"},
    "api-version-files": lambda scene: {"pk": scene.trees.pk, "number": 1},
    "api-version-rows": lambda scene: {"pk": scene.residents.pk, "number": 1},
    "api-version-table-rows": lambda scene: {"pk": scene.residents.pk, "number": 1, "table": "main"},
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
    **dict.fromkeys(["person", "person-invite", "role-give", "role-move", "person-close"], _of("stranger")),
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
    **dict.fromkeys(["audit-event", "receipt"], lambda scene: {"pk": scene.event.uuid}),
}

# Who gets which answer to a GET: named ones first, then everybody else.
OPENED_BY = {
    "healthz": "200",
    "readyz": "200",
    "api-grants": "401: nobody | 200",
    "api-grant": "401: nobody | 200: requester owner approver | 404",
    "api-grant-events": "401: nobody | 200: requester owner approver | 404",
    "api-grant-suspend": "401: nobody | 405",
    "api-grant-resume": "401: nobody | 405",
    "api-grant-revoke": "401: nobody | 405",
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
    "api-table-rows": "404: nobody citizen | 200: requester owner approver | 403",
    "api-version-files": "200",
    "api-version-rows": "404: nobody citizen | 200: requester owner approver | 403",
    "api-version-table-rows": "404: nobody citizen | 200: requester owner approver | 403",
    "api-departments": "200",
    "api-themes": "200",
    "api-keys": "401: nobody | 200",
    "api-key": "401: nobody | 200: owner | 404",
    "api-job": "401: nobody | 200: owner | 404",
    "schema": "200",
    "api-docs": "200",
    "api-redoc": "200",
    "api-nowhere": "404",
    "load": "sign-in: nobody | 404: citizen | 200: owner | 403",
    "version-check": "sign-in: nobody | 200: owner approver | 404",
    "bad-cells": "sign-in: nobody | 200: owner approver | 404",
    "job": "sign-in: nobody | 200: owner approver | 404",
    "sign-in": "200: nobody | 302",
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
    "link-remove": "sign-in: nobody | 405",
    "dataset-history": "sign-in: nobody | 200: owner approver | 404",
    "messages": "sign-in: nobody | 200",
    "message": "sign-in: nobody | 200: owner approver | 404",
    "grants": "sign-in: nobody | 200",
    "grant": "sign-in: nobody | 200: requester owner approver | 404",
    "grant-events": "sign-in: nobody | 200: requester owner approver | 404",
    "grant-suspend": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "grant-resume": "sign-in: nobody | 403: requester owner | 200: approver | 404",
    "grant-revoke": "sign-in: nobody | 403: requester owner | 200: approver | 404",
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
    "audit-export": "401: nobody | 200: auditor | 404",
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
            "link-remove",
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
            "api-grant-suspend",
            "api-grant-resume",
            "api-grant-revoke",
        ],
        _APPROVER,
    ),
    "submission": _REVIEWER,
    "submission-return": _REVIEWER,
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
    **dict.fromkeys(["api-grants", "api-datasets", "api-keys"], _SIGNED_IN),
    **dict.fromkeys(["grant", "grant-csv", "dataset-desk", "dataset-history", "job", "api-job"], ()),
}
