"""Plan: one delivery row per recipient and channel before the first byte leaves."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.domain.address import normalise_address
from publisher.errors import PublisherError
from publisher.ports.ledger import AlreadyConsumed, PlanEdition, Planned, PlanPost
from publisher.workflow.application import Application
from publisher.workflow.freeze import Frozen, FrozenEdition, FrozenPost, approve
from publisher.workflow.pages import add_pages


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What was planned: names of editions and posts with their counts, and what another process had taken.

    `pages_problem` says why the web pages of the editions could not be written.
    """

    planned: tuple[tuple[str, Planned], ...]
    taken_elsewhere: tuple[str, ...]
    message_ids: frozenset[int]
    pages_problem: PublisherError | None = None


def plan(app: Application, frozen: Frozen) -> PlanReport:
    """Approve by rule and plan everything that is frozen; what was planned is put on the web pages."""
    planned: list[tuple[str, Planned]] = []
    taken: list[str] = []
    message_ids: set[int] = set()
    for edition in frozen.editions:
        made = plan_edition(app, edition)
        if made is None:
            taken.append(edition.row.name)
        else:
            planned.append((edition.row.name, made))
            message_ids.add(edition.row.message_id)
    editions = {name for name, _ in planned}
    for post in frozen.posts:
        made = plan_post(app, post)
        name = f"{post.row.article.slug} on {post.row.channel}"
        if made is None:
            taken.append(name)
        else:
            planned.append((name, made))
            message_ids.add(post.row.message_id)
    pages_problem = add_pages(app, editions)
    return PlanReport(tuple(planned), tuple(taken), frozenset(message_ids), pages_problem)


def plan_edition(app: Application, edition: FrozenEdition) -> Planned | None:
    """Plan one edition; None, and the edition discarded, if another process has taken one of its articles."""
    channel = app.channels[edition.draft.channel]
    fixed = [normalise_address(address) for address in edition.draft.content.digest.recipients]
    if not approve(app, edition):
        return None
    try:
        return app.ledger.plan_edition(
            PlanEdition(
                edition_id=edition.row.id,
                channel=channel.name,
                adapter=channel.adapter_type.name,
                fixed_recipients=list(dict.fromkeys(fixed)),
                prepared=channel.adapter.prepare(edition.draft.email.message),
            ),
            app.clock.now(),
        )
    except AlreadyConsumed:
        app.ledger.discard_edition(edition.row.id)
        return None


def plan_post(app: Application, post: FrozenPost) -> Planned | None:
    """Plan one post; None if another process was faster."""
    channel = app.channels[post.row.channel]
    try:
        return app.ledger.plan_post(
            PlanPost(
                post_id=post.row.id,
                adapter=channel.adapter_type.name,
                account=channel.adapter.account(),
                prepared=channel.adapter.prepare(post.draft.message),
                segment_count=max(1, len(post.draft.rendered.post.segments)),
            ),
            app.clock.now(),
        )
    except AlreadyConsumed:
        return None
