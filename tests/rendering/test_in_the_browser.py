"""What Chromium makes of the mails: the same look before and after inlining, and nothing wider than the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from publisher.domain.contrast import MIN_CONTRAST, contrast_ratio
from publisher.domain.digest import Theme, ThemeColours
from publisher.rendering.css import inline_css
from publisher.rendering.email import render_email
from publisher.rendering.view import Images, edition_values
from tests.rendering.browser import CHROMIUM, Page, open_page
from tests.rendering.editions import BODY, article, edition, read_picture, shipped_templates

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]

WIDE_BODY = f"""{BODY}

![Zwei Pumpen](images/zwei.jpg "Die neue Pumpe im Keller")

| Modell | Leistung | Fördermenge | Förderhöhe | Energieeffizienzindex | Anschlussnennweite |
|--------|---------:|------------:|-----------:|-----------------------|--------------------|
| P 100  |   1,5 kW |     12 m³/h |       40 m | 0,20                  | DN 25              |

| Hocheffizienzpumpenaustauschprogramm | Landeswärmeverordnungsausführung |
|--------------------------------------|----------------------------------|
| Trinkwarmwasserzirkulationsleitung   | 1.234.567,89 €                   |

`ein_langer_name_ohne_jede_luecke_der_nirgends_umbrochen_werden_kann`
"""
THEME = Theme(width=520, font="serif", colours=ThemeColours(accent="#8a1c1c", surround="#f5efe6"))
LOOKS = {
    "teasers": {},
    "full text and sections": {"content": "full", "sections": ("Technik", "Recht")},
    "a theme": {"theme": THEME, "sections": ("Technik",)},
    "letter": {"template": "letter", "content": "full", "sections": ("Recht",)},
}

# Every element with its computed style; the style sheets themselves are not looked at.
COMPUTED = """
[...document.querySelectorAll('html, body, body *')].map(element => {
  const style = getComputedStyle(element);
  return [element.tagName + '.' + element.className, [...style].map(name => style.getPropertyValue(name)).join('\\n')];
})
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_page(tmp_path_factory.mktemp("chromium")) as page:
        yield page


def _articles(count: int = 6) -> list[Any]:
    tags = (("Technik",), ("Recht", "Technik"), (), ("Recht",), (), ("Technik",))
    return [article(number, tags=tags[number - 1], body_markdown=WIDE_BODY) for number in range(1, count + 1)]


def _html_before_inlining(digest: dict[str, Any], count: int = 6) -> str:
    """Render the page as the template gives it: with its style sheet, and without a single style in an element."""
    content = edition(*_articles(count), digest=digest)
    values, _ = edition_values(content, Images(read_picture), read_picture("logo"))
    values |= {
        "subject": "S",
        "preheader": "P",
        "placeholders": {
            "greeting": "Guten Tag,",
            "unsubscribe_url": "mailto:x",
            "web_version_url": "https://example.org/daily/1.html",
        },
        "has_web_version": True,
    }
    return shipped_templates().render(f"email/{content.digest.template}/html.j2", values)


@pytest.mark.parametrize("look", LOOKS)
def test_inlining_changes_no_computed_style(page: Page, look: str) -> None:
    before = _html_before_inlining(LOOKS[look], 2 if "content" in LOOKS[look] else 6)
    after = inline_css(before)
    assert after.count(" style=") > 100
    for width in (1000, 400):
        for dark in (False, True):
            page.show(before, width=width, dark=dark)
            expected = page.evaluate(COMPUTED)
            page.show(after, width=width, dark=dark)
            assert _differences(expected, page.evaluate(COMPUTED)) == [], f"{look}, {width} px, dark: {dark}"


def _differences(before: list[Any], after: list[Any]) -> list[str]:
    assert len(before) == len(after) > 5
    return [
        f"{name}: {value} -> {other}"
        for (name, values), (_, others) in zip(before, after, strict=True)
        for value, other in zip(values.split("\n"), others.split("\n"), strict=True)
        if value != other
    ]


