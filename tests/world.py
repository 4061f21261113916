"""The cast of every test, and the plain functions that make what they need.

Parks owns, Health receives. Olga keeps the data of Parks (steward), Anton decides for Parks (approver), Rita asks for
Health (requester), Vera reviews, Hugo audits, Ada administers, Sam is a stranger of Schools, Cleo is a citizen.
"""

import hashlib
import itertools
import time
from datetime import timedelta
from functools import cache
from types import SimpleNamespace

import pyarrow as pa
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.log import record
from catalog.actions import memberships
from catalog.models import Basis, Column, Dataset, Department, DepartmentPermission, Membership, Role, Table, Version
from catalog.store import store
from catalog.terms import TableTerms, Terms
from portal.accounts import codes, vault
from portal.accounts.actions.authenticators import renew_recovery_codes
from portal.accounts.second_step import ALWAYS
from portal.models import Authenticator, User

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_numbers = itertools.count(1)


@cache
def hashed() -> str:
    """The password as kept; hashing is slow on purpose, so the tests do it once."""
    return make_password(PASSWORD)


def person(name: str, department: Department | None = None, *roles: str, kind: str = "officer") -> User:
    """An account with these roles in this department."""
    user = User.objects.create(email=f"{name.lower()}@causeway.example", password=hashed(), name=name, kind=kind)
    for role in roles:
        memberships.begin(user, department, role, by=Actor(service="test"))
    if ALWAYS & set(roles):
        prove(user)
    return user


def prove(user: User) -> None:
    """An authenticator app with the secret of the tests, as whoever decides has one: their sessions hang on it."""
    _app_of(user).save(force_insert=True)
    user.save(update_fields=["authenticator"])


def _app_of(user: User) -> Authenticator:
    """The app that this account names from now on; both are still to be saved."""
    made = Authenticator(secret=vault.seal(user, SECRET), last_step=codes.present_step() - 2)
    user.authenticator = made.pk
    return made


@transaction.atomic
def persons(*roles: tuple[str, Department, str]) -> list[User]:
    """Officers with one role each: what `person` makes one by one, in a statement for each kind of row."""
    users = [User(email=f"{name.lower()}@causeway.example", password=hashed(), name=name, kind="officer")
             for name, _department, _role in roles]  # fmt: skip
    held = [Membership(user=user, department=department, role=role)
            for user, (_name, department, role) in zip(users, roles, strict=True)]  # fmt: skip
    rights = dict(Permission.objects.filter(content_type__model="department").values_list("codename", "pk"))
    Authenticator.objects.bulk_create([_app_of(one.user) for one in held if one.role in ALWAYS])
    User.objects.bulk_create(users)
    Membership.objects.bulk_create(held)
    DepartmentPermission.objects.bulk_create(
        DepartmentPermission(user=one.user, permission_id=rights[one.role], content_object=one.department)
        for one in held
    )
    for one in held:
        facts = {"member": one.user_id, "role": one.role, "until": None}
        record(
            "membership.given", by=Actor(service="test"), on=one, department=one.department, facts=facts,
            private={"member": one.user.name},
        )  # fmt: skip
    return users


def bare(user: User) -> User:
    """The same person before an app was set up."""
    Authenticator.objects.filter(pk=user.authenticator).delete()
    user.authenticator = None
    user.save(update_fields=["authenticator"])
    return user


def code_of(user: User, *, late: int = 0) -> str:
    """A code that the person's app shows and that was not used yet; waits for one where it must."""
    user.refresh_from_db(fields=["authenticator"])
    used = Authenticator.objects.get(pk=user.authenticator).last_step
    step = max(used + 1, codes.present_step() - 1 + late)
    while step > codes.present_step() + codes.DRIFT:
        time.sleep(1)
    return codes.code_of(SECRET, step)


def recovery_codes_of(user: User) -> list[str]:
    """New recovery codes of the person."""
    return renew_recovery_codes(by=by(user), present=code_of(user))


def department(code: str, name: str = "", kind: str = "department", **fields) -> Department:
    """A department below the city, or an enterprise."""
    if kind == "department":
        fields.setdefault("parent", city())
    return Department.objects.create(code=code, name_en=name or code.title(), kind=kind, **fields)


def city() -> Department:
    """The root of the tree."""
    found, _new = Department.objects.get_or_create(kind="city", defaults={"code": "city", "name_en": "The City"})
    return found


