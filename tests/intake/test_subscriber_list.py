"""Lists of subscribers: each line taken or refused with its place, its value and a hint; written lists come back."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.domain.subscriber import Subscriber
from publisher.errors import SubscriberError
from publisher.intake.subscriber_list import COLUMNS, MAX_TEXT_LENGTH, read_subscribers, write_subscribers

DIGESTS = {"daily", "weekly"}


def read(text: str, default: tuple[str, ...] = ()) -> list[Subscriber | SubscriberError]:
    lines = io.StringIO(text, newline="")
    return list(read_subscribers(lines, "list.csv", digests=DIGESTS, default_digests=default))


def only_error(text: str) -> SubscriberError:
    (found,) = read(text)
    assert isinstance(found, SubscriberError)
    return found


CONSENT_AT = datetime(2026, 1, 2, 8, tzinfo=UTC)
FULL = Subscriber(
    "erika@example.org", "Muster, Erika", "de", ("member", "press"), ("daily", "weekly"), "fair", CONSENT_AT
)
FULL_CSV = (
    "address,name,language,tags,digests,consent_source,consent_at\n"
    'erika@example.org,"Muster, Erika",de,"member, press",daily|weekly,fair,2026-01-02T09:00+01:00\n'
)


@pytest.mark.parametrize(
    "text",
    [
        FULL_CSV,
        "\ufeff" + FULL_CSV,
        FULL_CSV.replace("\n", "\r\n"),
        FULL_CSV.replace("address", "E-Mail").replace("language", " Language "),
        FULL_CSV.replace("address", "email").rstrip("\n"),
        FULL_CSV + "\n,,,,,,\n",
        "address;name;language;tags;digests;consent_source;consent_at\n"
        "erika@example.org;Muster, Erika;DE;member|press|member;daily, weekly;fair;2026-01-02T08:00Z;;\n",
    ],
)
def test_forms_of_the_same_list(text: str) -> None:
    """Byte order mark, line ends, delimiters, empty lines and cells, names of the first column."""
    assert read(text) == [FULL]


def test_only_the_address_is_needed() -> None:
    assert read("email\na@example.org\n") == [Subscriber("a@example.org")]
    assert read("address,name,tags\na@example.org\n") == [Subscriber("a@example.org")]


def test_a_list_without_digests_is_for_the_default_one() -> None:
    assert read("address\na@example.org\n", ("daily",)) == [Subscriber("a@example.org", digests=("daily",))]
    assert read("address,digests\na@example.org,\n", ("daily",)) == [Subscriber("a@example.org")]


def test_a_day_of_consent_is_enough() -> None:
    (found,) = read("address,consent_at\na@example.org,2026-11-23\n")
    assert isinstance(found, Subscriber)
    assert found.consent_at == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "what", "hint"),
    [
        ("muster,,,,", '"muster" is not an address: there is no @-sign', 'Write it like "erika@example.org".'),
        (",Erika,,,", '"" is not an address: it is empty', 'Write it like "erika@example.org".'),
        ("a@example.org,,deutsch!,,", '"deutsch!" is not a language', 'Write its code, for example "de" or "en".'),
        (
            "a@example.org,,,dayly,",
            'there is no digest "dayly", did you mean "daily"?',
            "Name one of [digests.NAME] in config.toml: daily, weekly.",
        ),
        (
            "a@example.org,,,,gestern",
            '"consent_at" is not a time: "gestern"',
            'Write it like "2026-11-23T09:00+01:00" or "2026-11-23".',
        ),
        (
            "a@example.org,,,,2026-11-23 09:00",
            '"consent_at" has no time zone: "2026-11-23 09:00"',
            'Add the offset, for example "2026-11-23T09:00+01:00".',
        ),
        (
            "a@example.org,,,,0001-01-01T00:00+01:00",
            '"consent_at" is not a time: "0001-01-01T00:00+01:00"',
            'Write it like "2026-11-23T09:00+01:00" or "2026-11-23".',
        ),
        (
            'a@example.org,"Erika\nBcc: x",,,',
            '"Erika\ufffdBcc: x" has a character that cannot be printed',
            "Remove line breaks and control characters.",
        ),
        (
            "a@example.org,Muster, Erika,de,daily,",
            '6 cells where the header has 5: "" is one too many',
            'Put a cell with a comma in it between quotes: "Muster, Erika".',
        ),
    ],
)
def test_a_refused_line_says_what_where_and_how(cells: str, what: str, hint: str) -> None:
    if cells.startswith("a@example.org,Muster"):
        cells, what = cells + "x", what.replace('""', '"x"')
    found = only_error(f"address,name,language,digests,consent_at\n{cells}\n")
    assert (found.what, found.where, found.hint) == (what, "list.csv:2", hint)


def test_all_that_is_wrong_with_a_line_is_said_at_once() -> None:
    found = only_error("address,language,digests\nx,?,nightly\n")
    assert found.what == (
        '"x" is not an address: there is no @-sign; "?" is not a language; there is no digest "nightly"'
    )


def test_a_long_cell_is_refused_and_cut_in_the_message() -> None:
    found = only_error(f"address,name\na@example.org,{'x' * (MAX_TEXT_LENGTH + 1)}\n")
    assert "has 201 characters" in found.what
    assert len(found.what) < 120


def test_the_rest_of_the_list_goes_on_with_the_right_line_numbers() -> None:
    text = 'address,name\nfoo,\n\n"a@example.org","two\nlines"\nbar,\nb@example.org,\n'
    found = read(text)
    assert [item.where for item in found[:3] if isinstance(item, SubscriberError)] == [
        "list.csv:2",
        "list.csv:4",
        "list.csv:6",
    ]
    assert found[3] == Subscriber("b@example.org")


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("", "the first line does not name the columns"),
        ("erika@example.org,Erika\n", "the first line does not name the columns"),
        ("name,tags\n", 'there is no column "address"'),
        ("address,nmae\n", 'unknown column "nmae", did you mean "name"?'),
        ("address,shoe size\n", 'unknown column "shoe size"'),
        ("email,address\n", 'the column "address" stands there twice'),
    ],
)
def test_a_wrong_header_is_one_error_and_nothing_is_read(header: str, what: str) -> None:
    found = only_error(header + "a@example.org,x\n" if header else "")
    assert (found.what, found.where) == (what, "list.csv:1")
    assert found.hint


def test_what_is_not_utf8_stops_there(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("address,name\na@example.org,Müller\n".encode("latin-1"))
    with path.open(encoding="utf-8", newline="") as lines:
        found = list(read_subscribers(lines, "latin.csv", digests=DIGESTS))
    assert [str(item) for item in found] == [
        "latin.csv:1: the list is not UTF-8 from here on: invalid start byte\nhint: Save the list as CSV UTF-8."
    ]


def test_what_is_not_utf8_far_down_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    good = "".join(f"p{number}@example.org,Erika\n" for number in range(5000))
    path.write_bytes(f"address,name\n{good}".encode() + "z@example.org,Müller\n".encode("latin-1"))
    with path.open(encoding="utf-8", newline="") as lines:
        *before, last = read_subscribers(lines, "latin.csv", digests=DIGESTS)
    assert isinstance(last, SubscriberError)
    assert "not UTF-8" in last.what
    assert len(before) > 4000
    assert all(isinstance(item, Subscriber) for item in before)


def test_a_quote_that_is_never_closed_is_named_where_it_opens() -> None:
    text = 'address,name\na@example.org,x\nb@example.org,"Erika\n' + "c@example.org,y\n" * 20_000
    found = [item for item in read(text) if isinstance(item, SubscriberError)]
    assert found[0].where == "list.csv:3"
    assert "this is not CSV: field larger than field limit" in found[0].what


def test_a_list_is_read_line_by_line() -> None:
    """Memory stays flat: the first subscriber is there before the second line is asked for."""
    asked: list[str] = []

    class Lines(io.StringIO):
        def __next__(self) -> str:
            asked.append(line := super().__next__())
            return line

    found = read_subscribers(Lines("address\na@example.org\nb@example.org\n"), "x", digests=DIGESTS)
    assert next(found) == Subscriber("a@example.org")
    assert len(asked) <= 1


# Writing


def written(*subscribers: Subscriber) -> str:
    out = io.StringIO(newline="")
    assert write_subscribers(subscribers, out) == len(subscribers)
    return out.getvalue()


def test_a_written_list_names_its_columns_and_quotes_all() -> None:
    text = written(FULL)
    assert text.splitlines()[0] == ",".join(f'"{column}"' for column in COLUMNS)
    assert '"Muster, Erika"' in text
    assert read(text) == [FULL]


words = st.text(st.sampled_from([*"aZäß9 .'=+-@!/\uff1d", "🎉"]), min_size=1, max_size=12).map(str.strip).filter(bool)
subscriber = st.builds(
    Subscriber,
    address=st.sampled_from(["a@example.org", "=x@example.org", "+y@example.org", "'+z@example.org", "-@example.org"]),
    name=st.none() | words | st.just('Muster; Erika, "die" | 1'),
    language=st.sampled_from([None, "de", "pt-br"]),
    tags=st.lists(words, unique=True, max_size=3).map(tuple),
    digests=st.lists(st.sampled_from(["daily", "weekly"]), unique=True).map(tuple),
    consent_source=st.none() | words,
    consent_at=st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


@given(st.lists(subscriber, max_size=5))
@example([Subscriber("a@example.org", "=1+1")])
@example([Subscriber("a@example.org", "'=1+1"), Subscriber("a@example.org", "''@x", tags=("-x", "'y"))])
def test_what_is_written_is_read_back_and_is_no_formula(people: list[Subscriber]) -> None:
    text = written(*people)
    assert read(text) == people
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d") for cell in row)