def test_the_control_shows_a_difference(page: Page) -> None:
    """A rule of a phone without `!important` loses against a style attribute, and the comparison sees it."""
    before = _html_before_inlining({}).replace("!important", "")
    page.show(before, width=400)
    expected = page.evaluate(COMPUTED)
    page.show(inline_css(before), width=400)
    assert _differences(expected, page.evaluate(COMPUTED))


SHEETS = (
    (".a { margin-top: 5px; } .b { margin: 0; } .c { margin-top: 9px; }", ""),
    (".a { margin: 0; } .b { margin-top: 5px; } .c { margin: 1px 2px; } .d { margin-left: 7px; }", ""),
    (".a { color: #ff0000 !important; } .b { color: #00ff00; }", "color: #0000ff"),
    (".a { border: 0; border-top: 2px solid #112233; } .b { border: 1px dashed #445566; }", "border-left: 4px solid"),
    (".a { padding: 1px !important; } .b { padding-top: 9px; } .c { padding: 3px; }", "padding-left: 8px"),
    (".a.b { font: bold 20px/30px serif; } .c { font-size: 11px; } .d { line-height: 40px !important; }", ""),
    (".a { background-color: #aabbcc; } .b { background: none; } .c { background-color: #ddeeff; }", ""),
    ("td .a { color: #111111; } .a { color: #222222; } #one { color: #333333; }", ""),
)


@pytest.mark.parametrize(("sheet", "own"), SHEETS)
def test_the_cascade_is_the_browsers(page: Page, sheet: str, own: str) -> None:
    """Shorthands and long forms in any order, `!important`, specificity and style attributes."""
    body = f'<table><tr><td><p class="a b c d" id="one" style="{own}">x</p><p class="b a">y</p></td></tr></table>'
    html = f'<!DOCTYPE html>\n<html><head><style>{sheet}</style></head><body class="x">{body}</body></html>'
    page.show(html, width=600)
    expected = page.evaluate(COMPUTED)
    inlined = inline_css(html)
    assert "<style" not in inlined
    page.show(inlined, width=600)
    after = page.evaluate(COMPUTED)
    assert _differences(expected, after) == []


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_wider_than_a_phone(page: Page, look: str) -> None:
    html = render_email(edition(*_articles(), digest=LOOKS[look]), shipped_templates(), read_picture).html
    for width in (320, 360, 640):
        page.show(html, width=width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.show(re.sub(r' src="data:[^"]*"', "", html), width=320)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_wide_table_is_stacked_on_a_phone_and_a_table_on_a_screen(page: Page) -> None:
    html = render_email(
        edition(article(1, body_markdown=WIDE_BODY), digest={"content": "full"}), shipped_templates(), read_picture
    ).html
    label = "getComputedStyle(document.querySelector('.facts-label')).display"
    for width, display in ((320, "inline"), (640, "none")):
        page.show(html, width=width)
        assert page.evaluate(label) == display
    on_screen = page.evaluate("document.querySelector('.facts-wide').innerText")
    assert "Energieeffizienzindex" in on_screen
    assert "Energieeffizienzindex:" not in on_screen


# Each visible text with its colour and the nearest colour behind it.
COLOURS_OF_TEXTS = """
[...new Set([...document.querySelectorAll('body *')].filter(element =>
  [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) && element.offsetHeight > 0
).map(element => {
  let behind = element;
  while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  const back = behind ? getComputedStyle(behind).backgroundColor : 'none';
  return [element.className, getComputedStyle(element).color, back].join('|');
}))]
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("look", LOOKS)
def test_every_text_can_be_read(page: Page, look: str, dark: bool) -> None:
    """What the config's check of colours promises: it knows every pair that the templates make."""
    html = render_email(edition(*_articles(), digest=LOOKS[look]), shipped_templates(), read_picture).html
    page.show(html, width=360, dark=dark)
    texts = [text.split("|") for text in page.evaluate(COLOURS_OF_TEXTS)]
    assert len({name for name, _, _ in texts}) > 15
    weak = [text for text in texts if contrast_ratio(_hex(text[1]), _hex(text[2])) < MIN_CONTRAST]
    assert weak == []


def _hex(colour: str) -> str:
    return "#" + "".join(f"{int(number):02x}" for number in re.findall(r"\d+", colour)[:3])
