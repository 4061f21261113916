"""A city with one of everything, for tests that try every address."""

from datetime import timedelta
from types import SimpleNamespace

from django.db import transaction
from django.utils import timezone

from audit.log import record
from catalog.actions.acting import name_acting
from catalog.actions.duties import make_owner_duty
from catalog.actions.grant_keys import make_grant_key
from catalog.actions.keys import make_key
from catalog.actions.links import add_link
from catalog.actions.messages import send_message
from catalog.actions.purges import ask_purge
from catalog.actions.sources import set_source
from catalog.models import Distribution, Document, Export, Format, Job, Role
from catalog.store import store
from catalog.terms import TableTerms, Terms
from opendata.actions import submit
from opendata.manifests import write_manifest
from opendata.models import Release
from portal.retention.actions import place_hold
from sharing.actions.drafting import start_requests
from sharing.models import Bridge, Grant
from tests import world
from tests.packed import packed, planned
from tests.sharing import requests


def scene() -> SimpleNamespace:
    """Trees of Parks are open; Residents are lent to Health, which drafts a request for them and has sent another.

    Permits wait for review, Plans are a draft.
    """
    people = world.cast()
    by = world.by(people.owner)
    rows = {"district": ("text", ["North", "South"]), "name": ("text", ["An", "Bo"])}

    trees = world.dataset(people.owner, people.parks, "Trees", description_en="Every tree.")
    open_version = world.version(trees, rows)
    make_owner_duty(trees, by=by)
    release = world.basis("release", open_version, {"district": None})
    distribution = _distribution(release, open_version)
    document = _document(open_version)
    link = add_link(trees, {"title_en": "More", "url": "https://example.org/"}, by=by)
    message = send_message(trees, {"topic": "question", "text": "How tall?"}, by=world.by(None))

    residents = world.dataset(
        people.owner, people.parks, "Residents", sharing_class="conditional", opening_class="closed"
    )
    lent_version = world.version(residents, rows)
    make_owner_duty(residents, by=by)
    grant = world.basis("grant", lent_version, {"district": None}, to=people.health)
    Grant.objects.create(basis=grant)
    event = told(grant, people)
    bridge = _bridge(grant, lent_version, people)
    export = _export(grant, lent_version, people.requester)
    package = packed(grant, lent_version, people.requester)
    hold = place_hold(people.schools, by=world.by(people.auditor), reason="A case before the court.")

    (request,) = start_requests(
        [(residents, "main", ["district"])], department=people.health, by=world.by(people.requester)
    )

    permits = world.dataset(people.owner, people.parks, "Permits", description_en="Every permit.")
    submitted = world.version(permits, rows)
    set_source(permits, {"kind": "folder", "what": "permits/*.csv", "schedule": "asked"}, by=by)
    submission = submit(permits, version=submitted, terms=Terms({"main": TableTerms({"district": None})}), by=by)
    cleared = submit_cleared(people, trees, open_version, release)
    Release.objects.create(basis=release, submission=cleared)
    write_manifest(release, by=by)

    order = {"law": "Privacy Act", "article": "article 17", "reason": "A court order."}
    asked = _asked(people, residents)
    purge = ask_purge(residents, numbers=[1], by=by, **order)

    plans = world.dataset(people.owner, people.parks, "Plans", state="draft")
    job = Job.objects.create(
        dataset=plans,
        source_name="a.csv",
        source_path="x",
        source_sha256="0" * 64,
        source_bytes=1,
        created_by=people.owner,
    )
    key, token = make_key(
        people.owner,
        name="mine",
        scopes=["read"],
        until=timezone.now() + timedelta(days=2),
        datasets=[],
        by=by,
    )
    until = timezone.now() + timedelta(days=2)
    machine_key, _token = make_grant_key(grant, name="machine", until=until, by=world.by(people.requester))
    today = timezone.localdate()
    paula = world.person("Paula", people.parks, Role.STEWARD)
    acting = name_acting(paula, people.parks, today, today + timedelta(days=7), by=world.by(people.approver))
    enterprise = world.department("91350100M000100Y43", "Ferry Ltd", kind="enterprise")
    return SimpleNamespace(
        **vars(people),
        trees=trees,
        residents=residents,
        permits=permits,
        plans=plans,
        version=open_version,
        release=release,
        grant=grant,
        event=event,
        bridge=bridge,
        hold=hold,
        submission=submission,
        distribution=distribution,
        document=document,
        link=link,
        message=message,
        purge=purge,
        request=request,
        asked=asked,
        job=job,
        export=export,
        package=package,
        plan=planned(grant, people.requester),
        recipient_key=package.key,
        key=key,
        machine_key=machine_key,
        token=token,
        enterprise=enterprise,
        acting=acting,
        membership=people.stranger.memberships.get(),
    )


def _bridge(grant, version, people) -> Bridge:
    """A bridge that Health asked for, to a grant that was revoked meanwhile."""
    other = world.basis("grant", version, {"district": None}, to=people.health, state="revoked")
    Grant.objects.create(basis=other)
    return Bridge.objects.create(
        one=grant, other=other, purpose="One count", legal_basis="article 30", ends_at=grant.valid_until,
        asked_by=people.requester,
    )  # fmt: skip


def told(grant, people):
    """The event of a grant that was made."""
    facts = {"terms_sha256": "0" * 64, "purpose": grant.purpose, "legal_basis": grant.legal_basis}
    facts |= {"policy_sha256": "0" * 64, "until": grant.valid_until, "recipient": {"code": "health", "name": "Health"}}
    about = {"department": people.parks, "dataset": grant.dataset, "basis": grant}
    with transaction.atomic():
        return record("grant.made", by=world.by(people.approver), on=grant, facts=facts, **about)


def submit_cleared(people, dataset, version, release):
    """The submission that the release came from."""
    duty = world.basis("duty", version, {"district": None}, to=people.city, roles=["reviewer"], state="expired")
    return dataset.submissions.create(
        version=version,
        terms=release.terms,
        made_by=people.owner,
        duty=duty,
        state="cleared",
        decided_by=people.reviewer,
        decided_at=timezone.now(),
    )


def _asked(people, dataset):
    """A request of Health for residents, which waits for the reply of Parks."""
    parties = SimpleNamespace(**vars(people), dataset=dataset, head=world.person("Heike", people.health, Role.APPROVER))
    return requests.brought_to(parties, "reply-due", columns=[("district", "")])


def _distribution(release, version) -> Distribution:
    with store().open("files/test.csv", "wb") as file:
        file.write(b"district\nNorth\nSouth\n")
    return Distribution.objects.create(
        basis=release,
        version=version,
        table="main",
        format=Format.CSV,
        path="files/test.csv",
        name="trees.csv",
        bytes=21,
        rows=2,
        sha256="0" * 64,
    )


def _export(grant, version, reader) -> Export:
    with store().open("exports/test.csv", "wb") as file:
        file.write(b"district\nNorth\nSouth\n")
    now = timezone.now()
    return Export.objects.create(
        reader=reader,
        basis=grant,
        version=version,
        table="main",
        query={},
        format="csv",
        state=Export.State.READY,
        path="exports/test.csv",
        name="residents-v1.csv",
        bytes=21,
        rows=2,
        sha256="0" * 64,
        ready_at=now,
        expires_at=now + timedelta(days=1),
    )


def _document(version) -> Document:
    with store().open("documents/test.txt", "wb") as file:
        file.write(b"words")
    return Document.objects.create(
        version=version, name="a.txt", media_type="text/plain", path="documents/test.txt", bytes=5, sha256="1" * 64
    )
