"""A thread: a text that is too long for one post, as several numbered ones. Nothing of the text is lost.

It is broken at the author's own marks first, then at the end of a paragraph, a sentence, a clause, a word: never inside
a character, a link, a mention, a hashtag or a number with its unit. A quotation is broken only where it is too long for
a segment of its own. Link, hashtags and credit stand in the first segment: that is the one that is passed on, and the
one that carries the picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from publisher.domain.sentences import quotations
from publisher.domain.shorten import Gap, PostParts, compose, gaps_of
from publisher.domain.text_limits import Measure, TextLimits, measure
from publisher.errors import PostTooLong

MAX_SEGMENTS = 50  # our own bound: nobody reads a longer thread
MAX_CHARACTERS = 100_000  # of a text that is looked at; more would never fit into so many segments

# How a segment may be numbered, as the first of four would be.
NUMBERINGS = ("1/4", "(1/4)", "[1/4]", "none")

# How much of the longest possible segment a nicer place for the break must keep.
_MIN_FILL = {
    "paragraph": 0.4,
    "sentence": 0.25,
    "quoted sentence": 0.25,
    "clause": 0.5,
    "quoted clause": 0.5,
    "word": 0.0,
    "quoted word": 0.0,
}
_QUOTED_KINDS = {"paragraph": "quoted sentence", "sentence": "quoted sentence", "clause": "quoted clause"}
_SPLIT_MARK = re.compile(r"^[ \t]*(?:-{3,}|<!--[ \t]*split[ \t]*-->)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Thread:
    """A text in segments. `bodies` are their shares of the text; `texts` add number, link, hashtags and credit."""

    texts: tuple[str, ...]
    bodies: tuple[str, ...]
    measures: tuple[Measure, ...]
    dropped_hashtags: tuple[str, ...] = ()

    @property
    def fullest(self) -> Measure:
        """Give the measure of the segment that has the least room left."""
        return max(self.measures, key=lambda measured: measured.length)


def split_at_marks(text: str) -> list[str]:
    """Take a text apart where its author has put a line of `---` or `<!-- split -->`."""
    return [chunk.strip() for chunk in _SPLIT_MARK.split(text) if chunk.strip()]


def make_thread(
    chunks: Sequence[str], parts: PostParts, limits: TextLimits, lang: str = "de", numbering: str = "1/4"
) -> Thread:
    """Make a thread of chunks, each of which begins a new segment; a single post if it fits into one.

    Of `parts` only link, hashtags and credit are taken; hashtags for which the first segment has no room are left out.
    Errors: PostTooLong for a word longer than a segment, or for more than 50 segments.
    """
    _refuse_huge(chunks)
    breaks = [_breaks_of(chunk, lang) for chunk in chunks]
    for kept in range(len(parts.hashtags), -1, -1):
        fewer = replace(parts, hashtags=parts.hashtags[:kept])
        try:
            bodies = _bodies_numbered(chunks, breaks, _Form(fewer, limits, numbering))
        except PostTooLong:
            if kept == 0:
                raise
        else:
            return _finished(bodies, _Form(fewer, limits, numbering), parts.hashtags[kept:])
    raise AssertionError  # the last round returns or raises


@dataclass(frozen=True, slots=True)
class _Form:
    """What a segment has besides its share of the text."""

    parts: PostParts
    limits: TextLimits
    numbering: str

    def text(self, body: str, number: int, total: int) -> str:
        """Put a segment together."""
        parts = replace(self.parts, lead=body) if number == 1 else PostParts(lead=body, title="")
        return "\n\n".join(text for text in (compose(parts), self._number_text(number, total)) if text)

    def _number_text(self, number: int, total: int) -> str:
        return "" if self.numbering == "none" or total == 1 else self.numbering.replace("1/4", f"{number}/{total}")

    def fits(self, body: str, number: int, total: int) -> bool:
        """Say whether a segment fits, with a number as wide as its last one's."""
        shown = number if number == 1 else total
        return measure(self.text(body, shown, total), self.limits).fits


