"""The samples are demo and fixtures at once: each kind of article that the docs promise is there, and in good order.

Read here with plain PyYAML, apart from our own reader, so that one can be held against the other.
"""

import csv
import datetime as dt
import re
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import yaml
from email_validator import validate_email
from PIL import Image

from publisher.domain.article import slug_of, split_file_stem
from publisher.intake.front_matter import FIELDS, read_article
from publisher.intake.queue import read_queue

ROOT = Path(__file__).parent.parent
HOW_TO = ROOT / "docs" / "how-to" / "write-an-article.md"
QUEUE = ROOT / "queue"
CHANNELS = {"mastodon", "bluesky", "x", "teamchat"}
DIGESTS = {"daily"}
KEYS = {
    *("title", "kicker", "teaser", "date", "lang", "author", "image", "source", "url", "tags", "digests", "channels"),
    *("publish_after", "expires_at", "priority", "status", "related", "replaces", "posts"),
}
MAX_IMAGE_BYTES = 120_000
TODAY = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
RESERVED = ("example", "example.org", "example.com", "example.net")


class Sample(NamedTuple):
    slug: str
    fields: dict[str, Any]
    body: str
    text: str

    @property
    def status(self) -> str:
        return str(self.fields.get("status", "ready"))

    @property
    def is_english(self) -> bool:
        return self.fields.get("lang") == "en"


def read_sample(path: Path) -> Sample:
    text = path.read_text("utf-8")
    _, front, body = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
    return Sample(split_file_stem(path.stem)[1], yaml.safe_load(front), body.strip(), text)


SAMPLES = [read_sample(path) for path in sorted(QUEUE.glob("2*.md"))]
GERMAN = [sample for sample in SAMPLES if not sample.is_english]
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.slug)
each_german = pytest.mark.parametrize("sample", GERMAN, ids=lambda sample: sample.slug)
each_picture = pytest.mark.parametrize("picture", sorted((QUEUE / "images").iterdir()), ids=lambda path: path.name)


def is_reserved(host: str) -> bool:
    """Names of RFC 2606 and RFC 6761, which nobody can own; checked 2026-11-23."""
    return host.endswith(tuple(f".{name}" for name in RESERVED)) or host in RESERVED


def test_there_are_at_least_ten_german_and_two_english_articles():
    assert len(GERMAN) >= 10
    assert len(SAMPLES) - len(GERMAN) >= 2
    assert {sample.fields["lang"] for sample in SAMPLES if "lang" in sample.fields} == {"de", "en"}


@each_sample
def test_a_sample_has_what_readers_need_and_no_unknown_field(sample):
    assert set(sample.fields) <= KEYS
    assert sample.fields["title"].strip()
    assert len(sample.fields["teaser"]) <= 220
    assert sample.body
    assert sample.fields["tags"]


@each_sample
def test_a_sample_names_only_outlets_of_the_example_config(sample):
    assert set(sample.fields.get("channels", ())) <= CHANNELS
    assert set(sample.fields.get("digests", ())) <= DIGESTS
    assert set(sample.fields.get("posts", ())) <= set(sample.fields["channels"])


@each_sample
def test_a_sample_is_of_november_2026(sample):
    assert sample.fields.get("date", dt.date(2026, 11, 21)).strftime("%Y-%m") == "2026-11"


def test_slugs_titles_and_addresses_are_used_once():
    for values in (
        [sample.slug for sample in SAMPLES],
        [sample.fields["title"] for sample in SAMPLES],
        [sample.fields["url"] for sample in SAMPLES if "url" in sample.fields],
    ):
        assert len(values) == len(set(values))


@each_sample
def test_a_file_name_is_already_a_slug(sample):
    assert slug_of(sample.slug) == sample.slug


@each_sample
def test_a_picture_exists_and_is_described(sample):
    if image := sample.fields.get("image"):
        assert (QUEUE / image["src"]).is_file()
        assert 40 <= len(image["alt"]) <= 160
        assert image["credit"]


