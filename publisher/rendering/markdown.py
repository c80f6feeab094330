"""Article bodies: Markdown to HTML made for mail, and to plain text. Both walk the same tokens of markdown-it.

Raw HTML in Markdown is shown as text. nh3 comes last whatever came before: nothing active gets through.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

from publisher.rendering.images import ShownImage
from publisher.rendering.plain_text import wrapped

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

SCHEMES = frozenset({"https", "http", "mailto", "tel"})
FIRST_HEADING = 3  # h1 is the digest, h2 an article
WIDE_COLUMNS = 4  # a table of so many is stacked on a phone, where each cell needs its heading then
_LAST_HEADING = 6

# How an image of a body is shown, by its address and its alternative text; None for one that is not.
ShowImage = Callable[[str, str], ShownImage | None]

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
    "tr": "facts-row",
    "img": "picture",
    "span": "facts-label",
}
# Further classes: a paragraph in a quote, one that is an image or its caption; a wide table and its first cells; a box.
_QUOTED, _FIGURE, _CAPTION = "quoted", "figure", "caption"
_MORE_CLASSES = {"p": {_QUOTED, _FIGURE, _CAPTION}, "table": {"facts-wide", "box"}, "td": {"facts-first", "box-cell"}}

# Space around a table or a line: Outlook for Windows knows it only as the padding of a cell.
_BOX_ATTRIBUTES = {"role": "presentation", "width": "100%", "cellpadding": "0", "cellspacing": "0", "border": "0"}
_BOXED = ("table_open", "table_close", "hr")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_BARE = frozenset({"strong", "em", "s", "br", "thead", "tbody"})
_ATTRIBUTES = {
    "a": {"href"},
    "table": set(_BOX_ATTRIBUTES),
    "ol": {"start"},
    "th": {"scope", "align"},
    "td": {"align"},
    "img": {"src", "alt", "width", "height", "style"},
}


def markdown_to_html(
    markdown: str,
    *,
    base_url: str | None = None,
    first_heading: int = FIRST_HEADING,
    show_image: ShowImage | None = None,
) -> str:
    """Turn a body into HTML for mail; its headings start at `first_heading` and skip no level.

    Links may be https, http, mailto and tel; relative ones are completed with `base_url`, or lose their link. Without
    `show_image` there are the alternative texts instead of images.
    """
    import nh3

    parser = _parser()
    tokens = _prepared(parser.parse(markdown), base_url, first_heading, show_image)
    _label_cells(tokens)
    return nh3.clean(
        parser.renderer.render(list(_with_boxes(tokens)), parser.options, {}),
        tags={*_CLASSES, *_BARE},
        attributes=_ATTRIBUTES,
        attribute_filter=_kept_attribute,
        allowed_classes={
            element: {*names.split(), *_MORE_CLASSES.get(element, ())} for element, names in _CLASSES.items()
        },
        filter_style_properties={"max-width"},
        url_schemes={*SCHEMES, "cid"},
        clean_content_tags={"script", "style"},
        link_rel=None,
    ).strip()


def _kept_attribute(_element: str, name: str, value: str) -> str | None:
    """Keep links from leading into the mail's own parts, and images from being anything but those and hosted ones."""
    is_part = value.lower().startswith("cid:")
    if name == "href":
        return None if is_part else value
    return value if name != "src" or is_part or value.startswith("https://") else None


def markdown_to_text(markdown: str, *, base_url: str | None = None) -> str:
    """Turn a body into plain text of 72 columns: links as "text (address)", quotes indented, lists with hyphens."""
    tokens = _prepared(_parser().parse(markdown), base_url)
    return "\n\n".join(block for block in _TextWriter(tokens).blocks() if block.strip())


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
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.block.ruler.at("reference", _reference, {"alt": []})
    return parser


