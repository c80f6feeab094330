"""How networks count: their own conformance data, and their rules in words."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.links import MASTODON_LINKS, X_LINKS, find_links
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.text_limits import MAX_EXACT_CHARACTERS, TextLimits, Unit, count_graphemes, measure
from publisher.domain.top_level_domains import TOP_LEVEL_DOMAINS
from publisher.domain.x_weights import EMOJI_WEIGHT, LINK_WEIGHT, emoji_of_unsure_weight, weight_of

DATA = Path(__file__).parent.parent / "data"
TWITTER_TEXT = DATA / "twitter-text"
X = KNOWN_LIMITS["x"]
MASTODON_100 = TextLimits(Unit.GRAPHEMES, 100, link_length=23, short_mentions=True)


def grapheme_cases() -> list[list[str]]:
    lines = (DATA / "unicode" / "GraphemeBreakTest-18.0.0.txt").read_text("utf-8").splitlines()
    cases = [line.split("#")[0].strip(" \t÷") for line in lines]
    return [
        ["".join(chr(int(code, 16)) for code in cluster.split("×")) for cluster in case.split("÷")]
        for case in cases
        if case
    ]


def test_all_853_cases_of_unicode_count_right() -> None:
    """Unicode's GraphemeBreakTest 18.0.0, every case; NFC or not, lone or joined."""
    cases = grapheme_cases()
    assert len(cases) == 853
    assert [case for case in cases if count_graphemes("".join(case)) != len(case)] == []


def weighted_cases() -> list[dict[str, object]]:
    tests = yaml.safe_load((TWITTER_TEXT / "validate.yml").read_text("utf-8"))["tests"]
    groups = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")
    return [case for group in groups for case in tests[group]]


@pytest.mark.parametrize("case", weighted_cases(), ids=lambda case: str(case["description"]))
def test_weighted_lengths_of_twitter_text(case: dict[str, dict[str, int]]) -> None:
    """Every weighted length of validate.yml, with emoji counted as X counts them today."""
    assert weight_of(str(case["text"])) == case["expected"]["weightedLength"]


def plain_weighted_cases() -> list[dict[str, object]]:
    """The older group counts every part of an emoji: its cases without emoji sequences hold for both."""
    tests = yaml.safe_load((TWITTER_TEXT / "validate.yml").read_text("utf-8"))["tests"]["WeightedTweetsCounterTest"]
    return [case for case in tests if not re.search("[\u200d\U0001f3fb-\U0001f3ff]", case["text"])]


@pytest.mark.parametrize("case", plain_weighted_cases(), ids=lambda case: str(case["description"]))
def test_weighted_lengths_without_emoji_sequences(case: dict[str, dict[str, int]]) -> None:
    assert weight_of(str(case["text"])) == case["expected"]["weightedLength"]


def test_weights_are_those_of_v3_json() -> None:
    """Every code point of the file's ranges, at both ends and one beyond."""
    config = json.loads((TWITTER_TEXT / "v3.json").read_text("utf-8"))
    assert config["transformedURLLength"] == LINK_WEIGHT
    assert config["defaultWeight"] == EMOJI_WEIGHT * config["scale"]
    for span in config["ranges"]:
        assert weight_of(chr(span["start"])) * config["scale"] == span["weight"]
        assert weight_of(chr(span["end"])) * config["scale"] == span["weight"]
        assert weight_of(chr(span["end"] + 1)) * config["scale"] in (span["weight"], config["defaultWeight"])
    assert X.max_length == config["maxWeightedTweetLength"]


