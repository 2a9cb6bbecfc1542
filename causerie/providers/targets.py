"""Where requests may go: to public addresses, and to the private ones that the operator names."""

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from yarl import URL

_HOST = re.compile(r"[a-z0-9._:%-]+")  # as it goes over the wire: lower case, IDNA, no brackets
WEB_PORTS = frozenset({80, 443})

_NOT_PUBLIC_V4 = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; 100.100.100.200 is a metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # a metadata service
        "169.254.0.0/16",  # link-local, and 169.254.169.254
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is a metadata service
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
_GLOBAL_UNICAST_V6 = ip_network("2000::/3")
_NOT_PUBLIC_V6 = [
    ip_network(network)
    for network in (
        "2001::/23",  # protocol assignments, among them Teredo
        "2001:db8::/32",
        "2002::/16",  # 6to4: reaches whatever IPv4 address is written into it
        "3fff::/20",
    )
]
_NAT64 = ip_network("64:ff9b::/96")
_METADATA = frozenset(
    map(ip_address, ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"))
)

Address = IPv4Address | IPv6Address


class TargetNotAllowed(OSError):
    """The target is neither public nor one of the operator's. An `OSError`, so that it can stop a connection."""


class Targets:
    """The operator's choice. `private_hosts` holds `host:port` entries, and `loopback` for this machine's own ports."""

    def __init__(self, private_hosts: Iterable[str] = ()) -> None:
        entries = [entry.strip().lower() for entry in private_hosts]
        self._loopback = "loopback" in entries
        self._listed = {_host_and_port(entry) for entry in entries if entry and entry != "loopback"}

    def check(self, url: str) -> URL:
        """Return `url` parsed, if a request to it could be allowed as far as the text alone shows.

        Raises:
            TargetNotAllowed: another scheme than http and https, credentials in it, no host, a port of neither the web
                nor the operator's list, or an address that `check_address` refuses.
        """
        try:
            parsed = URL(url)
            host, port = parsed.raw_host, parsed.port
        except ValueError as error:
            raise TargetNotAllowed("not a URL") from error
        if parsed.scheme not in {"http", "https"} or not port or parsed.user or parsed.password:
            raise TargetNotAllowed("not a plain http or https URL")
        if not host or not _HOST.fullmatch(host):
            raise TargetNotAllowed("not a plain http or https URL")
        literal = _literal(host)
        if literal is not None:
            self.check_address(host, port, literal)
        elif not self._is_listed(host, port):
            allowed = self._loopback if _names_loopback(host) else port in WEB_PORTS
            if not allowed:
                raise TargetNotAllowed("not a public web address")
        return parsed

    def check_address(self, host: str, port: int, address: Address) -> None:
        """Refuse to connect to `address` for a URL that says `host` and `port`.

        Raises:
            TargetNotAllowed: the address is not globally routable and not covered by the operator's entries.
        """
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if address in _METADATA:
            raise TargetNotAllowed("a metadata service")
        if self._is_listed(host, port):
            return
        if self._loopback and address.is_loopback and (_names_loopback(host) or _literal(host) is not None):
            return
        if port not in WEB_PORTS or not is_public(address):
            raise TargetNotAllowed("not a public web address")

    def _is_listed(self, host: str, port: int) -> bool:
        return (host.rstrip("."), port) in self._listed


def is_public(address: Address) -> bool:
    """Return whether the address is globally routable, also where another one is written into it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:  # 127.1, 0x7f.0.0.1 and 2130706433 are addresses to every resolver
        return IPv4Address(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return None


def _names_loopback(host: str) -> bool:
    return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")


def _host_and_port(entry: str) -> tuple[str, int]:
    try:
        url = URL(f"http://{entry}")
        host, port = url.raw_host, url.explicit_port
    except ValueError as error:
        raise ValueError(f"{entry!r} is not host:port") from error
    if not host or not port or url.path != "/":
        raise ValueError(f"{entry!r} is not host:port")
    return host, port
