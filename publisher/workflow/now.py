"""`publish now`: one pass by hand over the straight line, asking a person between freezing and planning."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from publisher.domain.audit import AuditNote
from publisher.domain.delivery import OPEN_STATES, DeliveryState
from publisher.domain.edition import EditionState
from publisher.domain.outlet import Outlet
from publisher.domain.selection import Omission
from publisher.errors import Problems, PublisherError, TryAgain
from publisher.intake.queue import QueueReading
from publisher.ports.ledger import DeliveryFilter, EditionRow
from publisher.workflow.application import Application
from publisher.workflow.decide import resend_by_rule
from publisher.workflow.exit_codes import WAITS_FOR_PERSON, exit_code_of
from publisher.workflow.freeze import MANUAL, Frozen, discard, freeze
from publisher.workflow.look import skipped_errors
from publisher.workflow.note import note_of
from publisher.workflow.plan import PlanReport, plan, way_of
from publisher.workflow.preflight import Findings, look_over, mark_forced, refuse_faults
from publisher.workflow.prepare import Drafts, EditionDraft, Wanted, parse_wanted, prepare
from publisher.workflow.preview import write_preview
from publisher.workflow.ready import ready_event
from publisher.workflow.repeats import repeat_warnings
from publisher.workflow.restored import refuse_while_restored
from publisher.workflow.revise import revise
from publisher.workflow.send import Progress, SendReport, due_count, send
from publisher.workflow.settle import ask_remotes
from publisher.workflow.waiting import Cause, Wait, holds, shown_waits, waits
from publisher.workflow.withhold import needs_person, waiting_editions


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person is asked about: what was frozen, and deliveries that an earlier run left open, by channel.

    `repeats` warns of texts that their channel has had within a day. `approved` are manual editions that were frozen
    earlier, and approved since. `elsewhere` are deliveries, by channel, that
    another run is at.
    """

    frozen: Frozen
    left_over: Mapping[str, int]
    findings: Findings = field(default_factory=dict)
    repeats: tuple[str, ...] = ()
    approved: tuple[EditionRow, ...] = ()
    elsewhere: Mapping[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Say whether there is nothing to send at all."""
        return not (self.frozen.editions or self.frozen.posts or self.left_over or self.approved)


@dataclass(frozen=True, slots=True)
class NowReport:
    """What `publish now` did. `deliveries` are the counts of everything that this run planned or went on with.

    `pages` are the pages to look at, one for each edition, that a rehearsal writes. `halted_count` are the segments of
    threads, not in `deliveries`, that wait until somebody decides about an earlier one. `refused` are the faults for
    which the real run would be refused, after a dry run. `untaken` are articles that were named and that no channel
    takes. `unapproved` are manual editions that wait for a person.
    """

    rehearsal: bool
    drafts: Drafts
    offer: Offer | None = None
    plan: PlanReport | None = None
    sent: SendReport | None = None
    deliveries: Mapping[DeliveryState, int] = field(default_factory=dict)
    left_out: Mapping[Outlet, tuple[Omission, ...]] = field(default_factory=dict)
    discarded: bool = False
    pages: tuple[Path, ...] = ()
    findings: Findings = field(default_factory=dict)
    forced: frozenset[str] = frozenset()
    halted_count: int = 0
    refused: tuple[PublisherError, ...] = ()
    untaken: tuple[str, ...] = ()
    waits: Mapping[str, Wait] = field(default_factory=dict)
    unapproved: tuple[EditionRow, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all done; 1 some rejected; 3 some unknown, a person must decide; 4 some are left for the next run.

        2 if nothing could be sent because of errors.
        """
        if self.refused:
            return 2
        if self.drafts.problems and not (
            self.drafts.editions or self.drafts.posts or (self.offer and not self.offer.empty)
        ):
            return 2
        is_paused = any(wait.cause is Cause.PAUSED for wait in self.waits.values())
        code = exit_code_of(self.deliveries, self.sent, self.halted_count, is_paused=is_paused)
        return WAITS_FOR_PERSON if self.unapproved and code in (0, 1) else code


def publish_now(  # noqa: PLR0913 - each is one thing that a person says or is told
    app: Application,
    names: Collection[str],
    channels: Collection[str],
    *,
    ask: Callable[[Offer], bool],
    stop: threading.Event,
    on_progress: Callable[[Progress], None],
    dry_run: bool = False,
    forced: frozenset[str] = frozenset(),
) -> NowReport:
    """Prepare, look over, freeze, ask, plan and send; `forced` are rules of the preflight that may be broken.

    Errors: whatever is wrong before the first byte leaves; nothing was sent.
    """
    refuse_while_restored(app)
    reading = app.read_queue()
    wanted = parse_wanted(app, names, channels, reading)
    drafts = prepare(app, wanted, reading)
    _refuse_if_nothing_valid(drafts, wanted, reading)
    findings = {draft.digest: mark_forced(look_over(app, draft), forced) for draft in drafts.editions}
    report = NowReport(
        app.rehearsal,
        drafts,
        left_out=drafts.left_out,
        findings=findings,
        forced=forced,
        untaken=untaken(wanted, drafts),
    )
    if dry_run:
        return replace(report, refused=refusals(findings, forced))
    refuse_faults(findings, forced)
    app.ledger.recover(app.clock.now())
    ask_remotes(app, channels_asked_for(app, wanted))
    resend_by_rule(app, channels_asked_for(app, wanted))
    elsewhere = held_elsewhere(app, wanted)
    repeats = repeat_warnings(app, drafts.posts)
    approved, unapproved = manual_editions(app, wanted, reading)
    report = replace(report, unapproved=unapproved)
    offer = Offer(freeze(app, drafts), left_over(app, wanted), findings, repeats, approved, elsewhere)
    if offer.empty:
        report = replace(report, offer=offer, waits=open_waits(app, channels_asked_for(app, wanted)))
        return replace(report, deliveries=waiting(app, wanted), halted_count=halted_count(app, wanted))
    if not _is_agreed(app, offer, ask, stop):
        return replace(report, offer=offer, discarded=True)
    app.audit.record(_note(app, offer, forced), app.clock.now())
    asking = [edition.row for edition in offer.frozen.editions if needs_person(app, edition.row.digest)]
    for row in asking:
        app.notices.append(ready_event(app, row), once=False)
    report = replace(report, unapproved=(*unapproved, *asking))
    made = plan(app, offer.frozen, approved)
    used = {row.message_id for row in approved}
    used |= {edition.row.message_id for edition in offer.frozen.editions if edition.row not in asking}
    used |= {post.row.message_id for post in offer.frozen.posts}
    sent = send(app, _channels_of(app, offer), stop=stop, on_progress=on_progress, asked_for=used)
    which = DeliveryFilter(rehearsal=app.rehearsal, message_ids=used, is_halted=False)
    counts = app.ledger.count_deliveries(which) if used else {}
    if offer.left_over or made.taken_elsewhere:
        counts = Counter(counts) | sent.counts | Counter(waiting(app, wanted))
    pages = write_pages(app, offer.frozen, findings) if app.rehearsal else ()
    halted = halted_count(app, wanted)
    report = replace(report, waits=open_waits(app, channels_asked_for(app, wanted)))
    return replace(report, offer=offer, plan=made, sent=sent, deliveries=counts, pages=pages, halted_count=halted)


def _is_agreed(app: Application, offer: Offer, ask: Callable[[Offer], bool], stop: threading.Event) -> bool:
    """Ask; whatever is not a yes leaves nothing behind. Errors: TryAgain if a signal came before the answer."""
    agreed = False
    try:
        agreed = not stop.is_set() and ask(offer) and not stop.is_set()
    finally:
        if not agreed:
            discard(app, offer.frozen)
    if stop.is_set():
        raise TryAgain("stopped before anything was sent", hint='Run "publish now" again when you like.')
    return agreed


def manual_editions(
    app: Application, wanted: Wanted, reading: QueueReading
) -> tuple[tuple[EditionRow, ...], tuple[EditionRow, ...]]:
    """Give what `publish now` froze earlier for a person to look at: what is approved since, and what is not yet.

    Each is brought up to date first. Errors: Problems if that cannot be done.
    """
    digests = wanted.digests if wanted.digests or wanted.articles else tuple(app.settings.digests)
    found: list[EditionRow] = []
    for row in waiting_editions(app):
        if row.digest in digests and row.occurrence.startswith(MANUAL) and wanted.wants_channel(_channel(app, row)):
            revised = revise(app, row, reading, app.clock.now())
            if revised.problem:
                raise Problems([revised.problem])
            found += [revised.row] if revised.row else []
    approved = tuple(row for row in found if row.state is EditionState.APPROVED)
    return approved, tuple(row for row in found if row.state is not EditionState.APPROVED)


def _channel(app: Application, row: EditionRow) -> str:
    return app.settings.digests[row.digest].channel


def _note(app: Application, offer: Offer, forced: Collection[str]) -> AuditNote:
    """Tell what was agreed to: editions by name and hash, posts and deliveries left from before by number."""
    rows = [*(edition.row for edition in offer.frozen.editions), *offer.approved]
    editions = {row.name: row.content_hash for row in rows}
    told = {
        "editions": editions,
        "posts": Counter(post.row.channel for post in offer.frozen.posts),
        "left from before": dict(offer.left_over),
        "forced": sorted(forced),
    }
    hashes = list(editions.values())
    about, content_hash = ", ".join(editions) or "posts", hashes[0] if len(hashes) == 1 else ""
    return note_of(app, "now", about, content_hash, **{name: value for name, value in told.items() if value})


def _channels_of(app: Application, offer: Offer) -> set[str]:
    editions = {edition.draft.channel for edition in offer.frozen.editions}
    editions |= {way_of(app, row)[1].name for row in offer.approved}
    return editions | {post.draft.channel for post in offer.frozen.posts} | set(offer.left_over)


def write_pages(app: Application, frozen: Frozen, findings: Findings) -> tuple[Path, ...]:
    """Write what was rehearsed as pages to look at: one for each edition, or one for posts alone."""
    posts = [post.draft for post in frozen.posts]
    views: list[tuple[EditionDraft | None, str]] = [
        (edition.draft, f"{edition.row.digest}-{edition.row.number}") for edition in frozen.editions
    ]
    if posts and not views:
        views.append((None, "posts"))
    return tuple(
        write_preview(app, draft, posts, app.rehearsal_folder / name, findings.get(draft.digest, ()) if draft else ())
        for draft, name in views
    )


def left_over(app: Application, wanted: Wanted) -> dict[str, int]:
    """Count by channel what an earlier run left and what may be tried now."""
    names = [name for name in channels_asked_for(app, wanted) if app.channels[name].settings.enabled]
    held = {name for name, wait in waits(app, names).items() if holds(wait, app.clock.now())}
    counts = {name: due_count(app, name) for name in names if name not in held}
    return {name: count for name, count in counts.items() if count}


def open_waits(app: Application, names: Iterable[str]) -> Mapping[str, Wait]:
    """Say why channels wait on which something is queued or deferred."""
    states = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
    found = shown_waits(app, names)
    counts = {
        name: app.ledger.count_deliveries(DeliveryFilter(rehearsal=app.rehearsal, channel=name, states=states))
        for name in found
    }
    return {name: wait for name, wait in found.items() if counts[name]}


def held_elsewhere(app: Application, wanted: Wanted) -> dict[str, int]:
    """Count by channel what another run has claimed; what dead ones had claimed has been taken back."""
    held = (DeliveryState.CLAIMED, DeliveryState.SENDING)
    filters = {
        name: DeliveryFilter(rehearsal=app.rehearsal, channel=name, states=held)
        for name in channels_asked_for(app, wanted)
    }
    counts = {name: sum(app.ledger.count_deliveries(which).values()) for name, which in filters.items()}
    return {name: count for name, count in counts.items() if count}


def untaken(wanted: Wanted, drafts: Drafts) -> tuple[str, ...]:
    """Name the articles that were asked for by name and that are for none of the channels."""
    meant = {draft.article.slug for draft in drafts.posts}
    for outlet, omissions in drafts.left_out.items():
        if outlet.kind == "channel":
            meant |= {omission.slug for omission in omissions if omission.concerned}
    return () if drafts.problems else tuple(slug for slug in wanted.articles if slug not in meant)


def refusals(findings: Findings, forced: frozenset[str]) -> tuple[PublisherError, ...]:
    """Give the faults for which the editions would be refused."""
    try:
        refuse_faults(findings, forced)
    except Problems as problems:
        return problems.errors
    return ()


def waiting(app: Application, wanted: Wanted) -> Mapping[DeliveryState, int]:
    """Count what is still open or in doubt on the channels that were asked for."""
    states = (*OPEN_STATES, DeliveryState.UNKNOWN)
    totals: dict[DeliveryState, int] = {}
    for name in channels_asked_for(app, wanted):
        which = DeliveryFilter(rehearsal=app.rehearsal, channel=name, states=states, is_halted=False)
        for state, count in app.ledger.count_deliveries(which).items():
            totals[state] = totals.get(state, 0) + count
    return totals


def halted_count(app: Application, wanted: Wanted) -> int:
    """Count the segments of threads that wait until somebody decides about an earlier one."""
    filters = (
        DeliveryFilter(rehearsal=app.rehearsal, channel=name, is_halted=True)
        for name in channels_asked_for(app, wanted)
    )
    return sum(sum(app.ledger.count_deliveries(which).values()) for which in filters)


def channels_asked_for(app: Application, wanted: Wanted) -> list[str]:
    """Name the channels of what was named: those of digests for digests, those of posts for articles."""
    names = set(app.channels) if wanted.everything else {app.settings.digests[name].channel for name in wanted.digests}
    if wanted.articles:
        names |= {channel.name for channel in app.post_channels}
    return sorted(name for name in names if wanted.wants_channel(name))


def _refuse_if_nothing_valid(drafts: Drafts, wanted: Wanted, reading: QueueReading) -> None:
    """Stop where a named article is wrong, or where files are wrong and nothing valid is left at all."""
    if wanted.articles and drafts.problems:
        raise Problems(drafts.problems)
    broken = [*reading.errors, *skipped_errors(reading)]
    if broken and not reading.articles:
        raise Problems(broken)
