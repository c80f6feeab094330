"""A notice says in plain words, German and English, what happened and what to do, and is a sound e-mail."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import cast

import pytest

import publisher
from publisher.domain.delivery import DeliveryKey
from publisher.domain.message import MessageKind, fill
from publisher.domain.notice import Event, Fact, NoticeKind
from publisher.domain.organisation import Organisation
from publisher.domain.personal import notice_values
from publisher.errors import TemplateError
from publisher.rendering.notice import (
    MAX_CHAT_CHARACTERS,
    NoticeContent,
    RenderedNotice,
    Told,
    render_notice_chat,
    render_notice_mail,
)
from publisher.rendering.plain_text import one_line
from publisher.rendering.templates import Templates
from publisher.rendering.wire_check import wire_problems
from tests.outside.structure import faults
from tests.rendering.editions import SHIPPED

AT = datetime(2026, 11, 23, 6, 1, tzinfo=UTC)
K = NoticeKind
DUE = "2026-11-23T09:00+01:00"
EVENTS: dict[NoticeKind, tuple[str, dict[str, Fact]]] = {
    K.READY_FOR_APPROVAL: ("daily/8", {"subject": "Neue Pumpe", "content_hash": "9f3b2c1d4e5f6a7b", "due_at": DUE}),
    K.APPROVAL_VOIDED: ("daily/8", {"subject": "Neue Pumpe", "reason": "an edit"}),
    K.SENT: ("daily/7", {"subject": "Neue Pumpe", "accepted_count": 12345, "rejected_count": 17}),
    K.SKIPPED: ("daily 2026-12-25", {"due_at": DUE, "reason": "holiday: Fronleichnam"}),
    K.MISSED: ("daily 2026-12-25", {"due_at": DUE, "reason": "nothing ran"}),
    K.HELD: ("daily/8", {"subject": "Neue Pumpe", "reason": "nobody approved it"}),
    K.CHANNEL_PAUSED: ("newsletter", {"reason": "421 too many connections"}),
    K.BOUNCES: ("daily/7", {"bounced_count": 1700, "tried_count": 12345}),
    K.EXPIRING: ("x", {"thing": "certificate", "name": "smtp.example.org:587", "expires_at": "2026-12-01T12:00+00:00"}),
    K.STOPPED: ("publish run", {"error": "the disk is full", "hint": "Make room."}),
}
# What a reader must find of each kind, in both languages: names, figures, times and commands are the same.
MUST_SAY = {
    K.READY_FOR_APPROVAL: ("daily/8", "Neue Pumpe", "9f3b2c1d4e5f", "09:00", "publish approve daily/8"),
    K.APPROVAL_VOIDED: ("daily/8", "an edit", "publish approve daily/8"),
    K.SENT: ("daily/7", "17", "publish deliveries --edition daily/7"),
    K.SKIPPED: ("daily", "Fronleichnam", "09:00"),
    K.MISSED: ("daily", "nothing ran", "publish now daily"),
    K.HELD: ("daily/8", "nobody approved it", "publish approve daily/8"),
    K.CHANNEL_PAUSED: ("newsletter", "421 too many connections", "publish resume newsletter"),
    K.BOUNCES: ("daily/7",),
    K.EXPIRING: ("smtp.example.org:587",),
    K.STOPPED: ("publish run", "the disk is full", "Make room."),
}


def content(*told: Told, language: str = "de", name: str = "Fachverband Wärme", is_test: bool = False) -> NoticeContent:
    organisation = Organisation(name=name, postal_address="Am Ring 12")
    return NoticeContent(organisation, language, AT, "mailhost", told, is_test)


def told(kind: NoticeKind, count: int = 1, **facts: Fact) -> Told:
    about, known = EVENTS[kind]
    return Told(Event(kind, about, known | facts, AT, rehearsal=False), count, AT)


def mail(made: NoticeContent) -> RenderedNotice:
    return render_notice_mail(made, Templates([SHIPPED]), "newsletter@example.org")


def chat(made: NoticeContent) -> RenderedNotice:
    return render_notice_chat(made, Templates([SHIPPED]))


def wire(notice: RenderedNotice) -> bytes:
    key = DeliveryKey("0" * 64, "newsletter", "anna@example.org", 1, "notice 1", rehearsal=False)
    sections = fill(notice.message, notice_values(key, AT, "Europe/Berlin"))
    assert wire_problems(sections["headers"], sections["body"], is_to_a_list=False) == []
    return sections["headers"] + b"\r\n" + sections["body"]


def test_every_kind_has_an_example_here() -> None:
    assert set(EVENTS) == set(MUST_SAY) == set(NoticeKind)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", NoticeKind)
def test_each_kind_says_what_it_must_in_mail_and_chat(kind: NoticeKind, language: str) -> None:
    made = content(told(kind), language=language)
    in_mail, in_chat = mail(made), chat(made)
    for words in MUST_SAY[kind]:
        assert words in in_mail.text
        assert words in in_mail.html
        assert words in in_chat.text
    assert in_mail.subject == in_chat.subject
    assert in_mail.message.kind is in_chat.message.kind is MessageKind.NOTICE


@pytest.mark.parametrize("kind", NoticeKind)
def test_no_kind_speaks_english_to_a_german_team(kind: NoticeKind) -> None:
    german, english = mail(content(told(kind))), mail(content(told(kind), language="en"))
    assert german.subject != english.subject
    assert german.text != english.text


def test_figures_and_days_are_written_as_readers_do() -> None:
    german = mail(content(told(K.SENT), told(K.EXPIRING))).text
    english = mail(content(told(K.SENT), told(K.EXPIRING), language="en")).text
    assert "Angenommen: 12.345" in german
    assert "Accepted: 12,345" in english
    assert "1. Dezember 2026" in german
    assert "1 December 2026" in english


def test_the_mail_is_read_by_a_parser_as_it_was_meant() -> None:
    message = message_from_bytes(wire(mail(content(told(K.HELD), told(K.SENT)))), policy=policy.default)
    assert message["From"] == "Fachverband Wärme <newsletter@example.org>"
    assert message["To"] == "anna@example.org"
    assert message["Subject"] == "Ausgabe daily/8 wird zurückgehalten: nichts wurde verschickt (und 1 weitere)"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    html = message.get_body(("html",))
    assert html is not None
    assert "wird zurückgehalten" in html.get_content()


def test_the_html_has_no_fault_by_a_checker_of_its_own() -> None:
    html = mail(content(*(told(kind) for kind in NoticeKind))).html
    assert [fault for fault in faults(html) if "unsubscribe" not in fault and "preheader" not in fault] == []


def test_a_storm_is_one_line_with_its_count_and_a_crowd_is_cut() -> None:
    made = content(told(K.CHANNEL_PAUSED, 10_000), *(told(K.HELD) for _ in range(9_999)))
    notice = mail(made)
    assert "10.000-mal seit" in notice.text
    assert "9.980 weitere Ereignisse".replace(".", "") in notice.text.replace(".", "")
    assert len(notice.html.encode()) < 102 * 1024
    assert len(chat(made).text) <= MAX_CHAT_CHARACTERS


@pytest.mark.parametrize("name", ["A\r\nBcc: x@y.example", "=?utf-8?q?x=0D=0ABcc:_a@b?="])
def test_a_name_cannot_bring_a_header_along(name: str) -> None:
    try:
        raw = wire(mail(content(told(K.SENT), name=name)))
    except TemplateError:
        return
    assert message_from_bytes(raw, policy=policy.default)["Bcc"] is None


def test_facts_are_text_and_nothing_else() -> None:
    """A reason comes from a remote server."""
    evil = "<script>alert(1)</script>\r\nBcc: a@b.example =?utf-8?q?x?= {{ 7 * 7 }}"
    notice = mail(content(told(K.CHANNEL_PAUSED, reason=evil)))
    assert "<script>" not in notice.html
    assert "&lt;script&gt;" in notice.html
    assert "49" not in notice.text
    assert message_from_bytes(wire(notice), policy=policy.default)["Bcc"] is None


def test_a_chat_gets_one_post_section_with_the_whole_text() -> None:
    (piece,) = chat(content(told(K.HELD))).message.sections["post"]
    post = json.loads(cast("bytes", piece))
    assert post["text"].startswith("⚠ Ausgabe daily/8 wird zurückgehalten")
    assert "publish approve daily/8" in post["text"]


def test_a_test_says_so() -> None:
    notice = mail(content(told(K.SENT), is_test=True))
    assert notice.subject.startswith("Probemeldung: ")
    assert "alles Folgende ist erfunden" in notice.text
    assert "alles Folgende ist erfunden" in notice.html


@pytest.mark.parametrize(
    ("reason", "german"),
    [
        ("holiday: Fronleichnam", "Grund: Feiertag: Fronleichnam"),
        ("paused until 2027-01-07", "Grund: Pause bis 2027-01-07"),
        ("no article is queued", "Grund: es liegt kein Artikel bereit"),
        ("1 article is queued, and 3 are needed", "Grund: 1 Artikel liegt bereit, gebraucht werden 3"),
        ("2 articles are queued, and 3 are needed", "Grund: 2 Artikel liegen bereit, gebraucht werden 3"),
        (
            "its edition was made, but not sent in time",
            "Grund: ihre Ausgabe war fertig, ging aber nicht rechtzeitig hinaus",
        ),
        ("it was changed after anna had approved it", "Grund: geändert, nachdem anna zugestimmt hatte"),
        (
            'subject: "A: B" is now "C"; neue-pumpe was changed; alt was taken out; neu was put in',
            "Grund: Betreff: aus „A: B“ wurde „C“; neue-pumpe wurde geändert; alt wurde herausgenommen; neu kam hinzu",
        ),
        (
            'it cannot be brought up to date: "titel" is not known here',
            'Grund: nicht auf den neuesten Stand zu bringen; die Meldung dazu: „"titel" is not known here“',
        ),
    ],
)
def test_our_own_reasons_are_translated(reason: str, german: str) -> None:
    assert german in one_line(mail(content(told(K.SKIPPED, reason=reason))).text)
    english = one_line(mail(content(told(K.SKIPPED, reason=reason), language="en")).text)
    assert reason.replace('"', "") in english.replace("“", "").replace("”", "").replace('"', "")


REPLY = "421 4.7.0 Too many connections from your IP address, try again later"


@pytest.mark.parametrize(
    ("reason", "german"),
    [
        (REPLY, f"Grund: der Server antwortete: „{REPLY}“"),
        ("550 5.1.1: no such user", "Grund: der Server antwortete: „550 5.1.1: no such user“"),
        (
            "smtp.example.org:587: the login was refused: 535 5.7.8 Authentication credentials invalid",
            "Grund: smtp.example.org:587: die Anmeldung wurde abgelehnt; der Server antwortete: "
            "„535 5.7.8 Authentication credentials invalid“",
        ),
        (
            "smtp.example.org: connection failed: Connection refused",
            "Grund: smtp.example.org: keine Verbindung; die Meldung dazu: „Connection refused“",
        ),
        (
            "smtp.example.org: it refuses us: 554 5.7.1 Relay access denied",
            "Grund: smtp.example.org: der Server will unsere Post nicht und antwortete: "
            "„554 5.7.1 Relay access denied“",
        ),
        (
            "smtp.example.org: its certificate is not valid: certificate has expired",
            "Grund: smtp.example.org: das Zertifikat ist nicht gültig; die Meldung dazu: „certificate has expired“",
        ),
        ("HTTP 503 from x.example: {busy}", "Grund: x.example antwortete mit HTTP 503: „{busy}“"),
        ("HTTP 503 from x.example", "Grund: x.example antwortete mit HTTP 503"),
        (
            "x.example refuses us with HTTP 401: bad token",
            "Grund: x.example weist uns ab, mit HTTP 401: „bad token“",
        ),
        (
            "the message was not handed over: the connection broke: timed out",
            "Grund: die Nachricht wurde nicht übergeben; die Meldung dazu: „the connection broke: timed out“",
        ),
        ("something else; entirely", "Grund: „something else; entirely“"),
    ],
)
def test_the_words_of_others_are_quoted_in_a_german_sentence(reason: str, german: str) -> None:
    """In mail and chat; word for word, and nothing English stands outside of the quotation marks."""
    made = content(told(K.CHANNEL_PAUSED, reason=reason))
    for text in (mail(made).text, chat(made).text):
        assert german + " " in one_line(text) + " "
    (line,) = [german.partition("Grund: ")[2]]
    outside = re.sub("„.*“", "", line)
    assert not set(re.findall("[a-z]+", outside)) & {"the", "was", "failed", "refused", "from", "refuses", "message"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("adapters/_smtp_opening.py", "the login was refused: "),
        ("adapters/_smtp_opening.py", "its certificate is not valid: "),
        ("adapters/_smtp_opening.py", "{self.stage} failed: "),
        ("adapters/_smtp_opening.py", "the server offers no {self.stage} here"),
        ("adapters/smtp.py", "it refuses us: "),
        ("adapters/_smtp_transaction.py", "the message was not handed over: "),
        ("adapters/_smtp_transaction.py", "the message may have been taken: "),
        ("fetch/outcomes.py", "HTTP {answer.status} from {relay}: "),
        ("fetch/outcomes.py", "{relay} refuses us with HTTP {status}: "),
        ("workflow/tend.py", "it was changed after {answer.by} had approved it"),
        ("workflow/tend.py", "it cannot be brought up to date: "),
        ("workflow/go_on.py", "its edition was made, but not sent in time"),
        ("workflow/compare.py", "pictures, template, settings or order are different"),
        ("domain/selection.py", "{are_queued}, and {minimum} are needed"),
    ],
)
def test_the_sentences_are_still_worded_so_where_they_come_from(source: str, reason: str) -> None:
    """Who changes one there is to change it here, too."""
    assert reason in (Path(publisher.__file__).parent / source).read_text()
