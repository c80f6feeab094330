from __future__ import annotations

import gzip
import socket
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.fetch import RequestsHttpClient, host_of
from publisher.fetch.client import USER_AGENT
from publisher.ports.http import AddressRefused, HttpRequest, NoAnswer, NotReached
from tests.servers import AUTHORITY
from tests.servers.http_server import HttpServer, answer
from tests.servers.listener import Action, closed_port, drip, drop, hang, reset, say, then

SECRET_PATH = "/hook/canary-of-the-address"


def client_for(*urls: str) -> RequestsHttpClient:
    return RequestsHttpClient(frozenset(host_of(url) for url in urls), ca_file=AUTHORITY, resolve=on_loopback)


def on_loopback(host: str, port: int) -> list[str]:
    """Resolve every name of the tests to this machine."""
    return ["127.0.0.1"]


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer(answer(200, b"ok", x_id="4711")) as running:
        yield running


def post(url: str, **options: object) -> HttpRequest:
    return HttpRequest("POST", url, {"Content-Type": "text/plain"}, b"Gr\xc3\xbc\xc3\x9fe", **options)  # type: ignore[arg-type]


def test_sends_what_it_is_given(server: HttpServer) -> None:
    """Method, path, headers and body leave as they are, and the answer comes back with lower-case names."""
    reply = client_for(server.url).send(post(server.url + "/a?b=c"))
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("POST", "/a?b=c", b"Gr\xc3\xbc\xc3\x9fe")
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["content-type"] == "text/plain"
    assert request.headers["user-agent"] == USER_AGENT
    assert (reply.status, reply.body, reply.headers["x-id"]) == (200, b"ok", "4711")


@pytest.mark.parametrize("status", [204, 302, 404, 429, 500, 503])
def test_a_status_is_an_answer(status: int) -> None:
    """No status raises, none is tried again, and no redirect is followed unasked."""
    with HttpServer(answer(status, location="/elsewhere")) as server:
        assert client_for(server.url).send(post(server.url)).status == status
        assert len(server.lines) == 1


# ---------------------------------------------------------------------------------------- what was not answered


def test_refused_connection_is_not_reached() -> None:
    """Nobody listens: nothing left."""
    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(NotReached, match="could not connect"):
        client_for(url).send(post(url))