@each_picture
def test_a_picture_is_small_enough_for_a_mail(picture):
    assert picture.stat().st_size < MAX_IMAGE_BYTES
    with Image.open(picture) as image:
        assert image.size == ((432, 120) if picture.stem == "logo" else (1200, 675))
        assert image.mode == ("RGBA" if picture.stem == "logo" else "RGB")


def test_every_picture_is_used():
    used = {sample.fields["image"]["src"] for sample in SAMPLES if "image" in sample.fields}
    assert used | {"images/logo.png"} == {f"images/{picture.name}" for picture in (QUEUE / "images").iterdir()}


@each_sample
def test_related_articles_stand_in_the_queue_or_say_what_they_are(sample):
    slugs = {other.slug for other in SAMPLES} - {sample.slug}
    for related in sample.fields.get("related", ()):
        assert related in slugs if isinstance(related, str) else related["title"]


@each_sample
def test_all_web_addresses_are_reserved_for_examples(sample):
    for address in re.findall(r"https?://[^\s)\"]+", sample.text):
        assert is_reserved(urlsplit(address).hostname), address


def is_long_headline(sample: Sample) -> bool:
    return 170 <= len(sample.fields["title"]) <= 190


def has_table_and_list(sample: Sample) -> bool:
    return "|---" in sample.body and "\n1. " in sample.body


def is_past_embargo(sample: Sample) -> bool:
    after = sample.fields.get("publish_after")
    return bool(after) and dt.datetime.fromisoformat(after) < TODAY


def has_related_with_everything(sample: Sample) -> bool:
    return any(
        not isinstance(related, str) and set(related) == {"title", "url", "date", "teaser"}
        for related in sample.fields.get("related", ())
    )


@pytest.mark.parametrize(
    "is_such",
    [
        is_long_headline,
        has_table_and_list,
        is_past_embargo,
        has_related_with_everything,
        lambda sample: any(isinstance(related, str) for related in sample.fields.get("related", ())),
        lambda sample: "url" not in sample.fields and sample.status == "ready",
        lambda sample: "image" not in sample.fields and sample.status == "ready",
        lambda sample: "date" not in sample.fields and "lang" not in sample.fields,
        lambda sample: sample.fields.get("posts"),
        lambda sample: sample.status == "draft",
        lambda sample: sample.status == "hold",
        lambda sample: sample.fields.get("source", {}).get("url"),
        lambda sample: "source" in sample.fields and "url" not in sample.fields["source"],
        lambda sample: sample.fields.get("expires_at"),
        lambda sample: sample.fields.get("priority"),
        lambda sample: "‚" in sample.body and "„" in sample.body,
        lambda sample: "Wärmepumpen" in sample.fields["tags"] and "image" in sample.fields,
        lambda sample: "3,5\u00a0Mio.\u00a0€" in sample.body,
        lambda sample: "§\u00a071\u00a0Abs.\u00a02" in sample.body,
        lambda sample: "27.11.2026" in sample.body,
    ],
)
def test_every_kind_of_article_is_there(is_such):
    assert any(is_such(sample) for sample in SAMPLES)


def test_most_articles_are_ready_and_go_to_every_channel():
    ready = [sample for sample in SAMPLES if sample.status == "ready"]
    assert len(ready) >= 12
    assert sum(set(sample.fields["channels"]) == CHANNELS for sample in ready) >= 5


@each_german
def test_german_quotes_open_low_and_close_high(sample):
    """„…“ outside and ‚…‘ inside; no straight quote or English one in what readers see."""
    readable = re.sub(r"\]\([^)]*\)", "]", sample.body)
    assert not re.search(r"[\"”'’]", readable)
    marks = re.findall("[„“‚‘]", readable)
    open_marks: list[str] = []
    for mark in marks:
        if mark in "„‚":
            open_marks.append(mark)
        else:
            assert open_marks.pop() + mark in ("„“", "‚‘")
    assert open_marks == []