def test_top_level_domains_are_those_of_tlds_yml() -> None:
    """The module is what the generator writes."""
    generator = load(TWITTER_TEXT / "make_top_level_domains.py")
    assert frozenset(generator.top_level_domains()) == TOP_LEVEL_DOMAINS


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(TOP_LEVEL_DOMAINS)[::40])
def test_every_top_level_domain_makes_a_link(name: str) -> None:
    assert weight_of(f"https://example.{name}") == LINK_WEIGHT


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Grüße aus Köln", 14),
        ("„Zitat“ – ’s ist gut", 20),
        ("…", 2),
        ("5 €", 4),
        ("• →", 5),
        ("README.md", 23),
        ("heute.In", 23),
        ("Es war gut.So ist es.", 7 + 23 + 8),
        ("e.V. z.B. d.h.", 14),
        ("27.11.2020 um 9.30", 18),
        ("max@example.org", 15),
        ("Siehe https://example.org/ä-ö_ü?x=1, danke.", 6 + 23 + 8),
        ("(https://de.wikipedia.org/wiki/Pumpe_(Technik))", 25),
        ("xhttps://example.org", 20),
        ("https://user:geheim@example.org", 31),
        ("https://localhost/x", 19),
        ("https://example.org" + "/a" * 2100, 19 + 4200),
        ("https://t.co/abc/def", 23 + 4),
        ("a\r\nb", 3),
        ("👨‍👩‍👧‍👦", 2),
        ("🇩🇪🇪🇺", 4),
        ("1️⃣", 2),
        ("👍🏽", 2),
        ("❤️", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("👩‍🚒", 2),
        ("🏃🏽‍♀️", 2),
        ("❤️‍🔥", 5),
        ("🧑‍🎄", 5),
        ("🫶🏽", 4),
        ("🇨🇶", 4),
    ],
)
def test_x(text: str, length: int) -> None:
    """Links 23, with or without a scheme; emoji 2, or more where the two readings differ."""
    assert measure(text, X).length == length


def test_top_level_domain_that_x_may_not_know_counts_the_larger_way() -> None:
    """Domains that came up since the list was made: 23 if X knows them, in full if not."""
    assert weight_of("https://a.zzz") == 23
    assert weight_of("https://example.newdomain/a/long/path") == len("https://example.newdomain/a/long/path")


def test_emoji_of_unsure_weight_are_named() -> None:
    assert emoji_of_unsure_weight("Feuer ❤️‍🔥, Familie 👨‍👩‍👧, 🇩🇪") == ["❤️‍🔥"]
    assert emoji_of_unsure_weight("plain") == []


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("a" * 76 + " https://" + "b" * 30 + ".com", 100),
        ("a" * 76 + " https://example.org/" + "b" * 2000, 100),
        ("a" * 76 + " https://example.org/" + "b" * (4096 - 20 - 8), 100),
        ("https://example.org/" + "b" * 4090, 4110),
        ("a" * 76 + "https://example.org/" + "b" * 10, 106),
        ("@alice@" + "b" * 249 + ".com", 6),
        ("@alice@" + "b" * 250 + ".com", 261),
        ("Hallo @alice@example.org!", 13),
        ("@alice und @bob@social.example", 6 + 5 + 4),
        ("✨" * 100, 100),
        ("🏳️‍⚧️" * 100, 100),
        ("example.org", 11),
        ("alice@example.org", 17),
        ("https://example.org/ä–ö danke", 23 + 6),
    ],
)
def test_mastodon(text: str, length: int) -> None:
    """Links weigh 23 and mentions are short, unless glued to a word or too long."""
    measured = measure(text, MASTODON_100)
    assert measured.length == length
    assert measured.fits == (length <= 100)


def test_one_sentence_on_every_network() -> None:
    """The reference's example: one text, another length for each law."""
    text = "Grüße 👋🏽 aus Köln: „Wasser“ für 3 € – https://example.org/neue-pumpe-fuer-koeln 🇩🇪"
    lengths = {name: measure(text, limits).length for name, limits in KNOWN_LIMITS.items()}
    assert lengths["x"] == 6 + 2 + 1 + 9 + 1 + 8 + 5 + 2 + 2 + 3 + 23 + 1 + 2
    assert lengths["mastodon"] == len("Grüße x aus Köln: „Wasser“ für 3 € – ") + 23 + 2
    assert lengths["bluesky"] == len(text) - 2
    assert lengths["threads"] == len(text.encode())
    assert lengths["facebook"] == len(text.encode("utf-16-le")) // 2
    assert lengths["linkedin"] == lengths["facebook"]
    assert lengths["generic"] == len(text)


def test_bluesky_has_two_limits() -> None:
    family = "👨‍👩‍👧‍👦"
    measured = measure(family * 200, KNOWN_LIMITS["bluesky"])
    assert (measured.length, measured.byte_length, measured.fits) == (200, 200 * 25, False)
    assert measured.over == 2000
    assert str(measured) == "5,000 of at most 3,000 UTF-8 bytes"


