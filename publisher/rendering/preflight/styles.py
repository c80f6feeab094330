"""Rules C: style sheets and style attributes that mail programs keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from publisher.rendering.preflight.css import Declaration, four_sides, parse_sheet, pixels
from publisher.rendering.preflight.page import (
    BLOCKS,
    HEADINGS,
    Element,
    Page,
    Sheet,
    is_inside,
    where_is,
)
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, at_most, found
from publisher.rendering.preflight.structure import is_layout

MAX_SHEETS_BYTES = 16 * 1024
MAX_SHEET_CHARACTERS = 8_192
_MAY_HAVE_MARGIN = frozenset({*HEADINGS, "p", "ul", "ol", "li", "pre", "blockquote", "body"})
_MAY_HAVE_PADDING = frozenset({"td", "th", "body"})
_OTHER_UNITS = re.compile(r"(?<![#\w.-])-?[0-9]*\.?[0-9]+(rem|em|ex|ch|vw|vh|vmin|vmax|pt|cm|mm|in|pc)\b", re.I)
_FUNCTIONS = re.compile(r"\b(calc|max|min|clamp|var|env)\(", re.IGNORECASE)
_COLOUR_PROPERTIES = re.compile(r"(?:.*-)?colou?r|background|border(?:-(?:top|right|bottom|left))?|outline")
_ODD_COLOUR = re.compile(r"#(?![0-9a-f]{6}(?![0-9a-f]))[0-9a-f]+|\b(?:rgba?|hsla?|hwb|lab|lch|oklch|color)\(", re.I)
_COLOUR_WORDS = re.compile(
    r"\b(white|black|red|green|blue|yellow|orange|purple|grey|gray|silver|navy|teal|maroon|olive|lime|aqua|fuchsia|"
    r"pink|brown|gold|beige|ivory|(?:dark|light)[a-z]+)\b",
    re.IGNORECASE,
)
_LOGICAL = re.compile(r"(?:margin|padding|border|inset)-(?:inline|block)|(?:min-|max-)?(?:inline|block)-size|inset")
_FRAGILE = re.compile(r"\[[^\]]*\]|:root|prefers-color-scheme|:hover")


def check_styles(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look at all style attributes and style sheets."""
    for check in (_units, _colours, _layout, _spacing):
        yield from at_most(_in_attributes(page, check))
    yield from _cells(page)
    yield from at_most(_fonts(page))
    yield from _line_heights(page)
    yield from _sheet_sizes(page)
    for sheet in page.sheets:
        yield from _sheet_form(sheet)
    yield from at_most(_dark_pairs(page))
    yield from _dark_importance(page)


Check = Callable[[Element, Declaration], Iterator[Finding]]


def _in_attributes(page: Page, check: Check) -> Iterator[Finding]:
    for element in page.elements:
        for declaration in page.inline(element).values():
            if not declaration.name.startswith(("mso-", "-webkit-", "-ms-")):
                yield from check(element, declaration)


def _units(element: Element, declaration: Declaration) -> Iterator[Finding]:
    if _OTHER_UNITS.search(declaration.value) or _FUNCTIONS.search(declaration.value):
        what = f"{declaration.name}: {declaration.value}"
        yield found("C1-units", where_is(element), what, "Write px.")


def _colours(element: Element, declaration: Declaration) -> Iterator[Finding]:
    if not _COLOUR_PROPERTIES.fullmatch(declaration.name):
        return
    if _ODD_COLOUR.search(declaration.value) or _COLOUR_WORDS.search(declaration.value):
        what = f"{declaration.name}: {declaration.value}"
        yield found("C1-colours", where_is(element), what, "Write six hex digits, for example #1b2330.")


def _layout(element: Element, declaration: Declaration) -> Iterator[Finding]:
    name, value = declaration.name, declaration.value
    moves = name == "position" and value != "static"
    shapes = name == "display" and re.search(r"flex|grid", value)
    negative = name.startswith("margin") and "-" in value
    image = name in ("background", "background-image") and "url(" in value
    if moves or shapes or negative or image or _LOGICAL.fullmatch(name):
        hint = "Use tables, and padding of their cells."
        yield found("C2-layout", where_is(element), f"{name}: {value}", hint)
    if name == "float" and value != "none":
        yield found("C2-float", where_is(element), f"float: {value}", "Use two cells of a table.")
    if name in ("box-shadow", "text-shadow") and value != "none":
        yield found("C4-shadow", where_is(element), f"{name}: {value}", "Use a border.")


def _spacing(element: Element, declaration: Declaration) -> Iterator[Finding]:
    kind = declaration.name.partition("-")[0]
    allowed = {"margin": _MAY_HAVE_MARGIN, "padding": _MAY_HAVE_PADDING}.get(kind)
    if allowed is None or element.tag in allowed or all(pixels(side) == 0 for side in four_sides(declaration.value)):
        return
    if element.tag == "table" and four_sides(declaration.value)[1] == "auto":
        return
    hint = "Put the space into the padding of the cell around it, or into the margin of a paragraph."
    yield found("C1-spacing", where_is(element), f"{declaration.name}: {declaration.value}", hint)


