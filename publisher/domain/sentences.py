"""Where sentences end, in German and English: precision first.

A missed end costs little, because a shortener then cuts at another place; a false one publishes "Am 3." So whatever can
be an abbreviation, an ordinal, an initial or a part of a quotation is taken for no end.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left

_GERMAN = """
    abb abbn abh abk abl abs abschn abt adr akad allg amtl anh anl anm anz apr art aufl aug ausg
    ausschl az bab bd bde bearb begr beisp bem ber bes betr bez bezgl bf bhf bibl bl bsp bspw btr bzgl bzw ca chr cie
    co ct dazw def desgl dez di dgl dir diss div do doz dt dtschl dz ebd ed eg ehem eidg eigtl einschl engl entspr erb
    erg erl erw etc europ ev evtl exkl expl exz fa fam feb febr ff fig fn folg fr franz frl geb gebr gef gegr gem
    gen geogr ges gesch gest gez ggf ggfs ggü gl grds haupts hbf hist hl hr hrn hrsg inc incl ing inh inkl insb insbes
    int inst ital jahrh jan jg jh jhd jhdt jhs jr jul jun kap kath kfm kfz kgl kl komm konf kt kto lat led lfd lit lkr
    lt ltd luth lw max mgl mi mind mio min mod mdl möbl mr mrd mrs ms mss mtl mult mwst nachf nachm nat neg nhd niederl
    nom nov nr nrn od okt oest österr org orig paed part pat pers pfd phil pkt pl pol pos prof prot prov pseud rd
    rdnr ref reg rel rep resp rhet rk rn röm russ rz sa schr schw schweiz seq sek sep sept sg sog spez sr
    st staatl std stdn stk str stud suppl svw tab tägl techn teilw tel theol tr tsd überh übers ugs ung univ unv urspr
    usf usw vbl verf verh verl verm vers verw vgl vhs vorm vors vs wg whg wiss wö wtb zb zgl ziff zit zs zt zus zw zzgl
    zz zzt abds ausz beil bull dipl fax fortl gg habil hptm jährl jur lehrb matr med mo monatl nachw og pfr ing
    präs publ rect reg sen soz sp stv stellv tit tlw tsch ua uä uam verk vollst vorst wöch zool zul
    """
_ENGLISH = """
    adm al approx apt assn asst atty aug ave avg bldg blvd brig brit capt cent cf ch chap cmdr col comdr conf corp cpl
    dec dept dist dr ed eds eg eq esp esq est etc ex exec ext feb fed fig figs fr fri ft gen gov govt hon hosp hr hrs
    ie inc incl inst jan jct jr jul jun lb lbs lieut lt ltd maj mar max mfg mgr min misc mr mrs ms msgr mt mts mtn mon
    nat natl no nos nov oct op orig oz para pl pp prep pres prof prop pt pub pvt qty rd ref reg rep reps rev sat sec
    sen sens sep sept seq sgt soc sq sr st sta ste subj sun supp supt tbsp tech tel temp thu thur thurs tsp tue tues
    treas univ viz vol vols vs wed wk wt yd yds yr yrs
    """
_ABBREVIATIONS = frozenset(f"{_GERMAN} {_ENGLISH}".split())
_NAMES_WITH_MARK = frozenset({"yahoo!", "jeopardy!", "joomla!", "guess?", "wham!", "vox!"})

# German compounds that are cut short: Hauptstr., Marktpl., Steuernr.
_SHORT_ENDING = re.compile(r"(?:str|pl|nr|ztg|bhf)\Z")
_NUMBER = re.compile(r"(?:\W*\d{1,3}|\d{1,2}\.\d{1,2}|\d+\.\d{1,3}|\S*\d[/–-]\d{1,3}|\S*\W\d{1,2})\Z")
_ROMAN = re.compile(r"[(\[„“»]*[IVXLCDM]+\Z")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,3}\.-?)+[^\W\d_]{1,3}\Z")
_VOWEL = re.compile(r"[aeiouyäöüáàâéèêíìîóòôúùû]", re.IGNORECASE)
_NO_WORD = re.compile(r"[^\w.'’]")
_LETTERS = re.compile(r"[^\W\d_]+\Z")

_OPENING = '„“”"»«‚‘›‹('
_MARK = re.compile(r"""[.!?…]+(?:["“”»«’‘'›‹)\]]*)(?=\s|\Z)""")
_PARAGRAPH = re.compile(r"(?<![ \t])[ \t]*\r?\n[ \t]*\r?\n\s*")
_CLOSING = "\"“”»«’‘'›‹)]"
_MIN_QUOTED_WORDS = 3
_LONGEST_WORD = 60

_PAIRS = re.compile(
    r"""„[^“”„\n]*[“”]?|“[^”“„\n]*”|»[^«»\n]*«|«[^«»\n]*»|‚[^‚‘’\n]*[‘’](?!\w)|‘[^‘’\n]*’(?!\w)|"[^"\n]*"|\([^()\n]*\)|\[[^\[\]\n]*\]"""
    r"|[\u2066-\u2068][^\u2066-\u2069\n]*\u2069|[\u202a\u202b][^\u202a-\u202e\n]*\u202c"
)


def quotations(text: str) -> list[tuple[int, int]]:
    """Find what stands in quotation marks or brackets, marks and all; only the outermost, never across a line end.

    A German quotation that is never closed goes on to the end of its line.
    """
    return [match.span() for match in _PAIRS.finditer(text)]


def sentence_ends(text: str, lang: str = "de") -> list[int]:
    """Give the position behind each sentence, its closing quotation marks included; a blank line always ends one.

    Both languages' abbreviations hold in either: German texts quote English names, and the other way round. `lang`
    decides only what German alone has: a number with a dot is an ordinal there, however long the number.
    """
    ends = {match.start() for match in _PARAGRAPH.finditer(text) if match.start()}
    if text.strip():
        ends.add(len(text.rstrip()))
    quoted = Spans(quotations(text))
    ends |= {mark.end() for mark in _MARK.finditer(text) if _ends_sentence(text, mark, quoted, lang)}
    return sorted(ends)


class Spans:
    """Ask which stretch a position lies in."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._spans = spans
        self._starts = [start for start, _ in spans]

    def around(self, position: int) -> tuple[int, int] | None:
        """Give the stretch that a position lies strictly inside of."""
        index = bisect_left(self._starts, position) - 1
        if index >= 0 and self._spans[index][0] < position < self._spans[index][1]:
            return self._spans[index]
        return None


def _ends_sentence(text: str, mark: re.Match[str], quoted: Spans, lang: str) -> bool:
    if quoted.around(mark.end()) or not _starts_sentence(text, mark.end()):
        return False
    around = quoted.around(mark.start())
    if around and len(text[around[0] : around[1]].split()) < _MIN_QUOTED_WORDS:
        return False
    sign = mark.group().rstrip(_CLOSING)
    word = _word_before(text, mark.start())
    if not word:
        return False
    if sign == "…" or sign.startswith(".."):
        return _next_visible(text, mark.end()).isupper()
    if sign != ".":
        return f"{word}{sign}".lower().lstrip(_OPENING) not in _NAMES_WITH_MARK
    return not _keeps_its_dot(word, lang)


def _starts_sentence(text: str, position: int) -> bool:
    following = _next_visible(text, position)
    if not following or following.isupper() or following.isdigit() or following in _OPENING or following in "#@":
        return True
    return unicodedata.category(following) in ("So", "Sc", "Sk")


def _next_visible(text: str, position: int) -> str:
    match = _VISIBLE.search(text, position, position + 200)
    return match.group() if match else ""


_VISIBLE = re.compile(r"[^\s\u200b-\u200f\u202a-\u202e\u2060-\u2069]")


def _word_before(text: str, position: int) -> str:
    """Give what stands before a dot, back to the last space; a very long word only by its end."""
    words = text[max(position - _LONGEST_WORD, 0) : position].split()
    return words[-1] if words and not text[position - 1].isspace() else ""


def _keeps_its_dot(word: str, lang: str) -> bool:
    """Say whether the dot behind a word may belong to the word."""
    bare = word.lstrip(_OPENING + "[").rstrip(_CLOSING)
    last = _NO_WORD.split(bare)[-1]
    return (
        len(last) <= 1
        or bool(_NUMBER.match(bare))
        or (lang.startswith("de") and bare.isdigit() and len(bare) != 4)
        or bool(_ROMAN.match(bare))
        or bool(_DOTTED.match(bare))
        or {bare.lower(), last.lower()} & _ABBREVIATIONS != set()
        or bool(_SHORT_ENDING.search(bare.lower()))
        or _has_no_vowel(last)
    )


def _has_no_vowel(word: str) -> bool:
    """Take a word without a vowel for an abbreviation (Rdnr., Pkt.), if it is not a name in capitals (BDEW)."""
    return bool(_LETTERS.match(word)) and not _VOWEL.search(word) and not word.isupper() and word != "GmbH"
