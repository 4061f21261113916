"""Sources that sign in with a key: made here or pasted, sealed, used once for each session, never shown again."""

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from audit.models import Event, EventDetail
from catalog.actions import sources
from catalog.models import Job, Source
from catalog.sources import keys, vault
from tests import world
from tests.database import events_refused
from tests.loads import empty_store
from tests.sftp import Gatekeeper, sftp_server
from tests.sources import carried_out

pytestmark = pytest.mark.django_db(transaction=True)
CSV = b"code,height\n00001,1\n00002,2\n"


@pytest.fixture
def people():
    empty_store()
    return world.cast()


@pytest.fixture
def trees(people):
    return world.dataset(people.owner, people.parks)


@pytest.fixture
def port(tmp_path, settings):
    settings.SOURCE_HOSTS = ["127.0.0.1"]
    (tmp_path / "trees.csv").write_bytes(CSV)
    (tmp_path / "trees.csv").touch()
    __import__("os").utime(tmp_path / "trees.csv", (1_700_000_000, 1_700_000_000))
    with sftp_server(tmp_path, paramiko.ECDSAKey.generate()) as made:
        yield made


def stated(port, **more) -> dict:
    fields = {"kind": "sftp", "host": "127.0.0.1", "port": port, "username": "parks", "what": "/trees.csv"}
    return {**fields, "schedule": "hourly", "sign_in": "made-key", **more}


def lets_in(source) -> None:
    """The keeper of the server does what the page asks for."""
    Gatekeeper.keys.append(" ".join(source.public_key.split()[:2]))


def trusted(source, by):
    return sources.trust_key(source, sources.test_source(source, by=by).key, by=by)


def pasted(key, passphrase: bytes = b"", form=PrivateFormat.OpenSSH) -> str:
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, lock).decode()


def test_a_key_that_is_made_here_opens_the_server_once_its_keeper_has_the_public_half(port, people, trees):
    by = world.by(people.owner)
    source = trusted(sources.set_source(trees, stated(port), by=by), by)
    kind, _text, name = source.public_key.split()
    assert (kind, name) == ("ssh-ed25519", "causeway-parks")
    with pytest.raises(ValidationError, match="public half"):
        sources.test_source(source, by=by)

    lets_in(source)
    assert sources.test_source(source, by=by).rows[0] == ["code,height"]
    job = carried_out(source, sources.run_source(source, by=by))
    assert (job.state, job.version.number) == ("done", 1), job.error
    assert Gatekeeper.told == [], "no password was sent"


@pytest.mark.parametrize(("key", "passphrase"), [
    (ed25519.Ed25519PrivateKey.generate(), b""),
    (ed25519.Ed25519PrivateKey.generate(), "ein Satz 树".encode()),
    (ec.generate_private_key(ec.SECP256R1()), b""),
    (ec.generate_private_key(ec.SECP521R1()), b"open"),
    (rsa.generate_private_key(65_537, 2048), b"open"),
], ids=["ed25519", "ed25519-locked", "ecdsa-256", "ecdsa-521-locked", "rsa-locked"])  # fmt: skip
def test_a_key_of_ones_own_opens_it_too(key, passphrase, port, people, trees):
    by, text = world.by(people.owner), pasted(key, passphrase)
    fields = stated(port, sign_in="own-key", private_key=text, passphrase=passphrase.decode())
    source = trusted(sources.set_source(trees, fields, by=by), by)
    assert source.public_key.startswith(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())
    lets_in(source)

    assert sources.test_source(source, by=by).rows[0] == ["code,height"]
    again = sources.set_source(trees, stated(port, sign_in="own-key", schedule="daily"), by=by)
    assert again.secret == source.secret, "left out, it stays"


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_the_older_forms_are_taken_where_they_are_not_locked(form, people, trees):
    key = rsa.generate_private_key(65_537, 2048)
    assert keys.read(pasted(key, form=form), "", "x").public.startswith("ssh-rsa ")
    with pytest.raises(ValidationError, match="ssh-keygen -p"):
        keys.read(pasted(key, b"open", form), "open", "x")


LOCKED = pasted(ed25519.Ed25519PrivateKey.generate(), b"open")


@pytest.mark.parametrize(("text", "passphrase", "field", "words"), [
    ("", "", "private_key", "Paste the private key"),
    ("plain blue kite", "", "private_key", "no private key"),
    ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAA", "", "private_key", "public half"),
    (LOCKED, "", "passphrase", "locked"),
    (LOCKED, "shut", "passphrase", "does not open"),
    (LOCKED[:150], "", "private_key", "no private key"),
    (LOCKED.replace("b3BlbnNzaC1rZXk", "b3BlbnNzaC1rZXj"), "open", "passphrase", "does not open"),
    (pasted(rsa.generate_private_key(65_537, 1024)), "", "private_key", "2048 bits"),
    (pasted(dsa.generate_private_key(2048), form=PrivateFormat.PKCS8), "", "private_key", "Ed25519"),
    (pasted(ec.generate_private_key(ec.SECP256K1()), form=PrivateFormat.PKCS8), "", "private_key", "Ed25519"),
    ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none", "", "private_key", "no private key"),
])  # fmt: skip
def test_what_is_no_key_is_said_beside_its_field(text, passphrase, field, words, people, trees):
    fields = stated(22, sign_in="own-key", private_key=text, passphrase=passphrase)
    with pytest.raises(ValidationError) as refusal:
        sources.set_source(trees, fields, by=world.by(people.owner))
    assert words in refusal.value.message_dict[field][0]
    assert "kite" not in str(refusal.value) and not Source.objects.exists()


