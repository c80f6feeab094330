"""Make Markdown of texts and HTML of others: what was a text stays that text, and nothing in it becomes markup.

The characters with a meaning are those of CommonMark 0.31.2 and of GFM's tables and strikethrough (spec.commonmark.org
and github.github.com/gfm, checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from publisher.errors import SourceError
from publisher.intake.field_values import CONTROL, is_web_address, with_plain_breaks

_INLINE = re.compile(r"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|~~|~$|&(?=#|[A-Za-z]|$)")
_LINE_START = re.compile(
    r"""^(?P<indent>[ \t]*)(?:
      (?P<sign>\#{1,6}(?=\s|$) | [-+](?=\s|$) | (?:-[ \t]*){2,}$ | =+[ \t]*$ | > | [|:~] | -(?=[-:|]))
      | (?P<number>[0-9]{1,9})(?P<dot>[.)])(?=\s|$)
    )""",
    re.VERBOSE | re.MULTILINE,
)


def escape_markdown(text: str) -> str:
    """Escape what would be markup; umlauts, quotes and dashes inside a line stay as they are."""
    escaped = _INLINE.sub(lambda match: "".join(f"\\{sign}" for sign in match.group()), text)
    return _LINE_START.sub(_escape_start, escaped)


def _escape_start(match: re.Match[str]) -> str:
    if match["number"]:
        return f"{match['number']}\\{match['dot']}"
    return f"\\{match['sign']}"


_BULLET = re.compile(r"^[•·▪‣◦*–-][ \t\u00a0]+(?=\S)")
WRAPPED_CHARACTERS = 55


def paragraph_markdown(lines: Sequence[str]) -> str:
    """Make Markdown of a paragraph's lines: a list of bullets, one text of wrapped lines, else line by line."""
    runs = [(is_list, list(run)) for is_list, run in groupby(lines, lambda line: _BULLET.match(line) is not None)]
    # A single dash at the start of a line may be a dash.
    if not any(is_list and len(run) > 1 for is_list, run in runs):
        return _text_markdown(lines)
    return "\n\n".join(_list_markdown(run) if is_list else _text_markdown(run) for is_list, run in runs)


def _list_markdown(lines: Sequence[str]) -> str:
    return "\n".join(f"- {escape_markdown(_BULLET.sub('', line))}" for line in lines)


def _text_markdown(lines: Sequence[str]) -> str:
    if is_wrapped(lines):
        return escape_markdown(" ".join(lines))
    return "\\\n".join(escape_markdown(line) for line in lines)


def is_wrapped(lines: Sequence[str]) -> bool:
    """Say whether the line breaks come from a program that wraps long lines: all but the last are long."""
    return all(len(line) >= WRAPPED_CHARACTERS for line in lines[:-1])


_TAGS = {
    "p", "br", "strong", "b", "em", "i", "a", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6",
    "table", "thead", "tbody", "tr", "th", "td", "div",
}  # fmt: skip


_PICTURE_MARK = re.compile(r"(?<!\\)((?:\\\\)*)!\[")


def html_to_markdown(html: str) -> str:
    """Make Markdown of HTML: paragraphs, headings, lists, quotes, tables and links; pictures and all else are left out.

    Errors: SourceError if it is nested deeper than any page.
    """
    import nh3

    clean = nh3.clean(
        CONTROL.sub("", with_plain_breaks(html)),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    try:
        # A text without a tag or a line break makes Beautiful Soup warn of addresses and file names.
        markdown: str = _converter().convert("\n" + clean)
    except RecursionError:
        raise SourceError("the text is nested too deeply to be read", hint="Save it as plain text first.") from None
    # An exclamation mark before a link would make a picture of it, and fetch it from wherever it is.
    return tidy_markdown(_PICTURE_MARK.sub(r"\1\![", markdown))


_BREAK_AT_THE_END = re.compile(r"(?<!\\)((?:\\\\)*)\\(?=\n\s*\n|\s*\Z)")


def tidy_markdown(markdown: str) -> str:
    """Drop trailing spaces, line breaks at the edges of paragraphs, and more than one empty line in a row."""
    lines = [line.rstrip(" \t") for line in markdown.split("\n")]
    text = "\n".join(line for line in lines if line != "\\")
    return re.sub(r"\n{3,}", "\n\n", _BREAK_AT_THE_END.sub(r"\1", text)).strip("\n")


def _converter() -> Any:
    from markdownify import MarkdownConverter

    class Converter(MarkdownConverter):
        """Markdownify with our own escaping, and with addresses that cannot leave their brackets."""

        def escape(self, text: str, parent_tags: set[str]) -> str:
            escaped = escape_markdown(text)
            return escaped.replace("|", "\\|") if parent_tags & {"td", "th"} else escaped

        def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
            address = safe_address(el.get("href") or "")
            label = " ".join(text.split())
            return f"[{label}]({address})" if label and address else text

    return Converter(heading_style="ATX", bullets="-", newline_style="BACKSLASH", table_infer_header=True)


def safe_address(address: str) -> str | None:
    """Give a web or mail address as it can stand in a link; None for anything else."""
    encoded = re.sub(r"""[\s()<>"\\`*_\[\]{}|^]""", lambda match: f"%{ord(match.group()):02X}", address.strip())
    if is_web_address(encoded) or re.fullmatch(r"mailto:[^\s:<>()]+@[^\s:<>()]+", encoded):
        return encoded
    return None
