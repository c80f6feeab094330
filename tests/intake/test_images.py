"""A picture is read only if it is a plain file below the queue folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.errors import QueueError
from publisher.intake.images import MAX_IMAGE_BYTES, read_local_image
from publisher.intake.plain_file import FileRefused, OpenFolder, read_deeper
from tests.intake.folders import queue_in

MOVE = "Put the picture into the queue folder: images/pump.jpg"
LOOK = "Put a plain picture file there, or change image.src; upper and lower case count."


def test_a_picture_below_the_folder_is_read(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    (folder / "images/2026").mkdir(parents=True)
    (folder / "images/2026/Prüfstand 1.png").write_bytes(b"png")
    assert read_local_image(folder, "images/2026/Prüfstand 1.png") == b"png"
    assert read_local_image(folder, "./images//2026/Prüfstand 1.png") == b"png"


@pytest.mark.parametrize(
    "src", ["../secret.png", "images/../../secret.png", "/etc/passwd", "C:\\a.png", "..", "a\0.png", "", "a\nb"]
)
def test_every_way_out_is_refused(tmp_path: Path, src: str) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    with pytest.raises(QueueError) as raised:
        read_local_image(queue_in(tmp_path), src)
    assert str(raised.value) == f'queue/{src}: the picture is not below the queue folder: "{src}"\nhint: {MOVE}'


def test_links_and_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.png").write_bytes(b"secret")
    (folder / "linked").symlink_to(outside)
    (folder / "link.png").symlink_to(outside / "a.png")
    os.link(outside / "a.png", folder / "hard.png")
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    for src, reason in {
        "linked/a.png": 'is in "linked", which is not a folder of its own',
        "link.png": "is a link",
        "hard.png": "is a hard link: the same file has another name elsewhere",
        "folder.png": "is a folder",
        "pipe.png": "is not a regular file but a device, a pipe or a socket",
        "none.png": "does not exist",
        "none/a.png": "does not exist",
    }.items():
        with pytest.raises(QueueError) as raised:
            read_local_image(folder, src)
        assert str(raised.value) == f"queue/{src}: the picture {reason}\nhint: {LOOK}"


def test_a_huge_picture_is_not_read(tmp_path: Path) -> None:
    folder = queue_in(tmp_path)
    with (folder / "huge.png").open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)
    with pytest.raises(QueueError, match="is too large: 41,943,041 bytes, at most 41,943,040 are read"):
        read_local_image(folder, "huge.png")


def test_without_openat_a_linked_folder_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.png").write_bytes(b"png")
    (tmp_path / "linked").symlink_to(tmp_path / "images")
    top = OpenFolder(tmp_path, None)
    assert read_deeper(top, ["images"], "a.png", 10) == b"png"
    with pytest.raises(FileRefused, match='is in "linked", which is a link'):
        read_deeper(top, ["linked"], "a.png", 10)
