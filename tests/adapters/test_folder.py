from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher.adapters.registry import find_adapter
from publisher.domain.attempt import Accepted
from publisher.domain.message import MessageKind, SealedMessage
from publisher.domain.text_limits import TextLimits, Unit
from publisher.errors import ChannelMisconfigured
from tests.contracts.bench import KEY, POST, Marks, MemoryCapture, make_adapter, seal_email, seal_post


def send(message: SealedMessage, project: Path, **settings: object) -> Accepted:
    outcome = make_adapter({"adapter": "folder", **settings}, folder=project).open().send(message, Marks())
    assert isinstance(outcome, Accepted)
    return outcome


def test_post_as_text_and_json(tmp_path: Path) -> None:
    """A post is there to be read and to be processed, under the channel's own folder."""
    outcome = send(seal_post(), tmp_path)
    folder = tmp_path / "outbox" / "test"
    assert sorted(file.name for file in folder.iterdir()) == [
        "neue-pumpe-0123456789abcdef.json",
        "neue-pumpe-0123456789abcdef.txt",
    ]
    assert outcome.receipt == "outbox/test/neue-pumpe-0123456789abcdef.txt"
    assert (folder / "neue-pumpe-0123456789abcdef.txt").read_text() == POST.text + "\n"
    document = json.loads((folder / "neue-pumpe-0123456789abcdef.json").read_text())
    assert document["id"] == KEY
    assert document["kind"] == "post"
    assert document["post"]["tags"] == ["Pumpe", "Wärme"]


def test_email_name(tmp_path: Path) -> None:
    """An e-mail's file can be recognised by its recipient."""
    send(seal_email("Jörg.Müller@example.org"), tmp_path, folder="out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["joerg-mueller-example-org-0123456789abcdef.eml"]


def test_notice_of_each_form(tmp_path: Path) -> None:
    """A notice is written as what it is: an e-mail or a post."""
    send(seal_email()._replace(kind=MessageKind.NOTICE), tmp_path, folder="out")
    send(seal_post()._replace(kind=MessageKind.NOTICE), tmp_path, folder="out")
    assert sorted(file.suffix for file in (tmp_path / "out").iterdir()) == [".eml", ".json", ".txt"]


def test_repeat_writes_the_same_file(tmp_path: Path) -> None:
    """Another attempt of the same delivery is the same file; another delivery is another one."""
    for message in (seal_post(), seal_post(), seal_post(key="f" * 40)):
        send(message, tmp_path, folder="out")
    assert len(list((tmp_path / "out").glob("*.txt"))) == 2
    assert [file for file in (tmp_path / "out").iterdir() if file.name.startswith(".")] == []


@pytest.mark.parametrize("recipient", ["../../etc/passwd", "/etc/passwd", "..", "a" * 300, "\x00", "漢字"])
def test_hostile_names_stay_inside(recipient: str, tmp_path: Path) -> None:
    """No recipient names a file outside the folder."""
    send(seal_email(recipient), tmp_path, folder="out")
    (file,) = (tmp_path / "out").iterdir()
    assert file.suffix == ".eml"
    assert len(file.name) < 120


def test_rehearsal_writes_nothing_itself(tmp_path: Path) -> None:
    """A rehearsal goes where rehearsals go."""
    capture = MemoryCapture()
    adapter = make_adapter({"adapter": "folder"}, folder=tmp_path, capture=capture)
    adapter.open().send(seal_post(), Marks())
    assert set(capture.files) == {"neue-pumpe-0123456789abcdef.txt", "neue-pumpe-0123456789abcdef.json"}
    assert list(tmp_path.iterdir()) == []


def test_verify(tmp_path: Path) -> None:
    """`verify` makes no folder, and names one that cannot be used."""
    assert make_adapter({"adapter": "folder"}, folder=tmp_path).open().verify() == "writes to outbox/test"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(ChannelMisconfigured, match=r'\[channels.test\]: cannot write to the folder "outbox/test"'):
        make_adapter({"adapter": "folder"}, folder=tmp_path).open().verify()


def test_limits(tmp_path: Path) -> None:
    """A channel takes a known network's rules, or its own."""
    known = make_adapter({"adapter": "folder", "network": "mastodon"}, folder=tmp_path).limits()
    assert known is not None
    assert known.link_length == 23
    own = {"unit": "UTF-8 bytes", "max_length": 100}
    assert make_adapter({"adapter": "folder", "limits": own}, folder=tmp_path).limits() == TextLimits(
        Unit.BYTES, 100, source="the channel's own settings"
    )


def test_unknown_network() -> None:
    """A slip of the pen gets the nearest network."""
    with pytest.raises(ValueError, match='no network "mastodont" is known; did you mean "mastodon"'):
        find_adapter("folder").settings.model_validate({"adapter": "folder", "network": "mastodont"})
