"""Each rule finds the mail that breaks it, finds nothing in a good one, and stands in the documents."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.article import Image
from publisher.rendering.preflight.check import check_email
from publisher.rendering.preflight.parts import Attachment, EmailParts
from publisher.rendering.preflight.rules import RULES, Severity
from tests.rendering.editions import article, edition
from tests.rendering.preflight.mails import (
    CELL,
    TEXT,
    Break,
    add,
    add_rules,
    add_text,
    good_mail,
    mail_of,
    of,
    rules_broken_by,
    set_text,
    swap,
)

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "preflight.md"
NARROW = '<table role="presentation" cellpadding="0" cellspacing="0" border="0">'
ROLE = 'role="article"'
# Rules that ask the network are broken in tests/workflow/test_dead_links.py and test_sender_domain.py.
ASKED_OF_THE_NETWORK = {"N1-dead", "N1-doubtful", "N2-spf", "N3-dkim", "N4-dmarc", "N5-mx"}


def _attached(media_type: str, content: bytes, *, inline: bool = True) -> Break:
    attachment = Attachment("x@publisher", media_type, "bild", content, inline)
    return lambda email: replace(email, attachments=(*email.attachments, attachment))


def _articles(*articles: Any) -> Break:
    return lambda email: replace(email, content=replace(email.content, articles=articles))


def _two_articles_turned_round(email: EmailParts) -> EmailParts:
    return replace(mail_of(article(1), article(2)), text=mail_of(article(2), article(1)).text)


def _nested(depth: int) -> str:
    return f"{NARROW}<tr><td>" * depth + "</td></tr></table>" * depth


def _columns(*widths_for_outlook: int) -> str:
    column = '<div style="display:inline-block; max-width:300px"></div>'
    ghosts = [f'<!--[if mso]><td width="{width}"></td><![endif]-->' for width in widths_for_outlook]
    return "<div>" + "".join(ghost + column for ghost in ghosts) + "</div>"


BROKEN: dict[str, Break] = {
    "D1-doctype": swap("<!DOCTYPE html>", "<!doctype html>"),
    "D1-charset": swap('<meta charset="utf-8">', ""),
    "D1-characters": add_text("zu\u0085viel"),
    "D1-mojibake": add_text("fÃ¼r alle"),
    "D2-language": swap('<html lang="de"', "<html"),
    "D2-foreign": swap(' lang="en"', "", everywhere=True),
    "D3-title": lambda email: replace(
        email, html=re.sub("<title>.*?</title>", "<title>Newsletter</title>", email.html)
    ),
    "D3-article": swap(ROLE, 'role="group"'),
    "D3-main": add("<main></main>"),
    "D4-viewport": swap("initial-scale=1", "initial-scale=1, maximum-scale=1"),
    "D4-head": swap('<meta name="color-scheme" content="light dark">', ""),
    "D5-active": add('<p onclick="x()"></p>'),
    "D5-address": add('<a href="javascript:x()">Ein langer Verweis auf nichts</a>'),
    "D5-http": add('<a href="http://www.example.org/x">Ein langer Verweis ohne Schloss</a>'),
    "D5-font": add_rules("@font-face { font-family: x; src: url(https://www.example.org/x.woff) }"),
    "S1-tables": add("<table><tr><td></td></tr></table>"),
    "S1-nesting": add(_nested(3)),
    "S2-headings": add(f'<h4 style="{TEXT}">Viel zu tief</h4>'),
    "S2-kicker": swap('<h2 class="headline lead-headline"', f'<h2 style="{TEXT}">Technik</h2><h2 class="headline"'),
    "S2-related": lambda email: replace(email, html=email.html.replace("<ul", "<ol").replace("</ul>", "</ol>")),
    "S2-elements": add("<section></section>"),
    "S3-ids": add('<a id="a1"></a>'),
    "S3-targets": add('<a href="#nowhere">Ein langer Verweis ins Leere</a>'),
    "L1-text": add('<a href="https://www.example.org/x"></a>'),
    "L1-visible": add_text(
        'Vieles steht <a href="https://www.example.org/x" style="text-decoration:none; color:#1b2330">irgendwo</a> dort'
    ),
    "L1-adjacent": add('<a href="https://www.example.org/x">Das erste</a> <a href="https://www.example.org/x">Mal</a>'),
    "L2-generic": add('<a href="https://www.example.org/x">Hier klicken …</a>'),
    "L3-role": add('<a href="https://www.example.org/x" role="button">Ein Verweis als Knopf</a>'),
    "L3-target": add(f'<p style="{TEXT}; line-height:18px"><a href="https://www.example.org/x">Ein flacher</a></p>'),
    "L3-href": add('<a href="https://192.0.2.1/x">Ein Verweis auf eine Nummer</a>'),
    "L3-shortener": add('<a href="https://bit.ly/x">Ein verkürzter Verweis</a>'),
    "L4-contrast": add_text("Kaum zu lesen", "color:#bbbbbb"),
    "I1-alt": lambda email: replace(email, html=re.sub(r' alt="[^"]*"', "", email.html, count=1)),
    "I1-filename": lambda email: replace(
        email, html=re.sub(r' alt="[^"]*"', ' alt="IMG_2031.jpg"', email.html, count=1)
    ),
    "I2-size": lambda email: replace(email, html=re.sub(r'(<img[^>]*?) width="\d+"', r'\1 width="100%"', email.html)),
    "I2-style": swap("height:auto", "height:300px"),
    "I2-off": lambda email: replace(email, html=re.sub(r"(<img[^>]*?)font-size:\d+px", r"\1", email.html)),
    "I3-format": _attached("image/webp", b"RIFF....WEBP"),
    "I3-only": lambda email: replace(email, html=_with_text(email.html, "Bild")),
    "I3-text": lambda email: replace(email, html=_with_text(email.html, "Ein Bild, zu dem wenig zu sagen ist. " * 10)),
    "I3-weight": _attached("image/png", b"\x89PNG\r\n\x1a\n" + bytes(400_000)),
    "C1-units": add_text("Größe", "margin:0 0 1.5em 0"),
    "C1-colours": add_text("Farbe", "color:rgb(0,0,0)"),
    "C1-spacing": add_text("Abstand", "padding:10px"),
    "C1-width": add(f"{NARROW}<tr><td></td><td></td></tr></table>"),
    "C1-font": lambda email: replace(email, html=re.sub(r"font-family:[^;\"]*;? ?", "", email.html)),
    "C1-line-height": swap("mso-line-height-rule:exactly", "", everywhere=True),
    "C2-layout": add('<div style="display:flex"></div>'),
    "C2-float": add('<div style="float:left"></div>'),
    "C3-size": add_rules(".x { color: #000000 !important }" * 600),
    "C3-block": add_rules(".x { color: #000000 !important }" * 300),
    "C3-nested": add_rules("@media screen { @media (max-width: 600px) { .x { color: #000000 } } }"),
    "C3-separate": add_rules("@media (max-width: 600px) { .x { color: #000000 } } [data-ogsc] .x { color: #000000 }"),
    "C4-pairs": add_text("Nur der Grund wird dunkel", "color:#767676"),
    "C4-important": add_rules("@media (prefers-color-scheme: dark) { .title { color: #ffffff } }"),
    "C4-shadow": add('<div style="box-shadow:0 1px 2px #000000"></div>'),
    "O1-conditionals": add("<!--[if mso]><table><![endif]-->"),
    "O1-rewritten": add("<![if !mso]>"),
    "O2-dpi": lambda email: replace(email, html=email.html.replace("<noscript>", "").replace("</noscript>", "")),
    "O2-duplicate": add("<!--[if mso]><v:rect></v:rect><![endif]-->"),
    "O3-ghost": add(_columns(250, 250)),
    "O3-row": swap("<h2", f'<p style="{TEXT}">{"Ein Satz, der nie endet. " * 400}</p><h2'),
    "O4-kept": lambda email: replace(email, html=re.sub(r"<!--\[if mso.*?<!\[endif\]-->", "", email.html, flags=re.S)),
    "M1-text": add_text("Kleingedrucktes", "font-size:9px"),
    "M1-width": add('<div style="width:500px"></div>'),
    "M2-size": add(f"<!-- {'x' * 105_000} -->"),
    "M2-near": lambda email: replace(
        email, html=email.html.replace("</body>", " " * (95_000 - len(email.html.encode())) + "</body>")
    ),
    "M3-place": lambda email: replace(
        email, html=re.sub(r'<div class="preheader".*?</div>', "", email.html, flags=re.S)
    ),
    "M3-length": of(preheader="Zu kurz"),
    "M3-differs": lambda email: replace(email, subject=email.preheader),
    "M3-filler": lambda email: replace(
        email, html=re.sub(r'(<div class="preheader".*?)</div>', rf"\1{chr(0x200C) * 20}</div>", email.html, flags=re.S)
    ),
    "M3-description": swap('<meta name="description"', '<meta name="other"'),
    "M4-direction": add(f'<p lang="ar" style="{TEXT}">مضخة جديدة</p>'),
    "M5-unsubscribe": lambda email: replace(
        email, html=re.sub(r'<a [^>]*href="mailto:news[^>]*>.*?</a>', "", email.html)
    ),
    "M5-imprint": swap("44135 Dortmund", ""),
    "M5-reason": lambda email: replace(email, html=re.sub(r"Sie erhalten[^<]*", "", email.html)),
    "M5-web-version": of(web_version_url="https://www.verband.example/12"),
    "T1-links": add('<a href="https://www.example.org/only-here">Nur im HTML zu finden</a>'),
    "T1-order": _two_articles_turned_round,
    "T2-plain": set_text(lambda text: text + "H&auml;user\n"),
    "W1-empty": of(subject=" "),
    "W1-length": of(subject="Wärme aktuell: " + "sehr " * 20 + "lang"),
    "W1-shouting": of(subject="JETZT ANMELDEN ZUM WÄRMETAG"),
    "W1-reply": of(subject="AW: Wärme aktuell"),
    "W2-placeholder": add_text("Guten Tag {{ name }},"),
    "W2-dummy": add_text("Lorem ipsum dolor sit amet"),
    "W3-attachment": add_text("Das Programm finden Sie im Anhang."),
    "W4-alt": _articles(article(1, image=Image(src="x.jpg", credit="Lea Brandt"))),
    "W4-credit": _articles(article(1, image=Image(src="x.jpg", alt="Eine Pumpe"))),
    "W4-source": _articles(article(1, source=None)),
    "K1-essential": add('<p style="display:grid"></p>'),
    "K2-helpful": add('<p style="opacity:0.5"></p>'),
    "K3-partial": add('<div background="https://www.example.org/x.png"></div>'),
}


def _with_text(html: str, text: str) -> str:
    """Leave nothing of a mail but a title and one picture."""
    head, _, rest = html.partition("<h1")
    picture = re.search(r"<img[^>]*>", rest)
    assert picture
    return f"{head}<h1 style='{CELL}'>{text}</h1>{picture.group()}</td></tr></table></body></html>"


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_a_mail_that_breaks_the_rule_is_found(rule: str) -> None:
    findings = [finding for finding in check_email(BROKEN[rule](good_mail())) if finding.rule == rule]
    assert findings
    for finding in findings:
        assert finding.severity is RULES[rule].severity
        assert finding.where
        assert finding.what
        assert finding.hint.rstrip().endswith((".", "!", ")", ":", ">"))


def test_a_good_mail_breaks_no_rule() -> None:
    assert [str(finding) for finding in check_email(good_mail())] == []


def test_every_rule_has_a_mail_that_breaks_it() -> None:
    assert set(BROKEN) | ASKED_OF_THE_NETWORK == set(RULES)


def test_every_rule_stands_in_the_documents_as_it_is() -> None:
    rows = dict.fromkeys(
        re.findall(
            r"^\| ([A-Z]\d-[a-z-]+) \| (error|warning) \| (.+?) \| (.+?) \|$", REFERENCE.read_text("utf-8"), re.M
        )
    )
    assert list(rows) == [
        (rule.id, rule.severity.value, rule.title.replace("|", "\\|"), rule.source) for rule in RULES.values()
    ]


def test_errors_come_first() -> None:
    severities = [finding.severity for finding in check_email(BROKEN["W2-dummy"](BROKEN["S3-ids"](good_mail())))]
    assert {*severities} == {*Severity}
    assert severities == sorted(severities, key=[Severity.ERROR, Severity.WARNING].index)


def test_every_rule_family_of_the_reference_is_there() -> None:
    """The reference's rules: D1-D5, S1-S3, L1-L4, I1-I3, C1-C4, O1-O4, M1-M5."""
    counts = {"D": 5, "S": 3, "L": 4, "I": 3, "C": 4, "O": 4, "M": 5}
    wanted = {f"{family}{number}" for family, count in counts.items() for number in range(1, count + 1)}
    assert wanted <= {rule.partition("-")[0] for rule in RULES}


def test_an_empty_mail_is_looked_at_without_falling_over() -> None:
    email = EmailParts(content=edition(article(1)), html="", text="", subject="", preheader="")
    assert {"D1-doctype", "W1-empty", "T2-plain", "M5-unsubscribe"} <= rules_broken_by(email)
