from __future__ import annotations

import subprocess
import sys
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


def test_keeps_a_renewed_value(tmp_path: Path) -> None:
    """What is kept stands in for a variable, a file and a text of the config, in every process; each by itself."""
    (tmp_path / "token.txt").write_text("from-file\n")
    secrets = (Secret(env="TOKEN"), Secret(file="token.txt"), Secret(literal="from-config"), Secret(env="OTHER"))
    environ = {"TOKEN": "from-env", "OTHER": "untouched"}
    for secret in secrets[:3]:
        with EnvironmentCredentials(tmp_path, environ).renewing(secret):
            EnvironmentCredentials(tmp_path, environ).keep(secret, f"renewed {secret}")
    read = [EnvironmentCredentials(tmp_path, environ).read(secret) for secret in secrets]
    assert read == [*(f"renewed {secret}" for secret in secrets[:3]), "untouched"]
    assert (tmp_path / "token.txt").read_text() == "from-file\n"
    files = list((tmp_path / ".publisher-tokens").iterdir())
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_new_value_overrules_the_kept_one(tmp_path: Path) -> None:
    """A person who puts another secret in means it."""
    secret = Secret(env="TOKEN")
    before = EnvironmentCredentials(tmp_path, {"TOKEN": "old"})
    with before.renewing(secret):
        before.keep(secret, "renewed")
    assert EnvironmentCredentials(tmp_path, {"TOKEN": "new"}).read(secret) == "new"


def test_damaged_kept_value(tmp_path: Path) -> None:
    """A file that somebody has spoiled is named, and not taken for a token."""
    secret = Secret(env="TOKEN")
    credentials = EnvironmentCredentials(tmp_path, {"TOKEN": "old"})
    with credentials.renewing(secret):
        credentials.keep(secret, "renewed")
    (kept,) = (tmp_path / ".publisher-tokens").glob("*.json")
    kept.write_text('{"value": ')
    with pytest.raises(ChannelMisconfigured, match="it is damaged"):
        credentials.read(secret)


def test_one_renews_at_a_time(tmp_path: Path) -> None:
    """Processes that renew the same secret wait for each other; another secret does not wait."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom publisher.credentials import EnvironmentCredentials\n"
        "from publisher.ports.credentials import Secret\n"
        "credentials = EnvironmentCredentials(Path(sys.argv[1]), {'TOKEN': '0'})\n"
        "for _ in range(50):\n"
        "    with credentials.renewing(Secret(env='TOKEN')):\n"
        "        count = int(credentials.read(Secret(env='TOKEN')))\n"
        "        credentials.keep(Secret(env='TOKEN'), str(count + 1))\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) for _ in range(3)]
    with EnvironmentCredentials(tmp_path, {"OTHER": "x"}).renewing(Secret(env="OTHER")):
        assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert EnvironmentCredentials(tmp_path, {"TOKEN": "0"}).read(Secret(env="TOKEN")) == "150"
