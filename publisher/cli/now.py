"""`publish now`: show what goes where, ask, and publish."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, plural, publish_command
from publisher.cli.interrupt import confirmed, stopping
from publisher.cli.progress import shown_progress
from publisher.cli.rest import refuse_beside_rest, send_rest
from publisher.cli.status import states_text
from publisher.errors import PublisherError, TryAgain, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.domain.post import Post
    from publisher.workflow.now import NowReport, Offer

HASH_CHARACTERS = 12


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
def now(
    config_file: Path,
    names: tuple[str, ...],
    channels: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    rehearse: bool,
    force: str,
    rest: str | None,
) -> Result:
    """Publish one pass. With a digest its next edition, with an article its posts, without names everything."""
    from publisher.bootstrap import open_application
    from publisher.workflow.now import publish_now
    from publisher.workflow.preflight import parse_forced

    if rest is not None:
        refuse_beside_rest(names, channels, force, dry_run=dry_run)
        return send_rest(config_file, rest, yes=yes, rehearse=rehearse)
    stop, forced = threading.Event(), parse_forced(force)
    with open_application(config_file, rehearse=rehearse) as app, stopping(stop), shown_progress() as tell:
        report = publish_now(
            app,
            names,
            channels,
            ask=_asker(yes, app.rehearsal),
            stop=stop,
            on_progress=tell,
            dry_run=dry_run,
            forced=forced,
        )
        folder = app.rehearsal_folder
    problems = list(_problems(report))
    return Result(_data(report), lambda console: _show(console, report, folder), report.exit_code, problems)


def _asker(yes: bool, rehearsal: bool) -> Callable[[Offer], bool]:
    """Show the offer on standard error and ask, where there is somebody to ask."""

    def ask(offer: Offer) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            hint = 'Add --yes if you mean it, or look first with "publish now --dry-run".'
            raise UsageError("there is no terminal to ask on", hint=hint)
        for line in _offer_lines(offer):
            click.echo(line, err=True)
        return confirmed("Rehearse this now?" if rehearsal else "Send this now?")

    return ask


def _offer_lines(offer: Offer) -> Iterator[str]:
    from publisher.workflow.preflight import lines_of

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
        yield f"{channel}  {plural(count, 'delivery', 'deliveries')} left from an earlier run"


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
    if report.sent:
        yield from report.sent.stopped.values()
        if report.sent.interrupted:
            yield TryAgain("stopped before everything was sent", hint='Run "publish now" again for the rest.')


def _data(report: NowReport) -> dict[str, Any]:
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
        "pages": report.pages,
        "findings": [
            {"digest": digest, **asdict(finding)} for digest, found in report.findings.items() for finding in found
        ],
        "forced": sorted(report.forced),
    }


def _show(console: Console, report: NowReport, folder: Path) -> None:
    if report.offer is None:
        _show_dry_run(console, report)
    elif report.discarded:
        console.print("Nothing was sent; what was frozen is discarded.")
    elif report.offer.empty:
        _show_nothing_left(console, report)
    else:
        _show_sent(console, report, folder)


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


def _show_nothing_left(console: Console, report: NowReport) -> None:
    console.print("There is nothing to send.")
    _show_left_out(console, report)
    if any(report.deliveries.values()):
        console.print(f"From earlier runs: {states_text(report.deliveries)}")
    _show_halted(console, report)


def _show_left_out(console: Console, report: NowReport) -> None:
    for outlet, omissions in report.left_out.items():
        concerned = [omission for omission in omissions if omission.concerned]
        reasons: dict[str, list[str]] = {}
        for omission in concerned:
            reasons.setdefault(omission.reason, []).append(omission.slug)
        for reason, slugs in reasons.items():
            shown = ", ".join(slugs[:5]) + (f" and {len(slugs) - 5} more" if len(slugs) > 5 else "")
            console.print(f"  {outlet.kind} {outlet.name}: {reason}: {shown}", markup=False)


def _show_sent(console: Console, report: NowReport, folder: Path) -> None:
    word = "Rehearsed" if report.rehearsal else "Sent"
    if report.offer:
        for edition in report.offer.frozen.editions:
            count = len(edition.draft.content.articles)
            console.print(
                f'{word} {edition.row.name} "{edition.row.subject}": {plural(count, "article")}', markup=False
            )
        for channel, slugs in _posts_by_channel(report.offer).items():
            console.print(f"{word} {plural(len(slugs), 'post')} on {channel}", markup=False)
        for channel, count in report.offer.left_over.items():
            deliveries = plural(count, "delivery", "deliveries")
            console.print(f"Went on with {deliveries} on {channel} that an earlier run had left", markup=False)
    if report.forced:
        console.print(f"Forced: {', '.join(sorted(report.forced))}", markup=False)
    for name in report.plan.taken_elsewhere if report.plan else ():
        console.print(f"Left out, because another run has just taken it: {name}", markup=False)
    for warning in report.offer.repeats if report.offer else ():
        console.print(f"warning: {warning}", markup=False)
    console.print(f"Deliveries: {states_text(report.deliveries) or 'none'}")
    _show_halted(console, report)
    if report.rehearsal:
        console.print(f"Nothing left this machine (a rehearsal). Everything is in {folder}", markup=False)
    for page in report.pages:
        console.print(f"Look at {page}", markup=False)


def _show_halted(console: Console, report: NowReport) -> None:
    if report.halted_count:
        console.print(f"{plural(report.halted_count, 'post')} of threads wait for an earlier one that is not there")


def _posts_by_channel(offer: Offer) -> dict[str, list[str]]:
    posts: dict[str, list[str]] = {}
    for post in offer.frozen.posts:
        posts.setdefault(post.row.channel, []).append(post.row.article.slug)
    return posts


commands = {"now": now}
