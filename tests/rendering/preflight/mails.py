"""A mail that breaks no rule, and ways to break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from publisher.domain.delivery import DeliveryKey
from publisher.domain.edition import EditionContent
from publisher.domain.message import fill
from publisher.domain.personal import recipient_values
from publisher.rendering.email import RenderedEmail, render_email
from publisher.rendering.preflight.check import check_email
from publisher.rendering.preflight.parts import EmailParts, parse_email
from publisher.rendering.texts import greetings_for
from tests.rendering.editions import article, edition, read_picture, shipped_templates

Break = Callable[[EmailParts], EmailParts]
TEXT = "margin:0; font-family:Arial,sans-serif; font-size:16px; line-height:24px"
CELL = "font-family:Arial,sans-serif; font-size:16px; line-height:24px"


def parts_of(content: EditionContent, email: RenderedEmail) -> EmailParts:
    """Take a rendered mail apart as the workflow does, for a recipient named Erika."""
    from datetime import UTC, datetime

    key = DeliveryKey("0" * 64, content.digest.channel, "erika@example.org", 1, "test", rehearsal=True)
    values = recipient_values(
        key=key,
        recipient="erika@example.org",
        name="Erika",
        greetings=greetings_for(content.language),
        digest=content.digest,
        digest_name=content.digest_name,
        queued_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
        time_zone=content.time_zone,
    )
    sections = fill(email.message, values)
    return parse_email(sections["headers"], sections["body"], content, preheader=email.preheader)


@cache
def good_mail() -> EmailParts:
    """Give a mail that breaks no rule: six articles, one of them English, one in full."""
    content = edition(*(article(number) for number in range(1, 7)))
    return parts_of(content, render_email(content, shipped_templates(), read_picture))


def mail_of(*articles: Any, **changes: Any) -> EmailParts:
    """Render other articles, or the same with another digest."""
    content = edition(*articles, **changes)
    return parts_of(content, render_email(content, shipped_templates(), read_picture))


def rules_broken_by(email: EmailParts) -> set[str]:
    """Name the rules that a mail breaks."""
    return {finding.rule for finding in check_email(email)}


def swap(old: str, new: str, *, everywhere: bool = False) -> Break:
    """Put other HTML in the place of what is there."""

    def broken(email: EmailParts) -> EmailParts:
        assert old in email.html, f"the mail has no {old!r}"
        return replace(email, html=email.html.replace(old, new, -1 if everywhere else 1))

    return broken


def add(markup: str) -> Break:
    """Put HTML before the title of the digest."""
    return swap("<h1", f"{markup}<h1")


def add_text(text: str, style: str = "") -> Break:
    """Put a paragraph before the title of the digest."""
    return add(f'<p style="{TEXT}; {style}">{text}</p>')


def add_rules(css: str) -> Break:
    """Put another style sheet into the head."""
    return swap("</head>", f"<style>{css}</style></head>")


def set_text(change: Callable[[str], str]) -> Break:
    """Change the text part."""
    return lambda email: replace(email, text=change(email.text))


def of(**changes: Any) -> Break:
    """Change other parts of the mail."""
    return lambda email: replace(email, **changes)
