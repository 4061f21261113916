"""Where a source may lead: the one place that turns a name into an address that may be connected to.

The address that was checked is the address that is connected to: nobody asks for the name a second time.
"""

import ipaddress
import socket
from contextlib import suppress

from django.conf import settings

from catalog.sources.errors import SourceError

CONNECT_SECONDS = 10
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Where clouds keep what opens them, beside the network of the link: no list opens these either.
METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254")))
# Closed networks that older lists of Python's do not know.
CLOSED = ("192.0.0.0/24", "fec0::/10", "64:ff9b:1::/48", "3fff::/20", "5f00::/16")
PRIVATE_TOO = tuple(map(ipaddress.ip_network, CLOSED))
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def checked_address(host: str, port: int) -> str:
    """An address of the host that may be connected to."""
    return _checked(host, port)[0]


def _checked(host: str, port: int) -> list[str]:
    """The addresses of the host. One among them that may not be connected to refuses the whole name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceError("source-unknown-host", host=host) from None
    addresses = [ipaddress.ip_address(info[4][0].partition("%")[0]) for info in found]
    if not addresses or not all(_allowed(host, _plain(address)) for address in addresses):
        raise SourceError("source-address", host=host)
    return list(dict.fromkeys(map(str, addresses)))


def check_socket_folder(path: str) -> None:
    """A server reached through a file of this machine must be listed by that very path."""
    if path not in settings.SOURCE_HOSTS:
        raise SourceError("source-address", host=path)


def connect(host: str, port: int, *, seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A connection to the host, if that may be."""
    for address in _checked(host, port):
        with suppress(OSError):
            return socket.create_connection((address, port), timeout=seconds)
    raise SourceError("source-unreachable", host=host)


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if address.version == 4:
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _allowed(host: str, address: Address) -> bool:
    if address.is_link_local or address.is_multicast or address.is_unspecified or address in METADATA:
        return False  # no list opens these
    return (_public(address) and not _ours(address)) or _listed(host, address)


def _public(address: Address) -> bool:
    known = address.is_global and not address.is_reserved
    return known and not any(address in network for network in PRIVATE_TOO)


def _ours(address: Address) -> bool:
    """True of an address of this very machine: what listens there may trust whoever comes from here."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_STREAM) as probe, suppress(OSError):
        probe.bind((str(address), 0))
        return True
    return False


def _listed(host: str, address: Address) -> bool:
    """True where the operator named the host, its address, or the network that it lies in."""
    for entry in settings.SOURCE_HOSTS:
        try:
            if address in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            if entry.lower() == host.lower():
                return True
    return False
