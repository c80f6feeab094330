"""The front matter: every field in its place, every mistake with file, line, field and a hint that works."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.article import Image, Related, Source, Status
from publisher.errors import Problems, QueueError
from publisher.intake.front_matter import read_article

PATH = "queue/2026-11-23-neue-pumpe.md"

FULL = """---
title: "Neue Pumpe: leise und sparsam"
kicker: Technik
teaser: >-
  Sie braucht halb so viel Strom
  wie ihre Vorgängerin.
date: 2026-11-23
lang: no
author: Anna Muster
image:
  src: images/pumpe.jpg
  alt: Eine Pumpe
  caption: Die neue Pumpe
  credit: Verband
source:
  name: Verband
  url: https://www.example.org/
url: https://www.example.org/neue-pumpe?a=1#b
tags: [Pumpen, Technik, Pumpen]
digests: [daily]
channels:
  - mastodon
publish_after: 2026-11-23T09:00+01:00
expires_at: 2026-12-01 18:00:30Z
priority: -5
pinned: true
status: hold
related:
  - alte-pumpe
  - title: Anderes
    url: http://example.org/b
    date: 2026-11-01
    teaser: Noch ein Teaser
replaces: pumpe-neu
posts:
  mastodon: |
    Erste Zeile
    Zweite Zeile
---

# Text

Mit --- und Umlauten: äöü.

