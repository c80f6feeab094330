"""Preview: write a digest's next edition and its posts as files to look at; nothing is frozen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from publisher.domain.article import Article
from publisher.domain.message import fill
from publisher.domain.selection import is_meant_for
from publisher.errors import PublisherError
from publisher.files import write_whole
from publisher.intake.queue import QueueReading
from publisher.rendering.preflight.rules import Finding
from publisher.rendering.preview_page import PreviewPost, looks_of, mail_source, render_preview_page
from publisher.workflow.application import Application
from publisher.workflow.look import skipped_errors
from publisher.workflow.preflight import look_over
from publisher.workflow.prepare import (
    EditionDraft,
    PostDraft,
    draft_alone,
    draft_edition,
    fit_posts,
    posts_to_look_at,
    select_posts,
)
from publisher.workflow.sample import sample_values

PHONE_WIDTH_PX = 320


@dataclass(frozen=True, slots=True)
class PreviewReport:
    """Where the files are, and what they show. `draft` is None if no article is queued for the digest.

    `waiting_post_count` counts all posts that would go out now; `posts` are those to look at.
    """

    folder: Path
    draft: EditionDraft | None
    posts: tuple[PostDraft, ...]
    problems: tuple[PublisherError, ...]
    waiting_post_count: int
    findings: tuple[Finding, ...] = ()


def preview(app: Application, digest: str | None, folder: Path) -> PreviewReport:
    """Write `index.html` with everything, and each part as a file of its own. Errors: TemplateError."""
    reading = app.read_queue()
    draft = None
    problems: list[PublisherError] = [*reading.errors, *skipped_errors(reading)]
    if digest:
        draft, _, edition_problems = draft_edition(app, digest, reading)
        problems += edition_problems
    slugs = {article.slug for article in draft.content.articles} if draft else set()
    posts: list[PostDraft] = []
    waiting_post_count = 0
    for channel in app.post_channels:
        chosen = select_posts(app, channel, reading).chosen
        drafts, post_problems = fit_posts(app, channel, posts_to_look_at(chosen, slugs))
        waiting_post_count += len(chosen)
        posts += drafts
        problems += post_problems
    findings = look_over(app, draft) if draft else ()
    write_preview(app, draft, posts, folder, findings)
    return PreviewReport(folder, draft, tuple(posts), tuple(problems), waiting_post_count, findings)


def preview_article(app: Application, digest: str, article: Article, reading: QueueReading, folder: Path) -> Path:
    """Write one article as an edition of it alone, and as it is posted; give the page. Errors: TemplateError."""
    draft, problem = draft_alone(app, digest, article, reading)
    if problem:
        raise problem
    posts = [
        post
        for channel in app.post_channels
        if is_meant_for(article, app.channel_rule(channel))
        for post in fit_posts(app, channel, [article])[0]
    ]
    return write_preview(app, draft, posts, folder)


def write_preview(
    app: Application,
    draft: EditionDraft | None,
    posts: Sequence[PostDraft],
    folder: Path,
    findings: Sequence[Finding] = (),
) -> Path:
    """Write an edition and posts as files; give the page that shows them all, with what the preflight found."""
    folder.mkdir(parents=True, exist_ok=True)
    if draft:
        write_email_files(app, draft, folder)
    write_post_files(app, posts, draft, folder, findings)
    return folder / "index.html"


def write_email_files(app: Application, draft: EditionDraft, folder: Path) -> None:
    """Write the e-mail as HTML, as text and as a whole message to a sample recipient."""
    sections = fill(draft.email.message, sample_values(app, draft))
    contents = {
        "email.html": draft.email.html.encode(),
        "email.txt": draft.email.text.encode(),
        "message.eml": sections["headers"] + b"\r\n" + sections["body"],
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def write_pictures(folder: Path, draft: EditionDraft) -> tuple[Path, ...]:
    """Write the e-mail as PNG files, as Chromium shows it. Errors: UsageError where there is no Chromium."""
    from publisher.browser import open_browser

    looks = looks_of(draft.email.html)
    width = draft.content.digest.theme.width
    views = {
        "desktop.png": ("light", width + 80, 1),
        "phone.png": ("light", PHONE_WIDTH_PX, 2),
        "dark.png": ("dark", width + 80, 1),
        "images-off.png": ("images_off", width + 80, 1),
    }
    with open_browser() as browser:
        for name, (look, width_px, sharpness) in views.items():
            write_whole(folder / name, browser.picture(looks[look], width_px=width_px, sharpness=sharpness))
    return tuple(folder / name for name in views)


def write_post_files(
    app: Application,
    posts: Sequence[PostDraft],
    draft: EditionDraft | None,
    folder: Path,
    findings: Sequence[Finding],
) -> None:
    """Write the posts as JSON, and the page that shows everything."""
    sections = fill(draft.email.message, sample_values(app, draft)) if draft else None
    shown = [_shown_post(app, post) for post in posts]
    page = render_preview_page(
        draft.email if draft else None,
        [_preview_post(post) for post in shown],
        app.templates,
        title=draft.content.digest.title if draft else app.settings.organisation.name,
        sender=(draft.content.digest.from_name if draft else None) or app.settings.organisation.name,
        language=draft.content.language if draft else app.settings.organisation.language,
        source=mail_source(sections["headers"], sections["body"]) if sections else None,
        findings=findings if draft else None,
    )
    (folder / "posts.json").write_bytes(json.dumps(shown, ensure_ascii=False, indent=2).encode())
    (folder / "index.html").write_bytes(page.encode())


def _shown_post(app: Application, draft: PostDraft) -> dict[str, Any]:
    post = asdict(draft.rendered.post)
    return {
        "channel": draft.channel,
        "network": app.channels[draft.channel].network,
        **post,
        "cut": draft.rendered.cut,
        "warnings": list(draft.rendered.warnings),
    }


def _preview_post(post: dict[str, Any]) -> PreviewPost:
    return PreviewPost(
        name=post["channel"],
        network=post["network"],
        title=post["title"],
        text=post["text"],
        count=post["count"],
        limit=post["limit"],
        unit=post["unit"],
    )
