"""Ready: what the team is told when an edition waits for a person."""

from __future__ import annotations

from publisher.domain.notice import Event, NoticeKind
from publisher.ports.ledger import EditionRow, NewEdition
from publisher.workflow.application import Application
from publisher.workflow.deadline import due_at_of
from publisher.workflow.tell import event_of


def ready_event(app: Application, edition: EditionRow | NewEdition) -> Event:
    """Say that it is made, and until when somebody should look at it."""
    due_at = due_at_of(app, edition)
    shown = due_at.astimezone(app.schedule(edition.digest).zone).isoformat(timespec="minutes") if due_at else None
    facts = {"subject": edition.subject, "content_hash": edition.content_hash, "due_at": shown}
    return event_of(app, NoticeKind.READY_FOR_APPROVAL, edition.name, facts)
