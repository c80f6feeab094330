"""Whatever lies in the queue folder: the good files are read, each other one is listed with its reason."""

from __future__ import annotations

import os
import socket
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from publisher.errors import QueueError
from publisher.intake.plain_file import FileRefused, OpenFolder, open_after_look, read_plain_file
from tests.intake.folders import ARTICLE, put, queue_in, read, reasons

BILLION_LAUGHS = "---\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntitle: *c\n---\n"


def test_a_folder_of_hostile_files_is_read_to_its_end(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    outside = put(tmp_path, "outside.md")
    put(folder, "2026-11-23-gut.md")
    put(folder, "bom.md", b"\xef\xbb\xbf" + ARTICLE.encode())
    put(folder, "crlf.md", ARTICLE.replace("\n", "\r\n"))
    (folder / "link.md").symlink_to(outside)
    (folder / "dangling.md").symlink_to(tmp_path / "nothing.md")
    (folder / "folder.md").mkdir()
    (folder / "folder-link.md").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.md")
    os.link(outside, folder / "hard-link.md")
    (folder / "zero.md").symlink_to("/dev/zero")
    put(folder, "large.md", ARTICLE.encode() + b"x" * (2 * 1024 * 1024))
    put(folder, "latin-1.md", "---\ntitle: Prüfung\n---\n".encode("latin-1"))
    put(folder, "utf-16.md", ARTICLE.encode("utf-16"))
    put(folder, "nul.md", b"---\ntitle: a\0b\n---\n")
    put(folder, "empty.md", "")
    put(folder, "blank.md", " \n\n")
    put(folder, "laughs.md", BILLION_LAUGHS)
    put(folder, "a-line\nbreak.md")
    put(folder, "2026-01-01-twin.md")
    put(folder, "2026-01-02-twin.md")
    put(folder, "other.md", "---\ntitle: x\nslug: twin\n---\n")

    reading = read(folder)

    assert [article.slug for article in reading.articles] == ["gut", "bom", "crlf"]
    assert reading.file_count == 21
    assert [str(error) for error in reading.errors] == [
        'queue/laughs.md:2: "&a" is a YAML anchor or alias; they are not allowed\n'
        'hint: Put quotes around the value if it is a text: "&a".'
    ]
    rename = "rename one, or give it a slug of its own"
    twins = ["queue/2026-01-01-twin.md", "queue/2026-01-02-twin.md", "queue/other.md"]
    assert reasons(reading) == {
        twins[0]: f'has the same slug "twin" as {twins[1]}, {twins[2]}; {rename}',
        twins[1]: f'has the same slug "twin" as {twins[0]}, {twins[2]}; {rename}',
        twins[2]: f'has the same slug "twin" as {twins[0]}, {twins[1]}; {rename}',
        r"queue/a-line\nbreak.md": "has a name that is not plain text; rename it",
        "queue/blank.md": "is empty",
        "queue/dangling.md": "is a link",
        "queue/empty.md": "is empty",
        "queue/folder-link.md": "is a link",
        "queue/folder.md": "is a folder",
        "queue/hard-link.md": "is a hard link: the same file has another name elsewhere",
        "queue/large.md": "is too large: 2,097,191 bytes, at most 1,048,576 are read",
        "queue/latin-1.md": "is not UTF-8 (line 2); save it as UTF-8",
        "queue/link.md": "is a link",
        "queue/nul.md": "has a NUL byte; it is not a text",
        "queue/pipe.md": "is not a regular file but a device, a pipe or a socket",
        "queue/utf-16.md": "is UTF-16, not UTF-8; save it as UTF-8",
        "queue/zero.md": "is a link",
    }


def test_a_device_and_a_socket_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = queue_in(tmp_path)
    monkeypatch.chdir(folder)  # the path of a socket may have 108 characters at most
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.md")
        with suppress(PermissionError):  # only root makes devices; the socket stands for both
            os.mknod(folder / "zero.md", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        skipped = reasons(read(folder))
    assert skipped
    assert set(skipped.values()) == {"is not a regular file but a device, a pipe or a socket"}


def test_a_name_that_is_not_utf8_is_listed(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    (folder / os.fsdecode(b"pr\xfcfung.md")).write_text(ARTICLE)
    assert reasons(read(folder)) == {r"queue/pr\udcfcfung.md": "has a name that is not plain text; rename it"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_listed(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    put(folder, "secret.md").chmod(0)
    assert reasons(read(folder)) == {"queue/secret.md": "cannot be read: permission denied"}


def test_what_editors_and_folders_leave_behind_is_passed_over(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    for name in (".hidden.md", "README.md", "a.md~", "a.md.tmp", ".a.md.swp", "~$a.md", "#a.md#", "notes.txt"):
        put(folder, name, b"\0")
    for name in ("archive", "images"):
        (folder / name).mkdir()
        put(folder / name, "old.md")
    reading = read(folder)
    assert (reading.file_count, reading.articles, reading.skipped, reading.errors) == (0, (), (), ())


def test_young_files_are_looked_at_again_together_after_one_wait(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    for number in range(5):
        put(folder, f"young-{number}.md", young=True)
    waits: list[float] = []
    reading = read(folder, wait=waits.append)
    assert waits == [0.3]
    assert len(reading.articles) == 5


def test_old_files_cost_no_wait(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    put(folder, "old.md")
    waits: list[float] = []
    assert len(read(folder, wait=waits.append).articles) == 1
    assert waits == []


def test_a_file_that_a_slow_writer_is_at_is_left_alone_until_it_rests(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    go_on, written = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with (folder / "slow.md").open("w") as file:
            for piece in (ARTICLE, "Zweiter Absatz.\n", "Dritter Absatz.\n"):
                file.write(piece)
                file.flush()
                written.set()
                go_on.wait(10)
                go_on.clear()

    writer = threading.Thread(target=write_slowly)
    writer.start()

    def wait_for_the_next_piece(seconds: float) -> None:
        written.clear()
        go_on.set()
        assert written.wait(10)

    assert written.wait(10)
    for _ in range(2):
        reading = read(folder, wait=wait_for_the_next_piece)
        assert reading.articles == ()
        assert reasons(reading) == {"queue/slow.md": "is being written"}
    go_on.set()
    writer.join(10)
    reading = read(folder)
    assert reading.articles[0].body_markdown == "Ein Absatz.\nZweiter Absatz.\nDritter Absatz."


def test_a_file_that_disappears_is_listed(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    path = put(folder, "gone.md", young=True)
    assert reasons(read(folder, wait=lambda seconds: path.unlink())) == {"queue/gone.md": "does not exist"}


def test_a_file_that_is_replaced_between_the_looks_is_listed(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    path = put(folder, "swapped.md", young=True)

    def swap(seconds: float) -> None:
        path.unlink()
        path.symlink_to("/etc/hostname")

    assert reasons(read(folder, wait=swap)) == {"queue/swapped.md": "is a link"}


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(QueueError) as raised:
        read(tmp_path / "queue")
    assert str(raised.value) == (
        f"{tmp_path}/queue: the queue folder cannot be read: No such file or directory\n"
        "hint: Make it with `publish init`, or name another."
    )


def test_without_openat_links_and_folders_are_refused_by_looking_first(tmp_path: Path) -> None:
    """Windows has no O_NOFOLLOW: there the file is looked at before, and compared after."""
    put(tmp_path, "good.md")
    (tmp_path / "link.md").symlink_to(tmp_path / "good.md")
    (tmp_path / "folder.md").mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    folder = OpenFolder(tmp_path, None)
    assert read_plain_file(folder, "good.md", 1000)[1] == ARTICLE.encode()
    for name, reason in {
        "link.md": "is a link",
        "folder.md": "is a folder",
        "pipe.md": "is not a regular file but a device, a pipe or a socket",
        "none.md": "does not exist",
    }.items():
        with pytest.raises(FileRefused, match=f"^{reason}$"):
            read_plain_file(folder, name, 1000)
    os.close(open_after_look(tmp_path / "good.md"))