def test_escaped_length_counts() -> None:
    assert measure("(a_b)", KNOWN_LIMITS["linkedin"]).length == 8
    assert measure("<&>", KNOWN_LIMITS["slack"]).length == 13
    assert measure("*a*", KNOWN_LIMITS["discord"]).length == 5
    assert measure('ü"', KNOWN_LIMITS["teams"]).length == 8


@pytest.mark.parametrize("network", KNOWN_LIMITS)
def test_each_number_has_a_source_and_a_day(network: str) -> None:
    limits = KNOWN_LIMITS[network]
    assert re.search(r"2026-11-23", limits.source)
    assert limits.max_length > 0
    assert measure("", limits).length == 0


@pytest.mark.parametrize("network", KNOWN_LIMITS)
@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "\u200f\u202e אב", "\u0301" * 1000, "😀" * 1000])
def test_odd_text_is_counted_on_every_network(network: str, text: str) -> None:
    assert measure(text, KNOWN_LIMITS[network]).length > 0


def test_the_table_in_the_docs_is_right() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "reference" / "text-limits.md").read_text("utf-8")
    table = docs.split("<!-- limits: begin -->")[1].split("<!-- limits: end -->")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.strip().splitlines()[2:]]
    assert [row[:4] for row in rows] == [
        [name, f"{limits.max_length:,}", str(limits.unit), str(limits.link_length or "in full")]
        for name, limits in KNOWN_LIMITS.items()
    ]
    for row, limits in zip(rows, KNOWN_LIMITS.values(), strict=True):
        assert (f"{limits.max_bytes or 0:,} UTF-8 bytes" in row[4]) == bool(limits.max_bytes)
        assert ("counted as escaped" in row[4]) == bool(limits.escape)


HUGE = [
    "a" * 10_000_000,
    "😀" * 2_500_000,
    "https://example.org/" + "x" * 10_000_000,
    "heute.In " * 1_100_000,
    "<&>*_" * 2_000_000,
    "a\u0316\u0300" * (MAX_EXACT_CHARACTERS // 3),
    "ä.de " * (MAX_EXACT_CHARACTERS // 5),
    "a.a" * (MAX_EXACT_CHARACTERS // 3),
    "https://a.de/" + "(a" * (MAX_EXACT_CHARACTERS // 2 - 10),
    "@a@a." * (MAX_EXACT_CHARACTERS // 5),
    "🏽\u200d" * (MAX_EXACT_CHARACTERS // 2),
    "\u0300\u0316" * (MAX_EXACT_CHARACTERS // 2),
]


@pytest.mark.parametrize("text", HUGE, ids=lambda text: f"{text[:8]!a}-{len(text)}")
def test_huge_texts_are_counted_at_once(text: str) -> None:
    """Ten megabytes, or the worst of what is counted exactly: seconds on a slow machine would be minutes of nothing."""
    lengths = {name: measure(text, limits).length for name, limits in KNOWN_LIMITS.items()}
    assert lengths["threads"] > 100_000


@given(st.text(max_size=80))
def test_links_lie_in_the_text_one_behind_the_other(text: str) -> None:
    for law in (X_LINKS, MASTODON_LINKS):
        position = 0
        for link in find_links(text, law):
            assert position <= link.start < link.end <= len(text)
            position = link.end


LINKISH = st.lists(
    st.sampled_from(
        ["https://", "a.de", "heute.In", " ", "/", "ä", ".", "@", "(", ")", "?x=1", "日本", "wilo", "-", "„"]
    ),
    max_size=12,
).map("".join)


@given(LINKISH)
def test_links_are_found_in_the_same_places_as_in_a_longer_text(text: str) -> None:
    """What stands behind a space does not change the links before it."""
    assert find_links(f"{text} Ende", X_LINKS) == find_links(text, X_LINKS)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_longer_text_is_never_shorter_by_much(first: str, second: str) -> None:
    """Putting a text behind another costs at least what it costs alone, but for one character at the seam."""
    assert weight_of(f"{first}\n{second}") >= weight_of(first)
