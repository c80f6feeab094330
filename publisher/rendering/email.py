"""An edition as an e-mail: subject, HTML, text part and header block, as one frozen message.

The straight line: values -> templates -> style sheet into the elements -> pieces with placeholders -> MIME -> check of
the exact bytes. Rendered once per edition; nothing here knows a recipient.
"""

from __future__ import annotations

import base64
import hashlib
import html as html_module
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from publisher.domain.article import slug_of
from publisher.domain.delivery import DeliveryKey
from publisher.domain.edition import EditionContent
from publisher.domain.header_words import mailbox, phrase
from publisher.domain.message import Context, Message, MessageKind, Piece, Placeholder
from publisher.domain.personal import (
    MESSAGE_PLACEHOLDERS,
    TEMPLATE_PLACEHOLDERS,
    SignedAddresses,
    domain_of,
    recipient_values,
)
from publisher.errors import TemplateError, UsageError
from publisher.rendering.css import inline_css
from publisher.rendering.header_block import header_lines, merge_pieces, refuse_unsafe
from publisher.rendering.images import EmbeddedImage
from publisher.rendering.mime_parts import boundary_of, check_wire, part_head, tidy_text, without_indentation
from publisher.rendering.plain_text import one_line, shortened
from publisher.rendering.quoted_printable import quoted_printable
from publisher.rendering.templates import Templates
from publisher.rendering.texts import greetings_for
from publisher.rendering.view import (
    Images,
    Values,
    edition_values,
    without_related,
    without_related_teasers,
)

# Gmail clips the HTML part; what exactly it counts is not documented. *Source:* email-bugs issue 41, 2026-11-23.
MAX_HTML_BYTES = 102 * 1024
MAX_PREHEADER = 130
TEST_MARK = "[Test] "

_Field = tuple[str, tuple[str | Placeholder, ...]]


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """An e-mail and what a person looks at before it goes: `html` and `text` have sample values filled in.

    `html` is self-contained: its images are in it. `warnings` say what was left out; what is wrong, the preflight says.
    `assets` are the images that the message names by their address, by file name: they must be there before anything
    is sent.
    """

    message: Message
    subject: str
    preheader: str
    html: str
    text: str
    warnings: tuple[str, ...]
    assets: Mapping[str, bytes] = field(default_factory=dict)


def render_email(  # noqa: PLR0913 - where things are on the web is the caller's to say
    content: EditionContent,
    templates: Templates,
    read_image: Callable[[str], bytes],
    *,
    logo: bytes | None = None,
    public_url: str = "",
    is_archived: bool = False,
    assets_url: str = "",
    is_test: bool = False,
) -> RenderedEmail:
    """Render an edition as an e-mail.

    `read_image` gives the bytes for an article's `image.src`; `logo` is the content of the organisation's logo file.
    With `public_url` each recipient has pages, and unsubscribes by one click. `assets_url` is where images are hosted;
    without it they are embedded. `is_test` marks it as a test. Errors: TemplateError for a template, QueueError for an
    article, ConfigError for the organisation, UsageError without articles.
    """
    if not content.articles:
        raise UsageError(
            f'"{content.digest_name}" has no article',
            hint="Put an article into the queue, for example by `publish add`.",
        )
    folder = _design(content, templates)
    images = Images(read_image, assets_url.rstrip("/"))
    values, warnings = edition_values(content, images, logo)
    subject = (TEST_MARK if is_test else "") + one_line(templates.render(f"{folder}/subject.j2", values))
    preheader = shortened(one_line(templates.render(f"{folder}/preheader.j2", values)), MAX_PREHEADER)
    marks = _Marks(content)
    values |= {"subject": subject, "preheader": preheader, "placeholders": marks.tokens}
    values["has_web_version"] = bool(public_url) and is_archived and not is_test
    if content.logo and logo is None:
        warnings.append(f'the logo "{content.logo}" is not shown: its file was not read')
    html, text, left_out = _within_budget(templates, folder, values)
    shown = images.used_in(html)
    embedded = [image for src, image in shown.items() if src.startswith("cid:")]
    bodies = _Bodies(marks.parts(html, TEMPLATE_PLACEHOLDERS), marks.parts(text, Context.TEXT), embedded)
    message = _message(content, subject, bodies, _notes(bool(public_url), is_test))
    samples = _sample_values(content, public_url)
    check_wire(message, samples)
    return RenderedEmail(
        message=message,
        subject=subject,
        preheader=preheader,
        html=_with_images(marks.filled(html, samples, html_module.escape), shown),
        text=marks.filled(text, samples, str),
        warnings=(*warnings, *left_out),
        assets={image.file_name: image.content for src, image in shown.items() if not src.startswith("cid:")},
    )


