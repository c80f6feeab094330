"""Article bodies: Markdown to HTML made for mail, and to plain text. Both walk the same tokens of markdown-it.

Raw HTML in Markdown is shown as text. nh3 comes last whatever came before: nothing active gets through.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

SCHEMES = frozenset({"https", "http", "mailto", "tel"})
TEXT_WIDTH = 72
FIRST_HEADING = 3  # h1 is the digest, h2 an article
_LAST_HEADING = 6

# Elements that a body may have, each with the class that the style sheet knows it by.
_CLASSES = {
    "p": "copy",
    "ul": "list",
    "ol": "list",
    "li": "list-item",
    "blockquote": "quote",
    "h3": "subhead",
    "h4": "subhead",
    "h5": "subhead",
    "h6": "subhead",
    "a": "link",
    "table": "facts",
    "th": "facts-head",
    "td": "facts-cell",
    "code": "code",
    "pre": "code-block",
    "hr": "rule",
}
_QUOTED = "quoted"  # a paragraph inside a quote
_BARE = frozenset({"strong", "em", "s", "br", "thead", "tbody", "tr"})


def markdown_to_html(markdown: str, *, base_url: str | None = None) -> str:
    """Turn a body into HTML for mail; its headings start at h3 and skip no level.

    Links may be https, http, mailto and tel; relative ones are completed with `base_url`, or lose their link.
    """
    import nh3

    parser = _parser()
    tokens = _prepared(parser.parse(markdown), base_url)
    return nh3.clean(
        parser.renderer.render(tokens, parser.options, {}),
        tags={*_CLASSES, *_BARE},
        attributes={"a": {"href"}, "ol": {"start"}, "th": {"scope", "align"}, "td": {"align"}},
        allowed_classes={element: {name, _QUOTED} for element, name in _CLASSES.items()},
        url_schemes=set(SCHEMES),
        clean_content_tags={"script", "style"},
        link_rel=None,
    ).strip()


def markdown_to_text(markdown: str, *, base_url: str | None = None) -> str:
    """Turn a body into plain text of 72 columns: links as "text (address)", quotes indented, lists with hyphens."""
    tokens = _prepared(_parser().parse(markdown), base_url)
    return "\n\n".join(block for block in _TextWriter(tokens).blocks() if block.strip())


def images_of(markdown: str) -> tuple[str, ...]:
    """List the addresses of images in a body; e-mails show their alternative text only."""
    inline = (child for token in _parser().parse(markdown) for child in token.children or ())
    return tuple(str(child.attrs["src"]) for child in inline if child.type == "image")


def paragraphs_of(markdown: str) -> Iterator[str]:
    """Give the text of every paragraph of a body, without headings, lists, quotes and addresses."""
    tokens = _prepared(_parser().parse(markdown), None)
    for before, token in pairwise(tokens):
        if before.type == "paragraph_open" and before.level == 0:
            yield "".join(
                child.content if child.type in ("text", "code_inline") else " " * ("break" in child.type)
                for child in token.children or ()
            )


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    options = {"html": False, "typographer": False, "linkify": False}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"])


def _prepared(tokens: list[Token], base_url: str | None) -> list[Token]:
    """Renumber headings, mark elements with their class, take images and bad links out."""
    for token in tokens:
        if token.children:
            token.children = list(_inline(token.children, base_url))
    _renumber_headings(tokens)
    quotes = 0
    for token in tokens:
        _mark(token)
        quotes += token.nesting if token.tag == "blockquote" else 0
        if quotes and token.type == "paragraph_open":
            token.attrSet("class", _QUOTED)
    return tokens


def _mark(token: Token) -> None:
    if token.type in ("fence", "code_block"):
        token.type, token.tag, token.info = "code_block", "pre", ""
    for child in (token, *(token.children or ())):
        name = _CLASSES.get(child.tag)
        if name and child.nesting >= 0:
            child.attrSet("class", name)
        if child.nesting == 1 and child.tag in ("th", "td"):
            _align_by_attribute(child)


def _align_by_attribute(cell: Token) -> None:
    """Say a cell's alignment by attribute, for style attributes are the style sheet's own."""
    style = str(cell.attrs.pop("style", ""))
    cell.attrSet("align", style.removeprefix("text-align:") or "left")
    if cell.tag == "th":
        cell.attrSet("scope", "col")


def _renumber_headings(tokens: list[Token]) -> None:
    open_levels: list[int] = []
    for token in tokens:
        if token.type not in ("heading_open", "heading_close"):
            continue
        if token.nesting == 1:
            level = int(token.tag[1])
            open_levels = [*(other for other in open_levels if other < level), level]
        token.tag = f"h{min(FIRST_HEADING + len(open_levels) - 1, _LAST_HEADING)}"


def _inline(children: Sequence[Token], base_url: str | None) -> Iterator[Token]:
    from markdown_it.token import Token

    refused: list[bool] = []
    for child in children:
        if child.type == "image":
            yield Token("text", "", 0, content="".join(part.content for part in child.children or ()))
        elif child.type == "link_open":
            address = _address(str(child.attrs.get("href", "")), base_url)
            refused.append(address is None)
            if address is not None:
                child.attrs = {"href": address}
                yield child
        elif child.type != "link_close" or not refused.pop():
            yield child


def _address(href: str, base_url: str | None) -> str | None:
    """Complete an address; None if it is not one that a mail may link to."""
    try:
        whole = urljoin(base_url, href) if base_url else href
        parts = urlsplit(whole)
    except ValueError:
        return None
    if parts.scheme not in SCHEMES or (parts.scheme in ("https", "http") and not parts.hostname):
        return None
    return whole


class _TextWriter:
    """Write tokens as blocks of plain text; lists and quotes indent what is in them."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._indents: list[str] = []
        self._numbers: list[int | None] = []
        self._bullet = ""
        self._row: list[str] = []
        self._tight_depth = 0
        self._in_cell = False

    def blocks(self) -> Iterator[str]:
        tight: list[str] = []
        for token in self._tokens:
            block = self._block(token)
            if block is not None and self._tight_depth:
                tight.append(block)  # items of a list and rows of a table stay together
            elif block is not None:
                yield block
            if not self._tight_depth and tight:
                yield "\n".join(tight)
                tight = []

    def _block(self, token: Token) -> str | None:
        match token.type:
            case "inline":
                return self._inline_block(token)
            case "fence" | "code_block":
                return textwrap.indent(token.content.rstrip("\n"), "    " + "".join(self._indents))
            case "hr":
                return "* * *"
            case "tr_close":
                row, self._row = self._row, []
                return self._wrapped(" | ".join(row))
        self._open_or_close(token)
        return None

    def _open_or_close(self, token: Token) -> None:
        self._in_cell = token.type in ("th_open", "td_open")
        if token.tag in ("ul", "ol", "table"):
            self._tight_depth += token.nesting
        match token.type:
            case "blockquote_open":
                self._indents.append("    ")
            case "blockquote_close" | "list_item_close":
                self._indents.pop()
            case "bullet_list_open":
                self._numbers.append(None)
            case "ordered_list_open":
                self._numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open":
                self._start_item()

    def _start_item(self) -> None:
        number = self._numbers[-1]
        self._bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._indents.append(" " * len(self._bullet))

    def _inline_block(self, token: Token) -> str | None:
        text = inline_text(token.children or ())
        if self._in_cell:
            self._row.append(text)
            return None
        return self._wrapped(text)

    def _wrapped(self, text: str) -> str:
        indent = "".join(self._indents)
        first = indent[: len(indent) - len(self._bullet)] + self._bullet
        self._bullet = ""
        return "\n".join(wrapped(line, first=first, rest=indent) for line in text.split("\n"))


def inline_text(children: Sequence[Token]) -> str:
    """Write inline tokens as text; an address follows its link's text, unless it is the text."""
    text, starts = "", []
    for child in children:
        match child.type:
            case "softbreak":
                text += " "
            case "hardbreak":
                text += "\n"
            case "link_open":
                starts.append((len(text), str(child.attrs["href"])))
            case "link_close":
                start, address = starts.pop()
                text += "" if text[start:] in (address, address.removeprefix("mailto:")) else f" ({address})"
            case _:
                text += child.content
    return text


def wrapped(text: str, *, first: str = "", rest: str = "", width: int = TEXT_WIDTH) -> str:
    """Wrap one paragraph; addresses and words with hyphens stay whole."""
    return textwrap.fill(
        re.sub(r"[ \t\n]+", " ", text).strip(),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
