"""Links are asked for once, politely; what is gone is an error, what nobody knows is a warning."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.ports.http import AddressRefused, HttpAnswer, HttpRequest, NoAnswer, NotReached
from publisher.rendering.preflight.rules import Finding
from publisher.workflow.dead_links import AT_ONCE, MAX_LINKS, find_dead_links, links_in

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
A, B = "https://www.example.org/a", "https://www.example.org/b"


class Web:
    """Answers by method and address; remembers what was asked, and how much of it at once."""

    def __init__(self, **answers: HttpAnswer | Exception) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self.gate: threading.Barrier | None = None

    def send(self, request: HttpRequest) -> HttpAnswer:
        with self._lock:
            self.asked.append(f"{request.method} {request.url}")
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        if self.gate:
            self.gate.wait(5)
        with self._lock:
            self._now -= 1
        answer = self.answers.get(request.method, HttpAnswer(200))
        if isinstance(answer, Exception):
            raise answer
        return answer


def _look(web: Web, *links: str, folder: Path, now: datetime = NOW) -> tuple[Finding, ...]:
    return find_dead_links(web, links, cache_file=folder / "checked-links.json", now=now)


def test_web_addresses_of_a_mail_are_found_once() -> None:
    html = (
        f'<a href="{A}#x"></a><a href="{A}"></a><a href="mailto:a@example.org"></a><a href="#a1"></a><a href="{B}"></a>'
    )
    assert links_in(html) == (A, B)


@pytest.mark.parametrize(
    ("head", "get", "rule"),
    [
        (HttpAnswer(200), None, None),
        (HttpAnswer(405), HttpAnswer(200), None),
        (HttpAnswer(403), HttpAnswer(200), None),
        (HttpAnswer(404), HttpAnswer(404), "N1-dead"),
        (HttpAnswer(410), HttpAnswer(410), "N1-dead"),
        (HttpAnswer(403), HttpAnswer(403), "N1-doubtful"),
        (HttpAnswer(503), None, "N1-doubtful"),
        (NotReached("there is no host with this name"), None, "N1-dead"),
        (AddressRefused("a private address"), None, "N1-dead"),
        (NoAnswer("no answer in time"), None, "N1-doubtful"),
    ],
)
def test_what_an_answer_means(
    head: HttpAnswer | Exception, get: HttpAnswer | None, rule: str | None, tmp_path: Path
) -> None:
    web = Web(HEAD=head, **({"GET": get} if get else {}))
    assert [finding.rule for finding in _look(web, A, folder=tmp_path)] == ([rule] if rule else [])
    assert web.asked == [f"HEAD {A}", *([f"GET {A}"] if get else [])]


def test_at_most_four_are_asked_at_once(tmp_path: Path) -> None:
    web = Web()
    web.gate = threading.Barrier(AT_ONCE)
    _look(web, *(f"{A}{number}" for number in range(3 * AT_ONCE)), folder=tmp_path)
    assert len(web.asked) == 3 * AT_ONCE
    assert web.most_at_once == AT_ONCE


def test_there_is_an_end_to_it(tmp_path: Path) -> None:
    web = Web()
    _look(web, *(f"{A}{number}" for number in range(MAX_LINKS + 5)), folder=tmp_path)
    assert len(web.asked) == MAX_LINKS


def test_what_was_good_today_is_not_asked_for_again_and_a_fault_is(tmp_path: Path) -> None:
    assert _look(Web(), A, A, folder=tmp_path) == ()
    web = Web(HEAD=HttpAnswer(404), GET=HttpAnswer(404))
    assert [finding.where for finding in _look(web, A, B, folder=tmp_path, now=NOW + timedelta(hours=23))] == [B]
    later = Web()
    _look(later, A, B, folder=tmp_path, now=NOW + timedelta(hours=25))
    assert sorted(later.asked) == [f"HEAD {A}", f"HEAD {B}"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"https://www.example.org/a": 5}', '{"https://www.example.org/a": "x"}']
)
def test_a_damaged_cache_is_no_cache(content: str, tmp_path: Path) -> None:
    (tmp_path / "checked-links.json").write_text(content)
    web = Web()
    _look(web, A, folder=tmp_path)
    assert web.asked == [f"HEAD {A}"]


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    find_dead_links(Web(), [A, B], cache_file=tmp_path / "x.json", now=NOW, on_progress=told.append)
    assert told == ["Looking where links lead: 1 of 2", "Looking where links lead: 2 of 2"]