def _design(content: EditionContent, templates: Templates) -> str:
    """Give the folder of the digest's template. Errors: TemplateError names the ones that there are."""
    name, known = content.digest.template, templates.designs("email")
    if name not in known:
        raise TemplateError(
            f'there is no e-mail template "{name}"',
            where=f"config.toml [digests.{content.digest_name}.template]",
            hint=f"Use one of: {', '.join(known)}; or put your own into templates/email/{slug_of(name) or 'mine'}/.",
        )
    return f"email/{name}"


def _within_budget(templates: Templates, folder: str, values: Values) -> tuple[str, str, list[str]]:
    """Render HTML and text; leave out first related teasers, then related lists, until Gmail shows all of it."""
    steps = (
        (values, ""),
        (without_related_teasers(values), "the teasers of related articles are left out"),
        (without_related(values), "the lists of related articles are left out"),
    )
    html, kept, said = "", values, ""
    for kept, said in steps:  # noqa: B007 - the last one is used after the loop
        html = inline_css(without_indentation(templates.render(f"{folder}/html.j2", kept)))
        if len(html.encode("utf-8")) <= MAX_HTML_BYTES:
            break
    warnings = [f"to keep the HTML under 102 KB, {said}"] if said else []
    return html, tidy_text(templates.render(f"{folder}/text.j2", kept)), warnings


