"""Texts that have broken mails elsewhere, mixed at random; the same ones each time."""

from __future__ import annotations

from random import Random

PIECES = (
    *("\r\n", "\n", "\r", "\r\n ", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\t", " ", "  "),
    *("\r\nBcc: a@b.example", "\r\n\r\n<script>", "%0d%0aBcc:x", "=?utf-8?q?x=0D=0ABcc:_a@b?=", "=?utf-8?b?DQo=?="),
    *("=?", "?=", "=?utf-8?q?a?=", '"', "\\", "'", "<", ">", "<a@b>", "@", ",", ";", ":", "(", ")", "()", "[", "]"),
    *(
        "ä",
        "ß",
        "„",
        "“",
        "–",
        "\u00a0",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\ud800",
        "😀",
        "👩‍👩‍👧",
        "שלום",
        "中文",
        "e\u0301",
    ),
    *(
        "a",
        "b c",
        "Größe",
        "x" * 80,
        "y" * 400,
        "Re: ",
        "From ",
        ".",
        "-- ",
        "--b-",
        "=20",
        "=",
        "%s",
        "{0}",
        "{{ x }}",
    ),
)
LETTERS = "abc äöü ABC 123 .,-"


def nasty_text(chance: Random) -> str:
    """Mix a text: mostly short, often of pieces, sometimes of any character at all."""
    parts = []
    for _ in range(chance.randint(1, 6)):
        kind = chance.random()
        if kind < 0.6:
            parts.append(chance.choice(PIECES))
        elif kind < 0.9:
            parts.append("".join(chance.choices(LETTERS, k=chance.randint(1, 30))))
        else:
            parts.append(chr(chance.randrange(0x11_0000)))
    return "".join(parts)
