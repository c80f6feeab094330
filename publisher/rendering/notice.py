"""A notice to the team, out of events: as an e-mail, or as a text for a chat. The words are the catalogues'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from publisher.domain.contrast import mixed
from publisher.domain.delivery import DeliveryKey
from publisher.domain.header_words import mailbox
from publisher.domain.message import Context, Message, MessageKind, Placeholder
from publisher.domain.notice import Event, NoticeKind
from publisher.domain.organisation import Organisation
from publisher.domain.personal import domain_of, notice_values
from publisher.domain.post import Post
from publisher.rendering.css import inline_css
from publisher.rendering.header_block import header_lines, merge_pieces, refuse_unsafe
from publisher.rendering.mime_parts import boundary_of, check_wire, part_head, tidy_text, without_indentation
from publisher.rendering.notice_words import URGENT, WORDS, Speaker
from publisher.rendering.plain_text import one_line, shortened
from publisher.rendering.quoted_printable import quoted_printable
from publisher.rendering.templates import Templates
from publisher.rendering.texts import moment_text, number_text, texts_for

MAX_SHOWN = 20
MAX_CHAT_CHARACTERS = 1_500  # Discord takes 2,000, the others more
MAX_FACT_CHARACTERS = 400
_LINE_SHARE = 0.25
_SLUG = "notice"


@dataclass(frozen=True, slots=True)
class Told:
    """An event for a notice. `count` is how often it happened since `first_at`."""

    event: Event
    count: int = 1
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """All that a notice is rendered from; `made_at` is aware, `host` names the machine that writes."""

    organisation: Organisation
    language: str
    made_at: datetime
    host: str
    events: tuple[Told, ...]
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class RenderedNotice:
    """A notice and what a person would look at."""

    message: Message
    subject: str
    text: str
    html: str = ""


def render_notice_mail(content: NoticeContent, templates: Templates, from_address: str) -> RenderedNotice:
    """Render a notice as an e-mail with HTML and text. Errors: TemplateError."""
    values = _values(content)
    subject = one_line(templates.render("notice/subject.j2", values))
    values["subject"] = subject
    html = inline_css(without_indentation(templates.render("notice/html.j2", values)))
    text = tidy_text(templates.render("notice/text.j2", values))
    message = _mail(content, from_address, subject, html, text)
    check_wire(message, _samples(content))
    return RenderedNotice(message, subject, text, html)


def render_notice_chat(content: NoticeContent, templates: Templates) -> RenderedNotice:
    """Render a notice as a text for a chat channel. Errors: TemplateError."""
    values = _values(content)
    subject = one_line(templates.render("notice/subject.j2", values))
    whole = tidy_text(templates.render("notice/chat.txt.j2", {**values, "subject": subject})).strip()
    text = shortened(whole, MAX_CHAT_CHARACTERS) if len(whole) > MAX_CHAT_CHARACTERS else whole
    post = Post(slug=_SLUG, text=text, title=subject, lang=content.language, count=len(text), unit="characters")
    return RenderedNotice(Message(MessageKind.NOTICE, {"post": (post.to_bytes(),)}), subject, text)


def _mail(content: NoticeContent, from_address: str, subject: str, html: str, text: str) -> Message:
    text_part, html_part = quoted_printable([text]), quoted_printable([html])
    boundary = boundary_of(subject, text_part, html_part)
    name = one_line(content.organisation.name)
    refuse_unsafe("From", name)
    headers = header_lines(
        [
            ("Date", (Placeholder("date", Context.HEADER),)),
            ("From", (mailbox(name, from_address, first_column=len("From: ")),)),
            ("To", (Placeholder("to", Context.HEADER),)),
            ("Message-ID", ("<", Placeholder("delivery_key", Context.HEADER), f"@{domain_of(from_address)}>")),
            ("Subject", (subject,)),
            ("MIME-Version", ("1.0",)),
            ("Content-Type", (f'multipart/alternative; boundary="{boundary}"',)),
            ("Auto-Submitted", ("auto-generated",)),
            ("X-Auto-Response-Suppress", ("All",)),
        ]
    )
    opening = f"--{boundary}\r\n".encode("ascii")
    body = [opening, part_head("text/plain"), *text_part, b"\r\n", opening, part_head("text/html"), *html_part]
    return Message(
        MessageKind.NOTICE,
        {
            "return_path": (from_address.encode("ascii"),),
            "headers": headers,
            "body": merge_pieces([*body, f"\r\n--{boundary}--\r\n".encode("ascii")]),
        },
    )


def _samples(content: NoticeContent) -> dict[str, str]:
    key = DeliveryKey("0" * 64, "sample", "erika.mustermann@example.org", 1, "sample", rehearsal=True)
    return notice_values(key, content.made_at, content.organisation.time_zone)


def _values(content: NoticeContent) -> dict[str, Any]:
    say = texts_for(content.language)
    speaker = Speaker(say, content.language, ZoneInfo(content.organisation.time_zone))
    colours = content.organisation.colours
    total = sum(told.count for told in content.events)
    return {
        "_": say,
        "ngettext": say.plural,
        "language": content.language,
        "organisation": {"name": one_line(content.organisation.name)},
        "colours": asdict(colours)
        | {
            "line": mixed(colours.background, colours.muted, _LINE_SHARE),
            "line_dark": mixed(colours.background_dark, colours.muted_dark, _LINE_SHARE),
        },
        "font": "-apple-system,'Segoe UI',Roboto,Arial,sans-serif".replace("'", ""),
        "events": [_event(speaker, told) for told in content.events[:MAX_SHOWN]],
        "hidden_count": max(0, len(content.events) - MAX_SHOWN),
        "total_text": number_text(total, content.language),
        "made_text": moment_text(content.made_at, content.language, content.organisation.time_zone),
        "host": content.host,
        "is_test": content.is_test,
    }


def _event(speaker: Speaker, told: Told) -> dict[str, Any]:
    """Give what templates show of an event."""
    event, say = told.event, speaker.say
    headline, rows, commands = WORDS[event.kind](speaker, event)
    rows = [(label, shortened(one_line(text), MAX_FACT_CHARACTERS)) for label, text in rows if text]
    page = event.facts.get("page")
    count_text = ""
    if told.count > 1:
        since = moment_text(told.first_at or event.happened_at, speaker.language, speaker.zone.key)
        count_text = say("%(count)s times since %(since)s", count=speaker.number(told.count), since=since)
    return {
        "kind": event.kind.value,
        "is_urgent": event.kind in URGENT,
        "headline": shortened(one_line(headline), MAX_FACT_CHARACTERS),
        "rows": [{"label": label, "text": text} for label, text in rows],
        "commands": commands,
        "page": page if isinstance(page, str) and page.startswith("https://") else "",
        "count_text": count_text,
        "at_text": moment_text(event.happened_at, speaker.language, speaker.zone.key),
        "facts": dict(event.facts),
    }


def sample_events(now: datetime, *, rehearsal: bool) -> Sequence[Told]:
    """Give what a test notice tells: one event that asks for something, and one that only informs."""
    due_at = now.isoformat()
    ready: dict[str, str | int | None] = {"subject": "Muster", "content_hash": "0" * 64, "due_at": due_at}
    sent: dict[str, str | int | None] = {"subject": "Muster", "accepted_count": 1234, "rejected_count": 5}
    return (
        Told(Event(NoticeKind.READY_FOR_APPROVAL, "daily/8", ready, now, rehearsal)),
        Told(Event(NoticeKind.SENT, "daily/7", sent, now, rehearsal)),
    )
