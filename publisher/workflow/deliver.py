"""Deliver: send what is queued or due on some channels, once; what is unknown is settled first where that can be."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from publisher.workflow.application import Application, Channel
from publisher.workflow.decide import resend_by_rule
from publisher.workflow.send import SendReport, due_count, send
from publisher.workflow.settle import ask_remotes
from publisher.workflow.waiting import waits


def send_waiting(app: Application, stop: threading.Event, only: Iterable[str] | None = None) -> SendReport | None:
    """Settle what is unknown, and send what is queued or due, on all channels or on some; None if there is nothing."""
    channels = _enabled(app, app.channels if only is None else only)
    ask_remotes(app, channels)
    resend_by_rule(app, channels)
    held = waits(app, channels)
    waiting = [name for name in channels if name not in held and due_count(app, name)]
    return send(app, waiting, stop=stop) if waiting else None


def _enabled(app: Application, names: Iterable[str]) -> Mapping[str, Channel]:
    return {name: app.channels[name] for name in names if name in app.channels and app.channels[name].settings.enabled}
