"""`publish now`: show what goes where, ask, and publish."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, plural, publish_command
from publisher.cli.interrupt import confirmed, stopping
from publisher.cli.outcome import advice_lines, fate_lines, fates_data, print_plain, trouble_lines
from publisher.cli.progress import shown_progress
from publisher.cli.rest import refuse_beside_rest, send_rest
from publisher.cli.status import states_text
from publisher.cli.waiting import wait_lines, waits_data
from publisher.errors import PublisherError, TryAgain, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.domain.post import Post
    from publisher.workflow.application import Application
    from publisher.workflow.fate import Fate, Fates
    from publisher.workflow.now import NowReport, Offer

HASH_CHARACTERS = 12
_UNTAKEN = (
    'no channel takes it. Name one in its file, for example channels: [mastodon], or write articles = "all" below the '
    "channel in config.toml. An article that is named goes out as posts only; name the digest for the e-mail"
)


@publish_command("now", summary="Publish at once, after showing what goes where.")
@click.argument("names", nargs=-1, metavar="[DIGEST|ARTICLE]...")
@click.option("--channel", "channels", multiple=True, help="Only over this channel; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Only show what would go out.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--rehearse", is_flag=True, help="Build everything, send nothing: capture it in the rehearsal folder.")
@click.option(
    "--force", default="", metavar="RULE[,RULE]", help="Send although these rules of the preflight are broken."
)
@click.option(
    "--rest",
    metavar="EDITION",
    help='Send an edition, for example "daily/7", to those who have not had it; nobody gets it twice.',
)
def now(  # noqa: PLR0913 - each is one thing that a person says
    config_file: Path,
    names: tuple[str, ...],
    channels: tuple[str, ...],
    *,
    dry_run: bool,
    yes: bool,
    rehearse: bool,
    force: str,
    rest: str | None,
) -> Result:
    """Publish one pass. With a digest its next edition, with an article its posts, without names everything."""
    if rest is not None:
        refuse_beside_rest(names, channels, force, dry_run=dry_run)
        return send_rest(config_file, rest, yes=yes, rehearse=rehearse)
    stop, agreed = threading.Event(), threading.Event()
    with stopping(stop, agreed.is_set):
        from publisher.bootstrap import open_application
        from publisher.workflow.now import publish_now
        from publisher.workflow.preflight import parse_forced

        forced = parse_forced(force)
        with open_application(config_file, rehearse=rehearse) as app, shown_progress() as tell:
            report = publish_now(
                app,
                names,
                channels,
                ask=_asker(yes, app.rehearsal, agreed),
                stop=stop,
                on_progress=tell,
                dry_run=dry_run,
                forced=forced,
            )
            fates = _fates(app, report)
            shown = _Shown(report, fates, app.rehearsal_folder, app.settings.organisation.time_zone)
    return Result(_data(report, fates), shown.print, report.exit_code, list(_problems(report)))


def _fates(app: Application, report: NowReport) -> Fates:
    """Look at what became of what this run has planned, and of what it went on with."""
    from publisher.workflow.fate import Fates, fates_of

    if report.offer is None or report.discarded:
        return Fates({}, {}, {})
    planned = report.plan.message_ids if report.plan else frozenset[int]()
    channels = _open_channels(app, report.offer)
    return fates_of(app, report.offer.frozen, planned, channels, report.offer.approved)


def _open_channels(app: Application, offer: Offer) -> list[str]:
    """Name the channels on which an earlier run had left something; all, if nothing else was to be done."""
    return sorted(app.channels) if offer.empty else sorted(offer.left_over)


def _asker(yes: bool, rehearsal: bool, agreed: threading.Event) -> Callable[[Offer], bool]:
    """Show the offer on standard error and ask, where there is somebody to ask; note that it was agreed to."""

    def ask(offer: Offer) -> bool:
        if yes or _is_confirmed(offer, rehearsal):
            agreed.set()
        return agreed.is_set()

    return ask


def _is_confirmed(offer: Offer, rehearsal: bool) -> bool:
    if not sys.stdin.isatty():
        hint = 'Add --yes if you mean it, or look first with "publish now --dry-run".'
        raise UsageError("there is no terminal to ask on", hint=hint)
    for line in _offer_lines(offer):
        click.echo(line, err=True)
    return confirmed("Rehearse this now?" if rehearsal else "Send this now?")


def _offer_lines(offer: Offer) -> Iterator[str]:
    from publisher.workflow.preflight import lines_of

    for row in offer.approved:
        yield f'{row.name}  "{row.subject}"'
        yield f"  {plural(len(row.articles), 'article')}, as approved, {_short(row.content_hash)}"
    for edition in offer.frozen.editions:
        count = len(edition.draft.content.articles)
        yield f'{edition.row.name}  "{edition.row.subject}"'
        yield f"  {plural(count, 'article')} over {edition.draft.channel}, {_short(edition.row.content_hash)}"
        yield from (f"  {line}" for line in lines_of(offer.findings.get(edition.draft.digest, ())))
    for post in offer.frozen.posts:
        shown = post.draft.rendered.post
        yield f"{post.row.channel}  {_size_text(shown)}, {_short(post.row.content_hash)}"
        yield f"  {shown.text.splitlines()[0][:100] if shown.text else ''}"
        yield from (f"  warning: {warning}" for warning in post.draft.rendered.warnings)
    yield from (f"warning: {warning}" for warning in offer.repeats)
    for channel, count in offer.left_over.items():
        yield f"{channel}  {plural(count, 'delivery', 'deliveries')} left from {_earlier(offer, channel)}"


def _earlier(offer: Offer, channel: str) -> str:
    return "another run, which is still sending" if channel in offer.elsewhere else "an earlier run"


def _size_text(post: Post) -> str:
    """Say how long a post is, or how many its thread has, and whether a picture goes along."""
    size = f"{post.count} of {post.limit} {post.unit}"
    thread = f"a thread of {len(post.segments)}, the longest {size}" if post.segments else size
    return f"{thread}, with a picture" if post.image and post.image.media_type else thread


def _short(content_hash: str) -> str:
    return f"content {content_hash[:HASH_CHARACTERS]}"


def _problems(report: NowReport) -> Iterator[PublisherError]:
    """Everything that did not stop the run but that somebody should know."""
    from publisher.workflow.look import skipped_errors

    if report.drafts.reading:
        yield from report.drafts.reading.errors
        yield from skipped_errors(report.drafts.reading)
    yield from report.drafts.problems
    yield from report.refused
    if report.plan and report.plan.pages_problem:
        yield report.plan.pages_problem
    if report.sent:
        yield from report.sent.stopped.values()
        if report.sent.interrupted:
            yield TryAgain("stopped before everything was sent", hint='Run "publish now" again for the rest.')


def _data(report: NowReport, fates: Fates) -> dict[str, Any]:
    frozen = report.offer.frozen if report.offer else None
    return {
        "rehearsal": report.rehearsal,
        "editions": [
            {
                "edition": edition.row.name,
                "subject": edition.row.subject,
                "content_hash": edition.row.content_hash,
                "channel": edition.draft.channel,
                "articles": [article.slug for article in edition.draft.content.articles],
            }
            for edition in (frozen.editions if frozen else ())
        ],
        "posts": [
            {
                "channel": post.row.channel,
                "article": post.row.article.slug,
                "content_hash": post.row.content_hash,
                "text": post.draft.rendered.post.text,
                "segments": len(post.draft.rendered.post.segments) or 1,
                "warnings": post.draft.rendered.warnings,
            }
            for post in (frozen.posts if frozen else ())
        ],
        "would_send": {
            "editions": [draft.digest for draft in report.drafts.editions],
            "posts": [{"channel": draft.channel, "article": draft.article.slug} for draft in report.drafts.posts],
        },
        "unapproved": [{"edition": row.name, "content_hash": row.content_hash} for row in report.unapproved],
        "left_over": dict(report.offer.left_over) if report.offer else {},
        "warnings": list(report.offer.repeats) if report.offer else [],
        "halted": report.halted_count,
        "taken_elsewhere": list(report.plan.taken_elsewhere) if report.plan else [],
        "discarded": report.discarded,
        "deliveries": {state.value: count for state, count in report.deliveries.items()},
        "left_out": [
            {"outlet": str(outlet), "article": omission.slug, "reason": omission.reason}
            for outlet, omissions in report.left_out.items()
            for omission in omissions
            if omission.concerned
        ],
        "fates": [*fates_data(fates.editions), *fates_data(fates.posts)],
        "refused": [error.what for error in report.refused],
        "untaken": report.untaken,
        "elsewhere": dict(report.offer.elsewhere) if report.offer else {},
        "pages": report.pages,
        "findings": [
            {"digest": digest, **asdict(finding)} for digest, found in report.findings.items() for finding in found
        ],
        "forced": sorted(report.forced),
        "waits": waits_data(report.waits),
    }


@dataclass(frozen=True, slots=True)
class _Shown:
    """A report with what is needed to show it to a person."""

    report: NowReport
    fates: Fates
    folder: Path
    time_zone: str

    def print(self, console: Console) -> None:
        """Print what went out, what did not and why, and what to do."""
        offer = self.report.offer
        if offer is None:
            _show_dry_run(console, self.report)
        elif self.report.discarded:
            console.print("Nothing was sent; what was frozen is discarded.")
        elif offer.empty:
            self._print_nothing_left(console, offer)
        else:
            self._print_sent(console, offer)
        if not self.report.discarded:
            print_plain(console, _unapproved_lines(self.report))

    def _print_nothing_left(self, console: Console, offer: Offer) -> None:
        console.print("There is nothing to send.")
        _show_left_out(console, self.report)
        if any(self.report.deliveries.values()):
            console.print(f"From earlier runs: {states_text(self.report.deliveries)}")
        self._print_open(console)
        _show_halted(console, self.report)
        print_plain(console, wait_lines(self.report.waits, self.time_zone))
        print_plain(console, advice_lines(self.report.deliveries, another_run=bool(offer.elsewhere)))

    def _print_sent(self, console: Console, offer: Offer) -> None:
        print_plain(console, self._sent_lines(offer))
        for channel, count in offer.left_over.items():
            deliveries = plural(count, "delivery", "deliveries")
            console.print(f"{deliveries} on {channel} had been left by {_earlier(offer, channel)}", markup=False)
        self._print_open(console)
        print_plain(console, _noted_lines(self.report, offer))
        console.print(f"Deliveries: {states_text(self.report.deliveries) or 'none'}")
        _show_halted(console, self.report)
        print_plain(console, wait_lines(self.report.waits, self.time_zone))
        print_plain(console, advice_lines(self.report.deliveries, another_run=bool(offer.elsewhere)))
        if self.report.rehearsal:
            console.print(f"Nothing left this machine (a rehearsal). Everything is in {self.folder}", markup=False)
        for page in self.report.pages:
            console.print(f"Look at {page}", markup=False)

    def _sent_lines(self, offer: Offer) -> Iterator[str]:
        for row in offer.approved:
            what, size = f'{row.name} "{row.subject}"', f": {plural(len(row.articles), 'article')}, as approved"
            yield from self._fate_lines(what, size, self.fates.editions.get(row.name))
        for edition in offer.frozen.editions:
            name, count = edition.row.name, len(edition.draft.content.articles)
            what, size = f'{name} "{edition.row.subject}"', f": {plural(count, 'article')}"
            yield from self._fate_lines(what, size, self.fates.editions.get(name))
        for channel, slugs in _posts_by_channel(self.report, offer).items():
            yield from self._fate_lines(f"{plural(len(slugs), 'post')} on {channel}", "", self.fates.posts.get(channel))

    def _fate_lines(self, what: str, size: str, fate: Fate | None) -> Iterator[str]:
        if fate:
            yield from fate_lines(what, size, fate, rehearsal=self.report.rehearsal, time_zone=self.time_zone)

    def _print_open(self, console: Console) -> None:
        for channel, fate in self.fates.open.items():
            if fate.reason or fate.next_try_at:
                console.print(f"{channel}: {states_text(fate.counts)}", markup=False)
                print_plain(console, trouble_lines(fate, self.time_zone))


def _unapproved_lines(report: NowReport) -> Iterator[str]:
    for row in report.unapproved:
        shown = f'{row.name} "{row.subject}" waits for approval, {_short(row.content_hash)}'
        yield f'{shown}: look at it, then "publish approve {row.name}"'


def _noted_lines(report: NowReport, offer: Offer) -> Iterator[str]:
    if report.forced:
        yield f"Forced: {', '.join(sorted(report.forced))}"
    for name in report.plan.taken_elsewhere if report.plan else ():
        yield f"Left out, because another run has just taken it: {name}"
    yield from (f"warning: {warning}" for warning in offer.repeats)


def _show_dry_run(console: Console, report: NowReport) -> None:
    from publisher.workflow.preflight import lines_of

    for draft in report.drafts.editions:
        console.print(f'{draft.digest}/{draft.number}  "{draft.email.subject}" over {draft.channel}', markup=False)
        for line in lines_of(report.findings[draft.digest]):
            console.print(f"  {line}", markup=False)
        for article in draft.content.articles:
            console.print(f"  {article.slug}", markup=False)
    for post in report.drafts.posts:
        shown = post.rendered.post
        console.print(f"{post.channel}  {post.article.slug}  {_size_text(shown)}", markup=False)
    _show_left_out(console, report)
    console.print("A dry run: nothing was frozen, nothing was sent.")
    if report.refused:
        console.print("The real run would be refused, and nothing would be sent: see the errors.")


def _show_left_out(console: Console, report: NowReport) -> None:
    for outlet, omissions in report.left_out.items():
        concerned = [omission for omission in omissions if omission.concerned]
        reasons: dict[str, list[str]] = {}
        for omission in concerned:
            reasons.setdefault(omission.reason, []).append(omission.slug)
        for reason, slugs in reasons.items():
            shown = ", ".join(slugs[:5]) + (f" and {len(slugs) - 5} more" if len(slugs) > 5 else "")
            console.print(f"  {outlet.kind} {outlet.name}: {reason}: {shown}", markup=False)
    print_plain(console, (f"  {slug}: {_UNTAKEN}" for slug in report.untaken))


def _show_halted(console: Console, report: NowReport) -> None:
    if report.halted_count:
        console.print(f"{plural(report.halted_count, 'post')} of threads wait for an earlier one that is not there")


def _posts_by_channel(report: NowReport, offer: Offer) -> dict[str, list[str]]:
    """Name the articles whose posts were planned, by channel."""
    planned = report.plan.message_ids if report.plan else frozenset[int]()
    posts: dict[str, list[str]] = {}
    for post in offer.frozen.posts:
        if post.row.message_id in planned:
            posts.setdefault(post.row.channel, []).append(post.row.article.slug)
    return posts


commands = {"now": now}
