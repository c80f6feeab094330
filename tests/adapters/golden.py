"""Requests as they were sent, compared with files: what a network gets must not change by accident."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
from pathlib import Path
from typing import Any

from tests.servers.http_server import Request

FOLDER = Path(__file__).parents[1] / "golden" / "adapters"
_NOT_OURS = {"host", "content-length", "user-agent", "accept-encoding", "accept", "connection"}


def assert_golden(name: str, *requests: Request) -> None:
    """Compare requests with `tests/golden/adapters/NAME.json`; UPDATE_GOLDEN=1 writes it anew, to be looked through."""
    seen = json.dumps([describe(request) for request in requests], ensure_ascii=False, indent=2) + "\n"
    file = FOLDER / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(seen, encoding="utf-8")
    assert seen == file.read_text(encoding="utf-8")


def describe(request: Request) -> dict[str, Any]:
    headers = {name: value for name, value in request.headers.items() if name not in _NOT_OURS}
    return {"method": request.method, "target": request.target, "headers": headers, **_body(request)}


def _body(request: Request) -> dict[str, Any]:
    media_type = request.headers.get("content-type", "")
    if media_type.startswith("application/json"):
        return {"json": json.loads(request.body)}
    if media_type.startswith("multipart/form-data"):
        return {"parts": parts_of(request)}
    return {"body": _text_or_base64(request.body)}


def parts_of(request: Request) -> list[dict[str, Any]]:
    """Take a form apart by the standard library's mail parser: another program than the one that wrote it."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    assert not form.defects
    return [_part(part) for part in form.iter_parts()]


def _part(part: Any) -> dict[str, Any]:
    content = part.get_payload(decode=True)
    return {
        "name": part.get_param("name", header="content-disposition"),
        "file_name": part.get_filename(),
        "media_type": part["content-type"],
        "content": _text_or_base64(content),
    }


def _text_or_base64(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(content).decode("ascii")
