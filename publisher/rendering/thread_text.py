"""An article's whole text for a thread: paragraphs, headings, lists and tables as plain text; rules are breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

_BULLET = "– "


def body_chunks(body_markdown: str) -> list[str]:
    """Give the text of a body, taken apart at its horizontal rules; pictures and addresses of links are left out."""
    from markdown_it import MarkdownIt

    writer = _Writer()
    for token in MarkdownIt("commonmark", {"html": False}).enable("table").parse(body_markdown):
        writer.take(token)
    return [chunk.strip() for chunk in writer.chunks if chunk.strip()]


@dataclass
class _Writer:
    """Writes one token after the other. `joint` goes before the next text, `mark` is that of a list's next item."""

    chunks: list[str] = field(default_factory=lambda: [""])
    joint: str = "\n\n"
    mark: str = ""
    lists: list[int | None] = field(default_factory=list)

    def take(self, token: Token) -> None:
        """Write what a token says."""
        match token.type:
            case "inline":
                self._write(_text(token))
            case "fence" | "code_block":
                self._write(token.content.rstrip())
            case "hr":
                self.chunks.append("")
            case "th_close" | "td_close":
                self.joint = " | "
            case "tr_close":
                self.joint = "\n"
            case "table_open" | "table_close":
                self.joint = "\n\n"
            case _ if "list" in token.type:
                self._take_list(token)

    def _take_list(self, token: Token) -> None:
        if token.type == "list_item_open":
            number = self.lists[-1]
            self.mark = _BULLET if number is None else f"{number}. "
            self.lists[-1] = None if number is None else number + 1
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            self.lists.append(int(token.attrGet("start") or 1) if token.tag == "ol" else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
            self.joint = "\n" if self.lists else "\n\n"

    def _write(self, text: str) -> None:
        if text:
            self.chunks[-1] += self.joint + self.mark + text
            self.joint, self.mark = "\n" if self.lists else "\n\n", ""


def _text(inline: Token) -> str:
    breaks = {"softbreak": " ", "hardbreak": "\n"}
    kept = (child for child in inline.children or () if child.type != "image")
    return "".join(breaks.get(child.type, child.content) for child in kept).strip()
