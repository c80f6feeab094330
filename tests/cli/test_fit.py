"""`publish fit`: what would be posted, on a terminal and piped, for channels and for bare networks."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.networks import KNOWN_LIMITS
from tests.journeys.project import Finished, Project, folder_config

TEXT = "Die Pumpe läuft. Die Stadt spart sehr viel Strom und auch Geld."
ALL_NETWORKS = [word for name in KNOWN_LIMITS for word in ("--network", name)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "project", folder_config('utm = {campaign = "{slug}"}'))


def fit(project: Project, *words: str, text: str | bytes = "", code: int = 0) -> Finished:
    """Run `publish fit` with this on standard input; it must say nothing of a defect."""
    done = subprocess.run(
        [sys.executable, "-m", "publisher", "fit", *words],
        cwd=project.folder,
        env=project.environment(),
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        check=False,
    )
    finished = Finished(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in finished.err
    assert finished.code == code, finished
    return finished


def posts(finished: Finished) -> dict[str, Any]:
    return {post["channel"]: post for post in finished.data["posts"]}


def test_an_article_for_every_channel(project: Project) -> None:
    """The address has the channel's UTM parameters, and they count."""
    project.article(url="https://www.example.org/p", tags=["Wasser"], channels=["mastodon"])
    done = fit(project, "neue-pumpe")
    assert done.out == (
        "mastodon  67 of 500 graphemes\n"
        "  Titel von neue-pumpe\n"
        "\n"
        "  Ein Absatz.\n"
        "\n"
        "  https://www.example.org/p?utm_source=mastodon&utm_medium=social&utm_campaign=neue-pumpe\n"
        "\n"
        "  #Wasser\n"
    )


def test_what_was_cut_and_where(project: Project) -> None:
    done = fit(project, "-", "--network", "x", text=TEXT + " Das freut alle sehr." * 20)
    assert "cut at the end of a sentence; left out: " in done.out
    assert 'from "Das freut alle sehr. Das freut' in done.out


def test_for_programs(project: Project) -> None:
    done = fit(project, "-", "--network", "bluesky", "--json", text="heute.In Köln")
    assert posts(done)["bluesky"] == {
        "channel": "bluesky",
        "network": "bluesky",
        "posts": [
            {
                "text": "heute.In Köln",
                "count": 13,
                "limit": 300,
                "unit": "graphemes",
                "bytes": 14,
                "max_bytes": 3000,
            }
        ],
        "cut": None,
        "left_out": "",
        "dropped_hashtags": [],
        "warnings": [],
        "problem": None,
    }


def test_no_config_is_needed_for_a_network(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert "13 of 280" in fit(project, "-", "--network", "x", text="Die Pumpe da.").out
    assert "config.toml" in fit(project, "-", text="Text", code=2).err
    assert not (tmp_path / "publisher.db").exists()


def test_an_article_from_standard_input(project: Project) -> None:
    article = '---\ntitle: Neue Pumpe\ntags: [Wasser]\nurl: https://a.example/p\nposts: {x: "Nur für X"}\n---\nText.\n'
    done = fit(project, "-", "--network", "x", "--network", "mastodon", "--json", text=article)
    assert posts(done)["x"]["posts"][0]["text"] == "Nur für X"
    assert posts(done)["mastodon"]["posts"][0]["text"] == "Neue Pumpe\n\nText.\n\nhttps://a.example/p\n\n#Wasser"


def test_a_thread_on_a_channel(project: Project) -> None:
    config = project.folder / "config.toml"
    config.write_text(config.read_text() + "split = true\nlimits = {unit = 'graphemes', max_length = 60}\n")
    done = fit(project, "-", text="Eins.\n---\n" + TEXT + " " + TEXT)
    assert done.out.startswith("mastodon, post 1 of 5  10 of 60 graphemes\n  Eins.\n\n  1/5\n\nmastodon, post 2 of 5  ")


def test_on_a_terminal_a_bar_shows_how_full_it_is(project: Project) -> None:
    leader, follower = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "publisher", "fit", "-", "--network", "x"],
        cwd=project.folder,
        env={**project.environment(), "TERM": "xterm-256color", "COLUMNS": "80"},
        stdin=subprocess.PIPE,
        stdout=follower,
        stderr=subprocess.PIPE,
    )
    _, err = done.communicate(b"x" * 140)
    os.close(follower)
    shown = os.read(leader, 65_536).decode()
    os.close(leader)
    assert err == b""
    assert "━" * 10 in shown
    assert "\x1b[" in shown


