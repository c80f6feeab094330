"""One structured log line an event on standard error; addresses and secrets are hidden here, once.

The log is off unless the config or `--log` asks for it: what a person must know, the commands print. A delivery's life
is told with its key: planned, claimed and sending at the level debug, the attempt and what is settled at info.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TextIO

if TYPE_CHECKING:
    from structlog.typing import Processor

Level = Literal["debug", "info", "warning", "error"]
LEVELS = ("debug", "info", "warning", "error")
_NOTHING = len(LEVELS)
# A secret shorter than this would hide half of every line, and protects nothing.
MIN_HIDDEN_CHARACTERS = 4

# The first character of a local part stays, and the domain: who looks for a delivery knows it by its key.
_ADDRESS = re.compile(r"""("[^"\n]{1,64}"|[\w.!#$%&'*+/=?^`{|}~-]+)(@|%40)(?=[\w\[])""")
_TOKEN = re.compile(r"(?i)\b(bearer|basic|token|password|secret|whsec_)(\s*[:= ]?\s*)[^\s,;\"']+")
_URL_SECRET = re.compile(r"(https?://[^/\s]+/)[^\s\"']+")
_QUOTE = '"'
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Logger(Protocol):
    """What takes events; the level of each is the method's name."""

    def debug(self, event: str, **values: Any) -> None: ...  # noqa: D102 - the class says it
    def info(self, event: str, **values: Any) -> None: ...  # noqa: D102
    def warning(self, event: str, **values: Any) -> None: ...  # noqa: D102
    def error(self, event: str, **values: Any) -> None: ...  # noqa: D102
    def exception(self, event: str, **values: Any) -> None: ...  # noqa: D102


class Redactor:
    """Hides what must not stand in a log. It learns the secrets that the program reads."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._any_secret: re.Pattern[str] | None = None

    def hide(self, secret: str) -> None:
        """Hide this text from now on, wherever it appears."""
        if len(secret) >= MIN_HIDDEN_CHARACTERS and secret not in self._secrets:
            self._secrets.add(secret)
            longest_first = sorted(self._secrets, key=len, reverse=True)
            self._any_secret = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """Hide secrets, the local part of addresses, what follows words like "token", and paths of web addresses."""
        if self._any_secret is not None:
            text = self._any_secret.sub("…", text)
        if text.isalnum():  # keys and states: most of what is logged
            return text
        text = _URL_SECRET.sub(r"\1…", text)
        text = _ADDRESS.sub(_first_character, text)
        return _TOKEN.sub(r"\1\2…", text)

    def redact_event(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Redact every value of an event; keys stay."""
        for key, value in event.items():
            if not isinstance(value, int | float | bool | type(None)):
                event[key] = self.redact(value if isinstance(value, str) else str(value))
        return event


def _first_character(match: re.Match[str]) -> str:
    local_part, at = match.groups()
    return f"{local_part.strip(_QUOTE)[:1]}…{at}"


_redactor = Redactor()


def hide(secret: str) -> None:
    """Hide a secret in the log from now on, wherever it appears; also each token in JSON and each line of a key."""
    for part in (secret, *secret.splitlines(), *_texts_in(secret)):
        _redactor.hide(part)


def _texts_in(secret: str) -> Iterator[str]:
    try:
        values = json.loads(secret)
    except (ValueError, RecursionError):
        return
    yield from (value for value in values.values() if isinstance(value, str)) if isinstance(values, dict) else ()


class SilentLogger:
    """Takes every event and keeps none; structlog is not even loaded."""

    def info(self, event: str, **values: Any) -> None:
        """Drop it."""

    debug = warning = error = exception = info


class LineWriter:
    """Writes a line at once. Where nobody can take it any more it is lost: the ledger knows, and sending goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, message: str) -> None:
        """Write one line."""
        try:
            self._stream.write(f"{message}\n")
            self._stream.flush()
        except (OSError, ValueError):  # a full disk, a closed pipe; ValueError: closed by ourselves
            return

    debug = info = warning = error = exception = msg


class Log:
    """Where the program's events go."""

    def __init__(self) -> None:
        self.logger: Logger = SilentLogger()
        self.level = _NOTHING
        self._stream: TextIO | None = None
        self._form: str | None = None

    def choose(self, form: str | None, stream: TextIO) -> None:
        """Begin a command: a form that its options name holds, whatever the config says."""
        self._stream, self._form = stream, form
        self.configure("off", "info")

    def configure(self, form: str, level: str) -> None:
        """Send events of at least this level as "text" or "json", or nowhere with "off"."""
        form = self._form or form
        if form == "off" or self._stream is None:
            self.logger, self.level = SilentLogger(), _NOTHING
        else:
            self.logger, self.level = _make_logger(form, level, self._stream), LEVELS.index(level)


def _make_logger(form: str, level: str, stream: TextIO) -> Logger:
    import logging

    import structlog

    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _redactor.redact_event,
        _on_one_line,
        _last_step(form),
    ]
    # A filtering logger has empty methods below its level: they cost a call, and no event is made.
    filtering = structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()])
    logger: Logger = structlog.wrap_logger(LineWriter(stream), processors=processors, wrapper_class=filtering).bind()
    return logger


def _last_step(form: str) -> Processor:
    import structlog

    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.processors.LogfmtRenderer(key_order=["at", "level", "event"])


def _on_one_line(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out what would break a line, or steer a terminal: a remote's words are in here, too."""
    return {key: _CONTROL.sub(" ", value) if isinstance(value, str) else value for key, value in event.items()}


_log = Log()
choose_log = _log.choose
configure_log = _log.configure


def get_logger() -> Logger:
    """Give the program's logger."""
    return _log.logger


def logs(level: Level) -> bool:
    """Say whether events of this level are wanted: some take reading first."""
    return LEVELS.index(level) >= _log.level
