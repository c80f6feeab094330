"""One self-contained page that shows an edition as its readers will see it, with every network's posts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

from publisher.rendering.email import RenderedEmail
from publisher.rendering.templates import Templates
from publisher.rendering.texts import direction_of, number_text, texts_for

_EMBEDDED = re.compile(r' src="data:[^"]*"')


class PreviewPost(TypedDict):
    """A post as the preview shows it. `name` is the channel, `count` and `limit` are in the network's `unit`."""

    name: str
    network: str
    title: str
    text: str
    count: int
    limit: int
    unit: str


def render_preview_page(
    email: RenderedEmail,
    posts: Sequence[PreviewPost],
    templates: Templates,
    *,
    title: str,
    sender: str,
    language: str,
) -> str:
    """Render the preview of an edition; `title` is the digest's, `sender` the name in From."""
    texts = texts_for(language)
    channels = dict.fromkeys(post["name"] for post in posts)
    values = {
        "title": title,
        "sender": sender,
        "language": language,
        "dir": direction_of(language),
        "subject": email.subject,
        "preheader": email.preheader,
        "looks": {
            "light": email.html,
            "dark": email.html.replace("(prefers-color-scheme: dark)", "all"),
            "images_off": _EMBEDDED.sub("", email.html),
        },
        "email_text": email.text,
        "size_text": f"{number_text(round(_size_without_images(email.html) / 1024), language)} KB",
        "warnings": list(email.warnings),
        "channels": [{"name": name, "posts": [_shown(post, language) for post in posts if post["name"] == name]}
                     for name in channels],
        "texts": {name.removeprefix("preview_"): text for name, text in texts.items() if name.startswith("preview")},
    }  # fmt: skip
    return templates.render("web/preview.html.j2", values)


def _size_without_images(html: str) -> int:
    return len(_EMBEDDED.sub("", html).encode("utf-8"))


def _shown(post: PreviewPost, language: str) -> dict[str, object]:
    unit = texts_for(language).get(f"unit_{post['unit']}", post["unit"])
    share = min(100, round(100 * post["count"] / post["limit"])) if post["limit"] else 0
    length = number_text(post["count"], language)
    if post["limit"]:
        length += f" / {number_text(post['limit'], language)}"
    return {**post, "length_text": f"{length} {unit}", "share": share}
