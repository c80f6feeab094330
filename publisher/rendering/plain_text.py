"""Plain text: one line, clean, short enough, wrapped."""

from __future__ import annotations

import re
import textwrap

from publisher.domain.header_words import is_control

TEXT_WIDTH = 72


def one_line(text: str | None) -> str:
    """Put text into one line without control characters; non-breaking spaces stay."""
    return re.sub(r"[ \t\n]+", " ", clean_text(text or "")).strip(" ")


def clean_text(text: str) -> str:
    """Take out control characters, which no reader sees and mail programs stumble over; line ends become LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(character for character in text if character in "\n\t" or not is_control(character))


def shortened(text: str, max_characters: int) -> str:
    """Cut text that is too long and add an ellipsis: at a space if there is one late enough, never in a grapheme."""
    import regex

    if len(text) <= max_characters:
        return text
    cut = text[: max_characters - 1]
    space = cut.rfind(" ")
    if space >= max_characters // 2:
        return cut[:space].rstrip(" ,;:·–-") + "…"
    kept = ""
    for grapheme in regex.findall(r"\X", text):
        if len(kept) + len(grapheme) > max_characters - 1:
            break
        kept += grapheme
    return kept.rstrip() + "…"


def wrapped(text: str, *, first: str = "", rest: str = "", width: int = TEXT_WIDTH) -> str:
    """Wrap one paragraph; addresses and words with hyphens stay whole."""
    return textwrap.fill(
        re.sub(r"[ \t\n]+", " ", text).strip(),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