def cast() -> SimpleNamespace:
    """All departments and people of the tests."""
    root = city()
    parks, health, schools = Department.objects.bulk_create(
        Department(code=code, name_en=code.title(), parent=root) for code in ("parks", "health", "schools")
    )
    held = {
        "owner": ("Olga", parks, Role.STEWARD),
        "approver": ("Anton", parks, Role.APPROVER),
        "requester": ("Rita", health, Role.REQUESTER),
        "reviewer": ("Vera", root, Role.REVIEWER),
        "auditor": ("Hugo", root, Role.AUDITOR),
        "authority": ("Tora", root, Role.AUTHORITY),
        "administrator": ("Ada", root, Role.ADMINISTRATOR),
        "stranger": ("Sam", schools, Role.REQUESTER),
    }
    return SimpleNamespace(
        city=root,
        parks=parks,
        health=health,
        schools=schools,
        **dict(zip(held, persons(*held.values()), strict=True)),
        citizen=person("Cleo", kind="citizen"),
    )


def by(user: User | None, key=None) -> Actor:
    """The actor that this account is."""
    return Actor(user=user, key=key)


def dataset(owner: User, department: Department, title: str = "Trees", **fields) -> Dataset:
    """An active dataset."""
    defaults = {
        "title_en": title,
        "theme": "environment",
        "frequency": "annual",
        "licence": "cc-by-4.0",
        "sharing_class": "conditional",
        "opening_class": "open",
        "state": "active",
    }
    return Dataset.objects.create(department=department, created_by=owner, **{**defaults, **fields})


def version(dataset: Dataset, columns: dict[str, tuple[str, list]], *, table: str = "main") -> Version:
    """A kept version with one table: name -> (type, values)."""
    from tests.parquet import write_parquet

    number = next(_numbers)
    path = f"tables/test-{dataset.pk}-{number}.parquet"
    data = write_parquet(columns)
    with store().open(path, "wb") as file:
        file.write(data)
    rows = len(next(iter(columns.values()))[1])
    made = Version.objects.create(
        dataset=dataset,
        number=(dataset.versions.count() + 1),
        identity=hashlib.sha256(data + str(number).encode()).hexdigest(),
        state="kept",
        created_by=dataset.created_by,
        confirmed_by=dataset.created_by,
        confirmed_at=timezone.now(),
    )
    Table.objects.create(
        version=made,
        name=table,
        rows=rows,
        path=path,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        schema=[_described(name, kind, values) for name, (kind, values) in columns.items()],
    )
    known = set(Column.objects.filter(dataset=dataset, table=table).values_list("name", flat=True))
    Column.objects.bulk_create(
        Column(dataset=dataset, table=table, name=name, position=position, sensitivity="public")
        for position, name in enumerate(columns)
        if name not in known
    )
    dataset.current = made
    dataset.save(update_fields=["current"])
    return made


def _described(name: str, kind: str, values) -> dict:
    """A column as the reader of files describes it."""
    nulls = values.null_count if isinstance(values, pa.Array) else sum(value is None for value in values)
    return {
        "name": name,
        "title": name,
        "type": kind,
        "nulls": nulls,
        "distinct": len(values) - nulls,
        "min": None,
        "max": None,
        "frequent": [],
        "almost": None,
        "bad_cells": 0,
    }


def basis(kind: str, over: Version, columns: dict[str, str | None], *, where: str = "", to=None, roles=(), **fields):
    """A basis over one table: a release to everybody, or a grant or duty to a department."""
    defaults = {"purpose": "to test", "legal_basis": "article 1"}
    if kind == "release":
        defaults |= {"recipient": "everybody", "version": over}
    else:
        defaults |= {"recipient": "department", "department": to, "roles": list(roles)}
    if kind == "grant":
        defaults |= {"valid_until": timezone.now() + timedelta(days=30)}
    terms = Terms(tables={over.tables.get().name: TableTerms(columns=columns, where=where)})
    return Basis.objects.create(kind=kind, dataset=over.dataset, terms=terms.to_json(), **{**defaults, **fields})


def settle() -> None:
    """Runs every reaction that recorded events call for, as the worker would, until none is left."""
    from audit.models import Event
    from portal.models import Reaction
    from portal.reactions import REACTIONS, react

    while True:
        done = set(Reaction.objects.filter(done_at__isnull=False).values_list("event", "name"))
        waiting = [
            (str(event.uuid), step.__name__)
            for event in Event.objects.filter(kind__in=REACTIONS).order_by("id")
            for step in REACTIONS[event.kind]
            if (event.uuid, step.__name__) not in done
        ]
        if not waiting:
            return
        for event, name in waiting:
            react(event, name)
