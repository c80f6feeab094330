"""What each of our e-mails is put together from: tidy texts, its parts, and the check of all its bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from publisher.domain.message import Message, MessageKind, Piece, fill
from publisher.errors import TemplateError
from publisher.rendering.wire_check import wire_problems


def boundary_of(subject: str, *bodies: tuple[Piece, ...]) -> str:
    """Make the line between the parts: the same for the same content."""
    return "b-" + hashlib.sha256(repr((subject, bodies)).encode("utf-8")).hexdigest()[:40]


def part_head(media_type: str) -> bytes:
    """Write the head of a text part."""
    lines = [f'Content-Type: {media_type}; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable", "", ""]
    return "\r\n".join(lines).encode("ascii")


def check_wire(message: Message, samples: Mapping[str, str]) -> None:
    """Refuse a message whose bytes would be broken on the wire. Errors: TemplateError."""
    sections = fill(message, samples)
    is_to_a_list = message.kind is MessageKind.EMAIL
    if problems := wire_problems(sections["headers"], sections["body"], is_to_a_list=is_to_a_list):
        raise TemplateError(
            f"the e-mail would be broken: {'; '.join(problems[:5])}",
            hint="Undo the last change to the templates; if that does not help, please report it.",
        )


def without_indentation(html: str) -> str:
    """Take out what only orders the template: spaces at the start of lines and empty lines, but not inside <pre>."""
    parts = re.split(r"(<pre\b.*?</pre>)", html, flags=re.DOTALL)
    parts[::2] = [re.sub(r"\n\s+", "\n", part) for part in parts[::2]]
    return "".join(parts).strip() + "\n"


def tidy_text(text: str) -> str:
    """Make the text part plain: no tabs, no special spaces, no soft hyphens, no blanks at the end of lines."""
    text = text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u00ad", "").replace("\t", "    ")
    text = re.sub(r"[ \r]+\n", "\n", text)
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n") + "\n"
