"""RequestsHttpClient: send one request once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from publisher import __version__
from publisher.fetch.addresses import PUBLIC_PORTS, Guard, Resolve, host_of, resolve_name
from publisher.ports.http import AddressRefused, HttpAnswer, HttpRequest, NoAnswer

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
USER_AGENT = f"publisher-workflow/{__version__}"


class RequestsHttpClient:
    """The HTTP port on requests: no retries, no proxy or password from the environment, TLS always verified.

    Every address is checked, resolved once and connected to as checked. `allow_hosts` names hosts that the operator
    wrote in the config, as `host` or `host:port`: they may be private and use any port. Each request has its own
    connection, so it can be used by several threads. `ca_file` replaces the certificate authorities.
    """

    def __init__(
        self,
        allow_hosts: frozenset[str] = frozenset(),
        *,
        ca_file: Path | None = None,
        ports: frozenset[int] = PUBLIC_PORTS,
        resolve: Resolve = resolve_name,
    ) -> None:
        self._guard = Guard(frozenset(host.lower() for host in allow_hosts), ports, resolve)
        self._verify: bool | str = str(ca_file) if ca_file else True

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request; follow redirects only if it says so, and only for GET and HEAD.

        Errors: NotReached, AddressRefused, NoAnswer.
        """
        from publisher.fetch import connection  # loads requests: before the clock starts

        deadline = time.monotonic() + request.total_seconds
        guard, hop = self._guard, request
        for _ in range(MAX_REDIRECTS + 1):
            _check_form(hop.url)
            seconds = max(deadline - time.monotonic(), 0.001)
            flight = connection.Flight(guard, connect_seconds=request.connect_seconds, total_seconds=seconds)
            answer = connection.exchange(_with_our_name(hop), flight, verify=self._verify)
            target = _redirect_target(hop, answer)
            if target is None:
                return answer
            guard, hop = self._guard_after(request), _next_hop(hop, target)
        raise NoAnswer(f"more than {MAX_REDIRECTS} redirects")

    def _guard_after(self, first: HttpRequest) -> Guard:
        """A redirect is the remote's word: it may lead to no host that the operator named but the one asked."""
        host = urlsplit(first.url).hostname or ""
        return replace(self._guard, allow_hosts=self._guard.allow_hosts & {host, host_of(first.url)})


def _check_form(url: str) -> None:
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise AddressRefused("this is not a web address") from None
    if parts.scheme not in ("http", "https"):
        raise AddressRefused(f'"{parts.scheme}:" is not an address that we fetch; only http and https are')
    if not has_host or any(character.isspace() or character == "\\" for character in url):
        raise AddressRefused("this is not a web address")
    if "@" in parts.netloc:
        raise AddressRefused("the address carries a user name or password")


def _with_our_name(request: HttpRequest) -> HttpRequest:
    return replace(request, headers={"User-Agent": USER_AGENT, **request.headers})


def _redirect_target(request: HttpRequest, answer: HttpAnswer) -> str | None:
    is_redirect = answer.status in _REDIRECTS and "location" in answer.headers
    if not (is_redirect and request.follow_redirects and request.method in ("GET", "HEAD")):
        return None
    return urljoin(request.url, _as_utf8(answer.headers["location"]).strip())


def _as_utf8(header: str) -> str:
    """Header bytes reach us as Latin-1, and servers send umlauts as UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _next_hop(request: HttpRequest, target: str) -> HttpRequest:
    """Make the request for the next address; another origin gets no secrets."""
    before, after = urlsplit(request.url), urlsplit(target)
    if (before.scheme, before.netloc) == (after.scheme, after.netloc):
        return replace(request, url=target)
    return replace(request, url=target, headers=_without(request.headers, request.secret_headers))


def _without(headers: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    secret = {name.lower() for name in names}
    return {name: value for name, value in headers.items() if name.lower() not in secret}
