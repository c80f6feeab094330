"""Shorten a post to what a network takes: the lead may be cut; link, hashtags and credit may not.

The cut is made at the end of a paragraph, else of a sentence, else of a clause, else of a word: never inside a link, a
mention, a hashtag, a number with its unit, a date, an emoji, a quotation or a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from publisher.domain.sentences import Spans, quotations, sentence_ends
from publisher.domain.text_limits import Measure, TextLimits, measure
from publisher.errors import PostTooLong

# How much of the longest possible lead a nicer place for the cut must keep.
MIN_FILL = {"paragraph": 0.5, "sentence": 0.35, "clause": 0.6, "word": 0.0}

# No more of a lead than this is looked at: four characters for each unit that the network allows, and room for links.
_CHARACTERS_PER_UNIT = 4
_ROOM_FOR_LINKS = 20_000


@dataclass(frozen=True, slots=True)
class PostParts:
    """What a post is made of. Only the lead may be cut; hashtags may be left out, the last first.

    `title` takes the lead's place where there is no room for more.
    """

    lead: str
    title: str
    link: str | None = None
    hashtags: tuple[str, ...] = ()
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A post that fits. `lead` is what is left of the lead.

    `cut` says where: "paragraph", "sentence", "clause", "word", "title" (the title in the lead's place) or
    "title word" (the title itself cut at a word); None if nothing was.
    """

    text: str
    measure: Measure
    lead: str
    cut: str | None = None
    dropped_hashtags: tuple[str, ...] = ()


def compose(parts: PostParts) -> str:
    """Put a post together: lead, link, hashtags, credit, with a blank line between."""
    texts = [parts.lead, parts.link, " ".join(parts.hashtags), parts.credit]
    return "\n\n".join(text for text in texts if text)


def fit(parts: PostParts, limits: TextLimits, lang: str = "de") -> Fitted:
    """Shorten a post until it fits; what fits already is left as it is. Errors: PostTooLong.

    A lead gives way before a hashtag, a hashtag before the title, and the title is cut last. What comes out goes
    through again unchanged.
    """
    if fitted := _fits(parts, limits):
        return fitted
    shortest = replace(parts, lead=_shorter(parts))
    kept = _last_that_fits(
        range(len(parts.hashtags) + 1), lambda count: replace(shortest, hashtags=parts.hashtags[:count]), limits
    )
    if kept is None:
        return _with_cut_title(parts, limits, lang)
    dropped = parts.hashtags[kept:]
    fewer = replace(parts, hashtags=parts.hashtags[:kept])
    found = (_fits(fewer, limits) if dropped else None) or _with_cut_lead(fewer, limits, lang)
    found = found or _fits(replace(fewer, lead=shortest.lead), limits, cut="title")
    if found is None:
        return _with_cut_title(parts, limits, lang)
    return replace(found, dropped_hashtags=dropped)


def _shorter(parts: PostParts) -> str:
    """Give the least that a post must say: its title, or a lead that is shorter still."""
    return parts.lead if parts.lead and len(parts.lead) < len(parts.title) else parts.title


def _fits(parts: PostParts, limits: TextLimits, cut: str | None = None) -> Fitted | None:
    text = compose(parts)
    measured = measure(text, limits)
    return Fitted(text, measured, parts.lead, cut) if measured.fits else None


def _last_that_fits(choices: Iterable[int], parts_of: Callable[[int], PostParts], limits: TextLimits) -> int | None:
    """Find the last choice that fits, by halving, where the choices make a post ever longer."""
    ordered = list(choices)
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if measure(compose(parts_of(ordered[middle])), limits).fits:
            low = middle + 1
        else:
            high = middle
    return ordered[low - 1] if low else None


def _with_cut_lead(parts: PostParts, limits: TextLimits, lang: str) -> Fitted | None:
    """Cut the lead where it reads best; None where less would be left of it than the title says."""
    text = parts.lead[: limits.max_length * _CHARACTERS_PER_UNIT + _ROOM_FOR_LINKS]
    cuts = [cut for cut in cuts_of(text, lang) if cut.position < len(text)]
    if parts.lead.startswith(parts.title):
        cuts = [cut for cut in cuts if cut.position >= len(parts.title)]
    best = _best_cut(cuts, lambda cut: replace(parts, lead=cut.lead), limits)
    if best is None or len(best.lead) < len(parts.title):
        return None
    return _fits(replace(parts, lead=best.lead), limits, cut=best.kind)


