"""Bodies: Markdown to HTML for mail and to plain text."""

from __future__ import annotations

import re

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.rendering.images import ShownImage
from publisher.rendering.markdown import SCHEMES, markdown_to_html, markdown_to_text


def test_headings_start_at_h3_and_skip_no_level() -> None:
    html = markdown_to_html("# A\n\n### B\n\n###### C\n\n# D\n\n## E\n")
    assert [html[at + 1 : at + 3] for at in range(len(html)) if html[at : at + 2] == "<h"] == [
        "h3",
        "h4",
        "h5",
        "h3",
        "h4",
    ]


def test_quotes_and_special_spaces_are_kept() -> None:
    html = markdown_to_html('„So“, sagte er, kostet 5\u00a0€ -- und "nicht" mehr...')
    assert html == '<p class="copy">„So“, sagte er, kostet 5&nbsp;€ -- und "nicht" mehr...</p>'


def test_raw_html_is_text() -> None:
    html = markdown_to_html("<script>alert(1)</script> <b onclick=x>fett</b>\n\n<img src=x onerror=alert(1)>")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<img" not in html


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("[a](https://x.example/?a=1&b=2)", 'href="https://x.example/?a=1&amp;b=2"'),
        ("[a](/b)", 'href="https://verband.example/b"'),
        ("[a](mailto:a@b.example)", 'href="mailto:a@b.example"'),
        ("[a](tel:+4923112345)", 'href="tel:+4923112345"'),
    ],
)
def test_links_that_a_mail_may_carry(markdown: str, expected: str) -> None:
    assert expected in markdown_to_html(markdown, base_url="https://verband.example/news/1")


@pytest.mark.parametrize("address", ["ftp://x.example", "/only/a/path", "https:///nohost", "#anchor", "<https://[x>"])
def test_other_links_lose_their_link_and_keep_their_text(address: str) -> None:
    assert markdown_to_html(f"[Text]({address})") == '<p class="copy">Text</p>'
    assert markdown_to_text(f"[Text]({address})") == "Text"


def _shown(src: str, _alt: str) -> ShownImage | None:
    return None if src.startswith("data:") else ShownImage(f"cid:{src}@publisher", 300, 200)


IMG = '<img src="cid:{src}@publisher" width="300" height="200" alt="{alt}" style="max-width:300px" class="{name}">'


def _img(src: str, alt: str) -> str:
    return IMG.format(src=src, alt=alt, name="picture")


def test_images_become_their_alternative_text_where_there_are_none() -> None:
    assert markdown_to_html("Vor ![Ein *Bild*](b.png) nach") == '<p class="copy">Vor Ein Bild nach</p>'
    assert markdown_to_text("Vor ![Ein *Bild*](b.png) nach") == "Vor Ein Bild nach"


def test_images_are_sized_and_named_as_the_mail_knows_them() -> None:
    html = markdown_to_html('Vor ![Ein *"Bild"*](b.png) nach', show_image=_shown)
    assert html == f'<p class="copy">Vor {_img("b.png", "Ein &quot;Bild&quot;")} nach</p>'
    linked = markdown_to_html("[![a](b.png)](https://x.example)", show_image=_shown)
    assert linked == f'<p class="copy"><a href="https://x.example" class="link">{_img("b.png", "a")}</a></p>'
    assert markdown_to_html("![a](data:image/png;base64,AAAA)", show_image=_shown) == '<p class="figure">a</p>'


def test_the_title_of_an_image_that_stands_alone_is_its_caption() -> None:
    markdown = '![a](b.png "Die <Pumpe>")\n\n- ![c](d.png "im Punkt")'
    html = markdown_to_html(markdown, show_image=_shown)
    assert html.startswith(f'<p class="figure">{_img("b.png", "a")}</p>\n<p class="caption">Die &lt;Pumpe&gt;</p>')
    assert markdown_to_text(markdown) == "a\n\nDie <Pumpe>\n\n- c\n  im Punkt"


def test_links_never_lead_into_the_mails_own_parts() -> None:
    assert "href" not in markdown_to_html("[a](cid:b.png@publisher) <cid:x>", show_image=_shown)


def test_footnotes_are_off_and_nothing_of_them_is_lost() -> None:
    text = markdown_to_text("Das steht so da.[^1] Und [das] nicht.\n\n[^1]: Im Bericht.\n\n[das]: https://x.example")
    assert text == "Das steht so da.[^1] Und das (https://x.example) nicht.\n\n[^1]: Im Bericht."