def _cells(page: Page) -> Iterator[Finding]:
    for row in page.all("tr"):
        table = is_inside(row, "table")
        cells = [cell for cell in row if cell.tag == "td"]
        if table is not None and is_layout(table) and len(cells) > 1 and not all(cell.get("width") for cell in cells):
            hint = "Give every cell of the row its width as an attribute."
            yield found("C1-width", where_is(row), "cells side by side without a width", hint)
    for cell in page.all("td"):
        if "width" in page.inline(cell) and not cell.get("width"):
            what = "its width is only in its style"
            yield found("C1-width", where_is(cell), what, "Write the width attribute, too.")


def _fonts(page: Page) -> Iterator[Finding]:
    for element, text in page.texts:
        if not any(page.light.declared(one, "font-family") for one in _up_to_cell(element)):
            hint = "Write font-family on the element, or on its list or cell."
            yield found("C1-font", where_is(element), f'"{text[:30]}" has no font', hint)


def _up_to_cell(element: Element) -> Iterator[Element]:
    for one in (element, *element.iterancestors()):
        yield one
        if one.tag in ("td", "th"):
            return


def _line_heights(page: Page) -> Iterator[Finding]:
    exact = set(_exact_in_outlook(page))
    if not exact and not any(_line_rule(page, element) == "exactly" for element in page.elements):
        hint = "Write mso-line-height-rule:exactly for paragraphs and headings in the style for Outlook."
        yield found("C1-line-height", "html <head>", "Outlook is free to choose line heights", hint)
    for element in page.elements:
        height = page.inline(element).get("line-height")
        if height and pixels(height.value) is None:
            yield found("C1-line-height", where_is(element), f"line-height: {height.value}", "Write px.")
    for image in page.all("img"):
        block = next((above for above in image.iterancestors() if above.tag in BLOCKS), page.body)
        rule = _line_rule(page, block) or ("exactly" if block.tag in exact else "")
        if rule == "exactly":
            hint = "Write mso-line-height-rule:at-least on it."
            yield found("C1-line-height", where_is(block), "Outlook cuts the image in here", hint)


def _line_rule(page: Page, element: Element) -> str:
    declaration = page.inline(element).get("mso-line-height-rule")
    return declaration.value if declaration else ""


def _exact_in_outlook(page: Page) -> Iterator[str]:
    """Give the selectors for which a style sheet, Outlook's own or everyone's, makes line heights exact."""
    for_outlook = [text for comment in page.comments for text in re.findall(r"<style>(.*?)</style>", comment, re.S)]
    for rule in (*(r for text in for_outlook for r in parse_sheet(text)), *(r for s in page.sheets for r in s.rules)):
        if any(one.name == "mso-line-height-rule" and one.value == "exactly" for one in rule.declarations):
            yield from rule.selectors


def _sheet_sizes(page: Page) -> Iterator[Finding]:
    size = sum(len(sheet.text.encode("utf-8")) for sheet in page.sheets)
    if size > MAX_SHEETS_BYTES:
        what = f"style sheets have {size:,} bytes in all; Gmail drops the one that crosses {MAX_SHEETS_BYTES:,}"
        yield found("C3-size", "html <style>", what, "Shorten phone.css and dark.css.")
    for sheet in page.sheets:
        if len(sheet.text) > MAX_SHEET_CHARACTERS:
            what = f"it has {len(sheet.text):,} characters"
            yield found("C3-block", f"html:{sheet.line} <style>", what, "Make two of it.")


def _sheet_form(sheet: Sheet) -> Iterator[Finding]:
    where = f"html:{sheet.line} <style>"
    for rule in sheet.rules:
        if len(rule.media) > 1 or (rule.media and rule.selectors[0].startswith("@")):
            inner = rule.media[1] if len(rule.media) > 1 else rule.selectors[0]
            what = f"{inner} inside {rule.media[0]}: Gmail drops the whole style sheet"
            yield found("C3-nested", where, what, "Write one condition: @media (max-width:600px) and (...).")
            break
    narrow = any("max-width" in condition for rule in sheet.rules for condition in rule.media)
    if narrow and (fragile := _FRAGILE.search(sheet.text)):
        what = f"{fragile.group()} stands together with the rules for telephones"
        yield found("C3-separate", where, what, "Put it into a <style> of its own.")


def _dark_pairs(page: Page) -> Iterator[Finding]:
    for element, text in page.texts:
        light, dark = page.light.colours(element), page.dark.colours(element)
        if (light[0] == dark[0]) != (light[1] == dark[1]):
            changes, stays = ("background", "text") if light[0] == dark[0] else ("text", "background")
            what = f'dark mode changes the {changes} of "{text[:30]}", not the {stays}'
            yield found("C4-pairs", where_is(element), what, "Set color and background-color in dark.css.")


def _dark_importance(page: Page) -> Iterator[Finding]:
    for sheet in page.sheets:
        for rule in sheet.rules:
            is_dark = any("prefers-color-scheme" in one for one in rule.media) or "data-ogs" in " ".join(rule.selectors)
            weak = [one.name for one in rule.declarations if not one.important and one.name != "color-scheme"]
            if is_dark and weak and ":root" not in rule.selectors:
                what = f"{rule.selectors[0]}: {', '.join(weak)}"
                yield found("C4-important", f"html:{sheet.line} <style>", what, "Write !important.")
                return
