"""Time one article's posts for all networks, and X's count beside twitter-text-parser.

    python benchmarks/posts.py [PYTHON_WITH_TWITTER_TEXT_PARSER]

twitter-text-parser needs the pkg_resources of an older setuptools, so it lives in an environment of its own:

    uv venv twitter-text
    uv pip install --python twitter-text/bin/python "setuptools<80" twitter-text-parser
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.shorten import PostParts, fit
from publisher.domain.text_limits import measure

TITLE = "Neue Pumpe spart Köln 3,5 Mio. € Stromkosten"
TEXT = (
    "Die Stadtwerke haben das Pumpwerk Süd erneuert. „Wir sparen nun halb so viel Strom“, sagte Dr. Müller am "
    "3. Oktober. Das Werk versorgt seit dem 19. Jh. rund 500 Tsd. Haushalte, z. B. in Deutz und Kalk. "
)
LINK = "https://www.example.org/aktuelles/neue-pumpe-fuer-koeln?utm_source=x"
SENTENCE = f"{TITLE} 👩🏽‍🔧 … {TEXT[:48]} {LINK} #Wasser #ErneuerbareEnergien"
ROUNDS = 2_000

THEIRS = f"""
import json, time
from twitter_text import parse_tweet
text = {SENTENCE!r}
parse_tweet(text)
best = 1e9
for _ in range(5):
    start = time.perf_counter()
    for _ in range({ROUNDS // 10}):
        length = parse_tweet(text).weightedLength
    best = min(best, (time.perf_counter() - start) / {ROUNDS // 10})
print(json.dumps([length, best]))
"""


def best_seconds(work: Callable[[], object], rounds: int) -> float:
    work()
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(rounds):
            work()
        best = min(best, (time.perf_counter() - start) / rounds)
    return best


def fit_all() -> None:
    post = PostParts(f"{TITLE}\n\n{TEXT * 6}", TITLE, LINK, ("#Wasser", "#ErneuerbareEnergien"), "Foto: Jörg Weber")
    for limits in KNOWN_LIMITS.values():
        fit(post, limits)


def main() -> None:
    limits = KNOWN_LIMITS["x"]
    ours = best_seconds(lambda: measure(SENTENCE, limits), ROUNDS)
    print(f"fit one article for {len(KNOWN_LIMITS)} networks: {best_seconds(fit_all, 20) * 1000:.2f} ms")
    print(f"X's count, ours: {measure(SENTENCE, limits).length} in {ours * 1e6:.0f} µs")
    if len(sys.argv) > 1:
        answer = subprocess.run([sys.argv[1], "-c", THEIRS], capture_output=True, text=True, check=True).stdout
        length, theirs = json.loads(answer)
        print(
            f"X's count, twitter-text-parser: {length} in {theirs * 1e6:.0f} µs; ours takes {ours / theirs:.3f} of it"
        )


if __name__ == "__main__":
    main()