def test_a_key_that_would_take_years_to_open_is_not_tried():
    import base64
    import struct

    head, body, tail = LOCKED.partition("-----\n")[0], LOCKED.split("-----")[2], LOCKED.split("-----")[3]
    blob = bytearray(base64.b64decode(body))
    place = blob.index(b"bcrypt") + len("bcrypt") + 4 + 4 + 16
    assert struct.unpack_from(">I", blob, place)[0] <= keys.MOST_ROUNDS
    struct.pack_into(">I", blob, place, 4_000_000_000)
    text = f"{head}-----\n{base64.encodebytes(bytes(blob)).decode()}-----{tail}-----\n"

    with pytest.raises(ValidationError, match="too hard"):
        keys.read(text, "open", "x")


def test_neither_key_nor_passphrase_is_told_anywhere(port, people, trees):
    by, text = world.by(people.owner), pasted(ed25519.Ed25519PrivateKey.generate(), b"plain blue kite")
    fields = stated(port, sign_in="own-key", private_key=text, passphrase="plain blue kite")
    source = trusted(sources.set_source(trees, fields, by=by), by)
    carried_out(source, sources.run_source(source, by=by))
    bare = vault.unseal(source)
    assert "BEGIN OPENSSH" in bare and "kite" not in bare
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM catalog_source t")
        kept = str(cursor.fetchall())
    kept += "".join(Event.objects.values_list("body", flat=True))
    kept += str(list(EventDetail.objects.values())) + str(list(Job.objects.values()))
    for secret in ("kite", "BEGIN", bare.split("\n")[3], text.split("\n")[3]):
        assert secret not in kept


def test_what_opened_it_one_way_is_never_sent_the_other_way(port, people, trees):
    by = world.by(people.owner)
    sources.set_source(trees, stated(port, sign_in="password", password="plain blue kite"), by=by)
    source = trusted(sources.set_source(trees, stated(port), by=by), by)
    assert "kite" not in vault.unseal(source) and source.public_key
    with pytest.raises(ValidationError, match="Enter the password"):
        sources.set_source(trees, stated(port, sign_in="password", password=""), by=by)
    with pytest.raises(ValidationError, match="Paste the private key"):
        sources.set_source(trees, stated(port, sign_in="own-key"), by=by)
    source = sources.set_source(trees, stated(port, sign_in="password", password="red kite"), by=by)
    assert vault.unseal(source) == "red kite" and source.public_key == ""


def test_a_pasted_key_is_not_led_elsewhere_and_a_made_one_may_be(port, people, trees):
    by = world.by(people.owner)
    text = pasted(ed25519.Ed25519PrivateKey.generate())
    sources.set_source(trees, stated(port, sign_in="own-key", private_key=text), by=by)
    with pytest.raises(ValidationError, match="key again"):
        sources.set_source(trees, stated(port, sign_in="own-key", host="other.example"), by=by)
    made = sources.set_source(trees, stated(port), by=by)
    moved = sources.set_source(trees, stated(port, host="other.example"), by=by)
    assert moved.public_key == made.public_key and moved.host_key == ""


def test_a_new_key_takes_the_place_of_the_old_one(port, people, trees):
    by = world.by(people.owner)
    source = sources.set_source(trees, stated(port), by=by)
    renewed = sources.renew_key(source, by=by)
    assert renewed.public_key != source.public_key and renewed.secret != source.secret
    assert '"fields":["key"]' in Event.objects.filter(kind="source.changed").last().body

    for somebody in (people.approver, people.stranger, people.citizen):
        with pytest.raises(PermissionDenied):
            sources.renew_key(source, by=world.by(somebody))
    with events_refused(), pytest.raises(Exception, match="permission denied"):
        sources.renew_key(source, by=by)
    assert Source.objects.get().public_key == renewed.public_key
    sources.set_source(trees, stated(port, sign_in="password", password="x"), by=by)
    with pytest.raises(ValidationError, match="made here"):
        sources.renew_key(source, by=by)


def test_a_server_that_wants_more_than_the_key_is_a_refusal(port, people, trees):
    by = world.by(people.owner)
    source = trusted(sources.set_source(trees, stated(port), by=by), by)
    lets_in(source)
    Gatekeeper.more = True

    with pytest.raises(ValidationError, match="does not let the key"):
        sources.test_source(source, by=by)


def test_a_source_without_the_other_half_cannot_be_written(port, people, trees):
    source = sources.set_source(trees, stated(port), by=world.by(people.owner))
    for wrong in ({"public_key": ""}, {"sign_in": "password"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Source.objects.filter(pk=source.pk).update(**wrong)
    sources.remove_source(source, by=world.by(people.owner))
    source.refresh_from_db()
    assert source.secret == source.public_key == ""
