"""The log: one event a line, nothing in it that must not be there, and sending goes on without it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator

import pytest

from publisher.logs import choose_log, configure_log, get_logger, hide, logs

ADDRESSES = [
    "anna.müller@example.org",
    "jörg@bücher.example",
    "o'brien+news@example.org",
    '"anna müller"@example.org',
    "a@example.org",
    "first.last%tag@mail.example.org",
    "kontakt@[192.0.2.1]",
    "anna%40example.org",
]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    choose_log(None, stream)
    yield stream
    choose_log(None, io.StringIO())


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("form", ["text", "json"])
def test_of_an_address_only_a_character_and_the_domain_are_left(stream: io.StringIO, form: str, address: str) -> None:
    """In a value, in a sentence, in an exception's text."""
    configure_log(form, "info")
    get_logger().info("attempt", detail=f"550 <{address}>: no such mailbox", recipient=address)
    try:
        raise OSError(f"cannot write for {address}")
    except OSError:
        get_logger().exception("broken")
    line = stream.getvalue()
    local = address.replace("%40", "@").rpartition("@")[0].strip('"')
    assert local not in line or len(local) == 1
    assert address not in line
    assert line.count("\n") == 2


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_that_was_read_is_hidden_wherever_it_stands(stream: io.StringIO, form: str) -> None:
    """Alone, in a longer word, as one token of several kept together, as a line of a key."""
    configure_log(form, "info")
    get_logger().info("before", detail=f"{form}hunter2canary")
    hide(f"{form}hunter2canary")
    hide(json.dumps({"access": "accesscanary", "refresh": "refreshcanary", "until": 3}))
    hide("-----BEGIN KEY-----\nkeylinecanary1\nkeylinecanary2\n")
    for secret in (f"{form}hunter2canary", "accesscanary", "refreshcanary", "keylinecanary2"):
        get_logger().info("attempt", detail=secret, more=f"535 {secret}x", deep={"reply": [secret]})
    before, *after = stream.getvalue().splitlines()
    assert "hunter2canary" in before  # the control: what nobody has hidden is there
    assert "canary" not in "\n".join(after)


def test_what_looks_like_a_secret_is_hidden_without_being_known(stream: io.StringIO) -> None:
    configure_log("text", "info")
    get_logger().info("x", a="Bearer abc.def", b="https://hooks.example.org/T0/B0/xyz", c="password: geheim")
    assert not [word for word in ("abc.def", "xyz", "geheim") if word in stream.getvalue()]
    assert "https://hooks.example.org/" in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_remote_says_makes_no_second_line_and_steers_no_terminal(stream: io.StringIO, form: str) -> None:
    configure_log(form, "info")
    get_logger().info("attempt", detail="250 ok\r\n\x1b[2Jlevel=error event=forged\u2028next")
    line = stream.getvalue()
    assert line.splitlines() == [line.rstrip("\n")]
    assert "\x1b" not in line


def test_json_is_one_document_a_line_with_umlauts(stream: io.StringIO) -> None:
    configure_log("json", "info")
    get_logger().info("planned", what="Wärmepumpe", count=3)
    event = json.loads(stream.getvalue())
    assert event | {"at": ""} == {"event": "planned", "level": "info", "what": "Wärmepumpe", "count": 3, "at": ""}
    assert "Wärmepumpe" in stream.getvalue()


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level(stream: io.StringIO, level: str, count: int) -> None:
    configure_log("text", level)
    logger = get_logger()
    logger.debug("a")
    logger.info("b")
    logger.warning("c")
    logger.error("d")
    assert len(stream.getvalue().splitlines()) == count
    assert [logs("debug"), logs("info"), logs("error")] == [count > 3, count > 2, True]


def test_the_command_line_overrules_the_config_and_off_is_off() -> None:
    stream = io.StringIO()
    choose_log("off", stream)
    configure_log("text", "info")
    get_logger().error("x")
    assert stream.getvalue() == ""
    assert not logs("error")
    choose_log("json", stream)
    configure_log("off", "info")
    get_logger().error("x")
    assert json.loads(stream.getvalue())["event"] == "x"
    choose_log(None, io.StringIO())


def test_a_log_that_nobody_takes_stops_nothing() -> None:
    """A closed pipe, and a full disk."""
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    choose_log("text", stream)
    configure_log("text", "info")
    get_logger().info("x")
    os.dup2(os.open("/dev/full", os.O_WRONLY), writing)
    get_logger().info("x")
    choose_log(None, io.StringIO())
    os.dup2(os.open("/dev/null", os.O_WRONLY), writing)
    stream.close()
