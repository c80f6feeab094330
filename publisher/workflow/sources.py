"""Sources: all that an edition is rendered from, as one hash, which tells whether it would be another one by now.

An edition's related lists are not in it: they name other articles of the queue, and one that comes in is no reason to
ask a person again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from publisher.domain.article import Article
from publisher.domain.selection import in_order
from publisher.errors import PublisherError
from publisher.workflow.application import Application

_REMOTE = ("https://", "http://")


def source_hash_of(app: Application, digest: str, articles: Iterable[Article]) -> str:
    """Hash articles with their pictures, in order, and the digest's config, templates and logo. Errors: QueueError."""
    settings, web = app.settings, app.settings.document.web
    logo = app.read_logo(digest)
    content = [
        [
            [article.slug, article.content_hash, _picture(app, article)]
            for article in in_order(articles, settings.digests[digest].order)
        ],
        repr(settings.digests[digest]),
        repr(settings.organisation),
        [web.public_url, web.assets_url, app.is_archived(settings.digests[digest])],
        hashlib.sha256(logo).hexdigest() if logo else None,
        list(_templates(settings.template_folder / "email")),
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _picture(app: Application, article: Article) -> str | None:
    """Hash a picture out of the queue folder; one on the web is known by its address."""
    src = article.image.src if article.image else None
    if src is None or src.startswith(_REMOTE):
        return None
    try:
        return hashlib.sha256(app.read_image(src)).hexdigest()
    except PublisherError:
        return "missing"


def _templates(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield file.relative_to(folder).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest()
