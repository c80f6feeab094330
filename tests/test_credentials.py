from __future__ import annotations

from pathlib import Path

import pytest

from publisher.credentials import EnvironmentCredentials
from publisher.errors import ChannelMisconfigured
from publisher.ports.credentials import Secret


def test_reads_each_place(tmp_path: Path) -> None:
    """A variable, a file beside the config with its last line end cut, and the config itself."""
    (tmp_path / "secret.txt").write_text("  with blanks \n\r\n")
    credentials = EnvironmentCredentials(tmp_path, {"TOKEN": "t0ken"})
    assert credentials.read(Secret(env="TOKEN")) == "t0ken"
    assert credentials.read(Secret(file="secret.txt")) == "  with blanks "
    assert credentials.read(Secret(literal="plain")) == "plain"


def test_reads_anew_each_time(tmp_path: Path) -> None:
    """A changed secret counts at once."""
    file = tmp_path / "secret.txt"
    credentials = EnvironmentCredentials(tmp_path, {})
    file.write_text("old")
    assert credentials.read(Secret(file="secret.txt")) == "old"
    file.write_text("new")
    assert credentials.read(Secret(file="secret.txt")) == "new"


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        (Secret(env="TOKEN"), 'the environment variable "TOKEN" is not set'),
        (Secret(env="EMPTY"), 'the environment variable "EMPTY" is empty'),
        (Secret(file="none.txt"), "none.txt: cannot read a secret: no such file or directory"),
        (Secret(file="empty.txt"), "empty.txt: cannot read a secret: it is empty"),
        (Secret(file="latin.txt"), "latin.txt: cannot read a secret: it is not UTF-8 text"),
        (Secret(file="."), "cannot read a secret: is a directory"),
        (Secret(literal=""), "a secret in the config is empty"),
    ],
)
def test_missing_secret(secret: Secret, message: str, tmp_path: Path) -> None:
    """What is missing is named, with a way out."""
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "latin.txt").write_bytes(b"\xfc")
    with pytest.raises(ChannelMisconfigured) as caught:
        EnvironmentCredentials(tmp_path, {"EMPTY": ""}).read(secret)
    assert message in str(caught.value)
    assert caught.value.hint
