"""Do the links of an edition lead anywhere? Asked only on request: it is the network that answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from publisher.ports.http import AddressRefused, HttpAnswer, HttpClient, HttpRequest, NoAnswer, NotReached
from publisher.rendering.preflight.page import Page
from publisher.rendering.preflight.rules import Finding, found

AT_ONCE = 4
MAX_LINKS = 500
LINK_SECONDS = 12.0
MAX_ANSWER_BYTES = 1_024
GOOD_FOR = timedelta(hours=24)
_GONE = frozenset({404, 410})
_ASK_AGAIN_BY_GET = frozenset({400, 403, 404, 405, 406, 410, 501})  # what servers say that do not know HEAD


def links_in(html: str) -> tuple[str, ...]:
    """Give the web addresses that a mail links to, each once, without what is behind #."""
    links = (str(link.get("href") or "").partition("#")[0] for link in Page(html).all("a"))
    return tuple(dict.fromkeys(link for link in links if link.startswith(("https://", "http://"))))


def find_dead_links(
    http: HttpClient,
    links: Iterable[str],
    *,
    cache_file: Path,
    now: datetime,
    on_progress: Callable[[str], None] = lambda step: None,
) -> tuple[Finding, ...]:
    """Ask for each link once, four at a time, never again in the same run.

    What answered well in the last 24 hours is remembered in `cache_file` and not asked for; a fault is asked for again.
    """
    good = _read_cache(cache_file, now)
    waiting = list(islice((link for link in dict.fromkeys(links) if link not in good), MAX_LINKS))
    findings: list[Finding] = []
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = pool.map(lambda link: (link, _ask(http, link)), waiting)
        for number, (link, finding) in enumerate(answers, start=1):
            on_progress(f"Looking where links lead: {number} of {len(waiting)}")
            if finding:
                findings.append(finding)
            else:
                good[link] = now
    _write_cache(cache_file, good)
    return tuple(findings)


def _ask(http: HttpClient, link: str) -> Finding | None:
    try:
        answer = _send(http, "HEAD", link)
        if answer.status in _ASK_AGAIN_BY_GET:
            answer = _send(http, "GET", link)
    except AddressRefused as error:
        return found("N1-dead", link, f"it leads to no public address: {error}", "Correct the address in the article.")
    except NotReached as error:
        return found("N1-dead", link, f"it cannot be reached: {error}", "Correct the address in the article.")
    except NoAnswer as error:
        return found("N1-doubtful", link, f"no answer: {error}", "Open it in a browser.")
    return _judge(link, answer)


def _send(http: HttpClient, method: str, link: str) -> HttpAnswer:
    request = HttpRequest(
        method, link, follow_redirects=True, total_seconds=LINK_SECONDS, max_answer_bytes=MAX_ANSWER_BYTES
    )
    return http.send(request)


def _judge(link: str, answer: HttpAnswer) -> Finding | None:
    if answer.status in _GONE:
        return found(
            "N1-dead", link, f"there is nothing (status {answer.status})", "Correct the address in the article."
        )
    if answer.status >= 400:
        return found("N1-doubtful", link, f"it answers with status {answer.status}", "Open it in a browser.")
    return None


def _read_cache(file: Path, now: datetime) -> dict[str, datetime]:
    """Read what answered well lately; a cache that cannot be read is no cache."""
    try:
        entries: Mapping[str, str] = json.loads(file.read_text("utf-8"))
        times = {link: datetime.fromisoformat(time) for link, time in entries.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
    return {link: time for link, time in times.items() if time.tzinfo and now - GOOD_FOR <= time <= now}


def _write_cache(file: Path, good: Mapping[str, datetime]) -> None:
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_text(json.dumps({link: time.isoformat() for link, time in good.items()}, indent=0), "utf-8")
    temporary.replace(file)
