"""What an author writes innocently is never an error: no headline, no link and no sign stops an edition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.article import Image, Related, Source
from publisher.rendering.preflight.check import check_email
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, Severity
from tests.rendering.editions import article, plain_article
from tests.rendering.preflight.mails import add, add_text, good_mail, mail_of, set_text, swap

LONG = "Der Verband stellt Ergebnisse aus zwölf Gebäuden vor, und im Mittel sank der Verbrauch um 34 Prozent."
FULL: dict[str, Any] = {"content": "full"}
SECTIONS: dict[str, Any] = {"content": "full", "sections": ("Technik",)}
LETTER: dict[str, Any] = {"content": "full", "template": "letter"}


def _written(number: int, title: str, body: str = LONG, **fields: Any) -> Any:
    changes = {"title": title, "body_markdown": body, "teaser": None, "url": None, "kicker": None, **fields}
    return plain_article(number, **{"slug": f"artikel-{number}", "lang": None, **changes})


def _errors(email: EmailParts) -> list[str]:
    return [str(finding) for finding in check_email(email) if finding.severity is Severity.ERROR]


def _found(rule: str, email: EmailParts) -> list[Finding]:
    return [finding for finding in check_email(email) if finding.rule == rule]


INNOCENT: dict[str, list[Any]] = {
    "a text names another headline": [
        _written(1, "Notdienst"),
        _written(2, "Wartung", f"Der Notdienst bleibt erreichbar.\n\n{LONG}"),
    ],
    "a teaser names another headline": [
        _written(1, "Notdienst"),
        _written(2, "Wartung", teaser=f"Notdienst bleibt. {LONG}", url="https://www.example.org/w"),
    ],
    "a headline of one letter": [_written(1, "x"), *(article(number) for number in range(2, 7))],
    "a paragraph is another headline": [_written(1, "Notdienst"), _written(2, "Wartung", f"Notdienst\n\n{LONG}")],
    "a subheading is another headline": [
        _written(1, "Wartung", f"{LONG}\n\n## Notdienst\n\n{LONG}"),
        _written(2, "Notdienst"),
    ],
    "a headline is the digest's title": [_written(1, "Wärme aktuell"), _written(2, "Wartung")],
    "a headline is a section's": [_written(1, "Technik", tags=("Technik",)), _written(2, "Wartung")],
    "the same headline twice": [_written(1, "Notdienst"), _written(2, "Notdienst")],
    "a kicker is a subheading": [_written(1, "Wartung", f"## Termine\n\n{LONG}", kicker="Termine")],
    "a related title is a paragraph": [
        _written(1, "Wartung", f"{LONG}\n\n**Mehr**", related=(Related(title="Mehr", url="https://www.example.org/m"),))
    ],
    "a link called here": [_written(1, "Wartung", f"{LONG} Mehr [**hier** …](https://www.example.org/w).")],
    "a headline that says nothing": [_written(1, "Details", url="https://www.example.org/w"), _written(2, "Mehr")],
    "entities": [_written(1, "Wasser &amp; Wärme", f"{LONG} `&nbsp;` und &amp;amp;")],
    "tags": [_written(1, "Wartung", f"{LONG} Mit <br> und <span>.")],
    "template syntax": [_written(1, "Brief an {{ name }}", f"{LONG} {{{{ first_name }}}} {{% x %}} [[Anrede]]")],
    "signs that open in one article": [_written(1, "Wartung", f"{LONG} {{{{"), _written(2, "x", f"}}}} {LONG}")],
    "a line that begins with >": [_written(1, "Wartung", f"{LONG[:66]} > 5 bar {LONG}\n\n\\> 6 bar")],
    "a headline like an answer": [_written(1, "AW: Wartung"), _written(2, "Re:publica zu Gast")],
    "a teaser that is the headline": [_written(1, "Wartung", teaser="Wartung", url="https://www.example.org/w")],
    "an address that is another article's": [
        _written(1, "Wartung", f"{LONG} Siehe https://www.example.org/n, oder https://www.example.org/z!"),
        _written(2, "Neu", url="https://www.example.org/m"),
        _written(3, "Notdienst", url="https://www.example.org/n"),
    ],
    "a link before a dash": [_written(1, "Wartung", f"{LONG} <https://www.example.org/w>–gleich.")],
    "a picture's words": [
        _written(1, "Wartung", image=Image(src="x.jpg", alt="Foto 12", credit="L"), source=Source("x"))
    ],
}


@pytest.mark.parametrize("digest", [{}, FULL, SECTIONS, LETTER], ids=["teasers", "full", "sections", "letter"])
@pytest.mark.parametrize("what", INNOCENT)
def test_innocent_words_are_no_error(what: str, digest: dict[str, Any]) -> None:
    assert _errors(mail_of(*INNOCENT[what], digest=digest)) == []


TITLES = st.text(alphabet="aXä 1:&-.[]", min_size=1, max_size=5).filter(lambda text: text.strip())


@st.composite
def _articles(draw: st.DrawFn) -> list[Any]:
    """Articles with short headlines, and texts that are made of each other's headlines."""
    titles = draw(st.lists(TITLES, min_size=1, max_size=7))
    words = st.lists(st.sampled_from([*titles, "und", "\n\n"]), max_size=8).map(" ".join)
    return [
        _written(
            number,
            title,
            f"{draw(words)}\n\n{LONG}",
            teaser=draw(st.none() | words.map(lambda text: " ".join(text.split()) or None)),
            url=draw(st.sampled_from([None, f"https://www.example.org/{number}"])),
            kicker=draw(st.none() | st.sampled_from(titles)),
        )
        for number, title in enumerate(titles, start=1)
    ]


