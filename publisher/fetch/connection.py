"""requests and urllib3, made to connect only to a checked address and to say how far a request came.

The name is resolved once and the socket goes to exactly those addresses, so a name that changes its mind between check
and use gains nothing; host header, server name indication and certificate check keep the name.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import socket
import ssl
import threading
import time
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from publisher.domain.reply import quote_reply
from publisher.fetch.addresses import Guard
from publisher.ports.http import AddressRefused, HttpAnswer, HttpRequest, NoAnswer, NotReached

READ_AT_ONCE_BYTES = 65_536


class Flight:
    """One request on its way: its deadline, and whether anything of it has left."""

    def __init__(self, guard: Guard, *, connect_seconds: float, total_seconds: float) -> None:
        self.has_left = False
        self.is_late = False
        self._guard = guard
        self._connect_seconds = connect_seconds
        self._deadline = time.monotonic() + total_seconds
        self._handle: socket.socket | None = None
        self._timer = threading.Timer(total_seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def seconds_left(self) -> float:
        """Give the seconds until the deadline, never quite zero: sockets take zero for something else."""
        return max(self._deadline - time.monotonic(), 0.001)

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to the first checked address that answers. Errors: NotReached, AddressRefused."""
        until = time.monotonic() + min(self._connect_seconds, self.seconds_left())
        reason = "no answer in time"
        for address in self._guard.addresses_of(host, port, seconds=until - time.monotonic()):
            try:
                connected = socket.create_connection((address, port), timeout=max(until - time.monotonic(), 0.001))
            except OSError as error:
                reason = error.strerror or "no answer in time"
                continue
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # TLS takes the socket over; a second handle on the same connection lets the deadline end either.
            self._handle = connected.dup()
            return connected
        raise NotReached(f"could not connect to {host}:{port}: {reason}")

    def end(self) -> None:
        """Stop the deadline and let go of the connection."""
        self._timer.cancel()
        if self._handle is not None:
            self._handle.close()

    def _cut(self) -> None:
        """End the connection at the deadline, whatever it is waiting for: a slow drip renews other time limits."""
        self.is_late = True
        if self._handle is not None:
            with contextlib.suppress(OSError):  # it is gone already
                self._handle.shutdown(socket.SHUT_RDWR)


class _Checked(HTTPConnection):
    """A connection that goes through a Flight."""

    def __init__(self, *args: Any, flight: Flight, **options: Any) -> None:
        super().__init__(*args, **options)
        self._flight = flight

    def _new_conn(self) -> socket.socket:
        return self._flight.connect(self.host, self.port)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self._flight.has_left = True
        super().send(data)


class _CheckedTls(_Checked, HTTPSConnection):
    """The same over TLS."""


class _CheckedTransport(HTTPAdapter):
    """A transport for one request: no retries, no reuse, so a dead idle connection cannot blur what happened."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        pool = cast(HTTPConnectionPool, super().get_connection_with_tls_context(*args, **options))
        pool.ConnectionCls = _CheckedTls if pool.scheme == "https" else _Checked
        pool.conn_kw["flight"] = self._flight
        return pool


def exchange(request: HttpRequest, flight: Flight, *, verify: bool | str) -> HttpAnswer:
    """Send one request and read its answer. Errors: NotReached, NoAnswer.

    The errors are raised without a cause: that of the library quotes the address, which may be a secret.
    """
    _keep_addresses_out_of_logs()
    answer, reason = None, ""
    try:
        answer = _exchange(request, flight, verify)
    except (requests.RequestException, HTTPError, http.client.HTTPException, OSError) as error:
        reason = _explain(error)
    finally:
        flight.end()
    if flight.is_late:
        answer, reason = None, f"no whole answer within {request.total_seconds:g} s"
    if answer is not None:
        return answer
    raise NoAnswer(reason) if flight.has_left else NotReached(reason)


def _keep_addresses_out_of_logs() -> None:
    """urllib3 logs every address with its path, and the path of a webhook is a secret."""
    logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)


def _exchange(request: HttpRequest, flight: Flight, verify: bool | str) -> HttpAnswer:
    with requests.Session() as session:
        session.trust_env = False
        session.mount(request.url.partition("://")[0] + "://", _CheckedTransport(flight))
        timeouts = (request.connect_seconds, flight.seconds_left())
        response = session.send(_prepare(request), stream=True, allow_redirects=False, verify=verify, timeout=timeouts)
        with response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = _read_body(response.raw, request.max_answer_bytes)
            return HttpAnswer(response.status_code, headers, body, request.url)


def _prepare(request: HttpRequest) -> requests.PreparedRequest:
    try:
        return requests.Request(
            request.method, request.url, headers=dict(request.headers), data=request.body or None
        ).prepare()
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
        raise AddressRefused("this is not a web address") from None


def _read_body(raw: Any, max_bytes: int) -> bytes:
    body = bytearray()
    while len(body) < max_bytes:
        piece = raw.read(min(READ_AT_ONCE_BYTES, max_bytes - len(body)), decode_content=True)
        if not piece:
            break
        body += piece
    return bytes(body)


def _explain(error: BaseException) -> str:
    """Say in plain words what went wrong, out of the innermost cause: outer ones quote the whole address."""
    inner = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    match inner:
        case ssl.SSLCertVerificationError():
            return f"the certificate is not valid: {inner.verify_message}"
        case ssl.SSLError():
            return f"no TLS connection: {(inner.reason or 'unknown').replace('_', ' ').lower()}"
        case http.client.BadStatusLine() if not isinstance(inner, http.client.RemoteDisconnected):
            return f"nonsense instead of an HTTP answer: {quote_reply(str(inner))}"
        case TimeoutError():
            return "no answer in time"
        case OSError() if inner.strerror:
            return f"the connection broke: {inner.strerror.lower()}"
    return "the connection ended before the answer was whole"
