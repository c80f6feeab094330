"""Rules that hold for every network which we post to by its own interface."""

from __future__ import annotations

import html
import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from publisher.adapters.discord import discord_message
from publisher.adapters.facebook import facebook_post
from publisher.adapters.google_chat import google_chat_message
from publisher.adapters.linkedin import linkedin_post
from publisher.adapters.mattermost import mattermost_message
from publisher.adapters.registry import find_adapter
from publisher.adapters.slack import slack_message
from publisher.adapters.telegram import telegram_message
from publisher.domain.attempt import Accepted, Unknown
from publisher.domain.networks import KNOWN_LIMITS, WORD_JOINER, escape_discord, escape_linkedin, escape_mattermost
from publisher.domain.post import Post
from publisher.domain.text_limits import count_bytes, count_utf16, measure
from publisher.errors import ChannelMisconfigured
from tests.adapters.posting import (
    NETWORKS,
    PATHS,
    PNG,
    SPECIAL,
    THREAD,
    TOKENS,
    deliver_to,
    environ_of,
    sealed,
    send,
    settings_of,
)
from tests.contracts.bench import make_adapter
from tests.servers.http_server import HttpServer, answer
from tests.servers.listener import hang

MARKUP = st.text(alphabet=r"""\|{}@[]()<>#*_~`-+&;!.:/"' aÄ1ſ🎉""" + "\n", max_size=80)
WORDS = st.lists(
    st.sampled_from(
        ["@channel", "@Here", "@all", "@allgemein", "https://a.de/b_c-d", "<!channel>", "<users/all>", "#Wärme", "27."]
    )
    | MARKUP,
    max_size=8,
).map(" ".join)


# ------------------------------------------------------------------------------------------------------ one request


@pytest.mark.parametrize("name", NETWORKS)
def test_slow_server(name: str, tmp_path: Path) -> None:
    """A server that answers too late has got one request, and the outcome is unknown."""
    with HttpServer(hang) as server:
        sent = deliver_to(server, name, tmp_path, sealed(replace(SPECIAL, image=None)), timeout_seconds=0.4)
        assert isinstance(sent.outcome, Unknown)
        assert len(server.requests) == len(server.lines) == 1


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("segment", [1, 2])
def test_rehearsal(name: str, segment: int, tmp_path: Path) -> None:
    """A rehearsal runs through with a picture and in a thread, sends nothing, and needs no secret that makes sense."""
    settings = settings_of(name, "https://network.example")
    if name in PATHS:
        settings["url"] = {"env": "TOKEN"}
    message = sealed(THREAD, image=PNG if segment == 1 else b"", segment=segment, previous=("1",) * (segment - 1))
    sent = send(settings, tmp_path, message, environ={"TOKEN": "whsec_stand-in-of-a-rehearsal"}, rehearse=True)
    assert isinstance(sent.outcome, Accepted)
    assert sent.files
    assert "stand-in" not in repr(sent.files)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("image", [b"", PNG])
def test_captures_hold_no_secret(name: str, image: bytes, tmp_path: Path) -> None:
    """What a rehearsal writes down has everything but the secret."""
    settings = settings_of(name, "https://network.example")
    sent = send(settings, tmp_path, sealed(SPECIAL, image=image), environ=environ_of(name), rehearse=True)
    assert isinstance(sent.outcome, Accepted)
    assert TOKENS[name] not in repr(sent.files)


