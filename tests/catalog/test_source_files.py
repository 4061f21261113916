"""Sources that are files: web addresses by the guarded client, an SFTP server, and a folder of our own server."""

import http.server
import os
import ssl
import threading
import time
from contextlib import contextmanager, suppress

import paramiko
import pytest
from django.core.exceptions import ValidationError

from audit.models import Event
from catalog.actions import sources
from catalog.sources import guard
from catalog.sources.errors import SourceError
from tests import world
from tests.certificates import make_certificate
from tests.loads import empty_store, files_in_scratch, files_in_store
from tests.sftp import Gatekeeper, sftp_server
from tests.sources import fetched

pytestmark = pytest.mark.django_db(transaction=True)
CSV = b"code,height\n" + b"".join(b"%05d,%d\n" % (n, n) for n in range(40))


@pytest.fixture
def people():
    empty_store()
    return world.cast()


@pytest.fixture
def trees(people):
    return world.dataset(people.owner, people.parks)


class Site(http.server.BaseHTTPRequestHandler):
    """A small HTTPS server: what it answers is set by the test."""

    protocol_version = "HTTP/1.1"
    body, etag, seen, redirects, cut = CSV, '"one"', [], {}, False

    def do_GET(self):
        """Answers with the body, or that it is the same, or sends elsewhere."""
        type(self).seen.append((self.path, dict(self.headers)))
        if self.path in self.redirects:
            return self._say(302, b"", Location=self.redirects[self.path])
        if self.path == "/drip":
            return self._drip()
        if self.headers.get("If-None-Match") == self.etag:
            return self._say(304, b"", ETag=self.etag)
        return self._say(200, self.body, ETag=self.etag)

    def _say(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) * (2 if self.cut else 1)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _drip(self):
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for n in range(60):
                self.wfile.write(b"X-%d: 1\r\n" % n)
                time.sleep(0.2)

    def log_message(self, *_args):
        """Says nothing."""


