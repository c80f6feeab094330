from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from publisher.fetch import CapturingHttpClient
from publisher.ports.http import HttpAnswer, HttpRequest
from tests.contracts.bench import MemoryCapture


def captured(request: HttpRequest) -> dict[str, object]:
    capture = MemoryCapture()
    CapturingHttpClient(capture).send(request)
    (content,) = capture.files.values()
    document: dict[str, object] = json.loads(content)
    return document


def test_captures_the_whole_request() -> None:
    """Everything that would have left is there to be read; secrets are not."""
    request = HttpRequest(
        "POST",
        "https://example.org/api?x=1",
        {"Authorization": "Bearer canary", "X-Token": "canary", "Accept": "*/*"},
        "Grüße".encode(),
        secret_headers=frozenset({"x-token"}),
    )
    assert captured(request) == {
        "method": "POST",
        "url": "https://example.org/api?x=1",
        "headers": {"Authorization": "(hidden)", "X-Token": "(hidden)", "Accept": "*/*"},
        "body": "Grüße",
    }


def test_secret_address_is_cut() -> None:
    """Of an address that is a secret only scheme and host remain."""
    request = HttpRequest("POST", "https://hooks.example.org:444/T1/canary?key=canary", secret_url=True)
    assert captured(request)["url"] == "https://hooks.example.org:444/…"


def test_bytes_are_kept() -> None:
    """What is not text is kept as base64."""
    assert captured(HttpRequest("PUT", "https://example.org/", body=b"\xff\x00"))["body_base64"] == "/wA="


def test_answers_as_the_adapter_says() -> None:
    """The adapter decides what a rehearsal is told, so its whole dialogue can be played."""
    wanted = HttpAnswer(201, {"x": "y"}, b"{}")
    client = CapturingHttpClient(MemoryCapture())
    assert client.send(HttpRequest("POST", "https://example.org/", rehearsal_answer=wanted)) is wanted


def test_same_request_same_file() -> None:
    """A repeat adds nothing; another request has its own file."""
    capture = MemoryCapture()
    client = CapturingHttpClient(capture)
    for body in (b"one", b"one", b"two"):
        client.send(HttpRequest("POST", "https://example.org/", body=body))
    assert len(capture.files) == 2
    assert all(name.startswith("example-org-post-") for name in capture.files)


def test_secrets_in_address_and_body() -> None:
    """A secret is hidden in each form in which it can stand there: plain, in JSON, in a form, in an address."""
    secret = 'c+a/n"ä ry'
    body = f"{json.dumps({'password': secret})}\n{urlencode({'token': secret})}\n{secret}".encode()
    address = f"https://example.org/me?{urlencode({'token': secret})}&x={quote(secret, safe='')}"
    shown = captured(HttpRequest("POST", address, body=body, secret_texts=frozenset({secret})))
    assert shown["url"] == "https://example.org/me?token=(hidden)&x=(hidden)"
    assert shown["body"] == '{"password": "(hidden)"}\ntoken=(hidden)\n(hidden)'
