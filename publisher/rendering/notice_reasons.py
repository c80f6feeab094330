"""Why something happened, in the language of a notice: our own sentences are translated, the words of others quoted.

A mail server answers in English, mostly. What it said stays as it is, as its reply, in a sentence of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from publisher.rendering.texts import Texts

Say = Callable[[Texts, Mapping[str, str]], str]


def reason_text(say: Texts, reason: str) -> str:
    """Say a reason as `workflow/`, `domain/` and the adapters word it; what is not ours is quoted."""
    if not reason:
        return ""
    known = _known(say, reason)
    parts = [known] if known else [_known(say, part) for part in reason.split("; ")]
    found = [part for part in parts if part]
    return "; ".join(found) if len(found) == len(parts) else say("“%(words)s”", words=reason)


def _known(say: Texts, reason: str) -> str | None:
    for pattern, words in _SENTENCES:
        if match := pattern.fullmatch(reason):
            return words(say, match.groupdict(default=""))
    return None


def _sentence(pattern: str, words: Say) -> tuple[re.Pattern[str], Say]:
    return re.compile(pattern, re.DOTALL), words


def _queued(say: Texts, values: Mapping[str, str]) -> str:
    return say.plural(
        "%(count)s article is queued, and %(minimum)s are needed",
        "%(count)s articles are queued, and %(minimum)s are needed",
        int(values["count"]),
        minimum=values["minimum"],
    )


def _http(say: Texts, values: Mapping[str, str]) -> str:
    if values["reply"]:
        return say("%(host)s replied with HTTP %(status)s: “%(reply)s”", **values)
    return say("%(host)s replied with HTTP %(status)s", **values)


def _http_refusal(say: Texts, values: Mapping[str, str]) -> str:
    return say("%(host)s refuses us with HTTP %(status)s: “%(reply)s”", **values)


_HOST = r"(?P<host>\S+)"
_SENTENCES = (
    # Why there is no edition.
    _sentence(r"holiday(?P<name>(: .+)?)", lambda say, v: say("holiday") + v["name"]),
    _sentence(r"blackout(?P<name>(: .+)?)", lambda say, v: say("blackout") + v["name"]),
    _sentence(r"paused until (?P<moment>.+)", lambda say, v: say("paused until %(moment)s", **v)),
    _sentence(r"no article is queued", lambda say, v: say("no article is queued")),
    _sentence(r"(?P<count>\d+) articles? (?:is|are) queued, and (?P<minimum>\d+) are needed", _queued),
    _sentence(r"nobody gets it yet", lambda say, v: say("nobody gets it yet")),
    _sentence(r"publish run was not running then", lambda say, v: say("publish run was not running then")),
    _sentence(
        r"its edition was made, but not sent in time", lambda say, v: say("its edition was made, but not sent in time")
    ),
    # What became of an approval.
    _sentence(r"not approved in time", lambda say, v: say("not approved in time")),
    _sentence(
        r"approved, but publish run was not running at its due time",
        lambda say, v: say("approved, but publish run was not running at its due time"),
    ),
    _sentence(
        r"none of its articles can go out any more", lambda say, v: say("none of its articles can go out any more")
    ),
    _sentence(
        r"it was changed after (?P<by>.+) had approved it",
        lambda say, v: say("it was changed after %(by)s had approved it", **v),
    ),
    _sentence(
        r"it cannot be brought up to date: (?P<words>.+)",
        lambda say, v: say("it cannot be brought up to date: “%(words)s”", **v),
    ),
    _sentence(
        r'subject: "(?P<before>.*)" is now "(?P<after>.*)"',
        lambda say, v: say("subject: “%(before)s” is now “%(after)s”", **v),
    ),
    _sentence(r"(?P<article>\S+) was taken out", lambda say, v: say("%(article)s was taken out", **v)),
    _sentence(r"(?P<article>\S+) was put in", lambda say, v: say("%(article)s was put in", **v)),
    _sentence(r"(?P<article>\S+) was changed", lambda say, v: say("%(article)s was changed", **v)),
    _sentence(
        r"pictures, template, settings or order are different",
        lambda say, v: say("pictures, template, settings or order are different"),
    ),
    # What a remote said, or why it could say nothing.
    _sentence(r"(?P<reply>[2-5]\d\d[ -].+)", lambda say, v: say("the server replied: “%(reply)s”", **v)),
    _sentence(
        _HOST + r": the login was refused: (?P<reply>.+)",
        lambda say, v: say("%(host)s: the login was refused; the server replied: “%(reply)s”", **v),
    ),
    _sentence(
        _HOST + r": it refuses us: (?P<reply>.+)",
        lambda say, v: say("%(host)s: the server does not want our mail, and replied: “%(reply)s”", **v),
    ),
    _sentence(
        _HOST + r": connection failed: (?P<words>.+)", lambda say, v: say("%(host)s: no connection: “%(words)s”", **v)
    ),
    _sentence(
        _HOST + r": encryption failed: (?P<words>.+)", lambda say, v: say("%(host)s: no encryption: “%(words)s”", **v)
    ),
    _sentence(_HOST + r": login failed: (?P<words>.+)", lambda say, v: say("%(host)s: no login: “%(words)s”", **v)),
    _sentence(
        _HOST + r": its certificate is not valid: (?P<words>.+)",
        lambda say, v: say("%(host)s: its certificate is not valid: “%(words)s”", **v),
    ),
    _sentence(
        _HOST + r": the server offers no encryption here",
        lambda say, v: say("%(host)s: the server offers no encryption", **v),
    ),
    _sentence(
        _HOST + r": the server offers no login here", lambda say, v: say("%(host)s: the server offers no login", **v)
    ),
    _sentence(r"HTTP (?P<status>\d{3}) from " + _HOST + r": (?P<reply>.+)", _http),
    _sentence(r"HTTP (?P<status>\d{3}) from (?P<host>\S+)(?P<reply>)", _http),
    _sentence(_HOST + r" refuses us with HTTP (?P<status>\d{3}): (?P<reply>.*)", _http_refusal),
    _sentence(
        r"the message was not handed over: (?P<words>.+)",
        lambda say, v: say("the message was not handed over: “%(words)s”", **v),
    ),
    _sentence(
        r"the message may have been taken: (?P<words>.+)",
        lambda say, v: say("the message may have been taken: “%(words)s”", **v),
    ),
)
