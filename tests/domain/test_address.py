"""Addresses: checked, one form for each, and the fast path never differs from the library."""

from __future__ import annotations

import subprocess
import sys

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.domain import address
from publisher.domain.address import AddressError, normalise_address


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("erika@example.org", "erika@example.org"),
        ("Erika.Muster+news@Example.ORG", "erika.muster+news@example.org"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("a_b-c=d@sub.example.net", "a_b-c=d@sub.example.net"),
        ("INFO@Example.org", "info@example.org"),
        ("Information@example.org", "information@example.org"),
        ("erika@straße.de", "erika@xn--strae-oqa.de"),
        ("erika@BÜCHER.example", "erika@xn--bcher-kva.example"),
        ("erika@xn--bcher-kva.example", "erika@xn--bcher-kva.example"),
        ("x@a--b.de", "x@a--b.de"),
        ("a@b.co", "a@b.co"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
    ],
)
def test_the_normalised_form(text: str, normalised: str) -> None:
    assert normalise_address(text) == normalised
    assert normalise_address(normalised) == normalised


def test_sharp_s_is_not_double_s() -> None:
    """straße.de and strasse.de have different owners."""
    assert normalise_address("a@straße.de") != normalise_address("a@strasse.de")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("erika", "there is no @-sign"),
        ("müller@example.org", "the part before the @-sign has other than plain letters"),
        ("erika@firma.local", "addresses in .local cannot be reached from outside"),
        ("erika@firma.TEST", "addresses in .test cannot be reached from outside"),
        ("erika@localhost", "addresses in .localhost cannot be reached from outside"),
        ("erika@firma", "it should have a period"),
        ("erika@", "there must be something after the @-sign"),
        ("@example.org", "there must be something before the @-sign"),
        ("a..b@example.org", "two periods in a row"),
        (".a@example.org", "cannot start with a period"),
        ("a b@example.org", "invalid characters before the @-sign"),
        ("a@b@example.org", "invalid characters"),
        ("a@-example.org", "hyphen"),
        ("a@xy--z.de", "two dashes"),
        ("a@[192.0.2.1]", "bracketed IP address"),
        ('"a b"@example.org', "quoting"),
        ("Erika <erika@example.org>", "a display name"),
        ("erika@example.org\n", "invalid characters"),
        ("erika@example.org\r\nBcc: x@example.net", "invalid characters"),
        (f"{'a' * 65}@example.org", "too long before the @-sign"),
        (f"a@{'b' * 64}.org", "so many characters"),
        (f"{'a' * 64}@{'b.' * 100}org", "too long"),
        ("a@example.1", "top-level domain"),
    ],
)
def test_what_is_refused_and_why(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match="(?i)" + reason.replace("(", r"\(")):
        normalise_address(text)


def by_library(text: str) -> str | None:
    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return None
    return f"{checked.local_part}@{checked.ascii_domain}".lower()


def normalised_or_none(text: str) -> str | None:
    try:
        return normalise_address(text)
    except AddressError:
        return None


characters = st.sampled_from([*"abzABZ019.-_+=!#%'@", "info", "INFO", "Info", "xn--", "--", "..", " ", "ß", "\n", '"'])
near_local_parts = st.lists(characters, max_size=12).map("".join)
near_labels = st.lists(st.sampled_from([*"abzABZ09-", "xn--", "--", "_", "ß", "ﬁ"]), max_size=6).map("".join)
endings = st.sampled_from(
    [
        "org",
        "DE",
        "test",
        "Local",
        "invalid",
        "localhost",
        "onion",
        "arpa",
        "latest",
        "local.de",
        "c",
        "1",
        "d1",
        "",
        "example",
    ]
)
near_domains = st.tuples(st.lists(near_labels, max_size=3), endings).map(lambda parts: ".".join([*parts[0], parts[1]]))
near_addresses = st.tuples(near_local_parts, near_domains).map("@".join)


@given(near_addresses)
@example("a@b.invalid")
@example("Info@b.DE")
@example("a@b.c--d.de")
@example("a" * 64 + "@" + "b" * 63 + ".de")
@example("a" * 65 + "@b.de")
@example("a@" + "b" * 64 + ".de")
@example("a@" + "b." * 126 + "de")
def test_the_fast_path_agrees_with_the_library(text: str) -> None:
    """What it takes, the library takes; both give the same form; what it does not take, is left to the library."""
    assert normalised_or_none(text) == by_library(text)


# The pattern without its conditions, which would throw most of what is generated away.
LIKE_THE_PATTERN = rf"{address._ATOM}(?:\.{address._ATOM}){{0,2}}@(?:{address._LABEL}\.){{1,3}}[A-Za-z]{{1,8}}"


@given(st.from_regex(LIKE_THE_PATTERN, fullmatch=True))
def test_all_that_the_fast_path_can_take_agrees_with_the_library(text: str) -> None:
    assert normalised_or_none(text) == by_library(text)


def test_a_plain_address_does_not_load_the_library() -> None:
    code = (
        "import sys; from publisher.domain.address import normalise_address; normalise_address('Erika@example.org');"
        "print('email_validator' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