@contextmanager
def serving(tmp_path, settings):
    """The site on loopback, under a certificate of an authority of its own."""
    certificate, key = make_certificate(tmp_path, "localhost", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Site.body, Site.etag, Site.seen, Site.redirects, Site.cut = CSV, '"one"', [], {}, False
    settings.SOURCE_CA_FILE, settings.SOURCE_HOSTS = str(certificate), ["localhost"]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site(tmp_path, settings):
    with serving(tmp_path, settings) as address:
        yield address


def web(trees, people, what, **more):
    fields = {"kind": "https", "what": what, "schedule": "daily", **more}
    return sources.set_source(trees, fields, by=world.by(people.owner))


def tried(source, people):
    return sources.test_source(source, by=world.by(people.owner))


def test_an_address_becomes_a_dataset_and_is_asked_whether_it_changed(site, trees, people):
    source = web(trees, people, f"{site}/out/trees.csv")
    assert tried(source, people).rows[1] == ["00000,0"]
    first = fetched(source, people)
    again = fetched(source, people)
    Site.etag = '"two"'
    same = fetched(source, people)
    Site.etag, Site.body = '"three"', CSV + b"00040,40\n"
    more = fetched(source, people)

    assert (first.version.number, first.source_name) == (1, "trees.csv")
    assert again.brought["unchanged"] and Site.seen[2][1]["If-None-Match"] == '"one"'
    assert same.brought["unchanged"], "other validators, the same bytes"
    assert more.version.number == 2 and trees.versions.count() == 2
    assert files_in_scratch() == []


def test_what_an_address_hides_behind_its_question_mark_is_told_nowhere(site, trees, people):
    source = web(trees, people, f"{site}/trees.csv?token=plain-blue-kite")
    tried(source, people)
    job = fetched(source, people)
    fetched(source, people)

    told = "".join(Event.objects.values_list("body", flat=True)) + str(job.brought) + job.source_name
    assert job.version.number == 1 and "token=plain" in Site.seen[0][0] and "kite" not in told


def test_a_login_goes_to_the_host_it_was_entered_for_alone(site, trees, people, settings):
    settings.SOURCE_HOSTS = ["localhost", "127.0.0.1"]
    elsewhere = site.replace("localhost", "127.0.0.1")
    Site.redirects = {"/a": "/b", "/b": f"{elsewhere}/c"}
    source = web(trees, people, f"{site}/a", username="parks", password="kite")
    tried(source, people)

    assert ["Authorization" in headers for _path, headers in Site.seen] == [True, True, False]
    with pytest.raises(ValidationError, match="password again"):
        web(trees, people, f"{elsewhere}/a", username="parks", password="")


@pytest.mark.parametrize("target", [
    "https://127.0.0.1:{port}/", "https://169.254.169.254/latest/", "https://[::1]:{port}/", "http://localhost:{port}/",
    "file:///etc/passwd", "https://0.0.0.0:{port}/", "https://[::ffff:127.0.0.1]:{port}/", "https://2130706433:{port}/",
    "https://localhost.:{port}@10.0.0.1/", "ftp://localhost/",
])  # fmt: skip
def test_it_follows_no_redirect_into_a_closed_network(target, site, trees, people):
    Site.redirects = {"/a": target.replace("{port}", site.rpartition(":")[2])}
    source = web(trees, people, f"{site}/a")

    with pytest.raises(ValidationError):
        tried(source, people)
    assert [path for path, _headers in Site.seen] == ["/a"]


def test_a_redirect_that_is_no_address_is_said_so(site, trees, people):
    Site.redirects = {"/a": "//[", "/b": "https://localhost:99999999/"}
    for path in ("/a", "/b"):
        with pytest.raises(ValidationError, match="no address"):
            tried(web(trees, people, site + path), people)


@pytest.mark.parametrize("etag", ['"a\0b"', '"' + "x" * 9000 + '"', '"caf\xe9"'])
def test_what_a_server_wants_to_be_reminded_of_has_bounds(etag, site, trees, people):
    Site.etag = etag
    job = fetched(web(trees, people, f"{site}/a"), people)

    assert (job.state, job.brought["etag"], job.version.number) == ("done", "", 1)


def test_redirects_come_to_an_end(site, trees, people):
    Site.redirects = {"/a": "/a"}

    with pytest.raises(ValidationError, match="without end"):
        tried(web(trees, people, f"{site}/a"), people)
    assert len(Site.seen) == 6


def test_a_server_of_another_name_is_not_believed(site, trees, people, settings):
    settings.SOURCE_CA_FILE = ""

    with pytest.raises(ValidationError, match="can be trusted"):
        tried(web(trees, people, f"{site}/a"), people)


def test_a_body_that_is_too_large_or_breaks_off_leaves_nothing(site, trees, people, settings):
    source = web(trees, people, f"{site}/a")
    settings.UPLOAD_MAX_BYTES = 100
    assert fetched(source, people).error["code"] == "source-too-large"
    settings.UPLOAD_MAX_BYTES, Site.cut = 10_000, True
    assert fetched(source, people).error["code"] == "source-broke-off"
    assert files_in_store() == [] and files_in_scratch() == []
    assert trees.versions.count() == 0


def test_a_server_that_drips_is_cut_off_in_time(site, trees, people, monkeypatch):
    monkeypatch.setattr("catalog.sources.web.SAMPLE_SECONDS", 1)
    began = time.monotonic()

    with pytest.raises(ValidationError):
        tried(web(trees, people, f"{site}/drip"), people)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", "0.0.0.0", "100.100.100.200", "::1",
    "fe80::1", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "224.0.0.1", "ff02::1",
    "255.255.255.255", "2130706433", "0x7f.1", "127.1", "localhost",
])  # fmt: skip
def test_the_guard_lets_nobody_into_a_closed_network(address, settings):
    settings.SOURCE_HOSTS = ["10.99.0.0/16", "db.parks.example"]

    with pytest.raises(SourceError):
        guard.checked_address(address, 443)


def test_the_guard_opens_what_the_operator_listed_and_never_the_link(settings):
    settings.SOURCE_HOSTS = ["10.99.0.0/16", "127.0.0.1", "169.254.169.254", "0.0.0.0/0"]

    assert guard.checked_address("10.99.3.4", 443) == "10.99.3.4"
    assert guard.checked_address("93.184.215.14", 443) == "93.184.215.14"
    with pytest.raises(SourceError):
        guard.checked_address("169.254.169.254", 443)


@pytest.mark.parametrize(
    "what", ["http://a.example/x", "https://u:p@a.example/x", "https:///x", "x", "https://a.example/#y"]
)
def test_only_addresses_over_https_are_taken(what, trees, people):
    with pytest.raises(ValidationError):
        web(trees, people, what)


