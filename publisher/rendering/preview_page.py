"""One self-contained page that shows an edition as its readers will see it, with every network's posts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from publisher.rendering.email import RenderedEmail
from publisher.rendering.preflight.rules import Finding
from publisher.rendering.templates import Templates
from publisher.rendering.texts import Texts, direction_of, number_text, texts_for

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


@dataclass(frozen=True, slots=True)
class MailSource:
    """An e-mail as it leaves, filled for a sample recipient: the header block, and the HTML part decoded."""

    headers: str
    html: str


def mail_source(headers: bytes, body: bytes) -> MailSource:
    """Read what a mail program would show as source."""
    from email import message_from_bytes, policy

    part = message_from_bytes(headers + b"\r\n" + body, policy=policy.default).get_body(("html",))
    return MailSource(headers.decode("ascii").replace("\r\n", "\n"), part.get_content() if part else "")


def render_preview_page(  # noqa: PLR0913 - each is one thing that the page shows
    email: RenderedEmail | None,
    posts: Sequence[PreviewPost],
    templates: Templates,
    *,
    title: str,
    sender: str,
    language: str,
    source: MailSource | None = None,
    findings: Sequence[Finding] | None = None,
) -> str:
    """Render the preview of an edition, or of posts alone; `title` is the digest's, `sender` the name in From.

    `findings` are those of the preflight; None if it has not looked.
    """
    values = {
        "title": title,
        "sender": sender,
        "language": language,
        "dir": direction_of(language),
        "email": _shown_email(email, language) if email else None,
        "source": source,
        "findings": findings,
        "channels": _channels(posts, language),
        "_": texts_for(language),
    }
    return templates.render("web/preview.html.j2", values)


def _shown_email(email: RenderedEmail, language: str) -> dict[str, object]:
    return {
        "subject": email.subject,
        "preheader": email.preheader,
        "text": email.text,
        "size_text": f"{number_text(round(_size_without_images(email.html) / 1024), language)} KB",
        "warnings": list(email.warnings),
        "looks": looks_of(email.html),
    }


def looks_of(html: str) -> Mapping[str, str]:
    """Give an e-mail as it looks in light, in dark, and where a mail program shows no images."""
    dark = html.replace("(prefers-color-scheme: dark)", "all")
    return {"light": html, "dark": dark, "images_off": _EMBEDDED.sub("", html)}


def _channels(posts: Sequence[PreviewPost], language: str) -> list[dict[str, object]]:
    names = dict.fromkeys(post["name"] for post in posts)
    return [
        {"name": name, "posts": [_shown_post(post, language) for post in posts if post["name"] == name]}
        for name in names
    ]


def _size_without_images(html: str) -> int:
    return len(_EMBEDDED.sub("", html).encode("utf-8"))


def _shown_post(post: PreviewPost, language: str) -> dict[str, object]:
    unit = _unit_text(post["unit"], texts_for(language))
    share = min(100, round(100 * post["count"] / post["limit"])) if post["limit"] else 0
    length = number_text(post["count"], language)
    if post["limit"]:
        length += f" / {number_text(post['limit'], language)}"
    return {**post, "length_text": f"{length} {unit}", "share": share}


def _unit_text(unit: str, say: Texts) -> str:
    """Name the unit in which a network counts, or leave its name as it is."""
    units = {
        "graphemes": say("characters"),
        "code points": say("characters"),
        "UTF-16 units": say("UTF-16 units"),
        "UTF-8 bytes": say("bytes"),
        "X characters": say("X characters"),
    }
    return units.get(unit, unit)
