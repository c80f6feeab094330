from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.adapters._bluesky_facets import facets_of, spans_of
from publisher.adapters.bluesky import tid_of
from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted, Deferred, Unknown
from publisher.domain.post import Post
from publisher.errors import ChannelMisconfigured
from tests.adapters.accounts import BLUESKY, THREAD, WITHOUT_LINK, Attempts, ok
from tests.adapters.golden import assert_golden
from tests.contracts.bench import FixedClock
from tests.servers.http_server import Request, answer
from tests.servers.listener import Action, drop
from tests.servers.routed_server import Asks

LOGIN = "POST /xrpc/com.atproto.server.createSession"
RENEWAL = "POST /xrpc/com.atproto.server.refreshSession"
RECEIPT = "at://did:plc:verband/app.bsky.feed.post/3m6bskqeh6s22 bafyreitaken"


def record_sent(post: Post, folder: Path, **changed: Any) -> Any:
    with BLUESKY.serve() as server:
        attempts = Attempts(BLUESKY, folder, post=post, **changed)
        assert isinstance(attempts.attempt(server), Accepted)
        return json.loads(server.sent_to(BLUESKY.creating)[-1].body)["record"]


def test_requests_as_sent(tmp_path: Path) -> None:
    """Login, mention, picture, record with card; a picture without a card; the second segment of a thread."""
    with BLUESKY.serve() as server:
        Attempts(BLUESKY, tmp_path).attempt(server)
        assert_golden("bluesky-card", *server.requests)
    with BLUESKY.serve() as server:
        Attempts(BLUESKY, tmp_path, post=WITHOUT_LINK).attempt(server)
        assert_golden("bluesky-image", *server.requests)
    with BLUESKY.serve() as server:
        Attempts(BLUESKY, tmp_path, post=THREAD, segment=2, previous=(BLUESKY.earlier_receipt,)).attempt(server)
        assert_golden("bluesky-thread", *server.requests)


def test_receipt(tmp_path: Path) -> None:
    """The receipt holds address and hash of the record: the next segment needs both."""
    with BLUESKY.serve() as server:
        attempts = Attempts(BLUESKY, tmp_path)
        outcome = attempts.attempt(server)
    assert attempts.prepared is not None
    rkey = attempts.prepared["records"][0]["rkey"]
    assert outcome == Accepted(RECEIPT, f"https://bsky.app/profile/verband.example/post/{rkey}")


def test_thread_answers_root_and_parent(tmp_path: Path) -> None:
    """The third segment names the first as root and the second as parent."""
    post = replace(THREAD, segments=("Eins", "zwei", "drei"))
    previous = ("at://did:plc:verband/app.bsky.feed.post/1 cid-1", "at://did:plc:verband/app.bsky.feed.post/2 cid-2")
    record = record_sent(post, tmp_path, segment=3, previous=previous)
    assert record["text"] == "drei"
    assert record["reply"] == {
        "root": {"uri": "at://did:plc:verband/app.bsky.feed.post/1", "cid": "cid-1"},
        "parent": {"uri": "at://did:plc:verband/app.bsky.feed.post/2", "cid": "cid-2"},
    }


def test_segments_have_keys_and_times_of_their_own(tmp_path: Path) -> None:
    """All record keys of a thread are made at planning, in order."""
    prepared = Attempts(BLUESKY, tmp_path, post=replace(THREAD, segments=("a", "b", "c")))
    with BLUESKY.serve() as server:
        prepared.open(server)
    assert prepared.prepared is not None
    records = prepared.prepared["records"]
    assert [record["created_at"] for record in records] == [
        "2026-11-23T09:00:00.000Z",
        "2026-11-23T09:00:00.001Z",
        "2026-11-23T09:00:00.002Z",
    ]
    keys = [record["rkey"] for record in records]
    assert sorted(set(keys)) == keys


# ------------------------------------------------------------------------------------------------------ never twice


def keeping(records: dict[str, Any]) -> Asks:
    """A repository: it writes under the key that it is given, and loses its first answer."""

    def reply(request: Request) -> Action:
        body = json.loads(request.body)
        is_new = body["rkey"] not in records
        records[body["rkey"]] = body["record"]
        uri = f"at://{body['repo']}/{body['collection']}/{body['rkey']}"
        return drop if is_new else ok({"uri": uri, "cid": "bafyreisame"})

    return Asks(reply)


