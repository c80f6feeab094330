"""One structured log line an event on standard error; addresses and secrets are hidden here, once.

The log is off unless asked for (`--log text` or `--log json`): what a person must know, the commands print.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, TextIO

_ADDRESS = re.compile(r"([A-Za-z0-9])[A-Za-z0-9._%+'-]*@([A-Za-z0-9.-]+)")
_TOKEN = re.compile(r"(?i)\b(bearer|basic|token|password|secret|whsec_)(\s*[:= ]?\s*)[^\s,;\"']+")
_URL_SECRET = re.compile(r"(https?://[^/\s]+/)[^\s\"']+")


def redact(text: str) -> str:
    """Hide the local part of addresses, what follows words like "token", and the paths of web addresses."""
    text = _ADDRESS.sub(r"\1…@\2", text)
    text = _TOKEN.sub(r"\1\2…", text)
    return _URL_SECRET.sub(r"\1…", text)


def redact_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact every value of an event, keys stay."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = redact(value)
        elif not isinstance(value, int | float | bool | type(None)):
            event[key] = redact(str(value))
    return event


class SilentLogger:
    """Takes every event and keeps none; structlog is not even loaded."""

    def info(self, event: str, **values: Any) -> None:
        """Drop it."""

    warning = error = exception = info


_current: list[Any] = [SilentLogger()]


def configure_logs(form: str, stream: TextIO) -> None:
    """Send events to a stream as "text" or "json", or nowhere with "off"."""
    if form == "off":
        _current[0] = SilentLogger()
        return
    import structlog

    last = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact_event,
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _current[0] = structlog.get_logger()


def get_logger() -> Any:
    """Give the program's logger."""
    return _current[0]
