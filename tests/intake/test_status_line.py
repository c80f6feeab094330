"""A change of status changes one line; every other byte and the file's mode stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.article import Status
from publisher.errors import QueueError
from publisher.intake.front_matter import read_article
from publisher.intake.status_line import change_status, with_status


def changed(tmp_path: Path, content: bytes, status: Status = Status.READY) -> bytes:
    path = tmp_path / "article.md"
    path.write_bytes(content)
    change_status(path, status)
    assert [entry.name for entry in tmp_path.iterdir()] == ["article.md"]
    return path.read_bytes()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"---\ntitle: x\nstatus: draft\n---\nText", b"---\ntitle: x\nstatus: ready\n---\nText"),
        (b"---\ntitle: x\nstatus: draft   # not yet\n---\n", b"---\ntitle: x\nstatus: ready   # not yet\n---\n"),
        (b"---\nstatus  :\t'draft'\ntitle: x\n---\n", b"---\nstatus  :\tready\ntitle: x\n---\n"),
        (b'---\n"status": "hold" # c\ntitle: x\n---', b'---\n"status": ready # c\ntitle: x\n---'),
        (b"---\ntitle: x\nstatus:\n---\n", b"---\ntitle: x\nstatus: ready\n---\n"),
        (b"---\ntitle: x\n---\nstatus: draft\n", b"---\ntitle: x\nstatus: ready\n---\nstatus: draft\n"),
        (b"---\r\ntitle: x\r\n---\r\n\r\nText\r\n", b"---\r\ntitle: x\r\nstatus: ready\r\n---\r\n\r\nText\r\n"),
        (
            b"\xef\xbb\xbf---\r\ntitle: \xc3\xa4\r\nstatus: draft\r\n---\nText \n\n\n",
            b"\xef\xbb\xbf---\r\ntitle: \xc3\xa4\r\nstatus: ready\r\n---\nText \n\n\n",
        ),
        (
            b"---\ntitle: x\nteaser: |\n  status: draft\nimage:\n  alt: y\nstatus: hold\n---\n",
            b"---\ntitle: x\nteaser: |\n  status: draft\nimage:\n  alt: y\nstatus: ready\n---\n",
        ),
        (b"---\n---\n", b"---\nstatus: ready\n---\n"),
    ],
)
def test_one_line_changes(tmp_path: Path, before: bytes, after: bytes) -> None:
    assert changed(tmp_path, before) == after


def test_the_same_status_leaves_the_file_untouched(tmp_path: Path) -> None:
    path = tmp_path / "article.md"
    path.write_bytes(b"---\ntitle: x\nstatus: ready\n---\n")
    inode = path.stat().st_ino
    change_status(path, Status.READY)
    assert path.stat().st_ino == inode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "article.md"
    path.write_bytes(b"---\ntitle: x\n---\n")
    path.chmod(mode)
    change_status(path, Status.HOLD)
    assert path.stat().st_mode & 0o7777 == mode


REFUSED = {
    b"---\n{title: x}\n---\n": (
        "{}:2: the status cannot be changed safely here\nhint: Change the line by hand, for example status: ready"
    ),
    b"---\ntitle: x\nstatus: >\n  draft\n---\n": (
        "{}:3: the status cannot be changed safely here\nhint: Change the line by hand, for example status: ready"
    ),
    b"Text": '{}:1: the front matter is missing\nhint: Begin the file with\n---\ntitle: "New pump saves energy"\n---',
    b"---\nstatus: draft\nstatus: hold\n---\n": (
        '{}:3: "status" is given twice, first in line 2\nhint: Keep one of the two.'
    ),
    b"---\n- x\n---\n": (
        "{}:2: the front matter is not a group of fields\nhint: Change the line by hand, for example status: ready"
    ),
    b"---\ntitle: \xe4\n---\n": (
        "{}: the file is not UTF-8 (line 2); save it as UTF-8\nhint: Look at the file, then try again."
    ),
}


@pytest.mark.parametrize("content", REFUSED)
def test_what_cannot_be_changed_safely_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "article.md"
    path.write_bytes(content)
    with pytest.raises(QueueError) as raised:
        change_status(path, Status.READY)
    assert str(raised.value) == REFUSED[content].format(f"{tmp_path.name}/article.md")
    assert path.read_bytes() == content


def test_a_link_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "target.md").write_text("---\ntitle: x\n---\n")
    (tmp_path / "link.md").symlink_to("target.md")
    for name, reason in {"link.md": "the file is a link", "none.md": "the file does not exist"}.items():
        with pytest.raises(QueueError, match=reason):
            change_status(tmp_path / name, Status.READY)
    assert (tmp_path / "target.md").read_text() == "---\ntitle: x\n---\n"


FIELDS = st.lists(
    st.sampled_from(
        ["teaser: |\n  status: draft\n  # x", "# status: draft", 'kicker: "it\'s # status: x"', "tags: [a]"]
    ),
    unique_by=lambda line: line.partition(":")[0],
)


@given(
    FIELDS,
    st.sampled_from(["", "status: draft", "status: 'hold' # c", "status:"]),
    st.sampled_from(Status),
    st.booleans(),
)
def test_only_the_status_differs(lines: list[str], line: str, status: Status, windows: bool) -> None:
    text = "\n".join(["---", "title: x", *lines, *filter(None, [line]), "---", "status: draft", "", " Text "])
    text = text.replace("\n", "\r\n") if windows else text
    after = with_status(text, status)
    before_article, article = read_article(text, "queue/x.md"), read_article(after, "queue/x.md")
    assert article.status is status
    assert article.content_hash == before_article.content_hash
    assert with_status(after, status) == after
    end = text.rindex("---")
    assert after.endswith(text[end:])
