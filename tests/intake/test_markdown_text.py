"""Escaped text renders as itself; HTML of others becomes Markdown without anything active in it."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from publisher.errors import SourceError
from publisher.intake.markdown_text import escape_markdown, html_to_markdown, paragraph_markdown, safe_address

SIGNS = st.text(alphabet=st.sampled_from(list("ab1 \\`*_{}[]()<>#+-.!|~&;:=\"'/$^@ä„\n")), max_size=60)


def rendered(markdown: str) -> str:
    # HTML is let through here, so that any that gets by shows.
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), SIGNS).map(lambda text: " ".join(re.sub("[\x00-\x1f\x7f]", " ", text).split())))
def test_an_escaped_line_renders_as_itself(text: str) -> None:
    if text:
        assert html.unescape(rendered(escape_markdown(text))) == f"<p>{text}</p>\n"


@settings(max_examples=300, deadline=None)
@given(st.lists(SIGNS.map(lambda text: " ".join(text.split())).filter(bool), min_size=2, max_size=5))
def test_the_lines_of_a_paragraph_render_as_a_paragraph_of_lines(lines: list[str]) -> None:
    if any(re.match("[*-] ", line) for line in lines):
        return  # several of these in a row are a list
    assert html.unescape(rendered(paragraph_markdown(lines))) == "<p>" + "<br />\n".join(lines) + "</p>\n"


def test_bullets_become_a_list_below_their_line() -> None:
    assert paragraph_markdown(["Neu:", "• a", "– b", "Ende"]) == "Neu:\n\n- a\n- b\n\nEnde"
    assert paragraph_markdown(["– so sagt er"]) == "– so sagt er"


def test_quiet_signs_stay_as_they_are() -> None:
    text = "A & B – 3-fach, snake_case, 50 % + 2 = 52; „so“ (Foto) https://example.org/a_b?c=d&x=1!"
    assert escape_markdown(text).replace("\\", "") == text
    assert escape_markdown("A & B – 3-fach, snake_case, „so“ + 2 = 3!") == "A & B – 3-fach, snake_case, „so“ + 2 = 3!"


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("<p>Ein <b>fetter</b> und <i>schräger</i> Text</p>", "Ein **fetter** und *schräger* Text"),
        ("<h2>Kopf</h2><ul><li>a</li><li>b</li></ul>", "## Kopf\n\n- a\n- b"),
        ("<p>a<br>b</p>", "a\\\nb"),
        ("<p><br>a<br><br></p><p>b\\<br></p>", "a\n\nb\\\\"),
        ('<a href="https://example.org/a (b)">x</a>', "[x](https://example.org/a%20%28b%29)"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<a href="data:text/html,x">x</a>', "x"),
        ("<script>alert(1)</script><style>p{}</style>x", "x"),
        ("<p>&lt;img src=x onerror=alert(1)&gt;</p>", "\\<img src=x onerror=alert(1)>"),
        ("<img src=x onerror=alert(1)>x<svg/onload=alert(1)>", "x"),
        ("<pre>```\n<b>x</b></pre>", "\\`\\`\\`\n**x**"),
        ("Neu!<a href='https://e.org/a.png'>x</a>", "Neu\\![x](https://e.org/a.png)"),
        ("<p>](javascript:alert(1))</p>", "\\](javascript:alert(1))"),
        ('<a href="https://e.org">a](javascript:x)</a>', "[a\\](javascript:x)](https://e.org)"),
    ],
)
def test_html_becomes_markdown(source: str, markdown: str) -> None:
    assert html_to_markdown(source) == markdown


TAGS = [
    *("<p>", "</p>", "<b>", "</b>", "<a href='https://x.org'>", "</a>", "<li>", "<ul>", "<td>", "<table>", "<tr>"),
    *("<br>", "<script>", "</script>", "<img src=x onerror=y>", "<svg/onload=x>", "<h1>", "<blockquote>", "&lt;"),
    *("&gt;", "&amp;", "javascript:x", "<pre>", "<code>", "```", "<!--", "-->", "<a href='javascript:x'>"),
    *("[x](javascript:y)", "https://x.org", "x.html"),
]
TEXT_TAGS = "p strong em a ul ol li br h1 h2 h3 h4 h5 h6 blockquote hr pre code s"
ALLOWED = {*TEXT_TAGS.split(), "table", "thead", "tbody", "tr", "th", "td"}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(TAGS), SIGNS), max_size=25).map("".join))
def test_nothing_active_comes_through(source: str) -> None:
    page = rendered(html_to_markdown(source))
    assert set(re.findall(r"</?([a-z0-9]+)", page)) <= ALLOWED
    assert "<!--" not in page
    for attributes in re.findall(r"<[a-z0-9]+ ([^>]*)>", page):
        assert re.fullmatch(
            r'(href="https?://[^"]*"|start="\d+"|style="text-align:\w+"|class="language-[^"]*"|/| )*', attributes
        ), page


def test_absurd_nesting_is_refused() -> None:
    with pytest.raises(SourceError) as raised:
        html_to_markdown("<blockquote>" * 3000 + "x")
    assert str(raised.value) == "the text is nested too deeply to be read\nhint: Save it as plain text first."


@pytest.mark.parametrize("address", ["javascript:x", "//example.org", "/a", "ftp://x", "https://", "mailto:", "x"])
def test_addresses_that_are_not_for_links(address: str) -> None:
    assert safe_address(address) is None