---
"""


def errors_of(text: str, path: str = PATH) -> list[QueueError]:
    with pytest.raises(Problems) as raised:
        read_article(text, path, digests={"daily", "weekly"}, channels={"mastodon", "bluesky"})
    return [error for error in raised.value.errors if isinstance(error, QueueError)]


def one_error(*lines: str) -> str:
    """The one error of an article whose front matter has these lines from line 3 on."""
    errors = errors_of("\n".join(["---", "title: Pumpe", *lines, "---", "Text"]))
    assert len(errors) == 1, errors
    return str(errors[0]).replace(PATH, "x.md")


def test_every_field_arrives() -> None:
    article = read_article(FULL, PATH, digests={"daily"}, channels={"mastodon"})
    assert article.slug == "neue-pumpe"
    assert article.title == "Neue Pumpe: leise und sparsam"
    assert article.kicker == "Technik"
    assert article.teaser == "Sie braucht halb so viel Strom wie ihre Vorgängerin."
    assert article.date == date(2026, 11, 23)
    assert article.lang == "no"
    assert article.author == "Anna Muster"
    assert article.image == Image("images/pumpe.jpg", "Eine Pumpe", "Die neue Pumpe", "Verband")
    assert article.source == Source("Verband", "https://www.example.org/")
    assert article.url == "https://www.example.org/neue-pumpe?a=1#b"
    assert article.tags == ("Pumpen", "Technik")
    assert article.digests == ("daily",)
    assert article.channels == ("mastodon",)
    assert article.publish_after == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert article.expires_at == datetime(2026, 12, 1, 18, 0, 30, tzinfo=UTC)
    assert article.priority == -5
    assert article.pinned
    assert article.status is Status.HOLD
    assert article.related == (
        Related(slug="alte-pumpe"),
        Related(title="Anderes", url="http://example.org/b", date=date(2026, 11, 1), teaser="Noch ein Teaser"),
    )
    assert article.replaces == "pumpe-neu"
    assert dict(article.posts) == {"mastodon": "Erste Zeile\nZweite Zeile"}
    assert article.body_markdown == "# Text\n\nMit --- und Umlauten: äöü.\n\n---"
    assert article.path == PATH
    assert len(article.content_hash) == 64


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_a_bom_and_windows_line_ends_change_nothing(change: object) -> None:
    assert callable(change)
    assert read_article(change(FULL), PATH) == read_article(FULL, PATH)


def test_values_are_texts_whatever_yaml_would_make_of_them() -> None:
    article = read_article("---\ntitle: 12:30:45\nauthor: yes\nkicker: 0x1F\ntags: [1.0, 2026-11-23, no]\n---", PATH)
    assert (article.title, article.author, article.kicker) == ("12:30:45", "yes", "0x1F")
    assert article.tags == ("1.0", "2026-11-23", "no")


def test_empty_fields_are_fields_left_out() -> None:
    text = "---\ntitle: Pumpe\nteaser:\nimage:\n  src:\ndate: null\ntags: ~\nstatus: ''\ndigests: []\n---\n"
    article = read_article(text, PATH)
    assert (article.teaser, article.image, article.date, article.tags) == (None, None, None, ())
    assert article.status is Status.READY
    assert article.digests == ()


def test_a_slug_field_is_the_identity() -> None:
    assert read_article("---\ntitle: Pumpe\nslug: pumpe-2\n---\n", PATH).slug == "pumpe-2"


def test_umlauts_in_a_file_name_make_a_plain_slug() -> None:
    assert (
        read_article("---\ntitle: x\n---\n", "queue/2026-11-23-Größere Prüfstände.md").slug == "groessere-pruefstaende"
    )


def test_a_long_title_and_an_image_without_alt_are_taken() -> None:
    article = read_article(f"---\ntitle: {'Pumpe ' * 200}\nimage: {{src: a.jpg}}\n---\n", PATH)
    assert len(article.title) == 1199
    assert article.image == Image("a.jpg")


def test_the_content_hash_is_about_content_only() -> None:
    base = read_article(FULL, PATH).content_hash
    assert read_article(FULL.replace("status: hold", "status: ready"), "queue/other.md").content_hash == base
    assert read_article(FULL.replace("Technik", "technik"), PATH).content_hash != base


ONE_LINE = {
    "titel: Pumpe": 'x.md:3: there is no field "titel"\nhint: Did you mean "title"?',
    "autor: Anna": 'x.md:3: there is no field "autor"\nhint: Did you mean "author"?',
    "Bild: a.jpg": 'x.md:3: there is no field "Bild"\nhint: Did you mean "image"?',
    "xyz: 1": (
        'x.md:3: there is no field "xyz"\nhint: These exist: title, status, slug, kicker, teaser, date, lang, author, '
        "image, source, url, tags, digests, channels, publish_after, expires_at, priority, pinned, evergreen, related, "
        "replaces, posts."
    ),
    "publish_after: 2026-11-23 09:00": (
        'x.md:3: "publish_after" has no time zone: "2026-11-23 09:00"\n'
        'hint: Add the offset, for example "2026-11-23T09:00+01:00".'
    ),
    "publish_after: 2026-07-01T09:00": (
        'x.md:3: "publish_after" has no time zone: "2026-07-01T09:00"\n'
        'hint: Add the offset, for example "2026-07-01T09:00+02:00".'
    ),
    "expires_at: 2026-11-23": (
        'x.md:3: "expires_at" has no time: "2026-11-23"\n'
        'hint: Add the time and the offset, for example "2026-11-23T09:00+01:00".'
    ),
    "expires_at: morgen": (
        'x.md:3: "expires_at" is not a date and time: "morgen"\nhint: Write it as "2026-11-23T09:00+01:00".'
    ),
    "expires_at: 2026-02-30T09:00+01:00": (
        'x.md:3: "expires_at" is not a date and time: "2026-02-30T09:00+01:00"\n'
        'hint: Write it as "2026-11-23T09:00+01:00".'
    ),
    "date: 27.11.2020": (
        'x.md:3: "date" is not a date: "27.11.2020"\nhint: Write year, month and day, for example 2020-11-27.'
    ),
    "date: 2026-02-30": (
        'x.md:3: "date" is not a date: "2026-02-30"\nhint: Write year, month and day, for example 2026-11-23.'
    ),
    "kicker: =?utf-8?q?x=0D=0ABcc:_a@b?=": (
        'x.md:3: "kicker" has what looks like an encoded word: \'=?utf-8?q?x=0D=0ABcc:_a@b?=\'\n'
        'hint: Write the text itself, for example "Größe" instead of "=?utf-8?q?Gr=C3=B6=C3=9Fe?=".'
    ),
    "lang: Deutsch": 'x.md:3: "lang" is not a language code: "Deutsch"\nhint: Write it as de.',
    "url: www.example.org/pumpe": (
        'x.md:3: "url" is not a web address: "www.example.org/pumpe"\nhint: Write it whole: "https://www.example.org/pumpe".'
    ),
    "url: javascript:alert(1)": (
        'x.md:3: "url" is not a web address: "javascript:alert(1)"\nhint: Write it whole: "https://www.example.org/news".'
    ),
    "url: https://name:password@example.org/": (
        'x.md:3: "url" is not a web address: "https://name:password@example.org/"\n'
        'hint: Write it whole: "https://www.example.org/news".'
    ),
    "tags: Pumpen": 'x.md:3: "tags" is not a list\nhint: Put brackets around it: tags: [Pumpen]',
    "digests: [dayly]": 'x.md:3: there is no digest "dayly"\nhint: Did you mean "daily"?',
    "channels: [fax]": 'x.md:3: there is no channel "fax"\nhint: The config has: bluesky, mastodon.',
    "priority: high": (
        'x.md:3: "priority" is not a whole number from -100 to 100: "high"\nhint: Write it as priority: 10'
    ),
    "pinned: ja": 'x.md:3: "pinned" is neither true nor false: "ja"\nhint: Write it as pinned: true',
    "status: redy": 'x.md:3: "status" is none of draft, ready, hold: "redy"\nhint: Write it as status: ready',
    "slug: Neue Pumpe": 'x.md:3: "slug" is not a slug: "Neue Pumpe"\nhint: Write it as neue-pumpe.',
    "replaces: 2026-01-01-alt.md": 'x.md:3: "replaces" is not a slug: "2026-01-01-alt.md"\nhint: Write it as alt.',
    "related: alte-pumpe": (
        'x.md:3: "related" is not a list\nhint: Begin each line of it with -, for example: - new-pump'
    ),
    "image: pumpe.jpg": (
        'x.md:3: "image" is not a group of fields\nhint: Write it as\nimage:\n  src: ...'
    ),
    "image: {src: ../../secret.png}": (
        'x.md:3: "image.src" leads out of the queue folder: "../../secret.png"\nhint: Write it as "images/pump.jpg".'
    ),
    "image: {src: 'C:\\a.png'}": (
        'x.md:3: "image.src" is neither a web address nor a path below the queue folder: "C:\\\\a.png"\n'
        'hint: Write it as "images/pump.jpg".'
    ),
    "image: {scr: a.png}": 'x.md:3: there is no field "scr" in "image"\nhint: Did you mean "src"?',
    "source: WILO SE": 'x.md:3: "source" is not a group of fields\nhint: Write it as\nsource:\n  name: "WILO SE"',
    "source: {url: 'https://example.org'}": 'x.md:3: "source.name" is missing\nhint: Add it: name: "A text"',
    "posts: Hallo": 'x.md:3: "posts" is not a group of fields\nhint: Write it as\nposts:\n  mastodon: A text',
    "posts: {mastodn: Hallo}": 'x.md:3: there is no channel "mastodn"\nhint: Did you mean "mastodon"?',
    "kicker: [a, b]": 'x.md:3: "kicker" is a list, not a text\nhint: Write one text: kicker: "A text".',
    'kicker: "a\\nb"': 'x.md:3: "kicker" has a line break\nhint: Write it in one line.',
    'kicker: "a\\eb"': 'x.md:3: "kicker" has a control character: U+001B\nhint: Delete it; it may be invisible.',
    "title: Noch einer": 'x.md:3: "title" is given twice, first in line 2\nhint: Keep one of the two.',
    "teaser: *wichtig": (
        'x.md:3: "*wichtig" is a YAML anchor or alias; they are not allowed\n'
        'hint: Put quotes around the value if it is a text: "*wichtig".'
    ),
    "teaser: !!python/object:os.system x": (
        "x.md:3: the YAML tag tag:yaml.org,2002:python/object:os.system is not allowed\n"
        "hint: Put quotes around the value."
    ),
    "kicker: Pumpen: neu": (
        "x.md:3: the front matter is not valid YAML: a second colon in one line\n"
        'hint: Put quotes around a text with a colon in it, for example title: "Pumps: what is new".'
    ),
    'kicker: "Pumpen': (
        "x.md:3: the front matter is not valid YAML: a quotation mark is opened and never closed\n"
        'hint: Close it: title: "A text"'
    ),
    "tags: [a, b": (
        "x.md:3: the front matter is not valid YAML: a bracket [ or { is opened and never closed\n"
        "hint: Close it: tags: [pumps, water]"
    ),
    "Nur ein Satz": (
        "x.md:3: the front matter is not valid YAML: a line without a field name and colon\n"
        'hint: Write it as a field: teaser: "A text".'
    ),
    "kicker: @pumpe": (
        "x.md:3: the front matter is not valid YAML: a value begins with a sign that YAML keeps for itself, or with a "
        "tab\nhint: Put quotes around the value, and indent with spaces, never with a tab."
    ),
    "kicker: a\x07b": (
        "x.md:3: the front matter has a control character: U+0007\nhint: Delete it; it may be invisible."
    ),
    "tags: [[[[[[[[[[[]]]]]]]]]]]": "x.md:3: the front matter is nested more than 8 deep\nhint: Write it flatter.",
}  # fmt: skip


@pytest.mark.parametrize("line", ONE_LINE)
def test_a_mistake_in_one_line_is_said_in_full(line: str) -> None:
    assert one_error(line) == ONE_LINE[line]


WHOLE = {
    "Nur Text": (
        f"{PATH}:1: the front matter is missing\n"
        'hint: Begin the file with\n---\ntitle: "New pump saves energy"\n---'
    ),
    "---\ntitle: Pumpe\n\nText": (
        f"{PATH}:1: the front matter has no end\nhint: Add a line with only --- below the last field."
    ),
    '+++\ntitle = "Pumpe"\n+++\n': (
        f"{PATH}:1: the front matter is TOML (+++), which is not read\n"
        'hint: Write it as YAML between ---: title: "A text"'
    ),
    "---\n- eins\n- zwei\n---\n": (
        f"{PATH}:2: the front matter is not a group of fields\n"
        'hint: Add a line such as title: "New pump saves energy".'
    ),
    "---\n---\nText": (
        f'{PATH}:1: "title" is missing\nhint: Add a line such as title: "New pump saves energy".'
    ),
    "---\nkicker: x\ntitle:\n---\nText": (
        f'{PATH}:3: "title" is empty\nhint: Add a line such as title: "New pump saves energy".'
    ),
    "---\ntitle: x\nexpires_at: 2026-11-23T08:00Z\npublish_after: 2026-11-23T09:00+01:00\n---\n": (
        f'{PATH}:3: "expires_at" is not after "publish_after"\n'
        "hint: Give a later moment, or remove one of the two."
    ),
    "---\ntitle: x\n---\nText\n\x1b[0m\n": (
        f"{PATH}:5: the text has a control character: U+001B\nhint: Delete it; it may be invisible."
    ),
    "---\ntitle: " + "x" * 70_000 + "\n---\n": (
        f"{PATH}:1: the front matter is larger than 64 KiB\nhint: Move the text below the second ---."
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", WHOLE, ids=range(len(WHOLE)))
def test_a_mistake_in_the_whole_is_said_in_full(text: str) -> None:
    assert [str(error) for error in errors_of(text)] == [WHOLE[text]]


def test_all_mistakes_are_said_at_once_each_with_line_and_field() -> None:
    text = "---\nkicker: [a]\nimage:\n  alt: x\n  size: 3\nrelated:\n  - titel: x\n  -\n  - Kein Slug\nurl: x\n---\n"
    assert [(error.where.removeprefix(PATH), error.field) for error in errors_of(text)] == [
        (":2", "kicker"),
        (":5", "image.size"),
        (":7", "related.titel"),
        (":7", "related.title"),
        (":8", "related"),
        (":9", "related"),
        (":10", "url"),
        (":1", "title"),
    ]


def test_a_file_name_without_letters_is_said() -> None:
    assert [str(error) for error in errors_of("---\ntitle: x\n---\n", "queue/2026-11-23-!!!.md")] == [
        "queue/2026-11-23-!!!.md:1: the file's name has no letters for a slug\n"
        "hint: Name it like 2026-11-23-new-pump.md."
    ]


YAML_SIGNS = st.text(alphabet=st.sampled_from(list("abc:-?[]{}#&*!|>'\"%@`,~ \n\t\\0é\ufeff\u2028")), max_size=80)


@given(st.one_of(st.text(max_size=80), YAML_SIGNS), YAML_SIGNS)
def test_whatever_stands_there_there_is_an_article_or_an_error_with_its_place(header: str, body: str) -> None:
    try:
        article = read_article(f"---\n{header}\n---\n{body}", PATH)
    except Problems as problems:
        assert problems.errors
        for error in problems.errors:
            assert error.where.startswith(f"{PATH}:")
            assert error.hint
    else:
        assert article.title