@pytest.fixture
def folder(tmp_path, settings, people):
    settings.SOURCE_FOLDER = str(tmp_path / "root")
    made = tmp_path / "root" / "parks" / "out"
    made.mkdir(parents=True)
    return made


def put(folder, name, body=CSV, age=100.0):
    path = folder / name
    path.write_bytes(body)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def watched(trees, people, what="out/trees-*.csv"):
    return sources.set_source(trees, {"kind": "folder", "what": what, "schedule": "hourly"}, by=world.by(people.owner))


def test_the_newest_finished_file_of_a_folder_is_fetched(folder, trees, people):
    put(folder, "trees-1.csv", age=300)
    put(folder, "trees-2.csv", CSV + b"1,1\n", age=200)
    put(folder, "trees-3.csv", b"code", age=1)
    put(folder, "other.csv", age=50)
    source = watched(trees, people)
    first = fetched(source, people)
    again = fetched(source, people)
    put(folder, "trees-3.csv", CSV + b"1,1\n2,2\n", age=60)
    third = fetched(source, people)

    assert first.source_name == "trees-2.csv" and first.version.number == 1
    assert again.brought["unchanged"]
    assert third.source_name == "trees-3.csv" and third.version.number == 2


def test_a_folder_leads_nowhere_else(folder, trees, people, tmp_path):
    secret = put(tmp_path, "secret.csv")
    (folder / "trees-link.csv").symlink_to(secret)
    (folder.parent / "away").symlink_to(tmp_path)
    (folder.parent.parent / "health").mkdir()
    put(folder.parent.parent / "health", "trees-x.csv")
    os.mkfifo(folder / "trees-pipe.csv")
    outside = ("../health/trees-x.csv", "../../secret.csv", "/health/*", "out/..")
    for what in ("out/trees-*.csv", "away/secret.csv", *outside):
        with pytest.raises(ValidationError):
            tried(watched(trees, people, what), people)


def sftp(trees, people, port, **more):
    fields = {"kind": "sftp", "host": "127.0.0.1", "port": port, "username": "parks", "password": "plain blue kite"}
    fields |= {"what": "/out/trees-*.csv", "schedule": "hourly", **more}
    return sources.set_source(trees, fields, by=world.by(people.owner))


def test_an_sftp_folder_is_fetched_once_its_key_is_trusted(tmp_path, settings, trees, people):
    settings.SOURCE_HOSTS = ["127.0.0.1"]
    (tmp_path / "out").mkdir()
    put(tmp_path / "out", "trees-1.csv", age=300)
    put(tmp_path / "out", "trees-2.csv", CSV + b"1,1\n", age=1)
    with sftp_server(tmp_path, paramiko.ECDSAKey.generate()) as port:
        source = sftp(trees, people, port)
        assert fetched(source, people).error["code"] == "source-key-unknown"
        seen = tried(source, people)
        assert seen.key and "SHA256:" in seen.fingerprint and Gatekeeper.told == []

        source = sources.trust_key(source, seen.key, by=world.by(people.owner))
        assert tried(source, people).rows[0] == ["code,height"]
        first = fetched(source, people)
        assert (first.source_name, first.version.number) == ("trees-1.csv", 1)
        assert fetched(source, people).brought["unchanged"]
        put(tmp_path / "out", "trees-2.csv", CSV + b"1,1\n", age=100)
        assert fetched(source, people).version.number == 2

    with sftp_server(tmp_path, paramiko.ECDSAKey.generate()) as port:
        sources.Source.objects.filter(pk=source.pk).update(port=port)
        source.refresh_from_db()
        assert fetched(source, people).error["code"] == "source-key-changed" and Gatekeeper.told == []
        changed = tried(source, people)
        assert changed.key != source.host_key and "trusted before" in changed.about


def test_a_wrong_password_is_said_without_it(tmp_path, settings, trees, people):
    settings.SOURCE_HOSTS = ["127.0.0.1"]
    with sftp_server(tmp_path, paramiko.ECDSAKey.generate()) as port:
        source = sftp(trees, people, port, password="wrong kite")
        source = sources.trust_key(source, tried(source, people).key, by=world.by(people.owner))

        with pytest.raises(ValidationError, match="refused the login") as refusal:
            tried(source, people)
        assert "kite" not in str(refusal.value)
