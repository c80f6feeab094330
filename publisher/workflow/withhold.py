"""Withhold: why articles are kept back for a person, outlet by outlet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from publisher.domain.approval import Answer, Verdict, reason_to_wait
from publisher.domain.article import Article, Status
from publisher.domain.edition import EditionState
from publisher.domain.outlet import Outlet
from publisher.domain.selection import OutletRule, is_meant_for
from publisher.ports.ledger import EditionRow
from publisher.workflow.application import Application
from publisher.workflow.deadline import approved_at, is_given_up


def with_waits(app: Application, rule: OutletRule, articles: Iterable[Article]) -> OutletRule:
    """Give an outlet's rule with the reasons for which articles wait there."""
    if rule.outlet.kind == "digest":
        return replace(rule, waits=_in_digest(app, rule.outlet.name, articles))
    return replace(rule, waits=_on_channel(app, articles))


def needs_person(app: Application, digest: str) -> bool:
    """Say whether a person has to approve each edition of a digest.

    What is tried out with `--rehearse` leaves by no way, and waits for nobody; a project that rehearses all the time
    (`rehearse = true`) rehearses that, too.
    """
    if _is_tried_out(app):
        return False
    settings = app.settings.digests.get(digest)
    return settings is not None and settings.approval == "edition"


def _is_tried_out(app: Application) -> bool:
    return app.rehearsal and not app.settings.document.rehearse


def is_for_person(app: Application, row: EditionRow) -> bool:
    """Say whether an edition is in a person's hands: by the rule of its digest, or because it is held.

    A restore holds editions of any digest. Once somebody has said yes to one it goes out as that, not by rule.
    """
    if needs_person(app, row.digest):
        return True
    if _is_tried_out(app) or row.digest not in app.settings.digests:
        return False
    is_answered = row.state is EditionState.APPROVED and approved_at(app, row) is not None
    return row.state is EditionState.HELD or is_answered


def waiting_editions(app: Application) -> tuple[EditionRow, ...]:
    """List the editions that wait for a person, or that were approved and wait for their time."""
    return tuple(row for row in app.approvals.waiting(app.rehearsal) if is_for_person(app, row))


def waiting_by_rule(app: Application) -> tuple[EditionRow, ...]:
    """List those of them that are not held for another reason than the rule of their digest."""
    rows = waiting_editions(app)
    return tuple(row for row in rows if needs_person(app, row.digest) or row.state is not EditionState.HELD)


def _in_digest(app: Application, name: str, articles: Iterable[Article]) -> Mapping[str, str]:
    rows = [row for row in waiting_editions(app) if row.digest == name and not is_given_up(app, row)]
    taken = {use.slug: f"is in {row.name}, which waits for approval" for row in rows for use in row.articles}
    if app.settings.digests[name].approval != "article":
        return taken
    answers = _answers(app)
    reasons = ((a.slug, reason_to_wait(a.content_hash, answers.get(a.slug, ()))) for a in articles)
    return {slug: reason for slug, reason in reasons if reason} | taken


def _on_channel(app: Application, articles: Iterable[Article]) -> Mapping[str, str]:
    """Let no post tell what an approval was to keep back: the article's own, or that of an edition with it."""
    digests = [name for name, digest in app.settings.digests.items() if digest.approval != "none"]
    if not digests:
        return {}
    rules = [app.digest_rule(name) for name in digests]
    answers = _answers(app)
    seen = {
        (use.slug, use.content_hash)
        for name in digests
        for use in app.ledger.consumed(Outlet("digest", name), app.rehearsal).values()
    }
    waits = {}
    for article in articles:
        if (article.slug, article.content_hash) in seen or not any(is_meant_for(article, rule) for rule in rules):
            continue
        if reason := reason_to_wait(article.content_hash, answers.get(article.slug, ())):
            waits[article.slug] = reason
    return waits


def _answers(app: Application) -> Mapping[str, list[Answer]]:
    found: dict[str, list[Answer]] = defaultdict(list)
    for answer in app.approvals.answers():
        found[answer.about].append(answer)
    return found


def waiting_articles(app: Application, articles: Sequence[Article]) -> Iterable[tuple[str, str]]:
    """Give the articles that wait for their own approval before an edition takes them, with the reason."""
    names = [name for name, digest in app.settings.digests.items() if digest.approval == "article"]
    answers = _answers(app) if names else {}
    told: set[str] = set()
    for name in names:
        rule, had = app.digest_rule(name), app.ledger.consumed(Outlet("digest", name), app.rehearsal)
        for article in articles:
            if article.slug in had or article.slug in told or article.status is not Status.READY:
                continue
            reason = reason_to_wait(article.content_hash, answers.get(article.slug, ()))
            if reason and is_meant_for(article, rule):
                told.add(article.slug)
                yield article.slug, reason


def voided(app: Application, articles: Iterable[Article]) -> Iterable[tuple[Article, Answer]]:
    """Give each article that was changed after somebody had approved it, with that approval."""
    answers = _answers(app)
    for article in articles:
        newest = next(reversed(answers.get(article.slug, ())), None)
        if newest and newest.verdict is Verdict.APPROVED and newest.content_hash != article.content_hash:
            yield article, newest
