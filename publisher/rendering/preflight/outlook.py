"""Rules O: what Outlook for Windows needs, without harm to those who are not Outlook."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from publisher.rendering.preflight.css import four_sides, pixels
from publisher.rendering.preflight.page import Element, Page, is_inside, text_of, where_is
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, found

MAX_ROW_PX = 1_700
_COLUMN_PX = 536  # the width of text that heights are estimated with
_CHARACTER_EM = 0.5  # the mean width of a character
_TOKEN = re.compile(r"<!--\[if ([^\]]*)\]>(<!-->|<!-- -->)?|(<!--<!\[endif\]-->)|(<!\[endif\]-->)")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)((?:\"[^\"]*\"|'[^']*'|[^'\">])*?)(/?)>")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})


def check_outlook(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look at conditional comments and at what they hold."""
    html = page.html
    yield from _conditionals(html)
    if re.search(r"<!\[if\b", html):
        yield found("O1-rewritten", "html", "<![if ...]>", "Write <!--[if !mso]><!--> ... <!--<![endif]-->.")
    hidden = outlook_parts(html)
    yield from _resolution(html)
    for part in hidden:
        if re.search(r"<v:|<a\s|<img\s", part, re.IGNORECASE):
            hint = "Show everyone the same link, and make it large by padding."
            yield found("O2-duplicate", "html <!--[if mso]>", f"content of its own: {part.strip()[:60]!r}", hint)
    without_resolution = bool(page.all("img")) and "PixelsPerInch" not in html
    if without_resolution or not any("<table" in part for part in hidden):
        what = "no table of fixed width, or no resolution, for Outlook"
        yield found("O4-kept", "html", what, "Take both over from the html.j2 that comes with the program.")
    yield from _container(page, hidden)
    yield from _columns(page)
    yield from _rows(page)


def outlook_parts(html: str) -> list[str]:
    """Give what only Outlook for Windows sees, part by part."""
    return re.findall(r"<!--\[if (?!!)[^\]]*mso[^\]]*\]>(?!<!--)(.*?)<!\[endif\]-->", html, re.DOTALL)


def _conditionals(html: str) -> Iterator[Finding]:
    hint = "Write <!--[if mso]> ... <![endif]-->, and <!--[if !mso]><!--> ... <!--<![endif]-->."
    open_token: re.Match[str] | None = None
    for token in _TOKEN.finditer(html):
        condition, revealing, closes_revealed, closes_hidden = token.groups()
        where = f"html:{html.count(chr(10), 0, token.start()) + 1}"
        if condition is not None:
            if open_token is not None:
                yield found("O1-conditionals", where, "opened inside another one", hint)
            if condition.strip().startswith("!") != bool(revealing):
                yield found("O1-conditionals", where, f"not a right form: {token.group()}", hint)
            open_token = token
        elif open_token is None or bool(open_token.group(2)) != bool(closes_revealed):
            yield found("O1-conditionals", where, f"closed by {closes_revealed or closes_hidden}", hint)
            open_token = None
        else:
            open_token = None
    if open_token is not None:
        yield found("O1-conditionals", "html", f"never closed: {open_token.group()}", hint)
    if left := unbalanced("".join(outlook_parts(html))):
        yield found("O1-conditionals", "html <!--[if mso]>", f"all parts together do not balance: {left}", hint)


def unbalanced(markup: str) -> str:
    """Name the first tag that is not closed or not opened; empty if all are."""
    markup = re.sub(r"<style\b.*?</style>", "", markup, flags=re.DOTALL | re.IGNORECASE)
    stack: list[str] = []
    for closing, name, _, self_closing in _TAG.findall(markup):
        tag = name.lower()
        if closing:
            if not stack or stack.pop() != tag:
                return f"</{tag}>"
        elif not self_closing and tag not in _VOID:
            stack.append(tag)
    return f"<{stack[-1]}>" if stack else ""


def _resolution(html: str) -> Iterator[Finding]:
    for match in re.finditer(r"<o:PixelsPerInch>", html):
        before = html[: match.start()]
        if before.rfind("<noscript>") <= before.rfind("</noscript>"):
            where = f"html:{before.count(chr(10)) + 1}"
            yield found("O2-dpi", where, 'T-Online shows "96" to its readers', "Put <noscript> around the <xml>.")


def _container(page: Page, hidden: list[str]) -> Iterator[Finding]:
    widths = [pixels(page.light.declared(element, "max-width") or "") for element in page.all("table", "div")]
    container = max((width for width in widths if width), default=0)
    for_outlook = {int(width) for part in hidden for width in re.findall(r"<table\b[^>]*\bwidth=\"(\d+)\"", part)}
    if not container:
        yield found(
            "O3-ghost", "html <body>", "nothing limits the width", "Write max-width:600px on the content's table."
        )
    elif int(container) not in for_outlook:
        what = f"the content is at most {container:.0f} px wide, for Outlook {sorted(for_outlook) or 'any width'}"
        yield found("O3-ghost", "html", what, f'Put <!--[if mso]><table width="{container:.0f}" ...> around it.')


def _columns(page: Page) -> Iterator[Finding]:
    parents = dict.fromkeys(
        element.getparent() for element in page.elements if page.light.declared(element, "display") == "inline-block"
    )
    for parent in parents:
        columns = [child for child in parent if isinstance(child.tag, str) and child.tag == "div"]
        ghosts = "".join(str(child.text) for child in parent if not isinstance(child.tag, str))
        widths = [int(width) for width in re.findall(r"<td\b[^>]*\bwidth=\"(\d+)\"", ghosts)]
        wanted = sum(pixels(page.light.declared(column, "max-width") or "") or 0 for column in columns)
        if columns and (len(widths) != len(columns) or sum(widths) != wanted):
            what = f"{len(columns)} columns of {wanted:.0f} px, for Outlook {widths or 'none'}"
            hint = 'Put <!--[if mso]><td width="300"><![endif]--> before each column.'
            yield found("O3-ghost", where_is(parent), what, hint)


def _rows(page: Page) -> Iterator[Finding]:
    for row in page.all("tr"):
        around_others = any(inner.find(".//h2") is not None for inner in row.iterdescendants("tr"))
        if around_others or (is_inside(row, "tr") is not None and row.find(".//h2") is None):
            continue
        height = _estimated_height(page, row)
        if height > MAX_ROW_PX:
            what = f"it is about {height:.0f} px high; Outlook breaks the page there"
            hint = "Show the teaser instead of the full text, or shorten the article."
            yield found("O3-row", where_is(row), f"{text_of(row)[:40]!r}: {what}", hint)


def _estimated_height(page: Page, row: Element) -> float:
    inside = set(row.iter())
    height = sum(float(image.get("height") or 0) for image in row.iter("img") if (image.get("height") or "").isdigit())
    for element, text in page.texts:
        if element in inside:
            lines = math.ceil(len(text) * page.light.font_size(element) * _CHARACTER_EM / _COLUMN_PX)
            top, _, bottom, _ = four_sides(page.light.declared(element, "margin") or "0")
            height += lines * page.light.line_height(element) + (pixels(top) or 0) + (pixels(bottom) or 0)
    return height
