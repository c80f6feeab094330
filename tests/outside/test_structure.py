"""The sample edition has no fault by a checker that knows nothing of the program, and fits into Gmail."""

from __future__ import annotations

import pytest

from publisher.rendering.preflight.check import check_email
from publisher.rendering.preflight.rules import Severity
from tests.outside.sample_edition import GERMAN_COUNT, sample
from tests.outside.structure import faults


def test_the_sample_is_what_it_should_be() -> None:
    articles = sample().content.articles
    assert len([article for article in articles if article.lang in (None, "de")]) == GERMAN_COUNT
    assert len([article for article in articles if article.lang == "en"]) == 1
    assert len([article for article in articles if article.image and article.image.src]) >= 10
    assert len([article for article in articles if article.related]) >= 10
    html = sample().parts.html
    assert html.count("<h3") >= 10
    assert html.count("<img") >= 10


def test_gmail_shows_all_of_it() -> None:
    assert len(sample().parts.html.encode("utf-8")) <= 102 * 1024


def test_it_has_no_fault() -> None:
    assert faults(sample().parts.html) == []


def test_our_own_preflight_finds_no_error() -> None:
    assert [str(f) for f in check_email(sample().parts) if f.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (' role="presentation"', "", "table without role"),
        ("<h1", "<h3", "0 h1"),
        ("<h2", "<h5", "after h1"),
        (' lang="de" dir="ltr"', "", "without lang or dir"),
        (' alt="', ' data-alt="', "image without alt"),
        ('id="a2"', 'id="a1"', "id a1 2 times"),
        ('href="https://', 'href="javascript:', "link to javascript:"),
        ("initial-scale=1", "maximum-scale=1", "viewport"),
        ("</head>", "<script></script></head>", "<script>"),
        ("</h1>", "</h2>", "parse error"),
    ],
)
def test_a_broken_mail_is_found(old: str, new: str, fault: str) -> None:
    html = sample().parts.html
    assert old in html
    assert any(fault in found for found in faults(html.replace(old, new)))
