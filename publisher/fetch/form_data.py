"""Bodies of type multipart/form-data: fields and a file in one request.

Source: RFC 7578, checked 2026-11-23.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a form. `file_name` makes it a file; both names must be ASCII without quotes."""

    name: str
    content: bytes
    media_type: str = ""
    file_name: str = ""


def encode_form(parts: Sequence[FormPart]) -> tuple[str, bytes]:
    """Give content type and body. The same parts give the same bytes, so that another attempt sends the same."""
    boundary = _boundary(parts)
    body = b"".join(_head(part, boundary) + part.content + b"\r\n" for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode("ascii")


def _boundary(parts: Sequence[FormPart]) -> str:
    """Make a boundary out of the contents: none of them can hold it but by breaking SHA-256."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.name.encode() + b"\0" + part.content)
    return f"form-{digest.hexdigest()[:40]}"


def _head(part: FormPart, boundary: str) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{part.name}"'
    if part.file_name:
        disposition += f'; filename="{part.file_name}"'
    lines = [f"--{boundary}", disposition]
    if part.media_type:
        lines.append(f"Content-Type: {part.media_type}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")