def _finished(bodies: Sequence[str], form: _Form, dropped: tuple[str, ...]) -> Thread:
    texts = tuple(form.text(body, number, len(bodies)) for number, body in enumerate(bodies, start=1))
    return Thread(texts, tuple(bodies), tuple(measure(text, form.limits) for text in texts), dropped)


def _bodies_numbered(chunks: Sequence[str], breaks: Sequence[Sequence[Gap]], form: _Form) -> list[str]:
    """Take a text apart with room for numbers of one digit, else of two: how many there are is known afterwards."""
    if len(chunks) == 1 and form.fits(chunks[0], 1, 1):
        return list(chunks)
    for total in (9, MAX_SEGMENTS):
        bodies = _bodies(chunks, breaks, form, total)
        if len(bodies) <= total:
            return bodies
    what = f"the text would become a thread of more than {MAX_SEGMENTS} posts"
    raise PostTooLong(what, hint="Leave split = true out for this channel, or write a shorter text under posts:.")


def _bodies(chunks: Sequence[str], breaks: Sequence[Sequence[Gap]], form: _Form, total: int) -> list[str]:
    bodies: list[str] = []
    for chunk, gaps in zip(chunks, breaks, strict=True):
        start = 0
        while start < len(chunk) and len(bodies) <= total:
            end = _segment_end(chunk, start, gaps, form, len(bodies) + 1, total)
            bodies.append(chunk[start:end].strip())
            start = end + len(chunk[end:]) - len(chunk[end:].lstrip())
    return bodies


def _segment_end(chunk: str, start: int, gaps: Sequence[Gap], form: _Form, number: int, total: int) -> int:
    """Choose among the places where the segment may end: the nicest kind that keeps enough. Errors: PostTooLong."""
    if form.fits(chunk[start:].strip(), number, total):
        return len(chunk)
    fitting = _fitting([gap for gap in gaps if gap.position > start], chunk, start, form, number, total)
    if not fitting:
        raise _no_room(chunk[start:], form.limits)
    longest = fitting[-1].position - start
    for kind, fill in _MIN_FILL.items():
        for gap in reversed(fitting):
            if gap.position - start < fill * longest:
                break
            if gap.kind == kind:
                return gap.position
    return fitting[-1].position


def _fitting(gaps: Sequence[Gap], chunk: str, start: int, form: _Form, number: int, total: int) -> Sequence[Gap]:
    """Keep those that leave a segment short enough, by halving: the later the place, the longer the segment."""
    low, high = 0, len(gaps)
    while low < high:
        middle = (low + high) // 2
        if form.fits(chunk[start : gaps[middle].position].strip(), number, total):
            low = middle + 1
        else:
            high = middle
    return gaps[:low]


def _breaks_of(text: str, lang: str) -> list[Gap]:
    """Find where a text may be broken, and within its quotations and brackets, too."""
    gaps = {gap.position: gap for gap in gaps_of(text, lang)}
    for start, end in quotations(text):
        for inner in gaps_of(text[start + 1 : end - 1], lang)[:-1]:
            position = start + 1 + inner.position
            gaps[position] = Gap(position, _QUOTED_KINDS.get(inner.kind, "quoted word"))
    return [gaps[position] for position in sorted(gaps) if position < len(text)]


def _refuse_huge(chunks: Sequence[str]) -> None:
    length = sum(map(len, chunks))
    if length > MAX_CHARACTERS:
        what = f"the text has {length:,} characters: a thread takes at most {MAX_CHARACTERS:,}"
        raise PostTooLong(what, hint="Leave split = true out for this channel, or write a shorter text under posts:.")


def _no_room(rest: str, limits: TextLimits) -> PostTooLong:
    shown = " ".join(rest.split())[:60]
    return PostTooLong(
        f'no place was found to break the text within {limits.max_length:,} {limits.unit}: "{shown} ..."',
        hint="Put a line of --- where a new post may begin, or shorten the link or the long word there.",
    )
