"""The HTTP port in a rehearsal: the whole request goes into a file instead of onto the wire."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from publisher.domain.article import slug_of
from publisher.ports.adapter import Capture
from publisher.ports.http import HttpAnswer, HttpRequest

HIDDEN = "(hidden)"
_ALWAYS_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})


class CapturingHttpClient:
    """Write down each request as JSON and answer with its `rehearsal_answer`; nothing leaves."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Capture the request. The same request has the same file name, so that a repeat adds nothing."""
        content = json.dumps(describe(request), ensure_ascii=False, indent=2).encode("utf-8", "surrogateescape") + b"\n"
        host = slug_of(urlsplit(request.url).hostname or "")
        name = f"{host}-{request.method.lower()}-{hashlib.sha256(content).hexdigest()[:12]}.json"
        self._capture.write(name, content)
        return request.rehearsal_answer


def describe(request: HttpRequest) -> dict[str, Any]:
    """Describe a request without its secrets: `body` is text, or `body_base64` where it is not UTF-8."""
    return {
        "method": request.method,
        "url": _without(shown_url(request), request.secret_texts),
        "headers": _shown_headers(request),
        **_shown_body(request),
    }


def shown_url(request: HttpRequest) -> str:
    """Give the address as it may be shown: only scheme and host where the rest is a secret."""
    if not request.secret_url:
        return request.url
    parts = urlsplit(request.url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}/…"


def _shown_headers(request: HttpRequest) -> dict[str, str]:
    secret = _ALWAYS_SECRET | {name.lower() for name in request.secret_headers}
    return {name: HIDDEN if name.lower() in secret else value for name, value in request.headers.items()}


def _shown_body(request: HttpRequest) -> dict[str, str]:
    try:
        return {"body": _without(request.body.decode("utf-8"), request.secret_texts)}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(request.body).decode("ascii")}


def _without(text: str, secrets: frozenset[str]) -> str:
    """Hide each secret as it stands in plain text, in JSON, in a form and in an address."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for form in {secret, json.dumps(secret)[1:-1], quote_plus(secret), quote(secret, safe="")}:
            text = text.replace(form, HIDDEN)
    return text