def test_replay_makes_nothing_new(tmp_path: Path) -> None:
    """Another attempt, by another session, writes the same record under the same key."""
    records: dict[str, Any] = {}
    with BLUESKY.serve(creating=keeping(records)) as server:
        attempts = Attempts(BLUESKY, tmp_path)
        assert isinstance(attempts.attempt(server), Unknown)
        assert isinstance(attempts.attempt(server), Accepted)
        first, second = server.sent_to(BLUESKY.creating)
    assert first.body == second.body
    assert len(records) == 1
    assert find_adapter("bluesky").replay_seconds == math.inf


def test_finds_its_record(tmp_path: Path) -> None:
    """The record is asked for by its key."""
    with BLUESKY.serve(creating=drop) as server:
        attempts = Attempts(BLUESKY, tmp_path)
        attempts.attempt(server)
        server.routes["GET /xrpc/com.atproto.repo.getRecord"] = ok({"uri": "at://a/b/c", "cid": "bafy", "value": {}})
        outcome = attempts.find(server)
        assert isinstance(outcome, Accepted)
        assert outcome.receipt == "at://a/b/c bafy"
        assert attempts.prepared is not None
        (asked,) = server.sent_to("GET /xrpc/com.atproto.repo.getRecord")
    assert asked.target.endswith(f"&rkey={attempts.prepared['records'][0]['rkey']}")


# ----------------------------------------------------------------------------------------------------------- login


def test_logs_in_once(tmp_path: Path) -> None:
    """A session logs in at its first post and stays so."""
    with BLUESKY.serve() as server:
        attempts = Attempts(BLUESKY, tmp_path)
        session = attempts.open(server)
        for _ in range(3):
            assert isinstance(session.send(attempts.message(), attempts.mark), Accepted)
        assert len(server.sent_to(LOGIN)) == 1


