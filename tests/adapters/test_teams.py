from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.adapters._posting import outgoing
from publisher.adapters.teams import MAX_MESSAGE_BYTES, teams_message
from publisher.domain.attempt import Accepted, Rejected
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.post import Post, PostImage
from publisher.domain.text_limits import measure
from publisher.errors import ChannelMisconfigured
from tests.adapters.golden import assert_golden
from tests.adapters.posting import SPECIAL, THREAD, deliver_to, sealed
from tests.servers.http_server import HttpServer, answer

RUN = answer(202, x_ms_workflow_run_id="08584")


def card_of(post: Post) -> dict[str, Any]:
    body = teams_message(outgoing(sealed(post)))
    assert len(body) <= MAX_MESSAGE_BYTES
    card: dict[str, Any] = json.loads(body)["attachments"][0]["content"]
    return card


def text_of(card: dict[str, Any]) -> str:
    return "\n".join("".join(run["text"] for run in block["inlines"]) for block in card["body"] if "inlines" in block)


def test_text(tmp_path: Path) -> None:
    """Each line is a block of text runs, links can be opened, and 202 is not taken for more than it is."""
    with HttpServer(RUN) as server:
        sent = deliver_to(server, "teams", tmp_path, sealed(replace(SPECIAL, image=None)))
    assert sent.outcome == Accepted("workflow run 08584 (HTTP 202; Teams does not say whether it was posted)")
    assert_golden("teams-text", *server.requests)


def test_image(tmp_path: Path) -> None:
    """A picture with a public address stands beneath the text, with its description."""
    with HttpServer(RUN) as server:
        deliver_to(server, "teams", tmp_path, sealed(SPECIAL))
    assert_golden("teams-image", *server.requests)


def test_thread(tmp_path: Path) -> None:
    """A workflow cannot answer: a further segment is a message of its own, without picture and button."""
    with HttpServer(answer(202)) as server:
        sent = deliver_to(server, "teams", tmp_path, sealed(THREAD, segment=2, previous=("x",)))
    assert sent.outcome == Accepted("workflow started (HTTP 202; Teams does not say whether it was posted)")
    assert_golden("teams-thread", *server.requests)


def test_button_speaks_the_articles_language() -> None:
    """The one word of ours that readers see exists in both languages."""
    assert card_of(SPECIAL)["actions"][0]["title"] == "Zum Artikel"
    assert card_of(replace(SPECIAL, lang="en-GB"))["actions"][0]["title"] == "Read the article"


@pytest.mark.parametrize(
    ("line", "urls"),
    [
        ("https://a.de/x.", ["https://a.de/x"]),
        ("(siehe https://a.de/x)!", ["https://a.de/x"]),
        ("https://a.de/x_(y) https://b.de", ["https://a.de/x_(y)", "https://b.de"]),
        ("„https://a.de/x“, https://", ["https://a.de/x"]),
        ("kein Link: a.de/x", []),
    ],
)
def test_links_can_be_opened(line: str, urls: list[str]) -> None:
    """A link ends before the sentence's own punctuation, but keeps its own brackets."""
    card = card_of(replace(SPECIAL, text=line))
    runs = card["body"][0]["inlines"]
    assert [run["selectAction"]["url"] for run in runs if "selectAction" in run] == urls
    assert text_of(card) == line


def test_what_does_not_fit_goes_in_order() -> None:
    """First the picture goes, then the links within the text; the text stays whole."""
    long = "https://example.org/" + "x" * 4_000
    text = "a" * 19_000 + f"\n\n{long}"
    with_image = replace(SPECIAL, text=text, url=None, image=PostImage(alt="a", url=long))
    assert [block["type"] for block in card_of(with_image)["body"]] == ["RichTextBlock", "RichTextBlock"]
    plain = card_of(replace(with_image, text="a" * 19_900 + f"\n\n{long}", url="https://example.org/" + "y" * 3_000))
    assert "selectAction" not in json.dumps(plain)
    assert text_of(plain) == "a" * 19_900 + f"\n{long}"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text(max_size=40) | st.just("https://example.org/" + "x" * 300), max_size=40).map("\n".join),
    st.integers(min_value=1, max_value=300),
    st.integers(min_value=1, max_value=9_000),
)
def test_every_post_that_fits_makes_a_card_that_fits(text: str, times: int, url_length: int) -> None:
    """Whatever passes the limit of the text stays under 28,000 bytes in all, and no line is lost."""
    text *= times
    while not measure(text, KNOWN_LIMITS["teams"]).fits:
        text = text[: len(text) // 2]
    url = "https://example.org/" + "x" * url_length
    post = Post(slug="a", text=text, title="a", lang="de", url=url, image=PostImage(alt="ü" * 500, url=url))
    lines = [line for line in text.split("\n") if line.strip()]
    assert [line for line in text_of(card_of(post)).split("\n") if line.strip()] == lines


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"error": {"code": "WorkflowTriggerIsNotEnabled", "message": "state Deleted"}}'),
        (401, b'{"error": {"code": "DirectApiAuthorizationRequired"}}'),
        (404, b'{"error": {"code": "WorkflowNotFound"}}'),
        (404, b"not found"),
    ],
)
def test_broken_set_up(status: int, body: bytes, tmp_path: Path) -> None:
    """A workflow that is gone or switched off stops the channel."""
    with (
        HttpServer(answer(status, body)) as server,
        pytest.raises(ChannelMisconfigured, match="Teams refuses us") as caught,
    ):
        deliver_to(server, "teams", tmp_path, sealed(SPECIAL))
    assert "Workflows app" in caught.value.hint


def test_refused_message(tmp_path: Path) -> None:
    """A card that is too large, or that the trigger does not take, is rejected."""
    with HttpServer(answer(413, b"Request Entity Too Large")) as server:
        outcome = deliver_to(server, "teams", tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Rejected)
    assert "Request Entity Too Large" in outcome.reason
