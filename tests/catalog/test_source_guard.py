"""Where a source may not lead, whatever is written for it, and which files of a folder are none."""

import ipaddress
import os
import socket
import stat
from types import SimpleNamespace

import pytest

from catalog.models import Source
from catalog.sources import finding, guard
from catalog.sources.errors import SourceError

CLOUDS = ["100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "::ffff:169.254.169.254",
          "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "0.0.0.0"]  # fmt: skip


@pytest.mark.parametrize("address", CLOUDS)
def test_no_list_opens_what_clouds_keep_for_themselves(address, settings):
    settings.SOURCE_HOSTS = ["0.0.0.0/0", "::/0", address]
    with pytest.raises(SourceError):
        guard.checked_address(address, 443)


@pytest.mark.parametrize("address", ["64:ff9b:1::a00:1", "2001:0:a00:1::", "fec0::1", "::7f00:2", "::ffff:0:7f00:1",
                                     "100::1", "2001:db8::1", "192.0.0.8", "198.18.0.1", "240.0.0.1"])  # fmt: skip
def test_addresses_that_lead_home_by_other_ways_are_closed(address, settings):
    settings.SOURCE_HOSTS = []
    with pytest.raises(SourceError):
        guard.checked_address(address, 443)


def test_an_address_of_this_very_machine_must_be_listed(settings, monkeypatch):
    settings.SOURCE_HOSTS = []
    assert guard._ours(ipaddress.ip_address("127.0.0.1")) and not guard._ours(ipaddress.ip_address("93.184.215.14"))
    monkeypatch.setattr(guard, "_ours", lambda address: True)  # a public address of ours, which this machine may lack
    with pytest.raises(SourceError):
        guard.checked_address("93.184.215.14", 443)
    settings.SOURCE_HOSTS = ["93.184.215.14"]
    assert guard.checked_address("93.184.215.14", 443) == "93.184.215.14"


def test_a_name_is_asked_for_once_and_its_next_address_is_tried(settings, monkeypatch):
    settings.SOURCE_HOSTS = ["127.0.0.0/8"]
    listener = socket.create_server(("127.0.0.3", 0))
    port, asked, known = listener.getsockname()[1], [], socket.getaddrinfo

    def resolved(host, *_more, **_said):
        if host != "rebinding.example":
            return known(host, *_more, **_said)
        asked.append(host)
        found = ["127.0.0.2", "127.0.0.3"] if len(asked) == 1 else ["169.254.169.254"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolved)
        made = guard.connect("rebinding.example", port)
    with made, listener:
        assert made.getpeername() == ("127.0.0.3", port) and len(asked) == 1


def test_files_whose_names_hide_something_are_passed_over():
    about = SimpleNamespace(st_mode=stat.S_IFREG, st_size=1, st_mtime=1.0)
    names = ["a\0.csv", "a\n.csv", "../a.csv", ".a.csv", "a\u202e.csv", "a" * 300 + ".csv"]
    names.append(os.fsdecode(b"\xca\xf7.csv"))
    with pytest.raises(SourceError, match="No finished file"):
        finding.newest([(name, about) for name in names], "*.csv", Source(what="*.csv"))
    assert finding.newest([("树 1.csv", about)], "*.csv", Source(what="*.csv")).name == "树 1.csv"