@settings(max_examples=40, deadline=None)
@given(_articles(), st.sampled_from([{}, FULL, LETTER]))
def test_no_headline_is_missing_or_out_of_order(articles: list[Any], digest: dict[str, Any]) -> None:
    email = mail_of(*articles, digest=digest)
    assert [finding for finding in _errors(email) if finding.startswith("T")] == []


@pytest.mark.parametrize("digest", [FULL, LETTER], ids=["full", "letter"])
@pytest.mark.parametrize("count", [2, 7])
def test_the_template_s_own_order_is_still_an_error(count: int, digest: dict[str, Any]) -> None:
    from dataclasses import replace

    articles = [_written(number, f"Meldung {number}") for number in range(1, count + 1)]
    email, turned = mail_of(*articles, digest=digest), mail_of(*reversed(articles), digest=digest)
    assert "T1-order" in {finding.rule for finding in check_email(replace(email, text=turned.text))}
    without = replace(email, text=email.text.replace("Meldung 2", "Nachricht"))
    assert any("is missing" in finding.what for finding in _found("T1-order", without))


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("L2-generic", "[hier](https://www.example.org/w)"),
        ("W2-placeholder", "{{ x }}"),
        ("T2-plain", "`&amp;`"),
    ],
)
def test_the_article_is_named(rule: str, body: str) -> None:
    email = mail_of(_written(1, "Wartung", f"{LONG} {body}"), digest=FULL)
    findings = _found(rule, email)
    assert {finding.where for finding in findings} == {'"Wartung" (queue/artikel-1.md)'}
    assert {finding.severity for finding in findings} == {Severity.WARNING}


def test_the_template_s_own_is_an_error_beside_the_author_s() -> None:
    body = f"{LONG} [hier](https://www.example.org/w) {{{{ x }}}} `&amp;`"
    email = mail_of(_written(1, "Wartung", body), digest=FULL)
    broken = add('<a href="https://www.example.org/w">Klicken</a>')(add_text("Guten Tag {{ name }}")(email))
    broken = set_text(lambda text: f"{text}H&auml;user\n")(broken)
    errors = {finding.rule for finding in check_email(broken) if finding.severity is Severity.ERROR}
    assert {"L2-generic", "W2-placeholder", "T2-plain"} <= errors


def test_what_only_the_template_says_stays_an_error() -> None:
    assert _found("L2-generic", add('<a href="https://www.example.org/w">hier</a>')(good_mail()))[0].where != ""
    assert _errors(swap("<h1", '<p><a href="https://www.example.org/w">Mehr</a></p><h1')(good_mail()))
