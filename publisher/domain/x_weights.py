"""How X counts: weights for ranges of characters, 23 for a link, 2 for an emoji.

Weights: config/v3.json of twitter-text (2021-10-21). X's documents say that every emoji counts 2; its public library
knows the sequences of Emoji 12 only, and adds up the parts of every later one ("heart on fire" is 5). Which of the two
X's servers follow is not known, so the larger count is taken: the list below is what surely counts 2.

Source: docs.x.com fundamentals/counting-characters; github.com/twitter/twitter-text; twemoji-parser 11.0.2 as that
library uses it. All checked 2026-11-23.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import regex

from publisher.domain.links import X_LINKS, find_links

LINK_WEIGHT = 23
EMOJI_WEIGHT = 2
HEAVY_WEIGHT = 2

_HEAVY = regex.compile(r"[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]+")

_MANY_ACCENTS = regex.compile(r"\p{M}{500}")

_SKIN = "[\U0001f3fb-\U0001f3ff]"
_TAKES_SKIN = (
    "☝⛹✊✋✌✍🎅🏂🏃🏄🏇🏊🏋🏌👂👃👆👇👈👉👊👋👌👍👎👏👐👦👧👨👩👫👬👭👮👰👱👲👳👴👵👶👷👸👼💁💂💃💅💆💇💪🕴🕵🕺🖐🖕🖖"
    "🙅🙆🙇🙋🙌🙍🙎🙏🚣🚴🚵🚶🛀🛌🤏🤘🤙🤚🤛🤜🤞🤟🤦🤰🤱🤲🤳🤴🤵🤶🤷🤸🤹🤽🤾🦵🦶🦸🦹🦻🧍🧎🧏🧑🧒🧓🧔🧕🧖🧗🧘🧙🧚🧛🧜🧝"
)
_HAS_GENDER = "⛹🏃🏄🏊🏋🏌👮👱👳👷💁💂💆💇🕵🙅🙆🙇🙋🙍🙎🚣🚴🚵🚶🤦🤷🤸🤹🤽🤾🦸🦹🧍🧎🧏🧖🧗🧘🧙🧚🧛🧜🧝"
_HAS_GENDER_ONLY = "👯🤼🧞🧟"
_HAS_TEXT_FORM = "⛹🏋🏌🕵"
_OCCUPATIONS = "🌾🍳🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦰🦱🦲🦳🦯🦼🦽"
_FLAGS = """
    AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CP CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET EU FI FJ
    FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM
    MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL
    TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """
_SUBDIVISIONS = ("gbeng", "gbsct", "gbwls")


@cache
def _emoji_sequences() -> regex.Pattern[str]:
    """Match every emoji that surely counts 2 though its characters would add up to something else."""
    tags = "|".join("".join(chr(0xE0000 + ord(letter)) for letter in name) for name in _SUBDIVISIONS)
    flags = "|".join("".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in name) for name in _FLAGS.split())
    alternatives = [
        "(?:👨\u200d❤\ufe0f?\u200d(?:💋\u200d)?👨|👩\u200d❤\ufe0f?\u200d(?:💋\u200d)?[👨👩])",
        "(?:👨\u200d[👨👩]|👩\u200d👩|[👨👩])(?:\u200d👧\u200d👦|\u200d👧\u200d👧|\u200d👦\u200d👦|\u200d[👧👦])",
        "🧑\u200d🤝\u200d🧑",
        f"[👨👩]{_SKIN}?\u200d(?:[⚕⚖✈]\ufe0f?|[{_OCCUPATIONS}])",
        f"(?:[{_HAS_GENDER_ONLY}]|[{_HAS_GENDER}]{_SKIN}?|[{_HAS_TEXT_FORM}]\ufe0f)\u200d[♀♂]\ufe0f?",
        "🏳\ufe0f?\u200d🌈|🏴\u200d☠\ufe0f?|👁\ufe0f?\u200d🗨\ufe0f?",
        f"🏴(?:{tags})\U000e007f",
        f"[{_TAKES_SKIN}]{_SKIN}",
        flags,
        "[0-9*#]\ufe0f?\u20e3",
        "[©®](?!\ufe0e)\ufe0f?",
        r"(?V1)[\p{Emoji}--\p{Emoji_Presentation}--[0-9*\#⚧]]" + "\ufe0f",
    ]
    return regex.compile("|".join(f"(?:{alternative})" for alternative in alternatives), regex.V1)


def weight_of(text: str) -> int:
    """Count a text as X does, in X characters; where X may count in two ways, the larger."""
    text = _normalised(text).replace("\r\n", "\n")
    total = position = 0
    for link in find_links(text, X_LINKS):
        total += weight_without_links(text[position : link.start])
        full = 0 if link.sure else weight_without_links(text[link.start : link.end])
        total += max(LINK_WEIGHT, full)
        position = link.end
    return total + weight_without_links(text[position:])


def _normalised(text: str) -> str:
    """Compose a text, unless it has so many accents in a row that sorting them would take minutes."""
    return text if text.isascii() or _MANY_ACCENTS.search(text) else unicodedata.normalize("NFC", text)


def weight_without_links(text: str) -> int:
    """Count a text that has no links in it."""
    if text.isascii():
        return len(text)
    rest, emoji_count = _emoji_sequences().subn("", text)
    heavy_count = sum(map(len, _HEAVY.findall(rest)))
    return EMOJI_WEIGHT * int(emoji_count) + len(rest) + (HEAVY_WEIGHT - 1) * heavy_count


def emoji_of_unsure_weight(text: str) -> list[str]:
    """List the emoji in a text that count 2 by X's documents and more by its library."""
    if text.isascii():
        return []
    clusters = regex.findall(r"\X", text)
    return [c for c in clusters if len(c) > 1 and _EMOJI.match(c) and weight_without_links(c) > EMOJI_WEIGHT]


_EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}{2}")