def _with_cut_title(parts: PostParts, limits: TextLimits, lang: str) -> Fitted:
    """Say no more than the beginning of the title, with link and credit. Errors: PostTooLong."""
    bare = replace(parts, hashtags=())
    title = parts.title[: limits.max_length * _CHARACTERS_PER_UNIT + _ROOM_FOR_LINKS]
    cuts = [cut for cut in cuts_of(title, lang) if cut.kind == "word" and cut.position < len(title)]
    best = _best_cut(cuts, lambda cut: replace(bare, lead=cut.lead), limits)
    if best is None:
        raise _too_long(bare, limits)
    fitted = _fits(replace(bare, lead=best.lead), limits, cut="title word")
    assert fitted is not None
    return replace(fitted, dropped_hashtags=parts.hashtags)


def _too_long(parts: PostParts, limits: TextLimits) -> PostTooLong:
    fixed = measure(compose(replace(parts, lead="")), limits)
    return PostTooLong(
        "not even one word of the title fits into a post beside its link and its credit: those alone take "
        f"{fixed.length:,} of at most {fixed.max_length:,} {fixed.unit}",
        hint="Take a shorter link or a shorter credit, or write the post yourself, for example posts: {x: Short text}.",
    )


def _best_cut(cuts: list[Cut], parts_of: Callable[[Cut], PostParts], limits: TextLimits) -> Cut | None:
    """Choose among the cuts that fit: the nicest kind that keeps enough of what the longest one keeps."""
    last = _last_that_fits(range(len(cuts)), lambda index: parts_of(cuts[index]), limits)
    fitting = cuts[: last + 1] if last is not None else []
    for kind, fill in MIN_FILL.items():
        for cut in reversed(fitting):
            if cut.position < fill * fitting[-1].position:
                break
            if cut.kind == kind and measure(compose(parts_of(cut)), limits).fits:
                return cut
    return None


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where a text may end."""

    text: str
    position: int
    kind: str
    ellipsis: str = ""

    @property
    def lead(self) -> str:
        """Give what stays of the text, as readers see it."""
        return self.text[: self.position] + self.ellipsis


def cuts_of(text: str, lang: str = "de") -> list[Cut]:
    """Find every place where a text may be cut, in order."""
    whole, quoted = _whole_characters(text), Spans(quotations(text))
    ellipsis = " …" if lang.startswith("de") else "…"
    cuts = []
    for gap in _gaps(text, lang, whole, quoted):
        is_open = gap.kind in ("clause", "word")
        position = _tidy_end(text, gap.position) if is_open else gap.position
        # What is tidied away may reach back into a quotation that is never closed.
        if position and position in whole and not quoted.around(position):
            cuts.append(Cut(text, position, gap.kind, ellipsis if is_open else ""))
    return cuts


@dataclass(frozen=True, slots=True)
class Gap:
    """A place between two words where a text may be broken in two; what hangs loose there stays."""

    position: int
    kind: str


def gaps_of(text: str, lang: str = "de") -> list[Gap]:
    """Find every place where a text may be broken and then go on, in order: after a word such as "and", too."""
    return list(_gaps(text, lang, _whole_characters(text), Spans(quotations(text)), goes_on=True))


def _gaps(text: str, lang: str, whole: set[int] | range, quoted: Spans, *, goes_on: bool = False) -> Iterator[Gap]:
    ends = set(sentence_ends(text, lang))
    for gap in _GAP.finditer(text):
        kind = _kind_of(text, gap, gap.start() in ends, goes_on=goes_on)
        if kind and gap.start() in whole and not quoted.around(gap.start()):
            yield Gap(gap.start(), kind)


def _tidy_end(text: str, position: int) -> int:
    """Go back over what would hang loose before an ellipsis, as a comma or a dash; 0 if there is no end to it."""
    for end in range(position, max(position - MAX_LOOSE_CHARACTERS, 0), -1):
        if text[end - 1] not in _LOOSE and not text[end - 1].isspace():
            return end
    return 0


# A place between words, or between two emoji that stand close together.
_EMOJI = "\U0001f300-\U0001faff\u2600-\u27bf\U0001f1e6-\U0001f1ff"
_GAP = re.compile(rf"[^\S\u00a0\u202f\u2007]+|(?<=[{_EMOJI}\ufe0f])(?=[{_EMOJI}])|\Z")
_BLANK_LINE = re.compile(r"\s*\n[ \t]*\r?\n")

_CLAUSE_END = re.compile(r"[;:,–—]\Z")
MAX_LOOSE_CHARACTERS = 20
_LOOSE = ";:,–—([„‚/&+-"
_NUMBER_END = re.compile(r"\d[\d.,:%‰)/–-]*\Z|[§#№+±~≈<>=×/&-]\Z")
_NUMBER_START = re.compile(r"[(\[„“\"+±~≈<>=×$€£¥§–-]*(?:\d|\Z)")
_JOINED_START = re.compile(r"[%‰°×/&=+]")
_NAMES_A_NUMBER = re.compile(
    r"[^a-zäöüß].*[^,;:]|(?:pages?|chapter|section|version|figure|table|room|hall|volume|step|phase|level|line|gate|plus|"
    r"minus|mal|times|§|januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)"
)
# Words after which a text that breaks off reads badly.
_DANGLING_WORDS = """
    der die das den dem des ein eine einen einem einer eines und oder aber sowie als wie in im an am auf aus bei beim
    mit nach von vom vor zu zum zur für über unter durch gegen ohne um bis seit zwischen dass wenn weil ob denn nicht
    kein keine ist sind hat haben wird werden sich er sie es wir ihr sein seine ihre unser unsere mehr
    rund etwa fast knapp gut circa nahezu mindestens höchstens nearly almost around roughly least most
    the a an and or but of in on at to for with from by as is are was were be has have had will that which who its
    his her their our this these not no than into over about between nr abs art s
    """
_DANGLING = frozenset(_DANGLING_WORDS.split())
# Words between a number and its unit: "3,5 Mio. €".
_SCALE_WORDS = """
    mio mrd bio tsd millionen million milliarden milliarde billionen billion billions millions thousand tausend
    hundert dutzend prozent percent
    """
_SCALES = frozenset(_SCALE_WORDS.split())


def _kind_of(text: str, gap: re.Match[str], ends_sentence: bool, *, goes_on: bool) -> str | None:
    """Say what kind of place a gap between words is; None if nothing may be cut there.

    `goes_on` says that the rest follows elsewhere, so that a word such as "and" may stand at the end, but not "on" of
    "on 3 October".
    """
    before, after = _word_before(text, gap.start()), _word_after(text, gap.end())
    if _BLANK_LINE.match(gap.group()):
        return "paragraph" if not before.endswith((":", ",", ";", "–")) else None
    if ends_sentence:
        return "sentence"
    bare = before.strip(".,;:!?)\"“”'").lower()
    if (
        before.endswith((".", "…"))
        or _NUMBER_END.search(before)
        or _JOINED_START.match(after)
        or (_NUMBER_START.match(after) and _NAMES_A_NUMBER.fullmatch(before))
        or bare in _SCALES
        or (bare in _DANGLING and not _CLAUSE_END.search(before) and not (goes_on and not after[:1].isdigit()))
    ):
        return None
    return "clause" if _CLAUSE_END.search(before) or after[:1] in ("–", "—") else "word"


def _word_before(text: str, position: int) -> str:
    words = text[max(position - 60, 0) : position].split()
    return words[-1] if words else ""


def _word_after(text: str, position: int) -> str:
    words = text[position : position + 60].split(maxsplit=1)
    return words[0] if words else ""


def _whole_characters(text: str) -> set[int] | range:
    """Give the positions between two characters as readers see them."""
    if text.isascii():
        return range(len(text) + 1)
    import regex

    return {match.end() for match in regex.finditer(r"\X", text)}
