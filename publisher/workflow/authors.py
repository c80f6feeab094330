"""Authors: who made a text, as far as anybody can tell, so that somebody else approves it.

The `author` in the file counts. Where it names none, it is whoever brought the article in or released it, by the audit
log; and where that knows nobody, the owner of the file. A login that several people share is nobody in particular.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from publisher.domain.approval import Authors, reason_against
from publisher.domain.article import Article
from publisher.errors import UsageError
from publisher.ports.audit import AuditFilter
from publisher.workflow.application import Application

QUEUING = ("add", "mark ready")


def refuse_author(app: Application, articles: Iterable[Article], frozen_by: str | None = None) -> None:
    """Stop whoever would approve their own text, or an edition that they froze by hand. Errors: UsageError."""
    names = {app.operator, app.login}
    if frozen_by is not None and (reason := reason_against(names, Authors(frozenset({frozen_by})))):
        raise _refused(reason)
    for article in articles:
        authors = authors_of(app, article)
        if reason := reason_against(names, authors):
            hint = "" if authors.is_certain else f' Write "author:" with a name into {article.path}.'
            raise _refused(f"{article.slug}: {reason}", hint)


def _refused(reason: str, more: str = "") -> UsageError:
    hint = "Ask a colleague to approve it. Who you are is your login name, or PUBLISH_OPERATOR."
    return UsageError(reason, where="second_person", hint=f"{hint}{more}")


def authors_of(app: Application, article: Article) -> Authors:
    """Find who made an article."""
    if article.author:
        return Authors(frozenset({article.author}))
    entries = app.audit.entries(AuditFilter(about=article.slug))
    people = frozenset(entry.actor for entry in entries if entry.action in QUEUING)
    if people:
        return Authors(people)
    return Authors(frozenset({_owner_of(app.settings.queue_folder / Path(article.path).name)}), is_certain=False)


def _owner_of(file: Path) -> str:
    owner = os.stat(file).st_uid  # noqa: PTH116 - Path.owner() fails for a number without a name
    try:
        import pwd

        return pwd.getpwuid(owner).pw_name
    except (ImportError, KeyError):
        return f"user {owner}"
