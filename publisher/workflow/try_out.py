"""A test: a digest's next edition, marked as one, to a few addresses; nothing is consumed, no number is used up."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from publisher.domain.address import AddressError, normalise_address
from publisher.domain.delivery import DeliveryState
from publisher.errors import Problems, PublisherError, UsageError
from publisher.ports.ledger import DeliveryFilter, PlanMessage
from publisher.workflow.application import Application
from publisher.workflow.exit_codes import exit_code_of
from publisher.workflow.prepare import draft_edition, render_content
from publisher.workflow.send import SendReport, send
from publisher.workflow.waiting import refuse_if_held


@dataclass(frozen=True, slots=True)
class TestReport:
    """What a test brought. `left_out_count` are addresses that are suppressed."""

    subject: str
    content_hash: str
    channel: str
    rehearsal: bool
    deliveries: Mapping[DeliveryState, int]
    left_out_count: int
    sent: SendReport
    problems: tuple[PublisherError, ...]

    @property
    def exit_code(self) -> int:
        """As of every run that sends."""
        return exit_code_of(self.deliveries, self.sent)


def send_test(app: Application, digest: str, addresses: Collection[str], *, stop: threading.Event) -> TestReport:
    """Send the next edition to these addresses as a test. Errors: whatever is wrong before the first byte leaves."""
    recipients = _normalised(addresses)
    channel = app.channels[app.settings.digests[digest].channel]
    if not channel.settings.enabled:
        where = f"config.toml [channels.{channel.name}.enabled]"
        raise UsageError(f'the channel "{channel.name}" is switched off', where=where, hint="Set enabled = true.")
    draft, _, problems = draft_edition(app, digest, app.read_queue())
    if draft is None:
        hint = 'Put an article into the queue, for example by "publish add", or look at "publish queue".'
        raise Problems(problems) if problems else UsageError(f'no article is queued for "{digest}"', hint=hint)
    email = render_content(app, draft.content, is_test=True)
    for file_name, content in email.assets.items():
        app.write_asset(file_name, content)
    now = app.clock.now()
    plan = PlanMessage(
        message=email.message,
        digest=digest,
        channel=channel.name,
        adapter=channel.adapter_type.name,
        occurrence=f"test {now:%Y-%m-%dT%H:%M:%S.%f}",
        recipients=recipients,
        prepared=channel.adapter.prepare(email.message),
        rehearsal=app.rehearsal,
    )
    refuse_if_held(app, channel.name)
    planned = app.ledger.plan_message(plan, now)
    if not planned.delivery_count:
        hint = "Name another address: nobody is written to who has unsubscribed or whose address is gone."
        raise UsageError("all of these addresses are suppressed", hint=hint)
    made = planned.message_id
    sent = send(app, [channel.name], stop=stop, message_id=made, asked_for={made})
    which = DeliveryFilter(rehearsal=app.rehearsal, message_ids={planned.message_id})
    counts = Counter(row.state for row in app.ledger.deliveries(which) if row.key.occurrence == plan.occurrence)
    left_out_count = len(recipients) - planned.delivery_count
    return TestReport(
        subject=email.subject,
        content_hash=email.message.content_hash,
        channel=channel.name,
        rehearsal=app.rehearsal,
        deliveries=counts,
        left_out_count=left_out_count,
        sent=sent,
        problems=(*problems, *sent.stopped.values()),
    )


def _normalised(addresses: Collection[str]) -> tuple[str, ...]:
    """Give the addresses as deliveries know them. Errors: Problems of UsageError."""
    found, errors = [], list[PublisherError]()
    for address in addresses:
        try:
            found.append(normalise_address(address))
        except AddressError as error:
            hint = "Write the bare address: --to name@example.org."
            errors.append(UsageError(f'"{address}" is not an e-mail address: {error}', hint=hint))
    if errors:
        raise Problems(errors)
    return tuple(dict.fromkeys(found))
