"""Note: what a person decided, as the audit log keeps it."""

from __future__ import annotations

from typing import Any

from publisher.domain.audit import AuditNote
from publisher.workflow.application import Application


def note_of(app: Application, action: str, about: str = "", content_hash: str = "", **details: Any) -> AuditNote:
    """Give the note of a decision by the person at the keyboard.

    A name that was only claimed (`--as`, PUBLISH_OPERATOR) stands beside the login name that claimed it.
    """
    told = {"login": app.login} if app.login != app.operator else {}
    if app.rehearsal:
        told["rehearsal"] = "yes"
    return AuditNote(app.operator, action, about, content_hash, {**told, **details})
