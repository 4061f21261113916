"""Where a source may lead: the one place that turns a name into an address that may be connected to.

The address that was checked is the address that is connected to: nobody asks for the name a second time.
"""

import ipaddress
import socket

from django.conf import settings

from catalog.sources.errors import SourceError

CONNECT_SECONDS = 10
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def checked_address(host: str, port: int) -> str:
    """An address of the host that may be connected to. One that may not be among them refuses the whole name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceError("source-unknown-host", host=host) from None
    addresses = [ipaddress.ip_address(info[4][0].partition("%")[0]) for info in found]
    if not addresses or not all(_allowed(host, _plain(address)) for address in addresses):
        raise SourceError("source-address", host=host)
    return str(addresses[0])


def check_socket_folder(path: str) -> None:
    """A server reached through a file of this machine must be listed by that very path."""
    if path not in settings.SOURCE_HOSTS:
        raise SourceError("source-address", host=path)


def connect(host: str, port: int, *, seconds: float = CONNECT_SECONDS) -> socket.socket:
    """A connection to the host, if that may be."""
    address = checked_address(host, port)
    try:
        return socket.create_connection((address, port), timeout=seconds)
    except OSError:
        raise SourceError("source-unreachable", host=host) from None


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if address.version == 4:
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _allowed(host: str, address: Address) -> bool:
    if address.is_link_local or address.is_multicast or address.is_unspecified:  # no list opens these
        return False
    return (address.is_global and not address.is_reserved) or _listed(host, address)


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
