"""The HTML as a tree, and how it looks: light, dark, on a telephone. It shares no code with what rendered it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from publisher.rendering.preflight.colours import BLACK, WHITE, Colour, parse_colour
from publisher.rendering.preflight.css import Declaration, StyleRule, parse_declarations, parse_sheet, pixels

Element = Any
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = frozenset({*HEADINGS, "p", "div", "td", "th", "li", "ul", "ol", "blockquote", "pre", "table", "tr", "body"})
_HEADING_SIZES = {"h1": 32.0, "h2": 24.0, "h3": 18.72}
_PHONE_PX = 320


@dataclass(frozen=True, slots=True)
class Sheet:
    """One `<style>` with the line on which it begins."""

    text: str
    rules: tuple[StyleRule, ...]
    line: int


def _tree_of(lxml_html: Any, source: bytes) -> Element:
    """Parse, however broken it is; of what holds no element at all, such as "</:", an empty paragraph is left."""
    from lxml.etree import ParserError

    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        return lxml_html.document_fromstring(source, parser=parser)
    except ParserError:
        return lxml_html.document_fromstring(b"<p></p>", parser=parser)


class Page:
    """A parsed e-mail. `elements` are those of the body, in order, without comments."""

    def __init__(self, html: str) -> None:
        from lxml import html as lxml_html

        self.html = html
        self.tree: Element = _tree_of(lxml_html, html.encode("utf-8", "replace"))
        self.everything: list[Element] = [element for element in self.tree.iter() if isinstance(element.tag, str)]
        body = self.tree.find("body")
        self.body: Element = self.tree if body is None else body
        self.elements = [element for element in self.body.iter() if isinstance(element.tag, str)]
        self._inline = {element: _by_name(element.get("style")) for element in self.everything}

    @cached_property
    def comments(self) -> list[str]:
        """Give the text of every comment, in order."""
        return [str(comment.text) for comment in self.tree.xpath("//comment()")]

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """Give every style sheet that stands in the open; Outlook's own, inside comments, are not among them."""
        styles = self.tree.xpath("//style")
        return tuple(Sheet(style.text or "", parse_sheet(style.text or ""), style.sourceline or 0) for style in styles)

    @cached_property
    def light(self) -> Look:
        """Give the usual look."""
        return Look(self, lambda media: not media)

    @cached_property
    def dark(self) -> Look:
        """Give the look where the reader's machine is dark."""
        return Look(self, lambda media: all("prefers-color-scheme: dark" in _spaced(one) for one in media))

    @cached_property
    def phone(self) -> Look:
        """Give the look on a narrow screen."""
        return Look(self, lambda media: all(_fits_phone(one) for one in media))

    def inline(self, element: Element) -> Mapping[str, Declaration]:
        """Give the declarations of an element's style attribute by property."""
        return self._inline[element]

    def all(self, *tags: str) -> list[Element]:
        """Give the body's elements with one of these tags, in order."""
        return [element for element in self.elements if element.tag in tags]

    def is_visible(self, element: Element) -> bool:
        """Say whether a reader sees it: neither it nor what it stands in is hidden."""
        return not any(self._hides(one) for one in (element, *element.iterancestors()))

    def _hides(self, element: Element) -> bool:
        declarations = self._inline[element]
        display = declarations["display"].value if "display" in declarations else ""
        visibility = declarations["visibility"].value if "visibility" in declarations else ""
        return display == "none" or visibility == "hidden" or element.get("hidden") is not None

    @cached_property
    def texts(self) -> list[tuple[Element, str]]:
        """Give every visible element that has text of its own, with that text."""
        own = ((element, own_text(element)) for element in self.elements if element.tag not in ("style", "script"))
        return [(element, text) for element, text in own if text and self.is_visible(element)]

    @cached_property
    def visible_text(self) -> str:
        """Give all that a reader can read, in one line."""
        texts = self.body.xpath(".//text()[not(ancestor::style) and not(ancestor::script)]")
        return " ".join("".join(str(text) for text in texts if self.is_visible(_holder(text))).split())


def _holder(text: Any) -> Element:
    """Give the element that a piece of text stands in; lxml hangs text onto what comes before it."""
    before = text.getparent()
    return before.getparent() if text.is_tail else before


def _by_name(style: str | None) -> dict[str, Declaration]:
    return {declaration.name: declaration for declaration in parse_declarations(style or "")}


def _spaced(condition: str) -> str:
    return re.sub(r"\s*:\s*", ": ", condition.lower())


def _fits_phone(condition: str) -> bool:
    match = re.search(r"max-width: ([0-9]+)px", _spaced(condition))
    return match is not None and int(match.group(1)) >= _PHONE_PX


