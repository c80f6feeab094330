"""A sample recipient, so that a draft can be shown with its placeholders filled."""

from __future__ import annotations

from publisher.domain.delivery import DeliveryKey
from publisher.domain.personal import SignedAddresses, recipient_values
from publisher.rendering.texts import greetings_for
from publisher.workflow.application import Application
from publisher.workflow.prepare import EditionDraft

ADDRESS = "erika.mustermann@example.org"
NAME = "Erika Mustermann"


def sample_values(app: Application, draft: EditionDraft) -> dict[str, str]:
    """Give the placeholders' values for a sample recipient."""
    content = draft.content
    key = DeliveryKey(draft.email.message.content_hash, draft.channel, ADDRESS, 1, "preview", app.rehearsal)
    return recipient_values(
        key=key,
        recipient=ADDRESS,
        name=NAME,
        greetings=greetings_for(content.language),
        digest=content.digest,
        digest_name=content.digest_name,
        queued_at=app.clock.now(),
        time_zone=content.time_zone,
        signed=SignedAddresses(app.instance_secret(), app.settings.document.web.public_url or ""),
    )
