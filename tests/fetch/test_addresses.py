from __future__ import annotations

import threading

import pytest

from publisher.fetch import host_of
from publisher.fetch.addresses import Guard, is_public
from publisher.ports.http import AddressRefused, NotReached

CLOSED_IPV4 = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9
224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 192.31.196.1 192.52.193.1 192.175.48.1
"""
CLOSED_IPV6 = """
:: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1
2001:10::1 2001:20::1 2001:2::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 2606:4700::1111%eth0 fec0::1 ff02::1 4000::1 2620:4f:8000::1
"""
PUBLIC = """
1.1.1.1 8.8.8.8 93.184.215.14 172.15.255.255 172.32.0.1 100.63.255.255 100.128.0.1 192.0.1.1 223.255.255.255
2606:4700::1111 2a00:1450:4001::8 2001:4860:4860::8888 2003:6:1::1
"""


@pytest.mark.parametrize("address", (CLOSED_IPV4 + CLOSED_IPV6).split())
def test_closed_address(address: str) -> None:
    """No address that leads into a house, a cloud's metadata or nowhere is public."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_address(address: str) -> None:
    """Neighbours of closed networks, and ordinary addresses, are public."""
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "example.org", "127.1", "0x7f.1", "2130706433", "127.0.0.1 "])
def test_what_is_no_address_is_not_public(text: str) -> None:
    """Odd spellings are the resolver's business; what it says is checked."""
    assert not is_public(text)


def test_one_closed_address_closes_the_name() -> None:
    """A name with a public and a private address is refused as a whole."""
    guard = Guard(resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        guard.addresses_of("example.org", 443, seconds=1)


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "localhost", "017700000001"])
def test_odd_spellings_of_this_machine(host: str) -> None:
    """However this machine is spelt, the resolver's answer gives it away."""
    with pytest.raises(NotReached):
        Guard().addresses_of(host, 80, seconds=5)


def test_named_host_may_be_private() -> None:
    """What the operator named is connected to, whatever its address and port; nothing else is."""
    guard = Guard(frozenset({"intranet", "10.0.0.9:8000"}), resolve=lambda host, port: ["10.0.0.9"])
    assert guard.addresses_of("intranet", 9999, seconds=1) == ["10.0.0.9"]
    assert guard.addresses_of("Intranet", 80, seconds=1) == ["10.0.0.9"]
    assert guard.addresses_of("10.0.0.9", 8000, seconds=1) == ["10.0.0.9"]
    for host, port in (("10.0.0.9", 8001), ("intranet.example.org", 80)):
        with pytest.raises(AddressRefused):
            guard.addresses_of(host, port, seconds=1)


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 11211])
def test_port_of_another_service(port: int) -> None:
    """Web pages are not served on the ports of databases and mail servers; the name is not even looked up."""
    asked: list[str] = []
    guard = Guard(resolve=lambda host, _: asked.append(host) or ["8.8.8.8"])
    with pytest.raises(AddressRefused, match="port"):
        guard.addresses_of("example.org", port, seconds=1)
    assert asked == []


def test_slow_resolver() -> None:
    """A name server that does not answer does not hold us up."""
    never = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        never.wait(5)
        return []

    with pytest.raises(NotReached, match="in time"):
        Guard(resolve=resolve).addresses_of("example.org", 443, seconds=0.05)
    never.set()


def test_unknown_name() -> None:
    """A name that does not exist is not reached."""

    def resolve(host: str, port: int) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(NotReached, match="no host with the name"):
        Guard(resolve=resolve).addresses_of("nowhere.example.org", 443, seconds=1)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.org/x", "example.org:443"),
        ("http://[::1]:8080/", "::1:8080"),
        ("http://intranet", "intranet:80"),
        ("no address", ""),
        ("https://[", ""),
    ],
)
def test_host_of(url: str, host: str) -> None:
    """An operator's address becomes the form in which hosts are allowed."""
    assert host_of(url) == host