@each_german
def test_numbers_and_abbreviations_do_not_break_at_the_end_of_a_line(sample):
    """Between a number and its unit, and inside z. B., stands a no-break space."""
    breaking = r"\d\s(?:%|€|°C|K\b|Mio|Uhr\b)|\b[zdu]\.\s?[BhaÄä]\.|§\s\d|Abs\.\s\d|e\.\s?V\.|(?:Dr|Prof)\.\s[A-ZÄÖÜ]"
    found = [match.group() for match in re.finditer(breaking, sample.text)]
    assert [text for text in found if not re.fullmatch(r"\S+(?:\u00a0\S+)+", text)] == []


def test_our_own_reader_reads_every_sample_to_the_same_values():
    """Draft and hold files are read as well; the folder's README is no article."""
    reading = read_queue(QUEUE, digests=DIGESTS, channels=CHANNELS, wait=lambda seconds: None, now_ns=lambda: 2**62)
    assert [str(error) for error in reading.errors] == []
    assert reading.skipped == ()
    assert reading.file_count == len(SAMPLES)
    by_slug = {article.slug: article for article in reading.articles}
    assert by_slug.keys() == {sample.slug for sample in SAMPLES}
    for sample in SAMPLES:
        article = by_slug[sample.slug]
        assert article.title == sample.fields["title"]
        assert article.teaser == sample.fields["teaser"].strip()
        assert article.status == sample.status
        assert article.tags == tuple(sample.fields["tags"])
        assert article.url == sample.fields.get("url")
        assert article.priority == sample.fields.get("priority", 0)
        assert article.body_markdown.strip() == sample.body
        assert dict(article.posts) == sample.fields.get("posts", {})
        assert [related.slug or related.title for related in article.related] == [
            related if isinstance(related, str) else related["title"] for related in sample.fields.get("related", ())
        ]


def test_the_how_to_explains_every_field():
    rows = set(re.findall(r"^\| `(\w+)[.`]", HOW_TO.read_text("utf-8"), re.MULTILINE))
    assert rows == set(FIELDS)


def test_the_example_in_the_how_to_is_a_good_article():
    [example] = re.findall(r"^```markdown\n(.*?)^```", HOW_TO.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    article = read_article(example, "2026-11-26-neue-beratungsstelle.md", digests=DIGESTS, channels=CHANNELS)
    assert article.image is not None
    assert (QUEUE / str(article.image.src)).is_file()
    slugs = {sample.slug for sample in SAMPLES}
    assert all(related.title or related.slug in slugs for related in article.related)


@pytest.mark.parametrize("cell", re.findall(r"\| `([^`]+)` \|$", HOW_TO.read_text("utf-8"), re.MULTILINE))
def test_each_example_cell_of_the_how_to_is_yaml(cell):
    assert len(yaml.safe_load(cell)) == 1


def test_sample_subscribers_are_eight_invented_people_with_good_addresses():
    with (ROOT / "subscribers.example.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    assert list(people[0]) == ["address", "name", "language", "tags", "digests", "consent_source", "consent_at"]
    assert len(people) == len({person["address"] for person in people}) == 8
    domains = [validate_email(p["address"], check_deliverability=False, test_environment=True) for p in people]
    assert all(is_reserved(domain.ascii_domain) for domain in domains)
    assert any(domain.ascii_domain != domain.domain for domain in domains)
    assert all(dt.datetime.fromisoformat(person["consent_at"]) < TODAY for person in people)
    assert {person["language"] for person in people} == {"de", "en"}
    assert set(chain.from_iterable(person["digests"].split(";") for person in people)) == DIGESTS


def test_the_licence_is_the_whole_apache_licence():
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert (ROOT / "NOTICE").read_text("utf-8").startswith("Publisher\n")
