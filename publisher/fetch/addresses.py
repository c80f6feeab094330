"""Which addresses we talk to: the public internet, and what the operator named.

An address out of an article or a page must not lead into the house: to this machine, its neighbours, or a cloud's
metadata service.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from publisher.ports.http import AddressRefused, NotReached

# An own list, because ipaddress.is_global says True to several of these on the Python versions we support.
# Source: IANA IPv4 Special-Purpose Address Registry, and the ranges for multicast and reserved, checked 2026-11-23.
_CLOSED_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; also Alibaba Cloud's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own services: a public address, answered inside its networks only
        "169.254.0.0/16",  # link-local; the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocols; also Oracle Cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

# All public IPv6 addresses are in here (IANA IPv6 Global Unicast Address Assignments, checked 2026-11-23). So loopback,
# IPv4-mapped, NAT64, unique local, link-local, multicast and what is not given out yet are refused without a list.
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_CLOSED_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocols: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

Resolve = Callable[[str, int], Iterable[str]]
PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})


def is_public(address: str) -> bool:
    """Say whether an IP address is on the public internet; what is not an IP address is not."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _CLOSED_IPV4)
    if ip.scope_id is not None:
        return False
    return ip in _PUBLIC_IPV6 and not any(ip in network for network in _CLOSED_IPV6)


def host_of(url: str) -> str:
    """Give the `host:port` of an address, as `RequestsHttpClient(allow_hosts=...)` takes it; empty if it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}" if parts.hostname and port else ""


def resolve_name(host: str, port: int) -> Iterable[str]:
    """Ask the system for a name's addresses, in its order of preference. Errors: OSError."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return dict.fromkeys(str(answer[4][0]) for answer in answers)


@dataclass(frozen=True, slots=True)
class Guard:
    """Turn a host and a port into addresses that may be connected to.

    `allow_hosts` holds what the operator named, as `host` or `host:port`: there any address and port will do.
    """

    allow_hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = PUBLIC_PORTS
    resolve: Resolve = resolve_name

    def names(self, host: str, port: int) -> bool:
        """Say whether the operator named this host."""
        return not self.allow_hosts.isdisjoint({host.lower(), f"{host.lower()}:{port}"})

    def addresses_of(self, host: str, port: int, *, seconds: float) -> list[str]:
        """Resolve the host once and check all of it. Errors: AddressRefused; NotReached if there is no such name."""
        named = self.names(host, port)
        if not named and port not in self.ports:
            raise AddressRefused(f"port {port} of {host} is not one that web pages are served on")
        addresses = self._resolve_in_time(host, port, seconds)
        closed = [address for address in addresses if not named and not is_public(address)]
        if closed:
            raise AddressRefused(f"{host} is at {closed[0]}, which is not on the public internet")
        return addresses

    def _resolve_in_time(self, host: str, port: int, seconds: float) -> list[str]:
        """Resolve in a thread of its own: the system's resolver knows no deadline."""
        found: list[str] = []
        failures: list[Exception] = []

        def look_up() -> None:
            try:
                found.extend(self.resolve(host, port))
            except (OSError, UnicodeError) as error:
                failures.append(error)

        thread = threading.Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            raise NotReached(f"the name {host} was not resolved in time")
        if failures or not found:
            raise NotReached(f"there is no host with the name {host}")
        return found
