"""A package of a grant that is there, without a worker: for tests of addresses and pages."""

from datetime import timedelta

from django.utils import timezone

from catalog.models import Export
from catalog.sealing import fingerprint
from catalog.store import store
from sharing.models import Package, PackageLink, PackagePlan, RecipientKey
from sharing.packages.links import digest

LINK_TOKEN, PAGE_TOKEN = "a" * 43, "b" * 43
PUBLIC_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def packed(grant, version, reader) -> Package:
    """The package, signed, with a link to it."""
    now = timezone.now()
    key = RecipientKey.objects.create(
        department=grant.department,
        name="The safe",
        public_key=PUBLIC_KEY,
        fingerprint=fingerprint(PUBLIC_KEY),
        registered_by=reader,
        confirmed_by=reader,
        confirmed_at=now,
    )
    export = sealed(grant, version, reader, now)
    package = Package.objects.create(
        grant=grant, format="csv", key=key, asked_by=reader, export=export, manifest="signed", signed_at=now
    )
    for token in (LINK_TOKEN, PAGE_TOKEN):
        PackageLink.objects.create(
            package=package, export=export, digest=digest(token), made_by=reader, expires_at=now + timedelta(hours=1)
        )
    return package


def sealed(grant, version, reader, now) -> Export:
    """Its file in the store."""
    with store().open("exports/test.csv.age", "wb") as file:
        file.write(b"sealed bytes")
    return Export.objects.create(
        reader=reader,
        basis=grant,
        version=version,
        table="main",
        query={},
        format="csv",
        state=Export.State.READY,
        path="exports/test.csv.age",
        name="residents-v1.csv.age",
        bytes=12,
        rows=2,
        sha256="0" * 64,
        sealed_to=PUBLIC_KEY,
        ready_at=now,
        expires_at=now + timedelta(days=1),
    )


def planned(grant, reader) -> PackagePlan:
    """A plan that makes one in each week."""
    return PackagePlan.objects.create(grant=grant, format="csv", every="weekly", responsible=reader, made_by=reader)
