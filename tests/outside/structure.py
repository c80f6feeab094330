"""A structure checker that shares no code with the program: another parser (html5lib), rules written down anew.

The rules are those of the Email Markup Consortium's 2025 report that a program can decide, for our two languages.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

NAMELESS = re.compile(
    r"^(hier|mehr|weiter|weiterlesen|link|details|here|more|read more|click here|learn more)\W*$", re.I
)
BANNED = {"script", "iframe", "form", "object", "embed", "link", "base", "video", "audio", "svg", "main", "input"}


def faults(html: str) -> list[str]:
    """List what is wrong with a mail's structure."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    document = parser.parse(html)
    body = document.find("body")
    assert body is not None
    return [
        *(f"parse error: {code} {place}" for place, code, _ in parser.errors),
        *_head(document, html),
        *_languages(document, body),
        *_tables(body),
        *_headings(body),
        *_links(body),
        *_images(body),
        *_ids(document),
        *(f"<{tag}>" for tag in sorted(BANNED & {str(element.tag) for element in document.iter()})),
        *(f"handler {name}" for element in document.iter() for name in element.attrib if str(name).startswith("on")),
    ]


def _text(element: Any) -> str:
    return " ".join("".join(_texts(element)).split())


def _texts(element: Any) -> Any:
    if isinstance(element.tag, str):
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def _head(document: Any, html: str) -> list[str]:
    wrong = []
    if not html.startswith("<!DOCTYPE html>"):
        wrong.append("no doctype")
    if len(_text(document.find("head/title"))) < 5:
        wrong.append("no title")
    viewport = next((m.get("content", "") for m in document.iter("meta") if m.get("name") == "viewport"), "")
    if "width=device-width" not in viewport or "maximum-scale" in viewport or "user-scalable" in viewport:
        wrong.append("viewport")
    return wrong


def _languages(document: Any, body: Element) -> list[str]:
    wrong = [f"{element.tag} without lang or dir" for element in (document, body) if not _speaks(element)]
    children = (child for child in body if isinstance(child.tag, str))
    return [*wrong, *(f"child of body without lang or dir: {child.tag}" for child in children if not _speaks(child))]


def _speaks(element: Any) -> bool:
    return bool(element.get("lang")) and element.get("dir") in ("ltr", "rtl")


def _tables(body: Element) -> list[str]:
    wrong = []
    for table in body.iter("table"):
        has_headings = any(True for _ in table.iter("th"))
        if table.get("role") not in ("presentation", "none") and not has_headings:
            wrong.append(f"table without role: {table.get('class')}")
    return wrong


def _headings(body: Element) -> list[str]:
    levels = [int(str(element.tag)[1]) for element in body.iter() if re.fullmatch(r"h[1-6]", str(element.tag))]
    wrong = [f"{levels.count(1)} h1"] if levels.count(1) != 1 else []
    steps = zip([0, *levels], levels, strict=False)
    wrong += [f"h{after} after h{before}" for before, after in steps if after > before + 1]
    wrong += [f"empty {e.tag}" for e in body.iter() if re.fullmatch(r"h[1-6]", str(e.tag)) and not _text(e)]
    return wrong


def _links(body: Element) -> list[str]:
    wrong = []
    for link in body.iter("a"):
        name = f"{_text(link)} {' '.join(image.get('alt', '') for image in link.iter('img'))}".strip()
        if not name or NAMELESS.match(name):
            wrong.append(f"link without a name: {link.get('href')} {name}")
        if not re.match(r"https://|mailto:|tel:|#\w", link.get("href", "")):
            wrong.append(f"link to {link.get('href')}")
        if link.get("role"):
            wrong.append("link with a role")
    return wrong


def _images(body: Element) -> list[str]:
    wrong = []
    for image in body.iter("img"):
        if image.get("alt") is None:
            wrong.append(f"image without alt: {image.get('src')}")
        if not (image.get("width", "").isdigit() and image.get("height", "").isdigit()):
            wrong.append(f"image without size: {image.get('src')}")
    return wrong


def _ids(document: Any) -> list[str]:
    ids = Counter(element.get("id") for element in document.iter() if element.get("id"))
    targets = [link.get("href")[1:] for link in document.iter("a") if link.get("href", "").startswith("#")]
    return [
        *(f"id {name} {count} times" for name, count in ids.items() if count > 1),
        *(f"no target {target}" for target in targets if target not in ids),
    ]