class _Marks:
    """Placeholders as templates write them: tokens that survive escaping and inlining and are found again."""

    def __init__(self, content: EditionContent) -> None:
        secret = hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()[:20]
        self.tokens = {name: f"ph-{secret}-{name}-hp" for name in TEMPLATE_PLACEHOLDERS}
        self._pattern = re.compile(rf"ph-{secret}-([a-z_]+)-hp")

    def parts(self, text: str, contexts: Context | Mapping[str, Context]) -> list[str | Placeholder]:
        """Cut text at its placeholders."""
        pieces = self._pattern.split(text)
        parts: list[str | Placeholder] = []
        for index, piece in enumerate(pieces):
            if index % 2:
                context = contexts if isinstance(contexts, Context) else contexts[piece]
                parts.append(Placeholder(piece, context))
            elif piece:
                parts.append(piece)
        return parts

    def filled(self, text: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
        """Put values where the placeholders are, for a preview."""
        return self._pattern.sub(lambda match: escape(values[match.group(1)]), text)


@dataclass(frozen=True, slots=True)
class _Bodies:
    html: list[str | Placeholder]
    text: list[str | Placeholder]
    images: Sequence[EmbeddedImage]


def _message(content: EditionContent, subject: str, bodies: _Bodies, notes: Sequence[_Field]) -> Message:
    text, html = quoted_printable(bodies.text), quoted_printable(bodies.html)
    boundary = boundary_of(subject, text, html)
    headers = header_lines([*_header_fields(content, subject, boundary), *notes])
    html_part: Iterable[Piece] = [part_head("text/html"), *html]
    if bodies.images:
        html_part = _related_part(html_part, bodies.images, f"r-{boundary}")
    opening = f"--{boundary}\r\n".encode("ascii")
    body = [opening, part_head("text/plain"), *text, b"\r\n", opening, *html_part, b"\r\n--", boundary.encode("ascii")]
    sections = {
        "return_path": (Placeholder("return_path", MESSAGE_PLACEHOLDERS["return_path"]),),
        "headers": headers,
        "body": merge_pieces([*body, b"--\r\n"]),
    }
    return Message(MessageKind.EMAIL, sections)


def _notes(one_click: bool, is_test: bool) -> list[_Field]:
    """Say how to unsubscribe at once, and of a test that no person reads its answers."""
    fields: list[_Field] = [("List-Unsubscribe-Post", ("List-Unsubscribe=One-Click",))] if one_click else []
    return [*fields, ("Auto-Submitted", ("auto-generated",))] if is_test else fields


def _header_fields(content: EditionContent, subject: str, boundary: str) -> list[_Field]:
    digest = content.digest
    domain = domain_of(digest.from_address)
    from_name = digest.from_name or content.organisation.name
    for name, value in (("From", from_name), ("List-Id", digest.title)):
        refuse_unsafe(name, value)
    filled = {key: (Placeholder(key, context),) for key, context in MESSAGE_PLACEHOLDERS.items()}
    fields: list[_Field] = [
        ("Date", filled["date"]),
        ("From", (mailbox(from_name, digest.from_address, first_column=len("From: ")),)),
        ("To", filled["to"]),
        ("Message-ID", filled["message_id"]),
        ("Subject", (subject,)),
        ("MIME-Version", ("1.0",)),
        ("Content-Type", (f'multipart/alternative; boundary="{boundary}"',)),
        (
            "List-Id",
            (f"{phrase(digest.title, first_column=len('List-Id: '))} <{_label(content.digest_name)}.{domain}>",),
        ),
        ("List-Unsubscribe", filled["list_unsubscribe"]),
        ("Precedence", ("bulk",)),
        ("X-Auto-Response-Suppress", ("OOF, AutoReply",)),
        ("Feedback-ID", (_feedback_id(content, domain),)),
    ]
    if digest.reply_to:
        fields.insert(2, ("Reply-To", (digest.reply_to,)))
    return fields


def _label(name: str) -> str:
    return slug_of(name) or "digest"


def _feedback_id(content: EditionContent, domain: str) -> str:
    """Name edition, list, kind and sender for Gmail's Postmaster Tools; no field is unique to a message.

    *Source:* Google, "Feedback Loop" for senders: four fields, the last constant, 5 to 15 characters (2026-11-23).
    """
    edition = str(content.number or content.date.isoformat())
    sender = re.sub(r"[^a-z0-9]", "", domain)[:15].ljust(5, "0")
    return f"issue-{edition}:list-{_label(content.digest_name)}:kind-digest:{sender}"


def _related_part(html_part: Iterable[Piece], images: Iterable[EmbeddedImage], boundary: str) -> Iterator[Piece]:
    """Put the HTML and its images together. *Source:* RFC 2387 (checked 2026-11-23)."""
    opening = f"--{boundary}\r\n".encode("ascii")
    yield f'Content-Type: multipart/related; type="text/html";\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    yield opening
    yield from html_part
    for number, image in enumerate(images, start=1):
        name = f"image-{number}.{image.file_name.rpartition('.')[2]}"
        head = [
            "",
            f"--{boundary}",
            f'Content-Type: {image.media_type}; name="{name}"',
            "Content-Transfer-Encoding: base64",
            f"Content-ID: <{image.content_id}>",
            f'Content-Disposition: inline; filename="{name}"',
            "",
            "",
        ]
        yield "\r\n".join(head).encode("ascii") + base64.encodebytes(image.content).replace(b"\n", b"\r\n")
    yield f"\r\n--{boundary}--\r\n".encode("ascii")


def _sample_values(content: EditionContent, public_url: str) -> dict[str, str]:
    return recipient_values(
        key=DeliveryKey("0" * 64, content.digest.channel, "erika.mustermann@example.org", 1, "sample", rehearsal=True),
        recipient="erika.mustermann@example.org",
        name="Erika Mustermann",
        greetings=greetings_for(content.language),
        digest=content.digest,
        digest_name=content.digest_name,
        queued_at=datetime(content.date.year, content.date.month, content.date.day, 6, tzinfo=UTC),
        time_zone=content.time_zone,
        signed=SignedAddresses("sample", public_url),
    )


def _with_images(html: str, images: Mapping[str, EmbeddedImage]) -> str:
    """Put the images into the HTML of a preview."""
    for src, image in images.items():
        data = base64.b64encode(image.content).decode("ascii")
        html = html.replace(f'src="{src}"', f'src="data:{image.media_type};base64,{data}"')
    return html
