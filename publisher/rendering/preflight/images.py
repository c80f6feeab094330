"""Rules I: images, with and without their pictures shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from publisher.rendering.preflight.authors import author_of, only_warned
from publisher.rendering.preflight.css import pixels
from publisher.rendering.preflight.page import Element, Page, where_is
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, at_most, found

LEAST_TEXT_CHARACTERS, MIN_TEXT_CHARACTERS = 200, 500
MAX_EMBEDDED_BYTES = 300 * 1024
_FILE_NAME = re.compile(r"[^\s]+\.(?:jpe?g|png|gif|webp|svg|avif|bmp|tiff?)|(?:img|dsc|image|bild|foto)[-_ ]?\d+", re.I)
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_OTHER_ENDINGS = (".webp", ".svg", ".avif", ".bmp", ".tif", ".tiff", ".heic", ".ico", ".mp4", ".apng")


def check_images(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look at the images."""
    images = page.all("img")
    yield from at_most(_alternatives(email, images))
    yield from at_most(_sizes(page, images))
    yield from at_most(_formats(email, images))
    yield from _amounts(email, page, images)


def _alternatives(email: EmailParts, images: list[Element]) -> Iterator[Finding]:
    for image in images:
        alt = image.get("alt")
        if alt is None:
            hint = 'Describe the picture: image.alt in the article; alt="" for decoration.'
            yield found("I1-alt", where_is(image), "it has no alt attribute", hint)
        elif _FILE_NAME.fullmatch(alt.strip()):
            hint = "Describe what is to be seen: image.alt in the article."
            finding = found("I1-filename", where_is(image), f'the alternative text "{alt}" is a file name', hint)
            yield only_warned(finding, author_of(email.content, alt))


def _sizes(page: Page, images: list[Element]) -> Iterator[Finding]:
    for image in images:
        if not all(re.fullmatch(r"[1-9][0-9]*", image.get(name) or "") for name in ("width", "height")):
            what = f'width is "{image.get("width")}", height is "{image.get("height")}"'
            yield found("I2-size", where_is(image), what, 'Write pixels as whole numbers: width="600" height="338".')
        look = page.light
        missing = [name for name, value in _STYLE.items() if look.declared(image, name) not in value]
        if pixels(look.declared(image, "max-width") or "") is None:
            missing.append("max-width")
        if missing:
            hint = "Write display:block; width:100%; max-width:600px; height:auto; border:0."
            yield found("I2-style", where_is(image), f"not as it should be: {', '.join(missing)}", hint)
        styled = look.declared(image, "font-size") and look.declared(image, "color")
        if image.get("alt") and not (styled and look.declared(image, "font-family")):
            hint = "Give the image color, font-size and font-family: its alternative text is shown in them."
            yield found("I2-off", where_is(image), "with images off its text looks like nothing on earth", hint)


_STYLE = {"display": ("block",), "width": ("100%",), "height": ("auto",), "border": ("0", "0px", "none")}


def _formats(email: EmailParts, images: list[Element]) -> Iterator[Finding]:
    hint = "Save the picture as JPEG or PNG."
    for attachment in email.attachments:
        is_image = attachment.media_type.startswith("image/")
        if is_image and not attachment.content.startswith(_SIGNATURES):
            what = f"{attachment.media_type} is not shown everywhere"
            yield found("I3-format", attachment.name or attachment.content_id, what, hint)
    for image in images:
        path = _path(str(image.get("src") or ""))
        if path.endswith(_OTHER_ENDINGS):
            yield found("I3-format", where_is(image), f"{path.rsplit('/', 1)[-1]} is not shown everywhere", hint)


def _path(src: str) -> str:
    try:
        return urlsplit(src).path.lower()
    except ValueError:
        return ""


def _amounts(email: EmailParts, page: Page, images: list[Element]) -> Iterator[Finding]:
    count = len(page.visible_text)
    if images and count < MIN_TEXT_CHARACTERS:
        what = f"{len(images)} images and only {count} characters of text"
        hint = f"Write at least {MIN_TEXT_CHARACTERS} characters, or leave the images out."
        rule = "I3-only" if count < LEAST_TEXT_CHARACTERS else "I3-text"
        yield found(rule, "html <body>", what, hint)
    size = sum(len(one.content) for one in email.attachments if one.media_type.startswith("image/"))
    if size > MAX_EMBEDDED_BYTES:
        what = f"embedded images have {size // 1024} KB in all; every recipient's copy carries them"
        hint = f"Use fewer or simpler pictures, or have them hosted: assets_url in [web]. {_largest(email)}."
        yield found("I3-weight", "message", what, hint)


def _largest(email: EmailParts) -> str:
    images = sorted(email.attachments, key=lambda one: len(one.content), reverse=True)
    return ", ".join(f"{one.name} {len(one.content) // 1024} KB" for one in images[:3])
