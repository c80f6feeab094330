"""A finished e-mail taken apart by another parser than our writers: what its rules look at."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

from publisher.domain.edition import EditionContent


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part besides the two bodies: an image inside the HTML, or a file."""

    content_id: str
    media_type: str
    name: str
    content: bytes
    inline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailParts:
    """An e-mail to one recipient, with the edition that it was made of.

    `web_version_url` is empty where editions are not put on the web.
    """

    content: EditionContent
    html: str
    text: str
    subject: str
    preheader: str
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    web_version_url: str = ""


def parse_email(
    headers: bytes, body: bytes, content: EditionContent, *, preheader: str, web_version_url: str = ""
) -> EmailParts:
    """Take the exact bytes of a message apart."""
    whole = headers + b"\r\n" + body
    message = email.message_from_bytes(whole, _class=EmailMessage, policy=email.policy.default)
    html, text = (_body(message, kind) for kind in ("html", "plain"))
    return EmailParts(
        content=content,
        html=html,
        text=text,
        subject=str(message.get("Subject", "")),
        preheader=preheader,
        headers=tuple((name.lower(), str(value)) for name, value in message.items()),
        attachments=tuple(_attachments(message)),
        web_version_url=web_version_url,
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _attachments(message: EmailMessage) -> Iterator[Attachment]:
    for part in message.walk():
        is_body = part.get_content_type() in ("text/html", "text/plain") and not part.get_filename()
        if part.is_multipart() or is_body:
            continue
        yield Attachment(
            content_id=str(part.get("Content-ID", "")).strip("<> "),
            media_type=part.get_content_type(),
            name=part.get_filename() or "",
            content=part.get_payload(decode=True) or b"",  # type: ignore[arg-type]
            inline=part.get_content_disposition() == "inline",
        )
