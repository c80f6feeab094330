"""The preflight's own eyes: its reader of style sheets, its colours, its idea of how a page looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.rendering.preflight.colours import contrast, parse_colour
from publisher.rendering.preflight.css import (
    Declaration,
    StyleRule,
    four_sides,
    parse_declarations,
    parse_sheet,
    pixels,
)
from publisher.rendering.preflight.page import Page, matching, text_of


def test_declarations_are_cut_at_semicolons_that_are_not_in_quotes_or_brackets() -> None:
    found = parse_declarations(
        "color: #000; font-family:'a;b', x ; background:url(data:x;y); ;broken; width:1px!important"
    )
    assert [(one.name, one.value) for one in found] == [
        ("color", "#000"),
        ("font-family", "'a;b', x"),
        ("background", "url(data:x;y)"),
        ("width", "1px"),
    ]
    assert [one.important for one in found] == [False, False, False, True]


def test_sheets_keep_the_conditions_around_a_rule() -> None:
    rules = parse_sheet(
        "@import 'x'; .a, .b { color: red } /* } */ @media (x) { @media (y) { .c { top: 0 } } } @font-face { src: y }"
    )
    assert rules[0] == StyleRule(("@import 'x'",), ())
    assert rules[1] == StyleRule((".a", ".b"), (Declaration("color", "red"),))
    assert rules[2] == StyleRule((".c",), (Declaration("top", "0"),), ("@media (x)", "@media (y)"))
    assert rules[3].selectors == ("@font-face",)


@given(st.text(alphabet="{}();:@!'\"a.#/* \n", max_size=60))
def test_no_sheet_is_too_broken_to_be_read(text: str) -> None:
    parse_sheet(text)
    parse_declarations(text)


@pytest.mark.parametrize(
    ("value", "size"), [("12px", 12), ("0", 0), ("-3.5px", -3.5), ("1em", None), ("", None), ("12", None)]
)
def test_pixels(value: str, size: float | None) -> None:
    assert pixels(value) == size


@pytest.mark.parametrize(
    ("value", "sides"),
    [("1px", "1 1 1 1"), ("1px 2px", "1 2 1 2"), ("1px 2px 3px", "1 2 3 2"), ("1px 2px 3px 4px", "1 2 3 4")],
)
def test_four_sides(value: str, sides: str) -> None:
    assert " ".join(side.removesuffix("px") for side in four_sides(value)) == sides


def test_contrast_is_that_of_the_standard() -> None:
    """The standard's own examples: black on white is 21, #767676 on white just passes, #777777 does not."""
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x76, 0x76, 0x76), (255, 255, 255)) > 4.5 > contrast((0x77, 0x77, 0x77), (255, 255, 255))


@given(*(st.tuples(*[st.integers(0, 255)] * 3) for _ in range(2)))
def test_contrast_is_the_same_both_ways(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert 1 <= contrast(one, other) == contrast(other, one) <= 21


@pytest.mark.parametrize(
    ("value", "colour"),
    [("#0B5cad", (11, 92, 173)), ("#fff url(x)", (255, 255, 255)), ("rgb(1, 2, 3)", (1, 2, 3)), ("inherit", None)],
)
def test_colours_are_read(value: str, colour: tuple[int, int, int] | None) -> None:
    assert parse_colour(value) == colour


PAGE = """<!DOCTYPE html><html><head><style>
:root { color-scheme: light dark }
@media screen and (max-width:600px) { .a { font-size: 12px !important } p { font-size: 30px } }
@media (prefers-color-scheme:dark) { .box { background-color: #000000 !important } .box .a { color: #ffffff !important }
  .a { color: #ff0000 !important } }
[data-ogsc] .a { color: #00ff00 !important } .a:hover { color: #0000ff }
</style></head><body><div class="box" style="background-color:#eeeeee; font-weight:bold"><p class="a" style="
color:#111111; font-size:16px; line-height:24px">Text <b>fett</b> <!-- nicht --> mehr</p>
<p style="display:none"><i>weg</i></p></div>
after</body></html>"""


def test_looks_differ_by_their_conditions() -> None:
    page = Page(PAGE)
    paragraph = page.all("p")[0]
    assert page.light.colours(paragraph) == ((17, 17, 17), (238, 238, 238))
    assert page.dark.colours(paragraph) == ((255, 255, 255), (0, 0, 0))
    assert [look.font_size(paragraph) for look in (page.light, page.dark, page.phone)] == [16, 16, 12]
    assert page.light.line_height(paragraph) == 24
    assert page.light.is_bold(paragraph)


def test_only_what_readers_see_counts() -> None:
    page = Page(PAGE)
    assert page.visible_text == "Text fett mehr after"
    assert [text for _, text in page.texts] == ["after", "Text mehr", "fett"]
    assert text_of(page.all("p")[0]) == "Text fett mehr"


def test_selectors_that_only_a_program_at_work_could_match() -> None:
    page = Page(PAGE)
    assert matching(page, ".a:hover") == []
    assert matching(page, "p::before") == []
    assert matching(page, "[[") == []
    assert len(matching(page, ".box > p")) == 2
