"""`var/demo.json`: the demo's accounts with their password and a key each, for people and for scripts."""

import json
import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from catalog.actions.keys import LONGEST, find_key, make_key, revoke_key
from catalog.models import Department, Key, Role, Scope
from portal.accounts.second_step import must_prove
from portal.demo.city import SamplePerson
from portal.demo.people import CITY, Cast, demo_password, demo_secret

KEY = "Demo"
ONLY_OWNER = 0o600
SCOPES = {
    Role.STEWARD: Scope.WRITE,
    Role.REQUESTER: Scope.ASK,
    Role.APPROVER: Scope.GRANT,
    Role.AUTHORITY: Scope.GRANT,
}


def path() -> Path:
    """Where the file stands."""
    return Path(settings.VAR) / "demo.json"


def is_whole() -> bool:
    """True where the file is there and each of its keys opens this database: the last step of a whole run."""
    try:
        accounts = json.loads(path().read_text())["accounts"]
        keys = [account["key"] for account in accounts]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(keys) and all(find_key(key) for key in keys)


def write(cast: Cast) -> None:
    """The file appears whole, readable for its owner alone. Keys of a run that was cut off are revoked."""
    accounts = [_account(one, cast) for one in cast.city.people]
    draft = path().with_name(f"demo.json.{os.getpid()}")
    draft.touch(mode=ONLY_OWNER)
    draft.write_text(json.dumps({"address": settings.ADDRESS, "accounts": accounts}, ensure_ascii=False, indent=2))
    draft.replace(path())


def _account(one: SamplePerson, cast: Cast) -> dict:
    actor = cast.actor(one.email)
    for lost in Key.objects.live().filter(user=actor.user, name=KEY):
        revoke_key(lost, by=actor, reason="The demo was prepared anew.")
    until = timezone.now() + LONGEST - timedelta(days=1)
    _key, token = make_key(actor.user, name=KEY, scopes=_scopes(one), until=until, datasets=[], by=actor)
    roles = sorted({role for held in one.roles.values() for role in held})
    return {
        "email": one.email,
        "password": demo_password(),
        "key": token,
        "totp_secret": demo_secret(one.email) if must_prove(actor.user) else None,
        "name": one.name,
        "department": _department(one),
        "roles": roles or [one.kind],
    }


def _scopes(one: SamplePerson) -> list[str]:
    roles = {role for held in one.roles.values() for role in held}
    return [Scope.READ, *dict.fromkeys(scope for role, scope in SCOPES.items() if role in roles)]


def _department(one: SamplePerson) -> str:
    if one.enterprise:
        return one.enterprise["code"]
    which = {"kind": Department.Kind.CITY} if one.home == CITY else {"code": one.home}
    return Department.objects.get(**which).code if one.home else ""
