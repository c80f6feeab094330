"""Preview of what is frozen: the stored message itself as files to look at. Nothing is rendered again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from publisher.domain.delivery import DeliveryKey
from publisher.domain.message import Message, fill
from publisher.domain.personal import SignedAddresses, recipient_values
from publisher.ports.ledger import EditionRow
from publisher.rendering.email import RenderedEmail
from publisher.rendering.preview_page import mail_source, render_preview_page
from publisher.rendering.texts import greetings_for
from publisher.workflow.application import Application
from publisher.workflow.compare import differences
from publisher.workflow.sample import ADDRESS, NAME


@dataclass(frozen=True, slots=True)
class FrozenPreview:
    """The page that shows a frozen edition, and in what it differs from the revision before, if there is one."""

    row: EditionRow
    page: Path
    changes: tuple[str, ...]


def preview_frozen(app: Application, row: EditionRow, folder: Path) -> FrozenPreview:
    """Write a frozen edition as a page, and each part as a file of its own. Errors: StoreError."""
    message = app.ledger.message(row.message_id)
    sections = fill(message, _sample_values(app, row))
    whole = sections["headers"] + b"\r\n" + sections["body"]
    email = _email(message, row.subject, whole)
    digest, organisation = app.settings.digests[row.digest], app.settings.organisation
    page = render_preview_page(
        email,
        [],
        app.templates,
        title=digest.title,
        sender=digest.from_name or organisation.name,
        language=digest.language or organisation.language,
        source=mail_source(sections["headers"], sections["body"]),
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("index.html", page.encode()),
        ("email.html", email.html.encode()),
        ("email.txt", email.text.encode()),
        ("message.eml", whole),
    ):
        (folder / name).write_bytes(content)
    return FrozenPreview(row, folder / "index.html", changes_of(app, row))


def changes_of(app: Application, row: EditionRow) -> tuple[str, ...]:
    """Say in what an edition differs from its revision before; empty for the first one."""
    rows = {one.revision: one for one in app.approvals.revisions(row.digest, row.number, row.rehearsal)}
    before = rows.get(row.revision - 1)
    return differences(before, row) if before else ()


def _sample_values(app: Application, row: EditionRow) -> dict[str, str]:
    digest, organisation = app.settings.digests[row.digest], app.settings.organisation
    return recipient_values(
        key=DeliveryKey(row.content_hash, digest.channel, ADDRESS, 1, "preview", row.rehearsal),
        recipient=ADDRESS,
        name=NAME,
        greetings=greetings_for(digest.language or organisation.language),
        digest=digest,
        digest_name=row.digest,
        queued_at=app.clock.now(),
        time_zone=digest.time_zone or organisation.time_zone,
        signed=SignedAddresses(app.instance_secret(), app.settings.document.web.public_url or ""),
    )


def _email(message: Message, subject: str, whole: bytes) -> RenderedEmail:
    mail = message_from_bytes(whole, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    html_part, text_part = mail.get_body(("html",)), mail.get_body(("plain",))
    html = html_part.get_content() if html_part else ""
    for content_id, address in _images(mail):
        html = html.replace(f"cid:{content_id}", address)
    return RenderedEmail(message, subject, "", html, text_part.get_content() if text_part else "", ())


def _images(mail: EmailMessage) -> Iterator[tuple[str, str]]:
    """Give what travels inside by its Content-ID, as an address that a page can show."""
    for part in mail.walk():
        if content_id := part["Content-ID"]:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            encoded = b64encode(content).decode("ascii")
            yield content_id.strip().strip("<>"), f"data:{part.get_content_type()};base64,{encoded}"
