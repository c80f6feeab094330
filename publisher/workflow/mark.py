"""Mark: change the status line of articles by a person's word, and note whose word it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from publisher.domain.article import Status
from publisher.errors import Problems, PublisherError
from publisher.intake.article_file import find_article_file, named_slug
from publisher.intake.front_matter import slug_of_file
from publisher.intake.status_line import StatusChange, prepare_change, write_change
from publisher.workflow.application import Application
from publisher.workflow.note import note_of


def mark(app: Application, articles: Iterable[str], status: Status) -> Sequence[str]:
    """Change all files or none, and give their names.

    What is wrong with any of them is found before the first is written. Errors: Problems.
    """
    changes, errors = list[StatusChange](), list[PublisherError]()
    for name in articles:
        try:
            changes.append(prepare_change(find_article_file(app.settings.queue_folder, name), status))
        except PublisherError as error:
            errors.append(error)
    if errors:
        raise Problems(errors)
    for change in changes:
        if change.after != change.before:
            _write(app, change, status)
    return [change.path.name for change in changes]


def _write(app: Application, change: StatusChange, status: Status) -> None:
    slug = named_slug(change.path) or slug_of_file(change.path.name)
    with app.audit.recording(note_of(app, f"mark {status}", slug), app.clock.now()):
        write_change(change)