# What is typed, pasted or piped in: a clear error or a right post.

GOOD = {
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u200f(\u2067abc\u2069) 123",
    "only emoji": "👩🏽‍🚒" * 500,
    "a link of 5,000 characters": "Mehr: https://a.example/" + "x" * 5_000,
    "ten megabytes of words": "Wort " * 2_000_000,
    "ten megabytes of one word": "a" * 10_000_000,
    "Windows line ends": "Eins.\r\n\r\nZwei.",
}
BAD = {
    "NUL": (b"a\0b", "U+0000"),
    "an escape": (b"a\x1b[31mb", "U+001B"),
    "half a character": (b"a\xed\xa0\x80b", "not UTF-8"),
    "Latin-1": ("Wärme".encode("latin-1"), "not UTF-8: byte 2 is 0xE4"),
    "nothing": (b"", "the post is empty"),
    "only blanks": (b" \n\t ", "the post is empty"),
    "more than twenty megabytes": (b"a" * (20 * 1024 * 1024 + 1), "at most 20 are read"),
    "an article with mistakes": (b"---\ntitel: x\n---\n", "titel"),
    "no end of the front matter": (b"---\ntitle: x\n", "no end"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_odd_texts_are_fitted(project: Project, kind: str) -> None:
    """Within every limit and never cut inside a character; or the one network says why not."""
    done = fit(project, "-", *ALL_NETWORKS, "--json", text=GOOD[kind], code=2 if _fails(kind) else 0)
    for post in done.data["posts"]:
        for one in post["posts"]:
            assert one["count"] <= one["limit"]
            assert (one["bytes"] or 0) <= (one["max_bytes"] or 10**9)
        if kind == "only emoji":
            assert set(post["posts"][0]["text"].removesuffix(" …").split("👩🏽‍🚒")) == {""}
        assert post["posts"] or post["problem"].startswith("no place was found")


def _fails(kind: str) -> bool:
    return kind == "ten megabytes of one word"


@pytest.mark.parametrize("kind", BAD)
def test_what_cannot_be_posted_is_a_clear_error(project: Project, kind: str) -> None:
    content, says = BAD[kind]
    done = fit(project, "-", "--network", "x", text=content, code=2)
    assert done.err.startswith("error: ")
    assert says in done.err
    assert "hint: " in done.err


def test_unknown_names(project: Project) -> None:
    project.article()
    assert 'Did you mean "mastodon"?' in fit(project, "-", "--network", "mastodno", text="a", code=2).err
    assert 'Did you mean "mastodon"?' in fit(project, "neue-pumpe", "--channel", "mastodno", code=2).err
    assert 'Did you mean "neue-pumpe"?' in fit(project, "neue-pumpen", code=2).err
    assert "is a digest" in fit(project, "daily", code=2).err
    assert "do not go together" in fit(project, "-", "--channel", "mastodon", "--network", "x", code=2).err
    assert "no file" in fit(project, "neue-pumpe", "--network", "x", code=2).err


def test_a_picture_without_alt_text_is_shown_and_refused(project: Project) -> None:
    project.article(image={"src": "images/a.png"})
    path = project.folder / "queue" / "2026-11-23-neue-pumpe.md"
    done = fit(project, str(path), "--network", "mastodon", code=2)
    assert "Titel von neue-pumpe" in done.out
    assert "no alt text" in done.err


def test_fit_writes_nothing(project: Project) -> None:
    project.article()
    fit(project, "neue-pumpe")
    with project.ledger() as ledger:
        assert ledger.posts() == []
    assert json.loads(fit(project, "neue-pumpe", "--json").out)["command"] == "fit"
