"""The log's keys: private files, one text form, one name."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from audit.signing import Signer, log_keys, read_key, write_key
from audit.verify import COSIGNATURE, Checkpoint, Key, Refused

GO_PRIVATE = (
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"  # x/mod sumdb/note example
)
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_it_reads_a_key_as_go_writes_it():
    signer = Signer.parse(GO_PRIVATE)

    assert str(signer) == GO_PRIVATE
    assert str(signer.key) == GO_PUBLIC


def test_it_signs_what_its_key_accepts():
    signer, text = Signer.new("city.example/log"), Checkpoint.text("city.example/log", 1, bytes(32))

    point = Checkpoint.parse(text + "\n" + signer.sign(text))

    assert point.check_log([signer.key]) == signer.key
    with pytest.raises(Refused):
        point.check_log([Signer.new("city.example/log").key])


def test_it_cosigns_with_a_time_and_only_as_a_witness():
    witness, text = Signer.new("witness.example", COSIGNATURE), Checkpoint.text("city.example/log", 1, bytes(32))

    point = Checkpoint.parse(text + "\n" + witness.cosign(text, 1_800_000_000))

    assert point.note.signed_by(witness.key) == 1_800_000_000
    with pytest.raises(Refused):
        Signer.new("city.example/log").cosign(text, 1)


@pytest.mark.parametrize(
    "text", ["", "PRIVATE+KEY+a+00000000+AAAA", GO_PUBLIC, GO_PRIVATE[:-4], GO_PRIVATE.replace("c74", "c75")]
)
def test_it_refuses_what_is_no_key_and_does_not_repeat_it(text):
    with pytest.raises(Refused) as refusal:
        Signer.parse(text)
    assert not text or text not in str(refusal.value)


def test_it_keeps_a_key_private_and_never_overwrites_it(tmp_path):
    signer, file = Signer.new("city.example/log"), tmp_path / "key"

    write_key(signer, file)

    assert file.stat().st_mode & 0o777 == 0o600
    assert read_key(file) == signer
    with pytest.raises(FileExistsError):
        write_key(Signer.new("city.example/log"), file)
    assert read_key(file) == signer


def test_it_refuses_a_file_that_others_may_read(tmp_path):
    file = tmp_path / "key"
    write_key(Signer.new("city.example/log"), file)
    file.chmod(0o640)

    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        read_key(file)


def test_it_refuses_the_key_of_another_log(settings):
    settings.LOG_KEY = str(Signer.new("other.example/log"))

    with pytest.raises(ImproperlyConfigured, match=r"other\.example"):
        log_keys()


def test_it_shows_the_log_without_the_signing_key(settings):
    key = Signer.new(settings.LOG_ORIGIN).key
    settings.LOG_VKEYS, settings.LOG_KEY_FILE = [str(key)], "/nowhere"

    assert log_keys() == [key]

    settings.LOG_VKEYS = ["nonsense"]
    with pytest.raises(ImproperlyConfigured, match="LOG_VKEYS"):
        log_keys()


def test_it_makes_a_key_by_command_and_shows_it(tmp_path, settings, capsys):
    file = tmp_path / "key"

    call_command("log_key", "new", str(file))
    settings.LOG_KEY_FILE = str(file)
    shown = capsys.readouterr().out.splitlines()[-1]
    call_command("log_key", "show")

    assert capsys.readouterr().out == f"{shown}\n"
    assert Key.parse(shown) == log_keys()[0]
    with pytest.raises(CommandError, match="never overwritten"):
        call_command("log_key", "new", str(file))