def test_renews_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour the login is renewed, before it runs out; the new token is used."""
    seconds = [0.0]
    monkeypatch.setattr(FixedClock, "monotonic_seconds", lambda self: seconds[0])
    with BLUESKY.serve() as server:
        attempts = Attempts(BLUESKY, tmp_path)
        session = attempts.open(server)
        session.send(attempts.message(), attempts.mark)
        seconds[0] = 3_700.0
        assert isinstance(session.send(attempts.message(), attempts.mark), Accepted)
        (renewal,) = server.sent_to(RENEWAL)
        assert renewal.headers["authorization"] == "Bearer refresh.canary.1"
        assert server.sent_to(BLUESKY.creating)[-1].headers["authorization"] == "Bearer access.canary.2"
        assert len(server.sent_to(LOGIN)) == 1


def test_login_that_has_run_out(tmp_path: Path) -> None:
    """A refused login is no refused post: the next attempt logs in anew."""
    expired = ok({"error": "ExpiredToken", "message": "Token has expired"}, 400)
    with BLUESKY.serve(creating=[expired, BLUESKY.taken]) as server:
        attempts = Attempts(BLUESKY, tmp_path)
        session = attempts.open(server)
        assert isinstance(session.send(attempts.message(), attempts.mark), Deferred)
        assert isinstance(session.send(attempts.message(), attempts.mark), Accepted)
        assert len(server.sent_to(LOGIN)) == 2


def test_rate_limit(tmp_path: Path) -> None:
    """The header says in seconds since 1970 when there are points again."""
    reset = int(datetime(2026, 11, 23, 9, 30, tzinfo=UTC).timestamp())
    busy = answer(429, b'{"error":"RateLimitExceeded"}', ratelimit_reset=str(reset))
    with BLUESKY.serve(creating=busy) as server:
        outcome = Attempts(BLUESKY, tmp_path).attempt(server)
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after_seconds == 1_800


def test_verify_names_a_wrong_account(tmp_path: Path) -> None:
    """A password of another account is found before it posts there."""
    with BLUESKY.serve() as server, pytest.raises(ChannelMisconfigured, match="belongs to verband") as caught:
        Attempts(BLUESKY, tmp_path).open(server, handle="presse.example").verify()
    assert caught.value.hint == 'Write handle = "verband.example"'


# ---------------------------------------------------------------------------------------------------------- facets


def test_unknown_mention_stays_text(tmp_path: Path) -> None:
    """A mention of somebody who is not there is no facet and no error; a network in trouble is one."""
    mention = "GET /xrpc/com.atproto.identity.resolveHandle"
    with BLUESKY.serve() as server:
        server.routes[mention] = ok({"error": "InvalidRequest", "message": "Unable to resolve handle"}, 400)
        assert isinstance(Attempts(BLUESKY, tmp_path).attempt(server), Accepted)
        record = json.loads(server.sent_to(BLUESKY.creating)[-1].body)["record"]
    kinds = [feature["$type"] for facet in record["facets"] for feature in facet["features"]]
    assert kinds == ["app.bsky.richtext.facet#link", "app.bsky.richtext.facet#tag"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Grüße https://example.org/größe.", [("link", "https://example.org/größe")]),
        ("(https://example.org/a_(b))", [("link", "https://example.org/a_(b)")]),
        ("heute.In und README.md", []),
        ("#Wärmepumpe, #2026 #e-Mobil. # #", [("tag", "Wärmepumpe"), ("tag", "e-Mobil")]),
        ("C#Kurs a#b", []),
        ("https://example.org/#anker #echt", [("link", "https://example.org/#anker"), ("tag", "echt")]),
        ("#" + "x" * 65, []),
        ("Danke @Anna.bsky.social!", [("mention", "anna.bsky.social")]),
        ("presse@example.org @anna @anna@pumpen.example @user.name@host.example", []),
        ("👩🏽‍🚒#nein 👩🏽‍🚒 #ja", [("tag", "ja")]),
        ("", []),
    ],
)
def test_what_is_found(text: str, found: list[tuple[str, str]]) -> None:
    """Links need their scheme; a tag needs a letter and stands free; a mention is a whole handle."""
    assert [(span.kind, span.target) for span in spans_of(text)] == found


PIECES = st.sampled_from(
    [
        "https://example.org/größe?a=1&b=ü",
        "http://ä.example/x",
        "#Wärmepumpe",
        "#日本語",
        "@anna.bsky.social",
        "@verband.example",
        "👩🏽‍🚒",
        "🇩🇪",
        "„Grüße“",
        "e\u0301",
        "\u202eabc",
        "a.b",
        "#",
        "@",
        "(",
        ")",
        ".",
        "\n",
    ]
)
GAPS = st.sampled_from(["", " ", "\n"])
TEXTS = st.builds(lambda gap, pieces: gap.join(pieces), GAPS, st.lists(PIECES | st.text(max_size=6), max_size=12))


@settings(max_examples=2_000, deadline=None)
@given(TEXTS)
def test_facets_read_by_their_bytes(text: str) -> None:
    """Read as bytes, as the network does: each facet is exactly what it says, they are in order and do not overlap."""
    encoded, position = text.encode("utf-8"), 0
    for facet in facets_of(text, lambda handle: f"did:plc:{handle}"):
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        assert position <= start < end <= len(encoded)
        position = end
        shown = encoded[start:end].decode("utf-8")  # fails within a character
        (feature,) = facet["features"]
        match feature["$type"].partition("#")[2]:
            case "link":
                assert feature["uri"].isascii()
                assert unquote(feature["uri"]).replace("xn--4ca", "ä") == unquote(shown)
                assert shown.lower().startswith(("https://", "http://"))
            case "tag":
                assert shown[0] in "#＃"
                assert shown[1:] == feature["tag"]
            case kind:
                assert kind == "mention"
                assert feature["did"] == f"did:plc:{shown.removeprefix('@').lower()}"


def test_known_offsets() -> None:
    """Counted by hand: ü is two bytes, the firefighter 15, quotation marks three each."""
    text = "„ü“ 👩🏽‍🚒 https://example.org/ü #ä"
    link, tag = facets_of(text, lambda handle: None)
    assert link["index"] == {"byteStart": 25, "byteEnd": 47}
    assert tag["index"] == {"byteStart": 48, "byteEnd": 51}


# ------------------------------------------------------------------------------------------------------ record keys


@given(
    st.integers(0, 2**51).map(lambda number: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)),
    st.integers(0, 1_023),
)
def test_record_key_holds_time_and_writer(at: datetime, clock_id: int) -> None:
    """Read back by the specification's own words: 13 characters of base32, microseconds and 10 bits."""
    tid = tid_of(at, clock_id)
    number = 0
    for character in tid:
        number = number * 32 + "234567abcdefghijklmnopqrstuvwxyz".index(character)
    assert len(tid) == 13
    assert tid[0] in "234567abcdefghij"
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number >> 10) == at
    assert number & 1_023 == clock_id


def test_later_keys_sort_later() -> None:
    """Clients show posts in the order of their keys."""
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    keys = [tid_of(start + timedelta(milliseconds=number), 7) for number in range(50)]
    assert sorted(keys) == keys