@dataclass
class Look:
    """How the page looks under some conditions: style attributes, and the rules of its sheets that apply then."""

    page: Page
    applies: Callable[[tuple[str, ...]], bool]
    _overrides: dict[Element, dict[str, tuple[tuple[bool, int], str | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sheet in self.page.sheets:
            for rule in sheet.rules:
                if self.applies(rule.media):
                    self._apply(rule)

    def _apply(self, rule: StyleRule) -> None:
        for selector in rule.selectors:
            for element in matching(self.page, selector):
                own = self._overrides.setdefault(element, {})
                for declaration in rule.declarations:
                    weight = (declaration.important, _specificity(selector))
                    if declaration.name not in own or own[declaration.name][0] <= weight:
                        own[declaration.name] = (weight, declaration.value)

    def declared(self, element: Element, name: str) -> str | None:
        """Give the value that is set on the element itself."""
        inline = self.page.inline(element).get(name)
        (important, _), value = self._overrides.get(element, {}).get(name, ((False, 0), None))
        return inline.value if inline and (inline.important or not important) else value

    def inherited(self, element: Element, name: str) -> str | None:
        """Give the value that is in force on the element, its own or from what it stands in."""
        for one in (element, *element.iterancestors()):
            value = self.declared(one, name)
            if value is not None and value != "inherit":
                return value
        return None

    def background_source(self, element: Element) -> Element | None:
        """Give the element whose background is behind the text here."""
        chain = (element, *element.iterancestors())
        return next((one for one in chain if self._own_background(one) is not None), None)

    def _own_background(self, element: Element) -> Colour | None:
        for name in ("background-color", "background"):
            if (value := self.declared(element, name)) and (colour := parse_colour(value)):
                return colour
        return parse_colour(element.get("bgcolor") or "")

    def colours(self, element: Element) -> tuple[Colour, Colour]:
        """Give text colour and background."""
        text = parse_colour(self.inherited(element, "color") or "") or BLACK
        source = self.background_source(element)
        background = self._own_background(source) if source is not None else None
        return text, background or WHITE

    def font_size(self, element: Element) -> float:
        """Give the size of text in px."""
        for one in (element, *element.iterancestors()):
            if size := pixels(self.declared(one, "font-size") or ""):
                return size
            if one.tag in _HEADING_SIZES:
                return _HEADING_SIZES[one.tag]
        return 16.0

    def line_height(self, element: Element) -> float:
        """Give the height of a line in px."""
        value = self.inherited(element, "line-height") or ""
        if (height := pixels(value)) is not None:
            return height
        factor = float(value) if re.fullmatch(r"[0-9.]+", value) else 1.2
        return factor * self.font_size(element)

    def is_bold(self, element: Element) -> bool:
        """Say whether text is bold."""
        for one in (element, *element.iterancestors()):
            if value := self.declared(one, "font-weight"):
                return value in ("bold", "bolder", "600", "700", "800", "900")
            if one.tag in ("strong", "b", "th", *HEADINGS):
                return True
        return False


def matching(page: Page, selector: str) -> list[Element]:
    """Give the elements that a selector matches; none for one that only a program at work could match (:hover)."""
    from cssselect import SelectorError
    from lxml.cssselect import CSSSelector

    try:
        return list(CSSSelector(selector, translator="html")(page.tree))
    except SelectorError:
        return []


def _specificity(selector: str) -> int:
    ids, classes = selector.count("#"), len(re.findall(r"\.[\w-]|\[|:(?!:)", selector))
    return 10_000 * ids + 100 * classes + len(re.findall(r"(?:^|[\s>+~])[a-z]", selector))


def own_text(element: Element) -> str:
    """Give the text that stands directly in an element, not in its children, in one line."""
    pieces = [element.text or "", *(child.tail or "" for child in element)]
    return " ".join(" ".join(pieces).split())


def text_of(element: Element) -> str:
    """Give all text of an element in one line, without comments."""
    return " ".join(str(element.xpath("string()")).split())


def is_inside(element: Element, *tags: str) -> Element | None:
    """Give the nearest element around this one with one of these tags."""
    return next((one for one in element.iterancestors() if one.tag in tags), None)


def language_at(element: Element) -> str:
    """Give the language in force, as written; empty if none is."""
    chain = (element, *element.iterancestors())
    return next((str(one.get("lang")) for one in chain if one.get("lang")), "")


def primary(language: str) -> str:
    """Give a language without its country."""
    return language.replace("_", "-").split("-")[0].lower()


def where_is(element: Element) -> str:
    """Say where an element stands: its line in the HTML part, and its tag."""
    label = f' class="{element.get("class")}"' if element.get("class") else ""
    return f"html:{element.sourceline or 0} <{element.tag}{label}>"
