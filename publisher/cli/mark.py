"""`publish ready`, `hold` and `draft`: change the status line of articles and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.frame import Result, publish_command


def _mark(config_file: Path, articles: tuple[str, ...], word: str) -> Result:
    from publisher.bootstrap import open_application
    from publisher.domain.article import Status
    from publisher.workflow.mark import mark

    with open_application(config_file) as app:
        names = mark(app, articles, Status(word))
    text = "\n".join(f"{name}: status is {word} now" for name in names)
    return Result({"status": word, "files": names}, lambda console: console.print(text, markup=False))


_ARTICLES = click.argument("articles", nargs=-1, required=True, metavar="ARTICLE...")


@publish_command("ready", summary="Release articles: the next edition and posts take them.")
@_ARTICLES
def ready(config_file: Path, articles: tuple[str, ...]) -> Result:
    """Set status: ready."""
    return _mark(config_file, articles, "ready")


@publish_command("hold", summary="Keep articles back until you release them.")
@_ARTICLES
def hold(config_file: Path, articles: tuple[str, ...]) -> Result:
    """Set status: hold."""
    return _mark(config_file, articles, "hold")


@publish_command("draft", summary="Turn articles back into drafts.")
@_ARTICLES
def draft(config_file: Path, articles: tuple[str, ...]) -> Result:
    """Set status: draft."""
    return _mark(config_file, articles, "draft")


commands = {"ready": ready, "hold": hold, "draft": draft}
