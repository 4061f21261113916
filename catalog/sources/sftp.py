"""A folder on an SFTP server whose key a steward has recognised; before that no password is sent."""

import errno
import posixpath
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from django.conf import settings
from django.utils.translation import gettext as _

from catalog.models import Source
from catalog.sources import finding, guard, keys, vault
from catalog.sources.errors import SourceError
from catalog.sources.parts import Brought, Progress, Sample
from catalog.sources.texts import first_lines
from catalog.sources.watch import Watch, watched

PORT = 22
SAMPLE_BYTES, SAMPLE_SECONDS = 64 * 1024, 20
MOST_AT_ONCE = 64 * 1024**2
# What the library raises at answers that no SFTP server gives, names in no encoding that it knows among them.
BEWILDERED = (struct.error, LookupError, ValueError, TypeError, AttributeError, AssertionError)


class _UnknownKey(Exception):
    """The server shows a key that no steward has recognised, or another than the one recognised."""

    def __init__(self, key: str, *, changed: bool):
        self.key, self.changed = key, changed


def sample(source: Source) -> Sample:
    """The first lines of the file that a run would fetch; of a server that is not known yet, its key."""
    try:
        with _folder(source, seconds=SAMPLE_SECONDS) as (client, folder, pattern, _watch):
            found = finding.newest(_listed(client, folder, source), pattern, source)
            with _opened(client, folder, found, source) as file:
                return first_lines(file.read(SAMPLE_BYTES), name=found.name)
    except _UnknownKey as shown:
        about = _("The key that was trusted before was: %(key)s") % {"key": keys.fingerprint(source.host_key)}
        return Sample(key=shown.key, fingerprint=keys.fingerprint(shown.key), about=about if shown.changed else "")


def fetch(source: Source, to: Path, before: dict, progress: Progress) -> Brought:
    """The newest finished file, unless it is the one of the last run."""
    try:
        with _folder(source, seconds=settings.SOURCE_RUN_SECONDS) as (client, folder, pattern, watch):
            found = finding.newest(_listed(client, folder, source), pattern, source)
            if found.marks.items() <= before.items():
                return Brought(unchanged=True)
            with _opened(client, folder, found, source) as file:
                content = finding.copy(file, found, to, source, _taking_in(watch, progress))
                after = file.stat()
    except _UnknownKey as shown:
        raise SourceError("source-key-changed" if shown.changed else "source-key-unknown", host=source.host) from None
    if (after.st_size, float(after.st_mtime)) != (found.bytes, found.changed):
        raise SourceError("source-no-file", what=source.what)
    return Brought(name=found.name, file="fetched", content=content, marks=found.marks)


@contextmanager
def _folder(source: Source, *, seconds: float) -> Iterator[tuple[paramiko.SFTPClient, str, str, Watch]]:
    """The client in the folder of the source, the pattern of its files, and who watches over the connection."""
    folders, pattern = finding.parts_of(source.what)
    folder = ("/" if source.what.startswith("/") else "") + "/".join(folders) or "."
    with watched(source, seconds=seconds, most=MOST_AT_ONCE) as watch:
        try:
            with _session(source, watch) as client:
                yield client, folder, pattern, watch
        except (SourceError, *BEWILDERED) as error:  # a connection that was cut looks like one that broke
            if watch.fault is None and not isinstance(error, SourceError):
                raise SourceError("source-not-understood", host=source.host) from None
            raise watch.fault or error from None


@contextmanager
def _session(source: Source, watch: Watch) -> Iterator[paramiko.SFTPClient]:
    sock = guard.connect(source.host, source.port or PORT)
    watch.over(sock.dup())
    transport = paramiko.Transport(sock)
    try:
        transport.channel_timeout = guard.CONNECT_SECONDS
        transport.banner_timeout = transport.auth_timeout = guard.CONNECT_SECONDS
        transport.start_client(timeout=guard.CONNECT_SECONDS)
        _check_key(source, transport.get_remote_server_key())
        _sign_in(source, transport)
        client = paramiko.SFTPClient.from_transport(transport)
        client.get_channel().settimeout(settings.SOURCE_STATEMENT_SECONDS)
        yield client
    except paramiko.AuthenticationException:
        code = "source-refused" if source.sign_in == Source.SignIn.PASSWORD else "source-refused-key"
        raise SourceError(code, host=source.host) from None
    except TimeoutError:
        raise SourceError("source-slow", host=source.host) from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # ours, not theirs
            raise
        raise SourceError("source-broke-off", host=source.host) from None
    finally:
        transport.close()


def _taking_in(watch: Watch, progress: Progress) -> Progress:
    def told(**said) -> None:
        watch.taken_in()
        progress(**said)

    return told


def _sign_in(source: Source, transport: paramiko.Transport) -> None:
    secret = vault.unseal(source)
    if source.sign_in == Source.SignIn.PASSWORD:
        wanted = transport.auth_password(source.username, secret, fallback=False)
    else:
        wanted = transport.auth_publickey(source.username, keys.opened(secret))
    if wanted:  # one step more than a source has
        raise paramiko.AuthenticationException


def _check_key(source: Source, key: paramiko.PKey) -> None:
    shown = f"{key.get_name()} {key.get_base64()}"
    if shown != source.host_key:
        raise _UnknownKey(shown, changed=bool(source.host_key))


def _listed(client: paramiko.SFTPClient, folder: str, source: Source):
    try:
        for about in client.listdir_iter(folder):
            yield about.filename, about
    except OSError:
        raise SourceError("source-no-folder", what=source.what) from None


@contextmanager
def _opened(client: paramiko.SFTPClient, folder: str, found: finding.Found, source: Source):
    try:
        file = client.open(posixpath.join(folder, found.name), "rb")
    except OSError:
        raise SourceError("source-no-file", what=source.what) from None
    with file:
        yield file