def test_headings_start_where_they_are_told() -> None:
    assert re.findall("<h.", markdown_to_html("# A\n\n## B\n\n### C\n\n#### D", first_heading=4)) == [
        *("<h4", "<h5", "<h6", "<h6")
    ]


def test_the_cells_of_a_wide_table_name_their_column_for_the_phone() -> None:
    table = "| A | **B** | C | |\n|---|--:|---|---|\n| 1 | 2 | 3 | 4 |"
    html = markdown_to_html(table)
    assert '<table class="facts facts-wide">' in html
    assert '<td class="facts-cell facts-first" align="left">1</td>' in html
    assert '<td class="facts-cell" align="right"><span class="facts-label">B: </span>2</td>' in html
    assert '<td class="facts-cell" align="left">4</td>' in html
    assert "facts-label" not in markdown_to_html("| A | B | C |\n|---|---|---|\n| 1 | 2 | 3 |")
    assert markdown_to_text(table) == "A | B | C |\n1 | 2 | 3 | 4"


def test_tables_keep_their_alignment_without_styles() -> None:
    html = markdown_to_html("| A | B |\n|---|--:|\n| 1 | 2 |")
    assert '<th class="facts-head" align="left" scope="col">A</th>' in html
    assert '<td class="facts-cell" align="right">2</td>' in html
    assert "style" not in html


def test_the_text_part_of_a_body() -> None:
    markdown = """\
## Überschrift

Ein [Link](https://x.example/lang), noch einer <https://y.example> und eine <mail@x.example>.

> Ein Zitat,
> über zwei Zeilen.

1. eins
2. zwei
   - innen
   - noch innen

| A | B |
|---|---|
| 1 | 2 |

```
code  bleibt
```
"""
    assert (
        markdown_to_text(markdown)
        == """\
Überschrift

Ein Link (https://x.example/lang), noch einer https://y.example und eine
mail@x.example.

    Ein Zitat, über zwei Zeilen.

1. eins
2. zwei
   - innen
   - noch innen

A | B
1 | 2

    code  bleibt"""
    )


def test_long_addresses_stay_whole() -> None:
    address = "https://x.example/" + "a-b" * 60
    assert any(address in line for line in markdown_to_text(f"Text [hier]({address}) Text").split("\n"))


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


_ACTIVE = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "svg",
    "math",
    "form",
    "video",
    "base",
    "meta",
    "link",
}
_ALLOWED_ON = (
    {"class", "href", "start", "scope", "align"},
    {"class", "role", "width", "cellpadding", "cellspacing", "border"},
)
_SNIPPETS = st.sampled_from(
    ["<script>", "<svg/onload=x>", "[a](javascript:x)", "[a](data:text/html,x)", "<a href='vbscript:x'>", "![x](j:y)",
     "`", "**", "> ", "- ", "# ", "|a|\n|-|\n", "<!--", "-->", "&#106;avascript:", "[x]: javascript:x\n", "\n\n",
     "<style>", "<noscript><p title='</noscript><img src=x onerror=y>'>", "<math><mi/xlink:href=x>", "\x00",
     "\u202e", "“"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_SNIPPETS, st.text(max_size=12)), max_size=14).map("".join))
@example("[a](<javascript:alert(1)>)")
def test_nothing_active_gets_through_by_an_independent_parser(markdown: str) -> None:
    tree = html5lib.parse(markdown_to_html(markdown, show_image=_shown), namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in ("html", "head", "body"):
            continue
        assert _name(element.tag) not in _ACTIVE
        if element.tag == "img":
            assert set(element.attrib) == {"class", "src", "width", "height", "alt", "style"}
            assert element.attrib["src"].startswith("cid:")
            assert element.attrib["style"] == "max-width:300px"
            continue
        assert set(element.attrib) <= _ALLOWED_ON[element.tag == "table"]
        assert element.attrib.get("href", "https:").split(":")[0].lower() in SCHEMES


def test_the_control_fails_as_it_must() -> None:
    """The check above sees active content when there is some."""
    tree = html5lib.parse("<p><svg/onload=x></p>", namespaceHTMLElements=False)
    assert any(_name(element.tag) in _ACTIVE for element in tree.iter())


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_a_body(markdown: str) -> None:
    markdown_to_html(markdown)
    markdown_to_text(markdown)
