"""What a reader sees of an e-mail: read by an independent HTML parser, apart from all code of ours."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib

HIDDEN = {"head", "style", "script", "title"}


def parse(html: str) -> Element:
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    assert isinstance(tree, Element)
    return tree


def text_of(element: Element) -> str:
    """The element's text on one line."""
    return " ".join("".join(element.itertext()).split())


def texts(tree: Element, *tags: str) -> list[str]:
    """The texts of all elements with these names, in the order of the page."""
    return [text_of(element) for element in tree.iter() if element.tag in tags]


def visible_text(tree: Element) -> str:
    return " ".join(" ".join(_pieces(tree)).split())


def _pieces(element: Element) -> Iterator[str]:
    if element.tag not in HIDDEN and isinstance(element.tag, str):
        yield element.text or ""
        for child in element:
            yield from _pieces(child)
            yield child.tail or ""


def links(tree: Element) -> dict[str, str]:
    """Address -> text of each link."""
    return {element.get("href", ""): text_of(element) for element in tree.iter("a")}
