"""Whatever an article says: nothing in the HTML is active, by html5lib, which shares no code with what writes it.

The long form (`-m long`) tries 100,000, the short one 3,000.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

import html5lib
import pytest

from publisher.rendering.markdown import markdown_to_html
from tests.fuzz.nasty import nasty_text

ACTIVE = frozenset(
    {
        *("script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button"),
        *(
            "textarea",
            "select",
            "svg",
            "math",
            "base",
            "link",
            "meta",
            "video",
            "audio",
            "source",
            "template",
            "marquee",
        ),
        *("noscript", "title", "xmp", "plaintext", "portal", "dialog", "canvas", "image", "isindex", "keygen"),
    }
)
ADDRESSES = frozenset({"href", "src", "action", "formaction", "background", "poster", "data", "srcset", "cite", "ping"})
SAFE = re.compile(r"(https?:|mailto:|tel:|cid:|#)", re.IGNORECASE)
PIECES = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<iframe src=//x>"),
    *("[x](javascript:alert(1))", "[x](JaVaScRiPt&colon;alert(1))", "[x](data:text/html;base64,PHN2Zz4=)"),
    *("![x](javascript:alert(1))", "![x](x.png 'onerror=alert(1)')", "[x]: vbscript:x\n\n[x]", "<javascript:alert(1)>"),
    *(
        "[x](java\tscript:a)",
        "[x](\x01javascript:a)",
        "[x](//evil.example)",
        "<a href=javascript:x>y</a>",
        "<!--",
        "-->",
    ),
    *("]]>", "<![CDATA[", "<!DOCTYPE x>", "<?php", "&lt;script&gt;", "&#60;script&#62;", "\\<script>", "`<script>`"),
    *(
        "```html\n<script>\n```",
        "    <script>",
        "> <b onclick=x>",
        "- <style>*{}</style>",
        "| <a> | b |\n|--|--|\n| x | y |",
    ),
    *(
        "<p style='background:url(javascript:x)'>",
        "<math><mi//xlink:href='data:x'>",
        "<noscript><p title='</noscript>'>",
    ),
    *(
        "# Titel\n",
        "**fett**",
        "*kursiv*",
        "1. eins\n",
        "https://example.org/?a=1&b=<x>",
        "mailto:a@b.example",
        "\n\n",
        "\n",
    ),
)


def body(chance: Random) -> str:
    parts = (
        chance.choice(PIECES) if chance.random() < 0.7 else nasty_text(chance) for _ in range(chance.randint(1, 8))
    )
    return chance.choice(["", " ", "\n", "\n\n"]).join(parts)


def active_parts(html: str) -> Iterator[str]:
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2].lower()
        if name in ACTIVE:
            yield f"<{name}>"
        for key, value in element.attrib.items():
            attribute = str(key).rpartition("}")[2].lower()
            text = re.sub(r"[\x00-\x20]", "", value)
            if attribute.startswith("on"):
                yield attribute
            if attribute in ADDRESSES and text and not SAFE.match(text):
                yield f"{attribute}={value}"
            if attribute == "style" and re.search(r"url\(|expression|@import|behavior", value, re.IGNORECASE):
                yield f"style={value}"


def with_raw_html(markdown: str) -> str:
    """The control: Markdown as most programs take it."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": True}).render(markdown))


def found_in(render: Callable[[str], str], count: int) -> list[tuple[str, list[str]]]:
    chance = Random(20261123)
    bodies = (body(chance) for _ in range(count))
    return [(text, parts) for text in bodies if (parts := list(active_parts(render(text))))]


@pytest.mark.parametrize("count", [3_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_no_body_is_active(count: int) -> None:
    assert found_in(lambda text: markdown_to_html(_clean(text)), count) == []


def _clean(text: str) -> str:
    """Half a surrogate pair cannot come out of a file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def test_raw_html_is_found() -> None:
    found = found_in(lambda text: with_raw_html(_clean(text)), 300)
    kinds = {part for _, parts in found for part in parts}
    assert len(found) > 100
    assert {"<script>", "onerror", "<iframe>"} <= kinds
