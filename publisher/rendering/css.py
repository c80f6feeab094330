"""Put the style sheet into the elements, by premailer, set up so that it never fetches anything.

Afterwards the result is compared with what went in: an inliner may change how a mail looks, not what it says.
cssutils' settings belong to the whole process, so a lock keeps inlining in one thread at a time.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from typing import Any

from publisher.errors import TemplateError

_ONE_AT_A_TIME = threading.Lock()
_DOCTYPE = "<!DOCTYPE html>"
_IGNORED = re.compile(r' data-premailer="ignore"')
Declarations = list[tuple[str, str]]
_REMOTE = re.compile(r"""(?:https?:)?//[^\s"'()<>\\]+""", re.IGNORECASE)


def inline_css(html: str) -> str:
    """Move the rules of every `<style>` without data-premailer="ignore" into style attributes.

    Errors: TemplateError if the style sheet cannot be read, or if anything but the look would change.
    """
    if not html.startswith(_DOCTYPE):
        raise TemplateError("the HTML template does not start with <!DOCTYPE html>", hint=f"Begin with {_DOCTYPE}.")
    _refuse_what_breaks(html)
    with _ONE_AT_A_TIME:
        inlined = _IGNORED.sub("", str(_inliner()(html)))
    refuse_changes(html, inlined)
    return inlined


def _refuse_what_breaks(html: str) -> None:
    if "<![if" in html:
        raise TemplateError(
            "<![if ...]> is rewritten by inliners", hint="Write <!--[if !mso]><!--> ... <!--<![endif]-->."
        )
    if re.search(r"@import|@font-face", html, re.IGNORECASE):
        raise TemplateError("the style sheet loads something from elsewhere", hint="Remove @import and @font-face.")


@cache
def _inliner() -> Callable[[str], str]:
    """Set premailer up. *Source:* premailer 3.10.0 and cssutils 2.15.0 as installed, read and tried 2026-11-23."""
    import cssutils
    import premailer

    premailer.premailer.merge_styles = _merged
    cssutils.ser.prefs.minimizeColorHash = False  # six digits: GMX and Outlook want them
    cssutils.log.setLevel(logging.CRITICAL)

    class Inliner(premailer.Premailer):  # type: ignore[misc]
        def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:
            """Read a style sheet without following @import, which premailer would, over HTTP and from files."""
            parser = cssutils.CSSParser(
                fetcher=lambda url: (None, ""), loglevel=logging.CRITICAL, validate=validate, raiseExceptions=False
            )
            return parser.parseString(css_body)

    def inline(html: str) -> str:
        inliner = Inliner(
            html,
            allow_network=False,
            allow_loading_external_files=False,
            base_url=None,
            method="html",
            keep_style_tags=False,
            strip_important=False,
            disable_validation=True,
            align_floating_images=False,
            disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
            remove_classes=False,
            exclude_pseudoclasses=True,
            cssutils_logging_level=logging.CRITICAL,
        )
        return str(inliner.transform(pretty_print=False))

    return inline


def _merged(inline_style: str, new_styles: Iterable[Declarations], _classes: object, **_options: object) -> str:
    """Put an element's declarations together as a browser would: the last one counts, `!important` counts more.

    Stands for premailer's own, which leaves a repeated property where it was first: a `margin` in between then undoes a
    later `margin-top`. It also lets a style attribute win over `!important`.
    """
    from premailer.merge_style import csstext_to_pairs

    kept: dict[str, str] = {}
    own = csstext_to_pairs(inline_style, validate=False) if inline_style else []
    for name, value in chain(*new_styles, own):
        if value.endswith("!important") or not kept.get(name, "").endswith("!important"):
            kept.pop(name, None)
            kept[name] = value
    return "; ".join(f"{name}:{value}" for name, value in kept.items())


def refuse_changes(before: str, after: str) -> None:
    """Compare a page before and after inlining. Errors: TemplateError says what changed besides the look."""
    old, new = _parsed(before), _parsed(after)
    checks = {
        "the text": (_text(old), _text(new)),
        "the links": (old.xpath("//@href"), new.xpath("//@href")),
        "the image addresses": (old.xpath("//@src"), new.xpath("//@src")),
        "the alternative texts": (old.xpath("//@alt"), new.xpath("//@alt")),
        "the languages": (old.xpath("//@lang | //@dir"), new.xpath("//@lang | //@dir")),
        "the classes": (old.xpath("//@class"), new.xpath("//@class")),
        "the widths and heights": (old.xpath("//@width | //@height"), new.xpath("//@width | //@height")),
        "the rules for phones and dark mode": _kept_rules(old, new),
        "the conditional comments": (_comments(old), _comments(new)),
    }
    for what, (was, became) in checks.items():
        if was != became:
            raise TemplateError(
                f"{what} changed when the style sheet was put into the elements",
                hint="Close every element of the template, and put no table into a link or a paragraph.",
            )
    if not after.startswith(_DOCTYPE):
        raise TemplateError("the doctype was lost", hint=f"Begin the HTML template with {_DOCTYPE}.")
    if added := set(_REMOTE.findall(after)) - set(_REMOTE.findall(before)):
        raise TemplateError(f"the style sheet brings in an address: {sorted(added)[0]}", hint="Remove it.")


def _parsed(html: str) -> Any:
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        return lxml_html.document_fromstring(html.encode("utf-8"), parser=parser)
    except etree.ParserError as error:
        raise TemplateError("the HTML template gives an empty page", hint="Put elements into it.") from error


def _text(page: Any) -> str:
    return " ".join("".join(page.xpath("//text()[not(ancestor::style)]")).split())


def _kept_rules(before: Any, after: Any) -> tuple[list[str], list[str]]:
    """Give the style sheets that were marked to stay, and which of them did."""
    marked = list(before.xpath("//style[@data-premailer]/text()"))
    return marked, [sheet for sheet in after.xpath("//style/text()") if sheet in marked]


def _comments(page: Any) -> list[str]:
    return [comment.text for comment in page.xpath("//comment()")]