def _reference(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Read `[name]: address`, but not `[^1]: note`: mails have no footnotes, and what it says must not be lost."""
    from markdown_it.rules_block import reference

    starts_at = state.bMarks[start_line] + state.tShift[start_line]
    return not state.src.startswith("[^", starts_at) and reference(state, start_line, end_line, silent)


def _prepared(
    tokens: list[Token],
    base_url: str | None,
    first_heading: int = FIRST_HEADING,
    show_image: ShowImage | None = None,
) -> list[Token]:
    """Renumber headings, mark elements with their class, take bad links out, and images or their texts in."""
    tokens = list(_with_captions(tokens))
    for token in tokens:
        if token.children:
            token.children = list(_inline(token.children, base_url, show_image))
    _renumber_headings(tokens, first_heading)
    quotes = 0
    for token in tokens:
        _mark(token)
        quotes += token.nesting if token.tag == "blockquote" else 0
        if quotes and token.type == "paragraph_open":
            token.attrSet("class", _QUOTED)
    return tokens


def _with_captions(tokens: Sequence[Token]) -> Iterator[Token]:
    """Make a paragraph of an image's title, where the image is a paragraph by itself: the title is its caption."""
    from markdown_it.token import Token

    caption = ""
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before and before.type == "paragraph_open" and _is_lone_image(token):
            before.meta = {"class": _FIGURE}
            caption = str((token.children or [])[0].attrs.get("title", ""))
        yield token
        if caption and token.type == "paragraph_close":
            level = token.level
            yield Token("paragraph_open", "p", 1, meta={"class": _CAPTION}, block=True, level=level)
            yield Token("inline", "", 0, children=[Token("text", "", 0, content=caption)], level=level + 1)
            yield Token("paragraph_close", "p", -1, block=True, level=level)
            caption = ""


def _is_lone_image(token: Token) -> bool:
    return [child.type for child in token.children or ()] == ["image"]


def _mark(token: Token) -> None:
    if token.type in ("fence", "code_block"):
        token.type, token.tag, token.info = "code_block", "pre", ""
    for child in (token, *(token.children or ())):
        name = child.meta.get("class", _CLASSES.get(child.tag))
        if name and child.nesting >= 0:
            child.attrSet("class", name)
        if child.nesting == 1 and child.tag in ("th", "td"):
            _align_by_attribute(child)


def _label_cells(tokens: Sequence[Token]) -> None:
    """Put its column's heading into each cell of a wide table, for the phone; the style sheet hides it elsewhere."""
    table, headings, column = None, list[str](), 0
    for before, token in pairwise(tokens):
        if before.type == "table_open":
            table, headings = before, []
        elif token.type == "tr_open":
            column = 0
        elif before.type == "th_open":
            headings.append("".join(child.content for child in token.children or ()))
        elif before.type == "td_open" and table and len(headings) >= WIDE_COLUMNS:
            table.attrSet("class", "facts facts-wide")
            if column == 0:
                before.attrSet("class", "facts-cell facts-first")
            elif headings[column]:
                token.children = [*_label(headings[column]), *(token.children or ())]
            column += 1


def _with_boxes(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type in _BOXED and token.nesting >= 0:
            yield from _box(1)
        yield token
        if token.type in _BOXED and token.nesting <= 0:
            yield from _box(-1)


def _box(nesting: Literal[-1, 1]) -> list[Token]:
    """Open or close a layout table of one cell."""
    from markdown_it.token import Token

    parts = [
        Token("box", "table", nesting, attrs={"class": "box", **_BOX_ATTRIBUTES} if nesting == 1 else {}),
        Token("box", "tr", nesting),
        Token("box", "td", nesting, attrs={"class": "box-cell"} if nesting == 1 else {}),
    ]
    return parts[::nesting]


def _label(heading: str) -> Iterator[Token]:
    from markdown_it.token import Token

    yield Token("span_open", "span", 1, attrs={"class": _CLASSES["span"]})
    yield Token("text", "", 0, content=f"{heading}: ")
    yield Token("span_close", "span", -1)


def _align_by_attribute(cell: Token) -> None:
    """Say a cell's alignment by attribute, for style attributes are the style sheet's own."""
    style = str(cell.attrs.pop("style", ""))
    cell.attrSet("align", style.removeprefix("text-align:") or "left")
    if cell.tag == "th":
        cell.attrSet("scope", "col")


def _renumber_headings(tokens: list[Token], first_heading: int) -> None:
    open_levels: list[int] = []
    for token in tokens:
        if token.type not in ("heading_open", "heading_close"):
            continue
        if token.nesting == 1:
            level = int(token.tag[1])
            open_levels = [*(other for other in open_levels if other < level), level]
        token.tag = f"h{min(first_heading + len(open_levels) - 1, _LAST_HEADING)}"


def _inline(children: Sequence[Token], base_url: str | None, show_image: ShowImage | None) -> Iterator[Token]:
    refused: list[bool] = []
    for child in children:
        if child.type == "image":
            yield _image(child, show_image)
        elif child.type == "link_open":
            address = _address(str(child.attrs.get("href", "")), base_url)
            refused.append(address is None)
            if address is not None:
                child.attrs = {"href": address}
                yield child
        elif child.type != "link_close" or not refused.pop():
            yield child


def _image(token: Token, show_image: ShowImage | None) -> Token:
    """Size an image and give it its address in the mail, or put its alternative text there."""
    from markdown_it.token import Token

    alt = "".join(part.content for part in token.children or ())
    shown = show_image(str(token.attrs["src"]), alt) if show_image else None
    if shown is None:
        return Token("text", "", 0, content=alt)
    token.attrs = {
        "src": shown.src,
        "width": shown.width,
        "height": shown.height,
        "alt": "",  # the renderer fills it in from what stands between the brackets
        "style": f"max-width:{shown.width}px",
    }
    return token


def _address(href: str, base_url: str | None) -> str | None:
    """Complete an address; None if it is not one that a mail may link to."""
    try:
        whole = urljoin(base_url, href) if base_url else href
        parts = urlsplit(whole)
    except ValueError:
        return None
    if parts.scheme not in SCHEMES:
        return None
    if parts.scheme in ("https", "http") and not _HOST.fullmatch(parts.hostname or ""):
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
