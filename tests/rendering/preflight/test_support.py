"""What is known of mail programs, and how it is told."""

from __future__ import annotations

import pytest

from publisher.domain.digest import USUAL_CLIENTS
from publisher.errors import ConfigError
from publisher.rendering.preflight.check import check_email
from publisher.rendering.preflight.features import FEATURES, Weight
from publisher.rendering.preflight.page import Page
from publisher.rendering.preflight.support import chosen_clients, known_clients, read_features, uses_of
from tests.rendering.editions import article
from tests.rendering.preflight.mails import add, good_mail, mail_of


def test_every_feature_of_the_table_is_known() -> None:
    assert {feature.slug for feature in FEATURES} == set(read_features())
    for name, tested in read_features().items():
        assert tested.tested_on[:2] == "20", name
        assert {support[0] for support in tested.clients.values()} <= set("ynau")


def test_what_may_be_missing_has_its_reason() -> None:
    assert all(feature.why for feature in FEATURES if feature.weight is Weight.ALLOWED)


def test_the_usual_programs_are_known() -> None:
    chosen = chosen_clients(USUAL_CLIENTS, "")
    for name in (
        "outlook.windows",
        "gmail.android",
        "gmx.desktop-webmail",
        "web-de.ios",
        "t-online-de.desktop-webmail",
    ):
        assert name in chosen
    assert set(chosen) < set(known_clients())


def test_an_unknown_program_is_an_error_of_the_config() -> None:
    with pytest.raises(ConfigError, match="names no mail program") as error:
        check_email(mail_of(article(1), digest={"required_clients": ("netscape.*",)}))
    assert error.value.where == "config.toml [digests.weekly.required_clients]"
    assert "gmx" in error.value.hint


def test_a_finding_names_program_note_and_date() -> None:
    finding = next(f for f in check_email(add('<p style="display:grid"></p>')(good_mail())) if f.rule == "K1-essential")
    assert "display: grid" in finding.what
    assert "outlook.windows" in finding.what
    assert "(tested 2019-02-28)" in finding.what


def test_only_required_programs_count() -> None:
    changes = {"digest": {"required_clients": ("apple-mail.*",)}}
    grid = add('<p style="display:grid"></p>')
    assert "K1-essential" not in {finding.rule for finding in check_email(grid(mail_of(article(1), **changes)))}


def test_uses_are_found_in_elements_attributes_and_sheets() -> None:
    html = """<html><head>
    <style>@media (max-width:9px) { a:hover > b, #i, [x] { width: calc(1em + 2vw) } }</style></head><body>
    <img src="x.webp?y=1" loading="lazy" style="margin:-1px 0"><a href="mailto:a@b.example"></a></body></html>"""
    uses = uses_of(Page(html))
    for use in (
        "at-rule @media (max-width:9px)",
        "selector :hover",
        "selector >",
        "selector id",
        "selector []",
        "function calc",
        "unit em",
        "unit vw",
        "image webp",
        "attribute loading=lazy",
        "property margin: -1px 0",
        "unit px",
        "element img",
        "link mailto",
    ):
        assert use in uses, use
