"""Two parsers that share no code, Python's and postal-mime, read the same out of 200 messages.

Where the second one comes from: `npm ci --ignore-scripts` in this folder.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any

import pytest

from publisher.domain.delivery import DeliveryKey
from publisher.domain.message import fill
from publisher.domain.personal import SignedAddresses, recipient_values
from publisher.rendering.email import render_email
from publisher.rendering.texts import greetings_for
from tests.rendering.editions import article, edition, plain_article, read_picture, shipped_templates

HERE = Path(__file__).parent
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (HERE / "node_modules" / "postal-mime").exists(),
        reason="postal-mime is not installed: npm ci --ignore-scripts in tests/outside",
    ),
]
READ = """
import PostalMime from 'postal-mime';
import {createHash} from 'node:crypto';
let input = '';
for await (const chunk of process.stdin) input += chunk;
const found = [];
for (const message of JSON.parse(input)) {
  const mail = await PostalMime.parse(Buffer.from(message, 'base64'));
  found.push({
    subject: mail.subject, from: [mail.from.name, mail.from.address], to: mail.to.map(one => [one.name, one.address]),
    text: mail.text, html: mail.html, id: mail.messageId,
    attachments: mail.attachments.map(one => [one.filename, one.mimeType, one.contentId,
      createHash('sha256').update(Buffer.from(one.content)).digest('hex')]),
  });
}
console.log(JSON.stringify(found));
"""
TITLES = (
    "Wärmetag – „jetzt“ anmelden",
    'Plain title, with: specials; <and> "quotes"',
    "Ein sehr langer Titel, der über viele Zeilen der Kopfzeilen geht, mit Umlauten: äöüß ÄÖÜ und einem Euro €",
    "😀 Gefühl 👩‍👩‍👧 und 中文",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
    "= Gleichheit ? =",
    "Punkt. am Ende .",
    "Zweite  Ausgabe",
    "Weniger Strom (30 %)",
    "A",
)
NAMES = (
    None,
    "Jörg Müller",
    'Ada "Countess" Lovelace',
    "O'Neill, Shaquille",
    "李小龍",
    "a@b",
    "Dr. X (CEO)",
    "E. M. " * 9,
)


def _messages() -> list[bytes]:
    chance = Random(200)
    found = []
    for number, title in enumerate(TITLES):
        first = article(1, title=title) if number % 3 == 0 else plain_article(1, title=title)
        email = render_email(
            edition(first, plain_article(2)), shipped_templates(), read_picture, public_url="https://news.example.org"
        )
        for reader in range(20):
            sections = fill(email.message, _values(chance.choice(NAMES), number, reader))
            found.append(sections["headers"] + b"\r\n" + sections["body"])
    return found


def _values(name: str | None, number: int, reader: int) -> dict[str, str]:
    content = edition(plain_article(1))
    address = f"reader{reader}@example.org"
    return recipient_values(
        key=DeliveryKey("7" * 64, "mail", address, 1, f"weekly/{number}", rehearsal=False),
        recipient=address,
        name=name,
        greetings=greetings_for("de"),
        digest=content.digest,
        digest_name="weekly",
        queued_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
        time_zone="Europe/Berlin",
        signed=SignedAddresses("secret", "https://news.example.org", number * 20 + reader + 1),
    )


def _by_python(message: bytes) -> dict[str, Any]:
    read = message_from_bytes(message, policy=policy.default)
    assert isinstance(read, EmailMessage)
    texts = {kind: read.get_body((kind,)) for kind in ("plain", "html")}
    (sender,) = read["from"].addresses
    return {
        "subject": str(read["subject"]),
        "from": [sender.display_name, sender.addr_spec],
        "to": [[one.display_name, one.addr_spec] for one in read["to"].addresses],
        "text": _text(texts["plain"]),
        "html": _text(texts["html"]),
        "id": str(read["message-id"]),
        "attachments": [_attachment(part) for part in read.walk() if part.get_content_maintype() == "image"],
    }


def _text(part: EmailMessage | None) -> str:
    assert part is not None
    return str(part.get_content())


def _attachment(part: EmailMessage) -> list[Any]:
    content = hashlib.sha256(part.get_payload(decode=True) or b"").hexdigest()  # type: ignore[arg-type]
    return [part.get_filename(), part.get_content_type(), str(part["content-id"]), content]


def _alike(read: dict[str, Any]) -> dict[str, Any]:
    """Line ends, and the last one, are a parser's own business."""
    texts = {name: read[name].replace("\r\n", "\n").rstrip("\n") for name in ("text", "html")}
    return {**read, **texts}


def test_both_read_the_same() -> None:
    messages = _messages()
    assert len(messages) == 200
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", READ],
        input=json.dumps([base64.b64encode(message).decode() for message in messages]).encode(),
        cwd=HERE,
        capture_output=True,
        check=True,
    )
    theirs = json.loads(done.stdout)
    for message, other in zip(messages, theirs, strict=True):
        assert _alike(_by_python(message)) == _alike(other)
    assert sum(bool(other["attachments"]) for other in theirs) == 80