@pytest.mark.parametrize("name", NETWORKS)
def test_logs_hold_no_address(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The libraries beneath would log the path of every request, at the level of details."""
    caplog.set_level(logging.DEBUG)
    with HttpServer(answer(200, b"{}")) as server:
        sent = deliver_to(server, name, tmp_path, sealed(SPECIAL))
    assert TOKENS[name] not in caplog.text + repr(sent.outcome)


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"teams"}))
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>echo</html>", b'{"id": {}, "result": 7, "name": 1}'])
def test_taken_with_nonsense(name: str, body: bytes, tmp_path: Path) -> None:
    """A success without the words of the network is no success that we know of."""
    with HttpServer(answer(200, body)) as server:
        outcome = deliver_to(server, name, tmp_path, sealed(SPECIAL)).outcome
    assert isinstance(outcome, Unknown)
    assert outcome.evidence.code == 200


# --------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "url", ["hooks.example.org/x", "ftp://example.org/x", "https://a b.org/", "https://u:p@x.org/"]
)
def test_wrong_address(name: str, url: str, tmp_path: Path) -> None:
    """An address that is none is found when the config is read, or when its secret is; it is not quoted."""
    with pytest.raises(ValidationError, match=r"url\n"):
        find_adapter(name).settings.model_validate({"adapter": name, "url": url})
    with pytest.raises(ChannelMisconfigured, match='the value of "url" cannot be used') as caught:
        send({"adapter": name, "url": {"env": "TOKEN"}}, tmp_path, sealed(SPECIAL), environ={"TOKEN": url})
    assert url not in str(caught.value)


@pytest.mark.parametrize("name", PATHS)
def test_account_of_a_secret_address(name: str, tmp_path: Path) -> None:
    """The channel's name stands for it: moving the address into the environment must not make another recipient."""
    inside = make_adapter(settings_of(name, "https://x.example"), folder=tmp_path)
    outside = make_adapter({"adapter": name, "url": {"env": "TOKEN"}}, folder=tmp_path, environ={"TOKEN": "https://y/"})
    assert inside.account() == outside.account() == "test"


@pytest.mark.parametrize("name", ["telegram", "linkedin", "facebook"])
@pytest.mark.parametrize("token", ["two words", "line\r\nbreak", "größe"])
def test_unusable_token(name: str, token: str, tmp_path: Path) -> None:
    """A token that cannot be sent stops the channel, and is not quoted."""
    with pytest.raises(ChannelMisconfigured, match="the token has") as caught:
        send(settings_of(name, "https://x.example"), tmp_path, sealed(SPECIAL), environ={"TOKEN": token})
    assert token not in str(caught.value)


@pytest.mark.parametrize("name", NETWORKS)
def test_declares_what_it_knows_of_images(name: str) -> None:
    """Networks that fetch pictures themselves have no limits for bytes; the others name source and day."""
    limits = find_adapter(name).image_limits
    assert (limits is None) == (name in {"slack", "teams", "mattermost", "google_chat"})
    assert limits is None or "2026-11-23" in limits.source


# ---------------------------------------------------------------------------------------------------------- escaping


def text_on_the_wire(name: str, text: str) -> str:
    """Give the text as it stands in the request that the adapter makes."""
    out = sealed_text(text)
    match name:
        case "slack":
            return str(slack_message(out)["text"])
        case "mattermost":
            return str(mattermost_message(out)["text"])
        case "discord":
            return str(json.loads(discord_message(out)[1])["content"])
        case "linkedin":
            return str(linkedin_post(out, "urn:li:person:1", "")["commentary"])
        case "telegram":
            return str(json.loads(telegram_message(out, "@a", None)[2])["text"])
        case "google_chat":
            return google_chat_message(out)[len('{"text":"') : -len('"}')].decode("ascii")
    raise AssertionError(name)


def sealed_text(text: str) -> Any:
    from publisher.adapters._posting import outgoing

    return outgoing(sealed(Post(slug="a", text=text, title="a", lang="de")))


@pytest.mark.parametrize("name", ["slack", "mattermost", "discord", "linkedin", "telegram", "google_chat"])
@settings(max_examples=400)
@given(text=WORDS | st.text(max_size=60))
def test_what_is_counted_is_what_is_sent(name: str, text: str) -> None:
    """The shortener's count is that of the wire."""
    wire, measured = text_on_the_wire(name, text), measure(text, KNOWN_LIMITS[name])
    count = count_bytes if name == "google_chat" else count_utf16
    assert measured.length == count(wire)


@settings(max_examples=2000)
@given(WORDS | st.text(max_size=60))
def test_slack_reads_the_original(text: str) -> None:
    """The three escapes are those of HTML; nothing else that looks like markup is left."""
    wire = text_on_the_wire("slack", text)
    assert html.unescape(wire) == text or "&" in text  # "&uuml" without an end is HTML's own habit
    assert wire.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text
    assert "<" not in wire


LITTLE = re.compile(r"\\(?P<escaped>[\\|{}@\[\]()<>#*_~])|#(?P<tag>[^\W\d_]\w*)|(?P<plain>[^\\|{}@\[\]()<>#*_~])", re.S)


@settings(max_examples=2000)
@given(WORDS | st.text(max_size=60))
def test_linkedin_reads_the_original(text: str) -> None:
    """LinkedIn's grammar: reserved characters only after a backslash, or "#" before a word."""
    wire, position, read = escape_linkedin(text), 0, ""
    while position < len(wire):
        element = LITTLE.match(wire, position)
        assert element, f"an unescaped character at {wire[position:]!r}"
        read += element["escaped"] or element["plain"] or f"#{element['tag']}"
        position = element.end()
    assert read == text


@settings(max_examples=2000)
@given(WORDS | MARKUP)
def test_discord_reads_the_original(text: str) -> None:
    """Outside of links a backslash stands for the character behind it, and none of those is left bare."""
    pieces = re.split(r"((?<!\w)https?://[^\s<]+)", escape_discord(text))
    assert "".join(re.sub(r"\\([^0-9A-Za-z\s])", r"\1", p) if n % 2 == 0 else p for n, p in enumerate(pieces)) == text
    for piece in pieces[::2]:
        assert not re.search(r"[*_~|>#\[\]()<`-]", re.sub(r"\\.", "", piece))


def mattermost_mentions(text: str) -> set[str]:
    """Find who is called, as the server does: words of letters, numbers and `:.-_@`, then without what is around."""
    words = re.findall(r"[^\W_]|[:.\-_@]|\W", text)
    runs = "".join(word if re.fullmatch(r"[^\W_]|[:.\-_@]", word) else " " for word in words).split()
    parts = {part for run in runs for part in (run.lstrip(":.-_"), *re.split(r"[.\-:]", run))}
    return {part.rstrip(".-:_").lower() for part in parts} & {"@here", "@channel", "@all"}


@settings(max_examples=2000)
@given(WORDS | MARKUP)
def test_mattermost_calls_nobody(text: str) -> None:
    """No @here, @channel or @all is left for the server's own law, and the text reads as before."""
    wire = escape_mattermost(text)
    assert not mattermost_mentions(wire)
    links = re.compile(r"((?<!\w)https?://\S+)")
    pieces = links.split(wire)
    read = "".join(
        re.sub("%40(?=here|channel|all)", "@", piece, flags=re.IGNORECASE)
        if number % 2
        else re.sub(r"\\([\\`*_~|\[\]#>+.-])", r"\1", piece)
        for number, piece in enumerate(pieces)
    )
    assert read.replace(WORD_JOINER, "") == text


def test_the_oracle_sees_what_is_not_escaped() -> None:
    """The check above would find a call if there was one."""
    for text in ("@all", "Hallo @Channel!", "x-@here", "a.@all.", ":@here:x", "https://a.de/@all"):
        assert mattermost_mentions(text), text
        assert not mattermost_mentions(escape_mattermost(text)), text
    assert not mattermost_mentions("@allgemein a@all")


@settings(max_examples=500)
@given(WORDS | st.text(max_size=60))
def test_google_chat_mentions_nobody(text: str) -> None:
    """No `<users/...>` and no `<https://...|...>` is left, and the text reads as before."""
    wire = json.loads(google_chat_message(sealed_text(text)))["text"]
    assert not re.search(r"<(users/|[a-z]+:)", wire, re.IGNORECASE)
    assert wire.replace(WORD_JOINER, "") == text.replace(WORD_JOINER, "")


def test_facebook_sends_the_text_as_it_is() -> None:
    """No markup, so no escape: the form's own encoding is taken off again by any server."""
    from urllib.parse import parse_qs

    edge, _, body = facebook_post(sealed_text(SPECIAL.text))
    assert (edge, parse_qs(body.decode("ascii"))) == ("feed", {"message": [SPECIAL.text]})
