"""Plan: one delivery row per recipient and channel before the first byte leaves.

What is planned is read from the ledger, and where it goes from the config: so what is frozen can be planned later, by
another process, after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.domain.address import normalise_address
from publisher.domain.digest import Digest
from publisher.domain.edition import EditionState
from publisher.domain.message import Message
from publisher.domain.post import Post
from publisher.errors import MessageGone, PublisherError, UsageError
from publisher.logs import get_logger, logs
from publisher.ports.ledger import AlreadyConsumed, DeliveryFilter, EditionRow, PlanEdition, Planned, PlanPost, PostRow
from publisher.workflow.application import Application, Channel
from publisher.workflow.freeze import Frozen
from publisher.workflow.pages import add_pages
from publisher.workflow.restored import refuse_while_restored
from publisher.workflow.withhold import needs_person


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What was planned: names of editions and posts with their counts, and what another process had taken.

    `pages_problem` says why the web pages of the editions could not be written.
    """

    planned: tuple[tuple[str, Planned], ...]
    taken_elsewhere: tuple[str, ...]
    message_ids: frozenset[int]
    pages_problem: PublisherError | None = None


def plan(app: Application, frozen: Frozen, approved: Sequence[EditionRow] = ()) -> PlanReport:
    """Approve by rule and plan everything that is frozen, and what a person has approved.

    What was planned is put on the web pages. An edition that still needs a person is left as it is.
    """
    planned: list[tuple[str, Planned]] = []
    taken: list[str] = []
    message_ids: set[int] = set()
    rows = [edition.row for edition in frozen.editions if not needs_person(app, edition.row.digest)]
    for row in (*rows, *approved):
        made = plan_edition(app, row) if approve_by_rule(app, row) else None
        if made is None:
            taken.append(row.name)
        else:
            planned.append((row.name, made))
            message_ids.add(row.message_id)
    editions = {name for name, _ in planned}
    for post in frozen.posts:
        made = plan_post(app, post.row)
        name = f"{post.row.article.slug} on {post.row.channel}"
        if made is None:
            taken.append(name)
        else:
            planned.append((name, made))
            message_ids.add(post.row.message_id)
    pages_problem = add_pages(app, editions)
    return PlanReport(tuple(planned), tuple(taken), frozenset(message_ids), pages_problem)


def approve_by_rule(app: Application, row: EditionRow) -> bool:
    """Approve a frozen edition where no person has to; False if it may not be planned."""
    if row.state is EditionState.APPROVED:
        return True
    if needs_person(app, row.digest):
        return False
    return app.ledger.change_edition(row.id, EditionState.FROZEN, EditionState.APPROVED, app.clock.now())


def plan_edition(app: Application, row: EditionRow) -> Planned | None:
    """Plan an approved edition; None, and the edition discarded, if another process has taken one of its articles.

    Errors: UsageError if the config no longer has its digest or channel.
    """
    refuse_while_restored(app)
    digest, channel = way_of(app, row)
    try:
        planned = app.ledger.plan_edition(plan_of(app, row, digest, channel), app.clock.now())
    except (AlreadyConsumed, MessageGone):
        app.ledger.discard_edition(row.id)
        return None
    _log(app, row.name, row.message_id, planned)
    return planned


def _log(app: Application, name: str, message_id: int, planned: Planned) -> None:
    get_logger().info("planned", what=name, count=planned.delivery_count, suppressed=planned.suppressed_count)
    if logs("debug"):
        for row in app.ledger.deliveries(DeliveryFilter(rehearsal=app.rehearsal, message_ids={message_id})):
            get_logger().debug("planned", delivery=row.key.text(), channel=row.key.channel)


def plan_of(app: Application, row: EditionRow, digest: Digest, channel: Channel) -> PlanEdition:
    """Say how an edition is planned."""
    fixed = [normalise_address(address) for address in digest.recipients]
    return PlanEdition(
        edition_id=row.id,
        channel=channel.name,
        adapter=channel.adapter_type.name,
        fixed_recipients=list(dict.fromkeys(fixed)),
        prepared=channel.adapter.prepare(app.ledger.message(row.message_id)),
    )


def way_of(app: Application, row: EditionRow) -> tuple[Digest, Channel]:
    """Say by the config who gets an edition, and over which channel. Errors: UsageError if that is not there."""
    digest = app.settings.digests.get(row.digest)
    channel = app.channels.get(digest.channel) if digest else None
    if digest is None or channel is None:
        missing = f"[channels.{digest.channel}]" if digest else f"[digests.{row.digest}]"
        raise UsageError(f"{row.name} needs {missing}, which is not in the config any more", hint="Put it back.")
    return digest, channel


def plan_post(app: Application, row: PostRow) -> Planned | None:
    """Plan one post; None if another process was faster."""
    refuse_while_restored(app)
    channel = app.channels[row.channel]
    try:
        message = app.ledger.message(row.message_id)
        planned = app.ledger.plan_post(
            PlanPost(
                post_id=row.id,
                adapter=channel.adapter_type.name,
                account=channel.adapter.account(),
                prepared=channel.adapter.prepare(message),
                segment_count=_segment_count(message),
                is_repeat=row.occurrence != f"{row.article.slug}/1",
            ),
            app.clock.now(),
        )
    except (AlreadyConsumed, MessageGone):
        return None
    _log(app, f"{row.article.slug} on {row.channel}", row.message_id, planned)
    return planned


def _segment_count(message: Message) -> int:
    (encoded,) = message.sections["post"]
    assert isinstance(encoded, bytes)
    return max(1, len(Post.from_bytes(encoded).segments))
