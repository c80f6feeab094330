"""Read a Word document as a press text."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from publisher.errors import SourceError
from publisher.intake.draft import Draft, line_of
from publisher.intake.markdown_text import html_to_markdown
from publisher.intake.press_reading import read_press
from publisher.intake.press_signs import Block

MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_FILES = 2_000
# Text compresses twenty times, a bomb a thousand times; small files are not worth the question.
MAX_RATIO = 150
RATIO_COUNTS_FROM_BYTES = 1024 * 1024
_HINT = "Open it in Word and save it anew as .docx, or save it as plain text (.txt)."


def parse_docx(content: bytes, name: str) -> Draft:
    """Understand a Word document; `name` stands in errors. Errors: SourceError."""
    _refuse_bomb(content, name)
    blocks = list(_blocks(_html_of(content, name)))
    if not blocks:
        raise SourceError("there is no text in the document", where=name, hint=_HINT)
    return read_press(blocks)


def _refuse_bomb(content: bytes, name: str) -> None:
    """Judge the archive before anything is unpacked; zipfile never unpacks more than the sizes judged here."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            if "word/document.xml" not in archive.namelist():
                raise SourceError("this is not a Word document (.docx)", where=name, hint=_HINT)
            if len(parts) > MAX_FILES or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise SourceError("the document is too large when unpacked", where=name, hint=_HINT)
            for part in parts:
                _refuse_part(archive, part, name)
    except SourceError:
        raise
    except Exception as error:  # a damaged archive raises whatever its bytes led zipfile and zlib to
        raise SourceError("this is not a Word document (.docx), or it is damaged", where=name, hint=_HINT) from error


def _refuse_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    if part.file_size > max(RATIO_COUNTS_FROM_BYTES, part.compress_size * MAX_RATIO):
        raise SourceError("the document is packed like a zip bomb", where=name, hint=_HINT)
    # Office Open XML forbids document type declarations (ECMA-376 part 2, 8.1.4, read 2026-11-23).
    if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(part).replace(b"\0", b""):
        raise SourceError("the document declares XML entities, which is not read", where=name, hint=_HINT)


def _html_of(content: bytes, name: str) -> str:
    import mammoth

    def leave_out(_image: Any) -> list[Any]:
        return []

    try:
        html: str = mammoth.convert_to_html(BytesIO(content), convert_image=leave_out).value
    except Exception as error:  # mammoth lets every mistake in the XML through as whatever it led to
        raise SourceError("the document is damaged and cannot be read", where=name, hint=_HINT) from error
    return html


def _blocks(html: str) -> Iterator[Block]:
    from lxml import etree
    from lxml import html as lxml_html

    if not html.strip():
        return
    for part in lxml_html.fragment_fromstring(html, create_parent="div"):
        for line_break in part.iter("br"):
            line_break.tail = "\n" + (line_break.tail or "")
        lines = tuple(line for text in part.text_content().split("\n") if (line := line_of(text)))
        if lines:
            markup = etree.tostring(part, encoding="unicode", method="html", with_tail=False)
            heading = isinstance(part.tag, str) and re.fullmatch("h[1-6]", part.tag) is not None
            yield Block(lines, html_to_markdown(markup), heading)