@pytest.mark.parametrize(
    "action",
    [
        drop,
        reset,
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"),
        then(say(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"), reset),
        say(b"220 mail.example.org ESMTP\r\n\r\n"),
        say(b"\x00\xff\x00\r\n\r\n"),
        say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
    ],
)
def test_lost_after_the_request_is_no_answer(action: Action) -> None:
    """The same library error as a refused connection, another meaning: the request was read by the server."""
    with HttpServer(action) as server, pytest.raises(NoAnswer):
        client_for(server.url).send(post(server.url))


def test_silence_is_no_answer() -> None:
    """A server that keeps silent is given up in time."""
    with HttpServer(hang) as server, pytest.raises(NoAnswer, match=r"within 0\.4 s|in time"):
        client_for(server.url).send(post(server.url, total_seconds=0.4))


@pytest.mark.parametrize(
    "content",
    [b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 400],
    ids=["headers", "body without a length"],
)
def test_dripping_is_no_answer(content: bytes) -> None:
    """Bytes that drip in renew no time limit, and a body cut short by ours is not taken for a whole one."""
    with HttpServer(drip(content, every_seconds=0.02)) as server:
        began = time.monotonic()
        with pytest.raises(NoAnswer, match="within"):
            client_for(server.url).send(post(server.url, total_seconds=0.4))
        assert time.monotonic() - began < 2


def test_silent_handshake_is_not_reached() -> None:
    """A server that takes the connection but never speaks TLS got nothing of the request."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://localhost:{mute.getsockname()[1]}"
        with pytest.raises(NotReached):
            client_for(url).send(post(url, connect_seconds=0.2, total_seconds=0.3))


def test_errors_do_not_quote_the_address() -> None:
    """An address can be a secret: neither error, nor cause, nor traceback has it."""
    for action, seconds in ((drop, 20), (hang, 0.4), (say(b"nonsense\r\n\r\n"), 20)):
        with HttpServer(action) as server, pytest.raises(NoAnswer) as caught:
            client_for(server.url).send(post(server.url + SECRET_PATH, total_seconds=seconds, secret_url=True))
        assert caught.value.__context__ is None
        assert SECRET_PATH not in "".join(traceback.format_exception(caught.value)).replace(__file__, "")


def test_closes_its_connection() -> None:
    """Each request has its own connection: an idle one that died cannot blur what happened."""
    with HttpServer(answer(200)) as server:
        client = client_for(server.url)
        client.send(post(server.url))
        client.send(post(server.url))
        assert len(server.lines) == 2


# ----------------------------------------------------------------------------------------------------- size


def test_answer_is_cut(server: HttpServer) -> None:
    """No more of an answer is kept than asked for."""
    server.actions = [answer(200, b"x" * 500_000)]
    assert client_for(server.url).send(post(server.url, max_answer_bytes=1_000)).body == b"x" * 1_000


def test_packed_answer_is_cut_unpacked(server: HttpServer) -> None:
    """A small answer that unpacks to a huge one is cut while it is unpacked."""
    server.actions = [answer(200, gzip.compress(b"\0" * 50_000_000), content_encoding="gzip")]
    assert client_for(server.url).send(post(server.url, max_answer_bytes=1_000)).body == b"\0" * 1_000


# ----------------------------------------------------------------------------------------------------- TLS


def test_tls_is_checked_against_the_name() -> None:
    """The connection goes to the resolved address; host header and certificate check keep the name."""
    with HttpServer(answer(204), tls=True) as server:
        url = f"https://hooks.example.org:{server.port}/x"
        assert client_for(url).send(post(url)).status == 204
        assert server.requests[0].headers["host"] == f"hooks.example.org:{server.port}"


def test_certificate_of_another_name() -> None:
    """A certificate for another name ends it before anything is said."""
    with HttpServer(answer(204), tls=True) as server:
        url = f"https://elsewhere.example.org:{server.port}/x"
        with pytest.raises(NotReached, match="certificate is not valid"):
            client_for(url).send(post(url))
        assert server.requests == []


def test_unknown_authority() -> None:
    """Only known authorities are trusted."""
    with HttpServer(answer(204), tls=True) as server:
        url = f"https://localhost:{server.port}/x"
        client = RequestsHttpClient(frozenset({host_of(url)}), resolve=on_loopback)
        with pytest.raises(NotReached, match="certificate is not valid"):
            client.send(post(url))
        assert server.requests == []


# ----------------------------------------------------------------------------------------------------- guard


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http://[::1",
        "http://user:password@example.org/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://allowed.example.org\\@127.0.0.1/",
    ],
)
def test_what_is_no_web_address(url: str) -> None:
    """Only plain http and https addresses are fetched."""
    with pytest.raises(AddressRefused):
        client_for("http://allowed.example.org").send(post(url))


def test_private_address_is_refused(server: HttpServer) -> None:
    """Without being named, this machine is not talked to, under whatever name."""
    named = RequestsHttpClient(resolve=on_loopback, ports=frozenset({server.port}))
    for host in ("127.0.0.1", "localhost", "harmless.example.org"):
        with pytest.raises(AddressRefused):
            named.send(post(f"http://{host}:{server.port}/"))
    spelt = RequestsHttpClient(ports=frozenset({server.port}))
    for host in ("127.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1."):
        with pytest.raises(NotReached):
            spelt.send(post(f"http://{host}:{server.port}/"))
    assert server.lines == []


def test_name_is_resolved_once(server: HttpServer) -> None:
    """A name that changes its mind between check and use gains nothing: it is asked once."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    url = f"http://rebinding.example.org:{server.port}/"
    client = RequestsHttpClient(frozenset({host_of(url)}), resolve=lambda host, port: next(answers))
    assert client.send(post(url)).status == 200
    assert next(answers) == ["10.0.0.1"]


def test_environment_changes_nothing(server: HttpServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a proxy nor a stored password of the environment is used."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login anna password canary")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert client_for(server.url).send(post(server.url)).status == 200
    assert "authorization" not in server.requests[0].headers


# ----------------------------------------------------------------------------------------------------- redirects


def read(url: str) -> HttpRequest:
    return HttpRequest("GET", url, {"Authorization": "Bearer canary"}, follow_redirects=True)


def test_redirect_on_the_same_host(server: HttpServer) -> None:
    """A page that moved is found; the same origin keeps its secrets."""
    server.actions = [answer(301, location="/new"), answer(200, b"here")]
    reply = client_for(server.url).send(read(server.url + "/old"))
    assert (reply.body, reply.url) == (b"here", server.url + "/new")
    assert server.requests[1].headers["authorization"] == "Bearer canary"


def test_redirect_with_umlauts(server: HttpServer) -> None:
    """Addresses with umlauts, as servers really send them, are followed."""
    moved = "Location: /größe\r\n".encode()
    server.actions = [say(b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n" + moved + b"\r\n"), answer(200)]
    assert client_for(server.url).send(read(server.url)).status == 200
    assert server.requests[1].target == "/gr%C3%B6%C3%9Fe"


def test_redirect_into_the_house(server: HttpServer) -> None:
    """A redirect is the remote's word: not even another host that the operator named may be its target."""
    with HttpServer(answer(200, b"secret")) as inner:
        server.actions = [answer(302, location=inner.url)]
        with pytest.raises(AddressRefused):
            client_for(server.url, inner.url).send(read(server.url))
        assert inner.lines == []


def test_redirect_to_another_origin_gets_no_secret() -> None:
    """Another scheme, host or port is another origin."""
    with HttpServer(tls=True) as moved, HttpServer() as server:
        server.actions = [answer(307, location=f"https://localhost:{moved.port}/")]
        client = RequestsHttpClient(frozenset({"localhost"}), ca_file=AUTHORITY)
        assert client.send(read(f"http://localhost:{server.port}/")).status == 204
        assert "authorization" not in moved.requests[0].headers


def test_endless_redirects(server: HttpServer) -> None:
    """Five redirects are enough."""
    server.actions = [answer(302, location="/again")]
    with pytest.raises(NoAnswer, match="more than 5"):
        client_for(server.url).send(read(server.url))
    assert len(server.requests) == 6


def test_redirect_of_a_post_is_an_answer(server: HttpServer) -> None:
    """What changes something is never sent to an address that nobody wrote down."""
    server.actions = [answer(307, location="/new")]
    assert client_for(server.url).send(post(server.url, follow_redirects=True)).status == 307
