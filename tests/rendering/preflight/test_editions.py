"""Every kind of edition that the templates make passes, and no mail is too broken to be looked at."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.domain.digest import Theme
from publisher.rendering.preflight.check import check_email
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import RULES, Severity
from tests.rendering.editions import article, edition, plain_article
from tests.rendering.preflight.mails import add_text, good_mail, mail_of, rules_broken_by

LOOKS: dict[str, dict[str, Any]] = {
    "full text": {"content": "full"},
    "sections": {"sections": ("Technik",)},
    "theme": {"theme": Theme(width=520, font="serif")},
    "letter": {"template": "letter", "content": "full"},
    "English": {"language": "en"},
}


def _errors(email: EmailParts) -> list[str]:
    return [str(finding) for finding in check_email(email) if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_passes(look: str) -> None:
    articles = [article(number, tags=("Technik",) if number % 2 else ()) for number in range(1, 7)]
    assert _errors(mail_of(*articles, digest=LOOKS[look])) == []


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_an_edition_of_one_passes(number: int) -> None:
    assert _errors(mail_of(article(number))) == []


def test_a_short_edition_without_pictures_passes() -> None:
    assert _errors(mail_of(plain_article(2, teaser="Kurz."))) == []


def test_the_heaviest_articles_are_named() -> None:
    articles = [article(n, path=f"queue/{n}.md", slug=f"a{n}") for n in range(1, 13)]
    email = mail_of(*articles, digest={"content": "full"})
    finding = next(f for f in check_email(email) if f.rule in ("M2-near", "M2-size"))
    assert "queue/1.md" in finding.hint
    assert " bytes" in finding.hint


@pytest.mark.parametrize(
    "text",
    [
        "im Anhang der Verordnung",
        "Haus mit Anhänger",
        "TODOS SANTOS",
        "{ a }",
        "100 % von 5",
        "für Ä Â à",
        "&amp;copy;",
    ],
)
def test_harmless_words_are_let_through(text: str) -> None:
    broken = rules_broken_by(add_text(text)(good_mail()))
    assert not broken & {"W2-placeholder", "W2-dummy", "W3-attachment", "D1-mojibake"}


@settings(max_examples=30, deadline=None)
@example("")
@example("</:")  # a parser finds no element in it
@given(st.text(alphabet="<>/=\"' abhp!-[]{}&;:#\n\x00ä", max_size=200))
def test_no_html_is_too_broken(html: str) -> None:
    email = EmailParts(content=edition(article(1)), html=html, text=html, subject=html, preheader=html)
    assert {finding.rule for finding in check_email(email)} <= set(RULES)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_a_good_mail_with_holes_in_it_is_looked_at(seed: int) -> None:
    chance, html = random.Random(seed), good_mail().html
    for _ in range(20):
        start = chance.randrange(len(html))
        html = html[:start] + html[start + chance.randrange(60) :]
    assert {finding.rule for finding in check_email(replace(good_mail(), html=html))} <= set(RULES)
